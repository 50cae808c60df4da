import type { CallErrorCode, ExitReason } from '../../base/index.js';
import { handedOver, Rank, rejected } from '../../mailbox/index.js';
import { Phase } from '../../process/record/index.js';
import type { Process } from '../../process/record/index.js';
import {
  accept as toMailbox, acceptOrWait, acceptWith, admits, Entry, refusalOf,
} from '../../process/send/index.js';
import { deliveredOp, takenBack } from './attempt.js';
import type { Destination } from './destination.js';
import { awaitBackOff, awaitOwner, countQueued, hold, inLine, release } from './hold.js';
import type { Message } from './message.js';
import { interrupt } from './pending/interrupt.js';
import { isDelivery, outlasts, suspends } from './rules.js';
import { conclude, deadLetterHeld, dropped, goOn } from './settle.js';
import { State, STATE } from './states.js';
import { DeliveryWaiter } from './wait/waiter.js';

/* How a message comes to its mailbox: the first time, and again. */

/** Of 64 accepted messages one is timed; all are while records are kept. */
const SAMPLED = 63;

const isMessage = (from: unknown): from is Message => isDelivery(from);

/* ---- the first time ---- */

/**
 * A new message: it is queued, or held, first of all for its delay. False when it was refused for
 * want of room, which its mailbox has counted. One that may wait stands in line before a mailbox
 * that suspends its senders: `enteredFirst` and `refusedFirst` tell what becomes of it.
 *
 * Its key is taken before: accepting may run the user's code (sizeOf), which may send the same key,
 * and is told of this one then.
 */
export function accept(
  to: Destination, d: Message, p: Process | null, mayWait: boolean, delayMs: number,
): boolean {
  const { identity, rare, route: { terms } } = d;
  const met = to.counters.duplicatesSuppressed;
  const number = ++to.arrivals;
  if (typeof identity === 'number') {
    d.identity = number;
    if (terms.guarantee === 'exactly-once') to.windowOf(d.caller).add(number);
  } else {
    identity.number = number;
    to.keys.add(identity, d);
  }
  if (delayMs > 0) {
    hold(to, d);
    awaitBackOff(to, d, delayMs);
  } else if (rare !== null && rare.order !== null && to.orders.behind(d, rare.order)) hold(to, d);
  else if (p === null) {
    hold(to, d);
    awaitOwner(to, d);
  } else if (mayWait && p.mailbox.extra !== null && suspends(p)) {
    if (standInLine(to, d, p, false) !== Entry.Refused) return true;
    return forget(to, d, met);
  } else if (!(to.waiting.messages.length > 0 && !flush(to) && p.phase !== Phase.Dead
    ? refuse(p)
    : enqueue(to, d, p))) {
    if (d.order !== null) goOn(to, d, d.order);
    return forget(to, d, met);
  }
  to.counters.accepted++;
  if ((++to.all.accepted & SAMPLED) === 0
    || to.shared.recent !== null) d.rarely().sampled = to.kernel.env.mono();
  if ((d.bits & STATE) !== State.Over) to.shared.expiries.add(d, terms.expiresInMs + delayMs);
  return true;
}

/**
 * A new message in the place of one that is queued there, for which it needs no room; that one is
 * still to be told. False when the mailbox has refused it all the same: it may be larger.
 */
export function acceptInPlace(to: Destination, d: Message, p: Process): boolean {
  const number = d.identity = ++to.arrivals;
  const window = d.numbered ? to.windowOf(d.caller) : null;
  if (window !== null) window.add(number);
  if (!enqueue(to, d, p)) {
    window?.withdraw(number);
    return false;
  }
  to.counters.accepted++;
  if ((++to.all.accepted & SAMPLED) === 0 || to.shared.recent !== null) d.rarely().sampled = to.kernel.env.mono();
  if ((d.bits & STATE) !== State.Over) to.shared.expiries.add(d, d.terms.expiresInMs);
  return true;
}

function refuse(p: Process): false {
  rejected(p.box(), 'rejected');
  return false;
}

