import type { Digest } from './words.js';

const SHAPES_MAX = 256;

export interface Shape extends Digest {
  /** as an object of this shape had them */
  readonly given: readonly string[];
  /** the same, sorted */
  readonly keys: readonly string[];
}

/** Names of properties, sorted and digested: most messages have those of an earlier one. */
export class Shapes {
  private readonly known = new Map<string, Shape>();
  /** @param digest of another digester than the one that asks */
  constructor(private readonly digest: (keys: readonly string[]) => Digest) {}

  of(given: readonly string[]): Shape {
    const first = given[0] as string;
    const known = this.known.get(first);
    return known !== undefined && same(known.given, given) ? known : this.make(first, given);
  }

  private make(first: string, given: readonly string[]): Shape {
    const keys = [...given].sort();
    const { a, b, c, d } = this.digest(keys);
    const made: Shape = { a, b, c, d, given, keys };
    if (this.known.size >= SHAPES_MAX) this.known.clear();
    if (given.length <= SHAPES_MAX) this.known.set(first, made);
    return made;
  }
}

function same(known: readonly string[], given: readonly string[]): boolean {
  if (known.length !== given.length) return false;
  for (let i = 0; i < given.length; i++) if (known[i] !== given[i]) return false;
  return true;
}
