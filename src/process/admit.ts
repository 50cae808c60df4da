import type { ExitReason } from '../base/index.js';
import { bytesOf, EXTRA, Extra, evictOldest, expiring, keyedIn, purge, Rank, remember, UNBOUNDED, type Mailbox, type Op, type Pressure, type Waiter } from '../mailbox/index.js';
import { Run, type Process } from './process.js';
import { ReplySlot, type LostCode } from './slot.js';

/* What becomes of a message that takes the longer road: bounds, policies, keys, expiry. Nothing here runs for a plain cast. */

/** What came of a send. */
export const Entry = { Queued: 0, Refused: 1, Waiting: 2 } as const;
export type Entry = (typeof Entry)[keyof typeof Entry];

/** A message meets a queued one of the same operation and key: it takes its place, or is superseded by it. */
export interface Coalesce {
  readonly key: string;
  readonly keepFirst: boolean;
}

/** Bounds and policies, in this order: closed, size, key, room. The mailbox is open; what is refused is counted. */
export function admit(p: Process, rank: Rank, op: Op, payload: unknown, from: unknown, expiresAt: number, coalesce: Coalesce | null, waiter: Waiter | null): Entry {
  const box = p.mailbox;
  const state = box.pressure();
  const counted = state.rules.capacityBytes >= 0;
  const bytes = counted ? bytesOf(state.rules, payload, op.name) : 0;
  if (state.closed || bytes < 0 || (counted && bytes > state.rules.capacityBytes)) return refuse(p, op, payload);
  if (coalesce !== null) {
    const met = meet(p, state, op, payload, from, expiresAt, coalesce, bytes);
    if (met !== null) return met;
  }
  if (!fits(p, box, state, bytes) && !makeRoom(p, box, state, rank, bytes)) {
    if (waiter === null || state.rules.overflow !== 'suspend') return refuse(p, op, payload);
    stand(box, state, waiter, bytes);
    return Entry.Waiting;
  }
  queue(p, rank, op, payload, from, expiresAt, bytes, coalesce === null ? null : keyOf(op, coalesce));
  return Entry.Queued;
}

/** Whether a message that somebody wants to look at before would be queued now, as far as its mailbox is concerned. */
export function admits(p: Process, op: Op, payload: unknown, coalesces: boolean): boolean {
  const box = p.mailbox;
  if (box.size < box.gate) return true;
  const state = box.pressure();
  if (refusalOf(p, op, payload) !== 'MAILBOX_FULL') return false;
  const bytes = state.rules.capacityBytes < 0 ? 0 : bytesOf(state.rules, payload, op.name);
  if (state.rules.overflow === 'drop-oldest' || (coalesces && state.keyed !== null && state.keyed.size > 0) || fits(p, box, state, bytes)) return true;
  dropExpired(p, box, state);
  return fits(p, box, state, bytes);
}

/** Why a message was refused just now. */
export function refusalOf(p: Process, op: Op, payload: unknown): LostCode {
  const { ceiling } = p.kernel;
  if (ceiling !== null && ceiling.refused(op, payload)) return 'OVERLOADED';
  const state = p.mailbox.extra?.pressure;
  if (state === null || state === undefined) return 'MAILBOX_FULL';
  if (state.closed) return 'MAILBOX_CLOSED';
  const { capacityBytes } = state.rules;
  if (capacityBytes < 0) return 'MAILBOX_FULL';
  const bytes = bytesOf(state.rules, payload, op.name);
  return bytes < 0 ? 'UNSIZABLE_PAYLOAD' : bytes > capacityBytes ? 'PAYLOAD_TOO_LARGE' : 'MAILBOX_FULL';
}

/** The bound of a mailbox, for the error of a send that it has refused for want of room. */
export function boundOf(p: Process, code: string): string | undefined {
  if (code === 'OVERLOADED') return p.kernel.ceiling?.bound;
  if (code !== 'MAILBOX_FULL' && code !== 'PAYLOAD_TOO_LARGE') return undefined;
  const rules = p.mailbox.extra?.pressure?.rules;
  if (rules === undefined) return undefined;
  const { capacity, capacityBytes } = rules;
  const bytes = capacityBytes < 0 ? '' : `capacityBytes ${capacityBytes}`;
  return capacity === UNBOUNDED ? bytes : `capacity ${capacity}${bytes === '' ? '' : `, ${bytes}`}`;
}

/** Counts a send that was not queued: `dropped` where the policy drops messages, else `rejected`. */
export function refuse(p: Process, op: Op, payload: unknown): Entry {
  const box = p.mailbox;
  const tally = box.tally();
  const { overflow } = box.pressure().rules;
  box.sent++;
  if ((overflow === 'drop-newest' || overflow === 'drop-oldest') && refusalOf(p, op, payload) === 'MAILBOX_FULL') tally.dropped++;
  else tally.rejected++;
  return Entry.Refused;
}

/** Queues a message for which there is room. */
export function queue(p: Process, rank: Rank, op: Op, payload: unknown, from: unknown, expiresAt: number, bytes: number, key: string | null): void {
  const box = p.mailbox;
  if (expiresAt >= 0 || bytes > 0 || key !== null) queueExtra(box, rank, op, payload, from, expiresAt, bytes, key);
  else if (rank !== Rank.Normal) box.putIn(rank, op, payload, from);
  else if (box.put(op, payload, from)) sample(p);
  const { extra } = box;
  if (extra !== null && extra.pressure !== null) alarm(box, extra.pressure);
  if (p.run === Run.Idle) p.kernel.scheduler.enqueue(p);
}