/** A refused message leaves nothing behind; one that a duplicate has met meanwhile has an outcome to tell. */
function forget(to: Destination, d: Message, met: number): false {
  const { record } = d;
  if (to.counters.duplicatesSuppressed !== met) conclude(d, 'rejected', undefined, 'rejected', undefined);
  else if (record !== null) to.keys.free(record);
  else if (d.numbered) to.windowOf(d.caller).withdraw(d.number);
  return false;
}

/** A new message that is accepted later, with its commit: it has its number and key from now on. */
export function acceptHeld(to: Destination, d: Message): void {
  const { identity, terms, rare } = d;
  const number = ++to.arrivals;
  if (typeof identity !== 'number') {
    identity.number = number;
    to.keys.add(identity, d);
  } else {
    d.identity = number;
    // the row of a stored one is the mark that it was not handled
    const stored = rare !== null && rare.stored !== null;
    if (terms.guarantee === 'exactly-once' && !stored) to.windowOf(d.caller).add(number);
  }
  hold(to, d);
  to.counters.accepted++;
  if ((++to.all.accepted & SAMPLED) === 0 || to.shared.recent !== null) d.rarely().sampled = to.kernel.env.mono();
}

/** Its commit is done: it goes on. */
export function goes(to: Destination, d: Message, delayMs: number): void {
  if (d.state !== State.Held) return;
  to.shared.expiries.add(d, d.terms.expiresInMs + delayMs);
  if (to.recovered !== null) to.recovered.push(d, delayMs);
  else goesOn(to, d, delayMs);
}

/** The same once it stands behind nothing of an earlier life. */
export function goesOn(to: Destination, d: Message, delayMs: number): void {
  if (delayMs > 0) awaitBackOff(to, d, delayMs);
  else if (d.order !== null && to.orders.behind(d, d.order)) return;
  else if (!to.waiting.empty && !flush(to)) awaitOwner(to, d);
  else again(to, d);
}

/** Whether a new message for that process would be queued now. */
export function hasRoom(to: Destination, { op, terms }: Message, p: Process, payload: unknown): boolean {
  return (to.waiting.empty || flush(to)) && admits(p, terms.rank, op, payload, false);
}

/* ---- into the mailbox ---- */

function enqueue(to: Destination, d: Message, p: Process): boolean {
  if (p.phase === Phase.Dead) { // by the user's code, while others were looked at
    hold(to, d);
    awaitOwner(to, d);
    return true;
  }
  const { route: { callee, op, terms: { rank } }, content } = d;
  if (callee !== p) d.callee = p;
  const carried = op.delivered ?? deliveredOp(op);
  const slot = d.rare === null ? null : d.rare.slot;
  if (!(rank === Rank.Normal && slot === null
    ? toMailbox(p, carried, content, d)
    : acceptWith(p, rank, carried, content, d, -1, slot === null ? null : slot.inMailbox))) return false;
  // Lost on its way, as simulations have it.
  if ((d.bits & STATE) !== State.Held || (d.rare !== null && d.rare.wait !== null)) return true;
  d.bits |= State.Queued;
  to.counters.inTransit++;
  to.all.inTransit++;
  if (rank === Rank.Critical && d.rare !== null && d.rare.mode === 'interrupt') interrupt(p, isMessage);
  // by the user's code that looked at the message
  if ((p.phase as Phase) === Phase.Dead) takenBack(to, d, p.reason);
  return true;
}

/**
 * A message gets lost on its way, as simulations have it: it was never started, so it is sent
 * again, or else its mailbox counts it as dropped.
 */
export function vanished(to: Destination, d: Message): boolean {
  if (d.terms.guarantee === 'at-most-once') {
    dropped(to, d, 'dropped');
    return false;
  }
  hold(to, d);
  awaitBackOff(to, d, d.terms.backoff.baseMs);
  return true;
}

/* ---- in line before it ---- */

