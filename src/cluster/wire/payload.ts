import { Codec, type CodecLimits, type Purpose } from '../../codec/index.js';

/** Bytes that travel to another node. */
const SENT: Purpose = {
  code: 'NOT_SENDABLE', rule: 'what can travel to another node', option: 'node',
  damage: 'a payload from another node cannot be read', fix: 'run the same version of castcall on both nodes',
};

let codec: Codec | null = null;

function ours(): Codec {
  return (codec ??= new Codec(undefined, SENT));
}

/**
 * The bytes of a payload, an exit reason or an abort reason. What is kept, and what becomes of the
 * rest, is as for what is stored; errors come without their stacks. Throws `NOT_SENDABLE`, with the
 * path to what cannot travel, from `what` on.
 */
export function packPayload(value: unknown, what: string, limits?: CodecLimits): Uint8Array {
  return ours().encode(value, what, limits);
}

/** The payload of such bytes; nothing of it is shared with them. Throws `DAMAGED`, and nothing else. */
export function unpackPayload(bytes: Uint8Array, limits?: CodecLimits): unknown {
  return ours().decode(bytes, limits);
}
