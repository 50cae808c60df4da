import type { DeliveryOutcome, OutcomeKind } from '../../api/delivery.js';
import { ended } from '../../mailbox/index.js';
import { withdraw } from '../../process/send/index.js';
import type { KeyRecord } from './dedupe/ledger.js';
import type { Destination } from './destination.js';
import { inLine, leaveMailbox, release } from './hold.js';
import type { Message } from './message.js';
import { Outcome } from './outcome.js';
import { takeJoined } from './pending/join.js';
import { leaveSlot } from './pending/slot.js';
import { NO_FAILURES } from './rare.js';
import { GuaranteedRedelivery } from './redelivery.js';
import { ATTEMPTS, State } from './states.js';

/*
 * How a message ends. Whatever its end is, it passes `conclude` once; who calls that has taken it
 * out of the account that it was in, or the mailbox has.
 */

/* ---- from the handler ---- */

/** The handler refused what was asked of it, which is an answer. */
export function answered(to: Destination, d: Message, code: string | undefined, details: unknown): void {
  to.counters.refused++;
  to.all.refused++;
  conclude(d, 'refused', undefined, code, details);
}

/* ---- from the mailbox, which counts it ---- */

/** Its time is up while it is queued: the mailbox counts it when its turn comes. */
export function lapsedQueued(to: Destination, d: Message): void {
  d.cold().skipAbandoned = true;
  expiredQueued(to, d);
}

export function expiredQueued(to: Destination, d: Message): void {
  leaveMailbox(to);
  countLost(to, 'expired');
  conclude(d, 'expired', undefined, 'expired', undefined);
}

/** It found no room, had to make room, or got lost. */
export function lost(to: Destination, d: Message, kind: OutcomeKind): void {
  leaveMailbox(to);
  dropped(to, d, kind);
}

export function dropped(to: Destination, d: Message, kind: OutcomeKind): void {
  countLost(to, 'dropped');
  conclude(d, kind, undefined, kind, undefined);
}

/** Out of the line, because nobody waits for its acceptance any more, or its time is up. */
export function leaveLine(
  to: Destination, d: Message, outcome: 'dropped' | 'expired' | 'superseded', kind: OutcomeKind = outcome,
): void {
  const { waiter } = d;
  if (waiter === null) return;
  d.rarely().waiter = null;
  withdraw(d.callee, waiter, outcome);
  if (waiter.again) {
    inLine(to, -1);
    countLost(to, outcome === 'expired' ? 'expired' : 'dropped');
  }
  conclude(d, kind, undefined, kind, undefined);
  d.unaccepted(outcome === 'expired' ? 'EXPIRED' : 'ZOMBIE', undefined);
}

/* ---- from where it is held ---- */

export function expiredHeld(to: Destination, d: Message): void {
  if (d.wait === null && d.target.owner === null) return deadLetterHeld(to, d, 'noproc');
  release(to, d);
  expire(to, d);
  to.waiting.left();
}

export function deadLetterHeld(to: Destination, d: Message, reason: unknown): void {
  release(to, d);
  deadLetter(to, d, reason);
  to.waiting.left();
}

/** What waits for an owner will have none; also what stands behind it in an order. */
export function deadLetterWaiting(to: Destination, reason: unknown): void {
  while (!to.waiting.empty) {
    for (const d of to.waiting.take()) if (d.state === State.Held) deadLetterHeld(to, d, reason);
  }
}

/** The system stops: what is stored goes on in a later life, everything else never will. */
export function closeHeld(to: Destination, d: Message): void {
  if (d.rare === null || d.rare.stored === null) return deadLetterHeld(to, d, 'shutdown');
  release(to, d);
  to.counters.stored++;
  to.all.stored++;
  conclude(d, 'stored', undefined, 'shutdown', undefined);
}

/** The turn, or the store, with which it was to go has failed: it never went, or nobody knows. */
export function neverWent(to: Destination, d: Message, kind: 'dropped' | 'unknown', reason: unknown): void {
  if (d.state !== State.Held) return;
  release(to, d);
  ended(to.kernel.outside, kind);
  countLost(to, kind === 'unknown' ? 'unknown' : 'dropped');
  conclude(d, kind, undefined, reason, undefined);
}

/**
 * Its sender takes it back from where it waits. In a mailbox it keeps its place until its turn
 * comes, as what has expired does.
 */
export function cancel(to: Destination, d: Message, kind: 'cancelled' | 'superseded' = 'cancelled'): void {
  to.counters[kind]++;
  to.all[kind]++;
  const column = columnOf(kind);
  if (d.waiter !== null) return leaveLine(to, d, column, kind);
  if (d.state === State.Held) {
    release(to, d);
    ended(to.kernel.outside, column);
  } else {
    d.lapsed = true;
    d.cold().skipAbandoned = true;
    leaveMailbox(to);
  }
  countLost(to, 'dropped');
  conclude(d, kind, undefined, kind, undefined);
  to.waiting.left();
}

