import { CastcallError } from '../base/index.js';
import type { Op } from './message/index.js';
import type { Waiter, Waiting } from './waiting.js';

/*
 * The one writer of the counters. Every user message stands in one column of one account, and a
 * transition moves it from one to another, or into the account and out of it, so that the law holds
 * before and after each of them:
 *
 *   sent = handled + rejected + dropped + superseded + expired + deadLettered + queued + running + held
 *
 *                     ┌─ rejected ────────────────────────────▶ rejected, dropped, superseded
 *   accepted ─▶ queued ── taken ─▶ running ── handled, crashed ▶ handled ── skipped ─▶ dropped, expired, superseded
 *        ▲          ▲ ◀── kept ───────┘                            │
 *        │          ├─ discarded ─▶ dropped, expired               │
 *        │          ├─ deadLettered ─▶ deadLettered                │
 *        │          └──────────── handedOver (to delivery) ◀───────┴─ rejected
 *   admitted ── held ── withdrawn ─▶ rejected, dropped, expired, superseded
 *                 ▲
 *               waited
 *
 * `running` is no counter: it is what is left. A mailbox has at most one message in hand. To
 * everybody else the counters are read-only by their types; the loop alone takes the view `Columns`
 * of a mailbox, and inlines `taken` and `handled`.
 */

/** Where a message that was never handled ends. */
export type Outcome = 'rejected' | 'dropped' | 'superseded' | 'expired' | 'deadLettered';

/** What became of user messages beyond the common case; `refused` and `crashed` are parts of `handled`. */
export class Tally {
  readonly rejected: number = 0;
  readonly dropped: number = 0;
  readonly superseded: number = 0;
  readonly expired: number = 0;
  readonly deadLettered: number = 0;
  readonly refused: number = 0;
  readonly crashed: number = 0;
}

