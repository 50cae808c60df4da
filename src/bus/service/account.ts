import { CastcallError } from '../../base/index.js';

/*
 * The one writer of the counters of a service. Every request stands in one column, and a transition moves it:
 *
 *   requested = responded + failed + timedOut + cancelled + refused + waiting + running
 *
 *   asked ─▶ waiting ── started ──▶ running ── over ─▶ responded, failed, timedOut, cancelled
 *               ▲ └──────── returned ───┘
 *   waiting ── over ─▶ failed, timedOut, cancelled, refused
 */

/** Where a request ends. */
export type RequestEnd = 'responded' | 'failed' | 'timedOut' | 'cancelled' | 'refused';
/** Where it is until then. */
export type RequestPlace = 'waiting' | 'running';

/** The account of one service; read-only to everybody else. */
export class ServiceAccount {
  readonly requested: number = 0;
  readonly responded: number = 0;
  readonly failed: number = 0;
  readonly timedOut: number = 0;
  readonly cancelled: number = 0;
  readonly refused: number = 0;
  readonly waiting: number = 0;
  readonly running: number = 0;
  /* beside the law */
  readonly retried: number = 0;
  readonly late: number = 0;
  constructor(readonly audited: boolean) {}
}

type Columns = { -readonly [K in keyof ServiceAccount]: ServiceAccount[K] };

/** A new request waits. */
export function asked(account: ServiceAccount): void {
  const a = account as Columns;
  a.requested++;
  a.waiting++;
  if (a.audited) verify(a);
}

/** A worker has it. */
export function started(account: ServiceAccount, again: boolean): void {
  const a = account as Columns;
  a.waiting--;
  a.running++;
  if (again) a.retried++;
  if (a.audited) verify(a);
}

/** That worker does not have it any more, and it waits for another. */
export function returned(account: ServiceAccount): void {
  const a = account as Columns;
  a.running--;
  a.waiting++;
  if (a.audited) verify(a);
}

/** It is over. */
export function over(account: ServiceAccount, from: RequestPlace, as: RequestEnd): void {
  const a = account as Columns;
  a[from]--;
  a[as]++;
  if (a.audited) verify(a);
}

/** An answer that nobody waits for. */
export function late(account: ServiceAccount): void {
  (account as Columns).late++;
}

function verify(a: Columns): void {
  const sum = a.responded + a.failed + a.timedOut + a.cancelled + a.refused + a.waiting + a.running;
  if (a.requested === sum && a.waiting >= 0 && a.running >= 0) return;
  throw new CastcallError('INTERNAL', `the account of a service does not balance: ${JSON.stringify(a)}`);
}
