import { createHash } from 'node:crypto';
import type { DeliveryDefaults, OutcomeKind, Receipt } from '../../src/index.js';

/**
 * How all work travels. A message whose agent dies goes to the next incarnation, one that its
 * handler fails is tried again, and one with a key is handled once, however often it is sent. An
 * agent that fails this often in a row is broken, not unlucky.
 */
export const WORK: DeliveryDefaults = {
  guarantee: 'exactly-once',
  attemptsMax: 30,
  backoff: { baseMs: 1, maxMs: 200 },
  expiresInMs: 24 * 60 * 60 * 1_000,
};

/** Work that ended without having been done. */
export class Undone extends Error {
  constructor(readonly kind: OutcomeKind, readonly reason: unknown, readonly details: unknown) {
    super(`work ended as ${kind}: ${String(reason)}`);
    this.name = 'Undone';
  }
}

/** Resolves with the reply once the work is done; rejects with `Undone` when it never will be. */
export async function done<R>(sent: Promise<Receipt<R>>): Promise<R> {
  const { kind, reply, reason, details } = await (await sent).settled;
  if (kind !== 'handled') throw new Undone(kind, reason, details);
  return reply;
}

const KEY_PATH_BYTES_MAX = 900;

/** The identity of a piece of work: what is done, to which path. Keys are limited in length, paths are not. */
export function keyOf(what: string, path: string): { readonly key: string } {
  const short = Buffer.byteLength(path) <= KEY_PATH_BYTES_MAX;
  return { key: short
    ? `${what} path ${path}`
    : `${what} hash ${createHash('sha256').update(path).digest('hex')}` };
}
