import { deepFreeze } from '../base/index.js';
import { EXTRA, Extra, Rank, type Op } from '../mailbox/index.js';
import { Run, type Process } from './process.js';

/**
 * Queues a user message in the normal lane of a living process. False when the mailbox is full (counted as rejected);
 * what that means to the sender is the caller's business.
 */
export function accept(p: Process, op: Op, payload: unknown, from: unknown): boolean {
  const box = p.mailbox;
  if (box.size >= box.capacity) return full(p);
  const kernel = p.kernel;
  if (kernel.watched) watch(p, op, payload);
  if (box.put(op, payload, from)) sample(p);
  if (p.run === Run.Idle) kernel.scheduler.enqueue(p);
  return true;
}

/** The same for a message with a priority or an expiry: the longer road. */
export function acceptWith(p: Process, rank: Rank, op: Op, payload: unknown, from: unknown, expiresAt: number): boolean {
  const box = p.mailbox;
  if (box.size >= box.capacity) return full(p);
  if (p.kernel.watched) watch(p, op, payload);
  if (expiresAt >= 0) box.putIn(rank, EXTRA, payload, new Extra(op, from, expiresAt));
  else if (rank !== Rank.Normal) box.putIn(rank, op, payload, from);
  else if (box.put(op, payload, from)) sample(p);
  if (p.run === Run.Idle) p.kernel.scheduler.enqueue(p);
  return true;
}

/** Queues one of the runtime's own messages: it never waits for room and does not count; dropped when the process has ended. */
export function pushSignal(p: Process, op: Op, payload: unknown, from: unknown, rank: Rank = Rank.Normal): void {
  const { kernel } = p;
  kernel.signals.sent++;
  if (p.run === Run.Dead) {
    kernel.signals.dropped++;
    return;
  }
  p.mailbox.putIn(rank, op, payload, from);
  if (p.run === Run.Idle) kernel.scheduler.enqueue(p);
}

function full(p: Process): false {
  p.mailbox.sent++;
  p.mailbox.tally().rejected++;
  return false;
}

function watch(p: Process, op: Op, payload: unknown): void {
  const { kernel } = p;
  if (kernel.frozen) deepFreeze(payload);
  if (kernel.tap !== null) kernel.tap.accepted(p.pid, op.name);
}

/** Remembers when this message was sent; the loop sees it again when its turn in the normal lane comes. */
function sample(p: Process): void {
  const box = p.mailbox;
  if (box.sampleLeft !== 0) return;
  const extra = box.cold();
  extra.meter ??= p.kernel.meterOf(p.behaviour);
  extra.sampledAt = p.kernel.env.mono();
  extra.receivedAt = extra.sampledAt;
  box.sampleLeft = box.n;
}
