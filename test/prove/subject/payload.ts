import { Random } from '../../../src/testing/random.js';

const HEAD = 8;

/** The one body that belongs to this id: a length and bytes drawn from it, often small, at times pages long. */
export function bodyOf(id: number): Uint8Array {
  const random = new Random(id);
  const length = random.chance(1 / 32) ? 4_000 + random.int(16_000) : 16 + random.int(500);
  const body = new Uint8Array(HEAD + length);
  const view = new DataView(body.buffer);
  view.setFloat64(0, id);
  let at = HEAD;
  for (; at + 4 <= body.length; at += 4) view.setUint32(at, random.u32());
  return body;
}

/** The id of a body; undefined when it is not the body of any. */
export function idOf(body: Uint8Array): number | undefined {
  if (body.length < HEAD) return undefined;
  const id = new DataView(body.buffer, body.byteOffset, body.length).getFloat64(0);
  if (!Number.isInteger(id) || id < 0 || id > 0xffff_ffff) return undefined;
  return Buffer.compare(body, bodyOf(id)) === 0 ? id : undefined;
}

/** The state of an agent: how many messages it has handled, and a mix of their ids, in a block of bytes. */
export interface AgentState {
  handled: number;
  mix: number;
}

const STATE_BYTES = 512;

export function packState({ handled, mix }: AgentState): Uint8Array {
  const body = new Uint8Array(STATE_BYTES).fill(handled & 0xff);
  const view = new DataView(body.buffer);
  view.setUint32(0, handled);
  view.setUint32(4, mix);
  return body;
}

/** undefined when that is no state. */
export function unpackState(body: Uint8Array): AgentState | undefined {
  if (body.length !== STATE_BYTES) return undefined;
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const state = { handled: view.getUint32(0), mix: view.getUint32(4) };
  return Buffer.compare(body, packState(state)) === 0 ? state : undefined;
}

/** Another order of the same ids gives the same mix. */
export function mixed(mix: number, id: number): number {
  return (mix + Math.imul(id + 1, 0x9e37_79b1)) >>> 0;
}