/** The runtime's own messages: all that were sent were handled, or dropped, or are queued. */
export class SignalAccount {
  readonly sent: number = 0;
  readonly handled: number = 0;
  readonly dropped: number = 0;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** The same, writable. */
export type SignalColumns = Writable<SignalAccount>;

/** The counters of one mailbox, writable. */
export interface Columns {
  sent: number;
  handled: number;
  size: number;
  readonly extra: {
    readonly tally: Tally;
    readonly pressure: { readonly waiting: { readonly size: number } } | null;
  } | null;
  tally(): Tally;
}

/** The account of sends that are in no mailbox, writable. */
type OutsideColumns = { sent: number; held: number } & { [K in Outcome | 'unknown']: number };

/* ---- into a mailbox ---- */

/** A message is queued. Returns how many have been sent here by now. */
export function accepted(box: Columns): number {
  box.size++;
  return ++box.sent;
}

/** A message is over on its arrival. */
export function rejected(box: Columns, as: 'rejected' | 'dropped' | 'superseded'): void {
  box.sent++;
  count(box, as);
  if (auditing) verify(box);
}

/** A message waits for room. */
export function waited(box: Columns, line: Waiting, waiter: Waiter): void {
  box.sent++;
  line.push(waiter);
  if (auditing) verify(box);
}

/** One that has waited leaves the line, and the account until it is `accepted` in the same step. */
export function admitted(box: Columns, line: Waiting, waiter: Waiter): void {
  line.remove(waiter);
  box.sent--;
  if (auditing) verify(box);
}

/** One that waits never gets in. False when it is not in the line. */
export function withdrawn(
  box: Columns, line: Waiting, waiter: Waiter, as: 'rejected' | 'dropped' | 'expired' | 'superseded',
): boolean {
  if (!line.remove(waiter)) return false;
  count(box, as);
  if (auditing) verify(box);
  return true;
}

/* ---- to the handler ---- */

/** The turn of a queued message has come. */
export function taken(box: Columns, signals: SignalAccount, op: Op): void {
  if (op.signal) (signals as SignalColumns).handled++;
  else lifted(box);
}

/** The same for a message of a user: it is out of the queue, in hand. */
export function lifted(box: Columns): void {
  box.size--;
}

/** The other way. */
export function putBack(box: Columns): void {
  box.size++;
  if (auditing) verify(box);
}

/** A message whose turn had come stays queued with its behaviour: selective receive, a postponed event. */
export function kept(box: Columns, signals: SignalAccount, op: Op): void {
  if (op.signal) (signals as SignalColumns).handled--;
  else putBack(box);
}

/** The handler of a message is over. */
export function handled(box: Columns): void {
  box.handled++;
}

/** It has ended its process abnormally. */
export function crashed(box: Columns): void {
  box.handled++;
  writable(box).crashed++;
  if (auditing) verify(box);
}

/** A handler has refused what was asked of it: still handled. */
export function refused(box: Columns): void {
  writable(box).refused++;
}

/** The message whose turn has come is not given to its handler, though it will be counted as handled. */
export function skipped(box: Columns, as: 'dropped' | 'expired' | 'superseded'): void {
  box.handled--;
  count(box, as);
  if (auditing) verify(box);
}

/* ---- out of a mailbox ---- */

/** A queued message goes without its turn. */
export function discarded(box: Columns, as: 'dropped' | 'expired' | 'deadLettered'): void {
  box.size--;
  count(box, as);
  if (auditing) verify(box);
}

/**
 * Delivery takes a message over from that column: it is in no account until delivery counts it. Of
 * one that is `inHand` its process is told as well, see `Process.letGo`.
 */
export function handedOver(
  box: Columns, from: 'queued' | 'rejected' | 'inHand' | 'handled' | 'crashed',
): void {
  box.sent--;
  if (from === 'queued') box.size--;
  else if (from === 'rejected') writable(box).rejected--;
  else if (from !== 'inHand') box.handled--;
  if (from === 'crashed') writable(box).crashed--;
  if (auditing) verify(box);
}

/* ---- outside of all mailboxes ---- */

/** A send that reaches no mailbox is over. */
export function ended(outside: OutsideColumns, as: Outcome | 'unknown'): void {
  outside.sent++;
  outside[as]++;
}

/** Delivery holds a message. */
export function held(outside: OutsideColumns): void {
  outside.sent++;
  outside.held++;
}

/** Delivery holds it no longer: it is in no account until it is accepted, or has ended. */
export function released(outside: OutsideColumns): void {
  outside.sent--;
  outside.held--;
}

/* ---- the runtime's own messages ---- */

export function signalSent(signals: SignalAccount): void {
  (signals as SignalColumns).sent++;
}

/** Its receiver has ended. */
export function signalDropped(signals: SignalAccount): void {
  (signals as SignalColumns).dropped++;
}

/* ---- the law ---- */

let auditing = false;

/** From now on every transition of every mailbox checks the law: in development, and in simulations. */
export function auditAccounts(): void {
  auditing = true;
}

/**
 * The messages that are neither queued nor over: 1 while one is handled, else 0, or the runtime has
 * a bug (P3).
 */
export function inHand(box: Columns): number {
  const open = box.sent - box.handled - box.size;
  const { extra } = box;
  if (extra === null) return open;
  const { tally, pressure } = extra;
  const over = tally.rejected + tally.dropped + tally.superseded + tally.expired + tally.deadLettered;
  return open - over - (pressure === null ? 0 : pressure.waiting.size);
}

/** What a mailbox tells whose account does not balance, with so many messages in hand where `expected` are. */
export function outOfBalance(box: Columns, expected: string): CastcallError {
  const { sent, handled: done, size } = box;
  return new CastcallError('INTERNAL', `the account of a mailbox does not balance: ${inHand(box)} in hand, expected ${
    expected}: ${JSON.stringify({ sent, handled: done, queued: size, ...box.extra?.tally })}`);
}

function verify(box: Columns): void {
  const open = inHand(box);
  if (open !== 0 && open !== 1) throw outOfBalance(box, 'none or one');
}

function writable(box: Columns): Writable<Tally> {
  return box.tally();
}

function count(box: Columns, as: Outcome): void {
  writable(box)[as]++;
}