function queueExtra(box: Mailbox, rank: Rank, op: Op, payload: unknown, from: unknown, expiresAt: number, bytes: number, key: string | null): void {
  const extra = new Extra(op, from, expiresAt);
  box.putIn(rank, EXTRA, payload, extra);
  if (expiresAt >= 0) expiring(box, expiresAt);
  if (key !== null) remember(box, rank, key, extra);
  if (bytes > 0) weigh(box.pressure(), extra, bytes);
}

function weigh(state: Pressure, extra: Extra, bytes: number): void {
  state.bytes += bytes - extra.bytes;
  extra.bytes = bytes;
  if (state.bytes > state.peakBytes) state.peakBytes = state.bytes;
}

/** One alarm for each time that the high mark is reached, until the low one is (hysteresis). */
function alarm(box: Mailbox, state: Pressure): void {
  const { highWater } = state.rules;
  if (highWater === 0 || state.alarmed || box.size < highWater) return;
  state.alarmed = true;
  box.refit();
  if (state.tell !== null) state.tell(true, box.size);
}

/** Remembers when this message was sent; the loop sees it again when its turn in the normal lane comes. */
export function sample(p: Process): void {
  const box = p.mailbox;
  if (box.sampleLeft !== 0) return;
  const extra = box.cold();
  extra.meter ??= p.kernel.meterOf(p.behaviour);
  extra.sampledAt = p.kernel.env.mono();
  extra.receivedAt = extra.sampledAt;
  box.sampleLeft = box.n;
}

/* ---- room ---- */

/** Nobody is ahead, and there is room; a message that is handled and may come back has its place. */
function fits(p: Process, box: Mailbox, state: Pressure, bytes: number): boolean {
  return state.waiting.size === 0 && box.hasRoom(bytes, reserved(p, state));
}

function reserved(p: Process, state: Pressure): number {
  return state.returns && p.running ? 1 : 0;
}

function makeRoom(p: Process, box: Mailbox, state: Pressure, rank: Rank, bytes: number): boolean {
  dropExpired(p, box, state);
  if (state.rules.overflow !== 'drop-oldest') return fits(p, box, state, bytes);
  while (!fits(p, box, state, bytes)) if (!evictOldest(box, rank, (_op, _payload, from) => lose(box, from, 'EVICTED'))) return false;
  return true;
}

/** What has expired gives its place first (P12), to those who wait for it before anybody who arrives. */
function dropExpired(p: Process, box: Mailbox, state: Pressure): void {
  const { extra } = box;
  if (extra === null || extra.nextExpiry === Infinity) return;
  purge(box, p.kernel.env.mono(), (_op, _payload, from) => lose(box, from, 'EXPIRED'));
  box.letIn(state, reserved(p, state));
}

function lose(box: Mailbox, from: unknown, code: 'EVICTED' | 'EXPIRED'): void {
  if (code === 'EVICTED') box.tally().dropped++;
  else box.tally().expired++;
  if (from instanceof ReplySlot) from.lost(code);
}

/* ---- keys ---- */

function keyOf(op: Op, coalesce: Coalesce): string {
  return `${op.name}\0${coalesce.key}`;
}

/** Null when no message with that key is queued. One that does not fit in place of a smaller one is refused; the queued one stays. */
function meet(p: Process, state: Pressure, op: Op, payload: unknown, from: unknown, expiresAt: number, coalesce: Coalesce, bytes: number): Entry | null {
  const box = p.mailbox;
  const key = keyOf(op, coalesce);
  const first = keyedIn(box, key);
  if (first !== undefined && first.extra.expiresAt >= 0) dropExpired(p, box, state);
  const place = keyedIn(box, key);
  if (place === undefined) return null;
  const { extra } = place;
  if (!coalesce.keepFirst) {
    if (bytes > extra.bytes && state.bytes + bytes - extra.bytes > state.rules.capacityBytes) return refuse(p, op, payload);
    place.segment[place.at + 1] = payload;
    extra.from = from;
    extra.expiresAt = expiresAt;
    if (expiresAt >= 0) expiring(box, expiresAt);
    weigh(state, extra, bytes);
  }
  box.sent++;
  box.tally().superseded++;
  return Entry.Queued;
}

/* ---- those who wait ---- */

/** While it waits it is `held` in the account. */
function stand(box: Mailbox, state: Pressure, waiter: Waiter, bytes: number): void {
  waiter.bytes = bytes;
  box.sent++;
  state.waiting.push(waiter);
  box.refit();
}

/** It is its turn and there is room: its message is queued. */
export function comeIn(p: Process, waiter: Waiter): void {
  p.mailbox.sent--;
  queue(p, waiter.rank, waiter.op, waiter.payload, waiter.from, waiter.expiresAt, waiter.bytes, null);
}

/** Takes a send out of the line; false when it is not in it. `outcome` is where it is counted. */
export function withdraw(p: Process, waiter: Waiter, outcome: 'rejected' | 'dropped' | 'expired'): boolean {
  const box = p.mailbox;
  const state = box.extra?.pressure;
  if (state === null || state === undefined || !state.waiting.remove(waiter)) return false;
  box.tally()[outcome]++;
  if (p.run === Run.Dead) return true;
  box.refit();
  box.letIn(state, reserved(p, state));
  return true;
}

/** The mailbox takes nothing more: everybody who waits hears it. */
export function dismiss(p: Process, state: Pressure, code: 'EXIT' | 'MAILBOX_CLOSED', reason: ExitReason): void {
  for (let first = state.waiting.head; first !== null; first = state.waiting.head) {
    state.waiting.remove(first);
    p.mailbox.tally().rejected++;
    first.refused(code, reason);
  }
}

/** Later sends are refused; what is queued is handled, those who wait are told. */
export function closeMailbox(p: Process): void {
  const box = p.box();
  const state = box.pressure();
  if (state.closed) return;
  state.closed = true;
  dismiss(p, state, 'MAILBOX_CLOSED', undefined);
  box.refit();
}
