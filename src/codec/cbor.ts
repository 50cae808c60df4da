// The doorway of cbor-x: values to bytes and back. The package is the user's to install, and it is
// loaded at the first use.
import { builtinModule, CastcallError, OptionError } from '../base/index.js';
import { fieldOf, printable } from '../base/text/index.js';
import { BYTES_MAX, type CodecLimits } from './limits.js';
import { notFor, type Purpose, STORED } from './purpose.js';
import { Reviver } from './revive.js';
import { Scanner } from './scan.js';
import { Slab } from './slab.js';
import { Storable } from './storable.js';
import type { Encoder, Tag } from 'cbor-x';

/** Where a package is looked for. */
export type Require = (name: string) => unknown;

interface CborX {
  readonly Encoder: typeof Encoder;
  readonly Tag: typeof Tag;
}
interface NodeModule {
  createRequire(from: string): (name: string) => unknown;
}

function ownRequire(name: string): unknown {
  return (builtinModule('node:module') as NodeModule).createRequire(import.meta.url)(name);
}

/** The block of cbor-x begins anew with each value: what came out of it is copied. */
const RESET_BUFFER_MODE = 1_024;

/** Values to bytes and back: see `encode` and `decode`. */
export class Codec {
  private readonly encoder: Encoder & { encode(value: unknown, mode: number): Uint8Array };
  private readonly storable: Storable;
  private readonly scanner = new Scanner();
  private readonly reviver: Reviver;
  private readonly slab = new Slab();
  private busy = false;

  /** Throws `PEER_MISSING` when cbor-x is not there. */
  constructor(load: Require = ownRequire, private readonly purpose: Purpose = STORED) {
    const { Encoder, Tag } = loaded(load, purpose);
    const options = { useRecords: false, copyBuffers: true, tagUint8Array: true };
    this.encoder = new Encoder(options);
    this.storable = new Storable((content, tag) => new Tag(content, tag), purpose);
    this.reviver = new Reviver((value) => value instanceof Tag);
  }

  encode(value: unknown, what: string, limits?: CodecLimits): Uint8Array {
    if (this.busy) throw this.refused(what, 'a value that writes another while it is read', 'data');
    this.busy = true;
    try {
      const prepared = this.storable.prepare(value, what, limits);
      const written = this.encoder.encode(prepared, RESET_BUFFER_MODE);
      const max = limits?.bytesMax ?? BYTES_MAX;
      if (written.length > max) throw this.refused(what, `${written.length} bytes`, `at most ${max} bytes in all`);
      const bytes = this.slab.take(written.length);
      bytes.set(written);
      return bytes;
    } catch (error) {
      if (error instanceof OptionError) throw error;
      throw notFor(
        this.purpose, what, `a value that fails while it is read: ${printable(error)}`, 'data', error,
      );
    } finally {
      this.busy = false;
    }
  }

  decode(bytes: Uint8Array, limits?: CodecLimits): unknown {
    const max = limits?.bytesMax ?? BYTES_MAX;
    try {
      if (bytes.length > max) throw new RangeError(`${bytes.length} bytes, at most ${max} are read`);
      const own = this.scanner.scan(bytes, limits);
      // A view of its own: cbor-x writes a field on what it reads.
      const value: unknown = this.encoder.decode(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length));
      return own ? this.reviver.revive(value) : value;
    } catch (error) {
      throw new CastcallError(
        'DAMAGED', `${this.purpose.damage}: ${String(fieldOf(error, 'message'))}; ${this.purpose.fix}`,
        { cause: error },
      );
    }
  }

  private refused(what: string, got: string, rule: string): OptionError {
    return notFor(this.purpose, what, got, rule);
  }
}

let codec: Codec | null = null;

/**
 * The bytes of a value; nobody else writes on them. Kept: plain objects and arrays, text, numbers,
 * booleans, null, undefined, BigInt, Date, Map, Set, typed arrays, ArrayBuffer, DataView, and errors
 * with their name, message, code, data fields and causes. An instance of a class becomes what its
 * `toJSON` gives, else a plain object of its own enumerable fields; a Buffer becomes a Uint8Array.
 * Throws `NOT_STORABLE`, with the path to what cannot be stored, from `what` on.
 */
export function encode(value: unknown, what: string, limits?: CodecLimits): Uint8Array {
  return (codec ??= new Codec()).encode(value, what, limits);
}

/** The value of such bytes; nothing of it is shared with them. Throws `DAMAGED`, and nothing else. */
export function decode(bytes: Uint8Array, limits?: CodecLimits): unknown {
  return (codec ??= new Codec()).decode(bytes, limits);
}

function loaded(load: Require, { option }: Purpose): CborX {
  try {
    return load('cbor-x') as CborX;
  } catch (error) {
    throw Object.assign(new OptionError(
      option, 'no package cbor-x', 'the package cbor-x beside castcall', 'npm install cbor-x', 'PEER_MISSING',
    ), { cause: error });
  }
}
