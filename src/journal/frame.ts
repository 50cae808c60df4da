// How a body lies in a store: one byte of version, four of checksum, then the payload. The checksum
// starts from the place, so that a row that stands in another's place is found as well as a flipped bit.
import { crc32 } from 'node:zlib';
import type { StoreFinding } from '../api/durable/store.js';
import { hashText, mix } from '../base/text/index.js';
import { Slab } from '../codec/index.js';
import { StoreError } from './port/index.js';

/** Bytes before the payload. */
export const FRAME_BYTES = 5;
const VERSION = 1;
const slab = new Slab();

/**
 * The payload as it is stored, in other bytes.
 *
 * @param place table or kind
 * @param name stream of a row, key of a record
 * @param seq of a row; 0 for a record
 */
export function frame(place: string, name: string, seq: number, payload: Uint8Array): Uint8Array {
  const body = slab.take(FRAME_BYTES + payload.length);
  body.set(payload, FRAME_BYTES);
  const sum = crc32(payload, seedOf(place, name, seq));
  body[0] = VERSION;
  body[1] = sum;
  body[2] = sum >>> 8;
  body[3] = sum >>> 16;
  body[4] = sum >>> 24;
  return body;
}

/** The payload of a body that was read at that place, a view of it; throws `STORE_CORRUPT`. */
export function unframe(place: string, name: string, seq: number, body: Uint8Array): Uint8Array {
  const fault = faultOf(place, name, seq, body);
  if (fault !== null) {
    throw new StoreError(
      'STORE_CORRUPT', `${placeOf(place, name, seq)}: ${fault}; restore a backup`, [findingOf(place, name, seq, fault)],
    );
  }
  return body.subarray(FRAME_BYTES);
}

/** What is wrong with a body that was read at that place; null for nothing. */
export function faultOf(place: string, name: string, seq: number, body: Uint8Array): string | null {
  if (body.length < FRAME_BYTES) return `a body of ${body.length} bytes, shorter than its own head`;
  if (body[0] !== VERSION) return `its body has version ${body[0]}, this castcall reads version ${VERSION}`;
  const sum = crc32(body.subarray(FRAME_BYTES), seedOf(place, name, seq));
  const stored = (body[1] as number) | ((body[2] as number) << 8) | ((body[3] as number) << 16)
    | ((body[4] as number) << 24);
  return sum === stored >>> 0 ? null : 'its checksum does not fit: it was changed, or belongs to another place';
}

/** A place as people read it: `message/17 (orders)` or `state/orders`. */
export function placeOf(place: string, name: string, seq: number): string {
  return seq === 0 ? `${place}/${name}` : `${place}/${seq} (${name})`;
}

export function findingOf(place: string, name: string, seq: number, fault: string): StoreFinding {
  return { kind: 'checksum', place: placeOf(place, name, seq), message: fault };
}

function seedOf(place: string, name: string, seq: number): number {
  let seed = mix(hashText(place) ^ (seq >>> 0));
  seed = mix(seed ^ Math.floor(seq / 0x1_0000_0000));
  return mix(seed ^ hashText(name));
}