/** The same of one that stands in line for the first time: it is accepted, and over. */
export function supersedeInLine(to: Destination, d: Message): void {
  const { waiter, acceptance } = d;
  if (waiter === null) return;
  for (const counters of [to.counters, to.all]) {
    counters.accepted++;
    counters.superseded++;
  }
  const rare = d.rarely();
  rare.waiter = rare.acceptance = null;
  withdraw(d.callee, waiter, 'superseded');
  countLost(to, 'dropped');
  conclude(d, 'superseded', undefined, 'superseded', undefined);
  if (acceptance !== null) acceptance.accept();
}

/** The column of the account in which a message ends that was not handled. */
export function columnOf(kind: OutcomeKind): 'expired' | 'dropped' | 'superseded' {
  return kind === 'superseded' ? kind : kind === 'cancelled' ? 'dropped' : 'expired';
}

/* ---- from no account ---- */

export function expire(to: Destination, d: Message): void {
  ended(to.kernel.outside, 'expired');
  countLost(to, 'expired');
  conclude(d, 'expired', undefined, 'expired', undefined);
}

export function deadLetter(to: Destination, d: Message, reason: unknown): void {
  ended(to.kernel.outside, 'deadLettered');
  to.counters.failed++;
  to.all.failed++;
  // Over first: who hears of the letter may send it again at once.
  const { payload } = d;
  if (d.rare !== null && d.rare.stored !== null) d.rare.stored.buried(payload, reason);
  conclude(d, 'dead-lettered', undefined, reason, undefined);
  to.shared.router.deadLetters.add(new GuaranteedRedelivery(d, to.shared, payload), payload, reason);
}

function countLost({ counters, all }: Destination, outcome: 'dropped' | 'expired' | 'unknown'): void {
  counters[outcome]++;
  all[outcome]++;
}

/* ---- the end ---- */

/**
 * A message is over: its sequence and key are settled, the next one of its order key may go, who
 * waits is told. An answer of the handler is the acknowledgement, and the duplicate mark, in the
 * same step.
 */
export function conclude(
  d: Message, kind: OutcomeKind, reply: unknown, reason: unknown, details: unknown,
): void {
  const { rare, identity, route: { to, callee, terms } } = d;
  const { kernel, shared } = to;
  const answer = kind === 'handled' || kind === 'refused';
  if (answer) {
    const { counters, all } = to;
    counters.running--;
    all.running--;
    counters.acknowledged++;
    all.acknowledged++;
    if (rare !== null && rare.sampled >= 0) sample(to, kernel.env.mono() - rare.sampled);
  }
  const failures = rare === null ? NO_FAILURES : rare.failures;
  const outcome = new Outcome(
    kind, reply, reason, details, d.bits >> ATTEMPTS, failures, kernel.wallNow(),
  ) as DeliveryOutcome;
  if (answer && typeof identity !== 'number') identity.seal(d.content);
  d.bits |= State.Over;
  d.content = outcome;
  if (d.expiry !== null) d.expiry.remove(d);
  if (rare !== null) rare.dropTimers(kernel.deadlines);
  if (callee !== null && callee.ext !== null) d.leaveCallee(callee.ext);
  if (shared.recent !== null) shared.recent.add(d, d.sampled < 0 ? 0 : kernel.env.mono() - d.sampled);
  if (d.rare !== null && d.rare.stored !== null) d.rare.stored.over(outcome, answer);
  else if (typeof identity !== 'number') settleKey(to, identity, outcome, answer);
  else if (terms.guarantee === 'exactly-once') to.windowOf(d.caller).mark(identity);
  if (d.rare === null) return;
  if (answer) for (const other of takeJoined(d)) settleJoined(to, other as Message, kind, reply, reason, details);
  if (d.rare.slot !== null) leaveSlot(to, d, d.rare.slot);
  if (d.rare.order !== null) goOn(to, d, d.rare.order);
  if (d.rare.stored === null) d.rare.tellEnd(outcome);
}

/** It was handled in the same turn as the one that led it. */
function settleJoined(
  to: Destination, d: Message, kind: OutcomeKind, reply: unknown, reason: unknown, details: unknown,
): void {
  if (d.state !== State.Running) return;
  if (kind === 'refused') answered(to, d, reason as string, details);
  else conclude(d, kind, reply, undefined, undefined);
}

/** The end of a stored message is committed, or can no longer be: now it is told. */
export function toldOver(d: Message, outcome: DeliveryOutcome, answer: boolean): void {
  if (d.record !== null) settleKey(d.to, d.record, outcome, answer);
  d.content = outcome;
  d.rarely().tellEnd(outcome);
}

/** Over, and its handler has given no answer. */
export function unanswered(d: Message): boolean {
  if (d.state !== State.Over) return false;
  const { kind } = d.content as DeliveryOutcome;
  return kind !== 'handled' && kind !== 'refused';
}

/** How long it took from the acceptance. */
function sample({ counters, all }: Destination, ms: number): void {
  counters.sample(ms);
  all.sample(ms);
}

/** What has had an answer is remembered; else another message may have the key. */
function settleKey(to: Destination, record: KeyRecord, outcome: DeliveryOutcome, answer: boolean): void {
  if (answer) to.keys.remember(record, outcome, to.kernel.env.mono());
  else to.keys.free(record);
}

/** A message with an order key is over, or was refused: the next one of the key has its turn. */
export function goOn(to: Destination, d: Message, order: string): void {
  const next = to.orders.next(d, order);
  if (next !== null) to.again(next);
}
