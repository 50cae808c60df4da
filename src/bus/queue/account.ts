import { CastcallError } from '../../base/index.js';

/*
 * The one writer of the counters of a queue. Every item stands in one column, and a transition
 * moves it from one to another, or into the account, so that the law holds before and after each:
 *
 *   pushed + recovered = acked + dropped + deadLettered + expired + superseded + unknown + stored
 *                      + ready + delayed + leased + ending
 *
 *   passed ────────────────────────────────────────────────────▶ acked
 *   entered ─┬▶ ready ── taken ───────────────────────────────▶ acked
 *            │    ▲ └── lent ──▶ leased ── ended ──────────────▶ acked, deadLettered, expired, superseded
 *            │   due             │
 *            └▶ delayed ◀── cameBack ─▶ ready
 *   ready, delayed ── ended ───────────────────────────────────▶ dropped, deadLettered, expired, superseded
 *   over ──────────────────────────────────────────────────────▶ dropped, superseded
 *
 * In a durable queue `found` puts those of earlier lives into ready; each end goes over ending, from
 * where `told` takes it once it is safe; what the stop of the system leaves in the store is stored,
 * and what a store that has failed leaves open is unknown.
 */

/** Where an item ends. */
export type ItemEnd = 'acked' | 'dropped' | 'deadLettered' | 'expired' | 'superseded' | 'unknown' | 'stored';
/** Where it is until then. */
export type ItemPlace = 'ready' | 'delayed' | 'leased';

/** The account of one queue; read-only to everybody else. */
export class QueueAccount {
  readonly pushed: number = 0;
  readonly acked: number = 0;
  readonly dropped: number = 0;
  readonly deadLettered: number = 0;
  readonly expired: number = 0;
  readonly superseded: number = 0;
  readonly recovered: number = 0;
  readonly unknown: number = 0;
  readonly stored: number = 0;
  readonly ready: number = 0;
  readonly delayed: number = 0;
  readonly leased: number = 0;
  readonly ending: number = 0;
  /* beside the law */
  readonly refused: number = 0;
  readonly returned: number = 0;
  readonly lost: number = 0;
  constructor(readonly audited: boolean) {}
}

type Columns = { -readonly [K in keyof QueueAccount]: QueueAccount[K] };

/** A new item waits. */
export function entered(account: QueueAccount, as: 'ready' | 'delayed'): void {
  const a = account as Columns;
  a.pushed++;
  a[as]++;
  if (a.audited) verify(a);
}

/** A new item went to a consumer that waited for it, who is done with that. */
export function passed(account: QueueAccount): void {
  const a = account as Columns;
  a.pushed++;
  a.acked++;
  if (a.audited) verify(a);
}

/** A new item is over on its arrival. */
export function over(account: QueueAccount, as: ItemEnd): void {
  const a = account as Columns;
  a.pushed++;
  a[as]++;
  if (a.audited) verify(a);
}

/** Its delay has passed. */
export function due(account: QueueAccount): void {
  const a = account as Columns;
  a.delayed--;
  a.ready++;
  if (a.audited) verify(a);
}

/** A consumer has it, and is done with that. */
export function taken(account: QueueAccount): void {
  const a = account as Columns;
  a.ready--;
  a.acked++;
  if (a.audited) verify(a);
}

/** A consumer has it for now. */
export function lent(account: QueueAccount): void {
  const a = account as Columns;
  a.ready--;
  a.leased++;
  if (a.audited) verify(a);
}

/** That consumer does not have it any more, and it waits again. */
export function cameBack(account: QueueAccount, as: 'ready' | 'delayed'): void {
  const a = account as Columns;
  a.leased--;
  a[as]++;
  a.returned++;
  if (a.audited) verify(a);
}

/** It is over. */
export function ended(account: QueueAccount, from: ItemPlace, as: ItemEnd | 'ending'): void {
  const a = account as Columns;
  a[from]--;
  a[as]++;
  if (a.audited) verify(a);
}

/** Earlier lives have left so many. */
export function found(account: QueueAccount, many: number): void {
  const a = account as Columns;
  a.recovered += many;
  a.ready += many;
  if (a.audited) verify(a);
}

/** One of an earlier life has a delay that has not passed. */
export function postponed(account: QueueAccount): void {
  const a = account as Columns;
  a.ready--;
  a.delayed++;
  if (a.audited) verify(a);
}

/** Its end is safe, or never will be known. */
export function told(account: QueueAccount, as: ItemEnd): void {
  const a = account as Columns;
  a.ending--;
  a[as]++;
  if (a.audited) verify(a);
}

/** A push that was refused, or never came in. */
export function refused(account: QueueAccount): void {
  (account as Columns).refused++;
}

/** A lease ended by time, or with its consumer. */
export function lost(account: QueueAccount): void {
  (account as Columns).lost++;
}

/** What the law leaves unexplained: 0, or the runtime has a bug. */
export function imbalanceOf(a: Omit<QueueAccount, 'audited'>): number {
  const over = a.acked + a.dropped + a.deadLettered + a.expired + a.superseded + a.unknown + a.stored;
  return a.pushed + a.recovered - over - a.ready - a.delayed - a.leased - a.ending;
}

function verify(a: Columns): void {
  if (imbalanceOf(a) === 0 && a.ready >= 0 && a.delayed >= 0 && a.leased >= 0 && a.ending >= 0) return;
  throw new CastcallError('INTERNAL', `the account of a queue does not balance: ${JSON.stringify(a)}`);
}
