import { Exit, type Down } from '../../../api/messages.js';
import { Kind } from '../../../mailbox/message/index.js';
import type { Op } from '../../../mailbox/message/index.js';
import { KEPT, Phase } from '../../../process/record/index.js';
import type { Kept, Process } from '../../../process/record/index.js';
import { KeptList } from '../../../process/send/index.js';
import { takeDown, withdrawn } from '../../../process/signal/index.js';
import type { BodySelf } from './self.js';

/*
 * What plain processes and tasks share. A body runs once, in its first turn, and does not park its
 * process: messages come in while it awaits. Each goes to the receive that waits, or is kept until
 * one fits (RE-01 to RE-08).
 *
 *   message ─▶ takeIn ─┬─ a receive waits and it fits ─▶ its promise
 *                      └─ kept ─▶ the next receive looks here first, oldest first
 */

/** A message has come to a process with a body. */
export function takeIn(p: Process, op: Op, given: unknown, from: unknown): unknown {
  // only a stop and the parent's exit get here while it is suspended (SY-03)
  if (p.mailbox.held && p.ext?.sys) {
    return p.ext.sys.terminate(p, op.kind === Kind.Exit ? (given as Exit).reason : given);
  }
  // an orderly stop of the whole system reaches a plain process as an exit signal does
  const payload = op.kind === Kind.Stop ? new Exit(undefined, given) : given;
  if (op.kind === Kind.Down && withdrawn(payload as Down)) return undefined;
  const self = p.self as BodySelf;
  const { receiver } = self;
  const message: Kept = { op, payload, from };
  // `match` may have ended the wait by its signal: then the message stays
  if (receiver !== null && receiver.max === 0 && receiver.takes(message) && self.receiver === receiver) {
    if (op.kind === Kind.Down) takeDown(payload as Down);
    receiver.resolve(payload);
    return undefined;
  }
  const kept = (p.cold().kept ??= new KeptList()) as KeptList;
  kept.push(message);
  if (receiver !== null && receiver.max > 0) self.collect(receiver);
  const { wake } = self;
  self.wake = null;
  if (wake !== null) wake();
  return KEPT;
}

/** A body that has begun and awaits neither a message nor the end of its hibernation. */
export function bodyRuns(p: Process): boolean {
  if (p.phase === Phase.Dead) return false;
  const { receiver, wake } = p.self as BodySelf;
  return receiver === null && wake === null && p.phase !== Phase.Starting;
}
