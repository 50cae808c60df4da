import { deepFreeze } from '../../base/index.js';
import { Mailbox, Rank, rejected, signalDropped, signalSent } from '../../mailbox/index.js';
import type { SideLane, Waiter } from '../../mailbox/index.js';
import type { Op } from '../../mailbox/message/index.js';
import { Process, rankHeld, ReplySlot, Run } from '../record/index.js';
import type { Faults } from '../record/index.js';
import { admit, bury, Entry, obstacleTo, queue, refuse, refusalOf, sample, type Coalesce } from './admit.js';

/**
 * Queues a user message in the normal lane of a living process. False when it was not: `refusalOf`
 * says why, and it is counted; what that means to the sender is the caller's business.
 */
export function accept(p: Process, op: Op, payload: unknown, from: unknown): boolean {
  const box = p.mailbox;
  if (box.size >= box.gate) {
    return box === Mailbox.unopened
      ? first(p, op, payload, from)
      : acceptWith(p, Rank.Normal, op, payload, from);
  }
  const kernel = p.kernel;
  if (kernel.watched && (kernel.attended || (typeof payload === 'object' && payload !== null))) {
    return acceptWith(p, Rank.Normal, op, payload, from);
  }
  if (box.put(op, payload, from)) sample(p);
  if (p.run === Run.Idle) kernel.scheduler.enqueue(p);
  return true;
}

/** The same for a message with a lane and nothing else. */
export function acceptIn(p: Process, rank: Rank, op: Op, payload: unknown, from: unknown): boolean {
  const { mailbox: box, kernel } = p;
  const { extra } = box;
  // the normal one is not among them
  const lane = extra === null ? null : (extra.lanes[rank] as SideLane | null);
  if (lane === null || box.size >= box.gate || kernel.watched) return acceptWith(p, rank, op, payload, from);
  box.putAside(lane, op, payload, from);
  if (p.run === Run.Idle) kernel.scheduler.enqueue(p);
  return true;
}

/** The same for a message with a lane, an expiry or a key, or to a mailbox under pressure: the longer road. */
export function acceptWith(
  p: Process, rank: Rank, op: Op, payload: unknown, from: unknown, expiresAt: number = -1,
  coalesce: Coalesce | null = null,
): boolean {
  const box = p.box();
  if (p.kernel.watched) {
    if (sheds(p, rank, op, payload)) return false;
    const obstacle = obstacleTo(p, rank, op, payload, coalesce !== null);
    if (p.run === Run.Dead) return bury(p, op, payload, from, null) !== Entry.Refused;
    if (obstacle !== null) return refuse(p, obstacle) !== Entry.Refused;
    if (watch(p, rank, op, payload, from, expiresAt, coalesce, null)) return true;
    // by a trap of what is frozen
    if ((p.run as Run) === Run.Dead) return bury(p, op, payload, from, null) !== Entry.Refused;
  }
  if (box.size < box.gate && coalesce === null) {
    queue(p, rank, op, payload, from, expiresAt, 0, null);
    return true;
  }
  return admit(p, rank, op, payload, from, expiresAt, coalesce, null) !== Entry.Refused;
}

/**
 * The same for a send that can wait: where the mailbox is full and its policy is `suspend`, the
 * waiter stands in line until `enter` is called, or `withdraw` takes it out. Its `enter` calls
 * `admitWaiter`.
 */
export function acceptOrWait(p: Process, waiter: Waiter): Entry {
  const { rank, op, payload, from, expiresAt } = waiter;
  p.box();
  if (p.kernel.watched) {
    if (sheds(p, rank, op, payload)) return Entry.Refused;
    if (watch(p, rank, op, payload, from, expiresAt, null, waiter)) return Entry.Waiting;
  }
  if (waiter.waits || waiter.over) return Entry.Waiting; // a copy of it came first
  if (p.run === Run.Dead) return bury(p, op, payload, from, waiter);
  return admit(p, rank, op, payload, from, expiresAt, null, waiter);
}

/**
 * Queues one of the runtime's own messages: it never waits for room and does not count; dropped
 * when the process has ended.
 */
export function pushSignal(
  p: Process, op: Op, payload: unknown, from: unknown, rank: Rank = Rank.Normal,
): void {
  const { kernel } = p;
  signalSent(kernel.signals);
  if (p.run === Run.Dead) {
    signalDropped(kernel.signals);
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

/**
 * Whether the program has too little memory left for that message (P11); then it is counted, and
 * `refusalOf` says so.
 */
function sheds(p: Process, rank: Rank, op: Op, payload: unknown): boolean {
  const { ceiling } = p.kernel;
  if (ceiling === null || !ceiling.refuses(rank, op, payload)) return false;
  rejected(p.mailbox, 'rejected');
  return true;
}

/** What somebody watches: freezes, taps, and asks the gate. True when the gate keeps the message for now. */
function watch(
  p: Process, rank: Rank, op: Op, payload: unknown, from: unknown, expiresAt: number, coalesce: Coalesce | null,
  waiter: Waiter | null,
): boolean {
  const { kernel } = p;
  if (kernel.frozen) deepFreeze(payload);
  if (kernel.gate !== null && from instanceof Process && waiter === null && kernel.gate.holds(
    from, op, () => release(p, rank, op, payload, from, expiresAt, coalesce, waiter),
  )) return true;
  if (kernel.faults !== null && struck(
    p, kernel.faults, op, payload, from, () => release(p, rank, op, payload, from, expiresAt, coalesce, waiter),
  )) return true;
  if (kernel.tap !== null) kernel.tap.accepted(p.pid, op.name);
  if (kernel.watchdog !== null) kernel.watchdog.accepted(p);
  return false;
}

/** A simulated fault: true when the message does not go on from here. */
function struck(
  p: Process, faults: Faults, op: Op, payload: unknown, from: unknown, deliver: () => void,
): boolean {
  const fate = faults.strike(p, op, payload, from, deliver);
  if (fate === 'pass') return false;
  if (fate === 'drop' && !(from instanceof ReplySlot && from.vanished())) rejected(p.box(), 'dropped');
  return true;
}

/** The gate lets a message go: it meets the destination as it is now. */
function release(
  p: Process, rank: Rank, op: Op, payload: unknown, from: unknown, expiresAt: number, coalesce: Coalesce | null,
  waiter: Waiter | null,
): void {
  // the copy of a send whose first is in line, or over
  if (waiter !== null && (waiter.over || waiter.waits)) return;
  const heir = waiter === null && p.kernel.heir !== null ? p.kernel.heir(p) : null;
  if (heir !== null) {
    if (p.kernel.delivery !== null && p.kernel.delivery.takeBack(p, op, payload, from, p.reason)) return;
    if (from instanceof ReplySlot) from.callee = heir;
    return release(heir, rank, op, payload, from, expiresAt, coalesce, null);
  }
  if (p.run === Run.Dead) {
    bury(p, op, payload, from, waiter);
    return;
  }
  p.box();
  const entry = admit(p, rank, op, payload, from, expiresAt, coalesce, waiter);
  if (entry === Entry.Queued && waiter !== null && !waiter.over) waiter.entered();
  if (entry !== Entry.Refused) return;
  const code = refusalOf(p, op, payload);
  if (from instanceof ReplySlot) from.lost(code);
  if (waiter !== null) waiter.refused(code);
}
