import { deepFreeze } from '../base/index.js';
import { EXTRA, Extra, Mailbox, Rank, type Op } from '../mailbox/index.js';
import { rankHeld } from './hold.js';
import type { Faults } from './ports.js';
import { Process, Run } from './process.js';
import { ReplySlot } from './slot.js';

/**
 * Queues a user message in the normal lane of a living process. False when the mailbox is full (counted as rejected);
 * what that means to the sender is the caller's business.
 */
export function accept(p: Process, op: Op, payload: unknown, from: unknown): boolean {
  const box = p.mailbox;
  if (box.size >= box.capacity) return box === Mailbox.unopened ? first(p, op, payload, from) : full(p);
  const kernel = p.kernel;
  if (kernel.watched && watch(p, Rank.Normal, op, payload, from, -1)) return true;
  if (box.put(op, payload, from)) sample(p);
  if (p.run === Run.Idle) kernel.scheduler.enqueue(p);
  return true;
}

/** The same for a message with a priority or an expiry: the longer road. */
export function acceptWith(p: Process, rank: Rank, op: Op, payload: unknown, from: unknown, expiresAt: number): boolean {
  const box = p.box();
  if (box.size >= box.capacity) return full(p);
  if (p.kernel.watched && watch(p, rank, op, payload, from, expiresAt)) return true;
  enqueueWith(p, rank, op, payload, from, expiresAt);
  return true;
}

function enqueueWith(p: Process, rank: Rank, op: Op, payload: unknown, from: unknown, expiresAt: number): void {
  const box = p.mailbox;
  if (expiresAt >= 0) box.putIn(rank, EXTRA, payload, new Extra(op, from, expiresAt));
  else if (rank !== Rank.Normal) box.putIn(rank, op, payload, from);
  else if (box.put(op, payload, from)) sample(p);
  if (p.run === Run.Idle) p.kernel.scheduler.enqueue(p);
}

/** Queues one of the runtime's own messages: it never waits for room and does not count; dropped when the process has ended. */
export function pushSignal(p: Process, op: Op, payload: unknown, from: unknown, rank: Rank = Rank.Normal): void {
  const { kernel } = p;
  kernel.signals.sent++;
  if (p.run === Run.Dead) {
    kernel.signals.dropped++;
    return;
  }
  const box = p.box();
  box.putIn(box.held ? rankHeld(p, op, from, rank) : rank, op, payload, from);
  if (p.run === Run.Idle) kernel.scheduler.enqueue(p);
}

/** The first message of a process: its mailbox is opened now. */
function first(p: Process, op: Op, payload: unknown, from: unknown): boolean {
  p.box();
  return accept(p, op, payload, from);
}

function full(p: Process): false {
  p.mailbox.sent++;
  p.mailbox.tally().rejected++;
  return false;
}

/** What somebody watches: freezes, taps, and asks the gate. True when the gate keeps the message for now. */
function watch(p: Process, rank: Rank, op: Op, payload: unknown, from: unknown, expiresAt: number): boolean {
  const { kernel } = p;
  if (kernel.frozen) deepFreeze(payload);
  const sender = from instanceof Process ? from : from instanceof ReplySlot ? from.caller : null;
  if (kernel.gate !== null && sender !== null && kernel.gate.holds(sender, op, () => release(p, rank, op, payload, from, expiresAt))) return true;
  if (kernel.faults !== null && struck(p, rank, op, payload, from, expiresAt)) return true;
  if (kernel.tap !== null) kernel.tap.accepted(p.pid, op.name);
  if (kernel.watchdog !== null) kernel.watchdog.accepted(p);
  return false;
}

/** A simulated fault: true when the message does not go on from here. */
function struck(p: Process, rank: Rank, op: Op, payload: unknown, from: unknown, expiresAt: number): boolean {
  const fate = (p.kernel.faults as Faults).strike(p, op, payload, from, () => release(p, rank, op, payload, from, expiresAt));
  if (fate === 'pass') return false;
  if (fate === 'drop') {
    p.box().sent++;
    p.mailbox.tally().dropped++;
  }
  return true;
}

/** The gate lets a message go: it meets the destination as it is now. */
function release(p: Process, rank: Rank, op: Op, payload: unknown, from: unknown, expiresAt: number): void {
  if (p.run === Run.Dead) {
    p.kernel.outside.sent++;
    p.kernel.outside.deadLettered++;
    if (from instanceof ReplySlot) from.calleeEnded(p.reason);
    p.kernel.deadLetter(p, op.name, payload, from, p.reason);
  } else if (p.box().size >= p.mailbox.capacity) {
    full(p);
  } else {
    enqueueWith(p, rank, op, payload, from, expiresAt);
  }
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