/** To a mailbox whose policy is `suspend`: it is queued, or waits its turn among the puts. */
function standInLine(to: Destination, d: Message, p: Process, again: boolean): Entry {
  d.callee = p;
  d.state = State.Queued;
  const waiter = new DeliveryWaiter(d, d.op.delivered ?? deliveredOp(d.op), d.terms.rank, again);
  d.rarely().waiter = waiter;
  const entry = acceptOrWait(p, waiter);
  if (entry === Entry.Queued) {
    if (!waiter.over) waiter.entered();
  } else if (entry === Entry.Refused) {
    d.rarely().waiter = null;
    d.state = State.Held;
    if (d.order !== null) goOn(to, d, d.order);
    d.unaccepted(refusalOf(p, d.op, d.payload), undefined); // a duplicate, by the user's sizeOf
    return entry;
  }
  if (d.expiry === null && (d.state as State) !== State.Over && !d.lapsed) {
    to.shared.expiries.add(d, d.terms.expiresInMs);
  }
  return entry;
}

/** A new message is in the mailbox: it is accepted. */
export function enteredFirst(to: Destination, d: Message): void {
  countQueued(to);
  acceptedLate(to, d);
}

/** One that has come back is in the mailbox. */
export function enteredAgain(to: Destination, d: Message): void {
  inLine(to, -1);
  countQueued(to);
  d.moved();
}

/** A new message never will be in this mailbox; for `EXIT` the reason of its process. */
export function refusedFirst(to: Destination, d: Message, code: string, reason: ExitReason): void {
  if (code === 'EXIT' && !to.shared.closed && d.terms.guarantee !== 'at-most-once' && outlasts(d.target)) {
    // Its name outlives the process before which it stood.
    acceptedLate(to, d);
    inLine(to, 1);
    return refusedAgain(to, d, code, reason);
  }
  conclude(d, 'rejected', undefined, code === 'EXIT' ? reason : code, undefined);
  d.unaccepted(code as CallErrorCode, reason);
}

/** One that has been accepted cannot enter: it goes on as if its process had ended before it was started. */
export function refusedAgain(to: Destination, d: Message, code: string, reason: ExitReason): void {
  handedOver(d.callee.box(), 'rejected');
  inLine(to, -1);
  countQueued(to);
  takenBack(to, d, code === 'EXIT' ? reason : code);
}

function acceptedLate(to: Destination, d: Message): void {
  const { acceptance } = d;
  to.counters.accepted++;
  if ((++to.all.accepted & SAMPLED) === 0
    || to.shared.recent !== null) d.rarely().sampled = to.kernel.env.mono();
  if (acceptance === null) return;
  d.rarely().acceptance = null;
  acceptance.accept();
}

/* ---- again ---- */

/** The next attempt of a held message, now. */
export function again(to: Destination, d: Message): void {
  const p = d.target.owner;
  if (p === null) {
    if (outlasts(d.target)) awaitOwner(to, d);
    else deadLetterHeld(to, d, 'noproc');
  } else if (p.behaviour !== d.behaviour) deadLetterHeld(to, d, 'protocol_mismatch');
  else if (suspends(p)) {
    release(to, d);
    inLine(to, 1);
    if (standInLine(to, d, p, true) === Entry.Refused) {
      inLine(to, -1);
      notTaken(to, d, p);
    }
    d.moved();
  } else if (!admits(p, d.terms.rank, d.op, d.payload, false)) awaitOwner(to, d);
  else {
    release(to, d);
    if (!enqueue(to, d, p)) notTaken(to, d, p);
    d.moved();
  }
}

/** A mailbox has refused what had come back, and counted it: it waits on. */
function notTaken(to: Destination, d: Message, p: Process): void {
  const drops = p.mailbox.pressure().rules.overflow.startsWith('drop');
  if (drops && refusalOf(p, d.op, d.payload) === 'MAILBOX_FULL') return dropped(to, d, 'dropped');
  handedOver(p.box(), 'rejected');
  hold(to, d);
  awaitOwner(to, d);
}

/** Gives what waits to its owners, in order; true when nothing waits any more. */
export function flush(to: Destination): boolean {
  const { waiting } = to;
  for (const d of waiting.take()) if (d.state === State.Held) again(to, d);
  return waiting.empty;
}
