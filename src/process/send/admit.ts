import type { ExitReason } from '../../base/index.js';
import {
  bytesOf, ended, evictOldest, expiring, keyedIn, purge, Rank, rejected, remember, waited,
  withdrawn,
} from '../../mailbox/index.js';
import type { Mailbox, Pressure, Waiter } from '../../mailbox/index.js';
import { EXTRA, Extra, UNBOUNDED } from '../../mailbox/message/index.js';
import type { Op } from '../../mailbox/message/index.js';
import { ReplySlot, Run } from '../record/index.js';
import type { LostCode, Process } from '../record/index.js';

/*
 * What becomes of a message that takes the longer road: bounds, policies, keys, expiry. Nothing
 * here runs for a plain cast. Measuring and making room run the user's code, which may end the
 * process, or send to it.
 */

/** What came of a send. */
export const Entry = { Queued: 0, Refused: 1, Waiting: 2 } as const;
export type Entry = (typeof Entry)[keyof typeof Entry];

/** A message meets a queued one of the same operation and key: it takes its place, or is superseded by it. */
export interface Coalesce {
  readonly key: string;
  readonly keepFirst: boolean;
  /** its message has had its turn: it meets nobody when it comes again, or late */
  readonly over?: boolean;
}

/**
 * Bounds and policies, in this order: closed, size, key, room. The mailbox is opened; what is
 * refused is counted.
 */
export function admit(
  p: Process, rank: Rank, op: Op, payload: unknown, from: unknown, expiresAt: number, coalesce: Coalesce | null,
  waiter: Waiter | null,
): Entry {
  const box = p.mailbox;
  const state = box.pressure();
  const bytes = measure(state, op, payload);
  if (p.run === Run.Dead) return bury(p, op, payload, from, waiter);
  const misfit = misfitOf(state, bytes);
  if (misfit !== null) return refuse(p, misfit);
  if (coalesce !== null && coalesce.over !== true) {
    const met = coalesceQueued(p, state, op, payload, from, expiresAt, coalesce, bytes);
    if (met !== null) return met;
  }
  const room = fits(p, box, state, rank, bytes) || makeRoom(p, box, state, rank, bytes);
  if ((p.run as Run) === Run.Dead) return bury(p, op, payload, from, waiter);
  if (!room) {
    if (waiter === null || state.rules.overflow !== 'suspend') return refuse(p, 'MAILBOX_FULL');
    enqueueWaiter(box, state, waiter, bytes);
    return Entry.Waiting;
  }
  const key = coalesce === null || coalesce.over === true ? null : keyOf(op, coalesce);
  queue(p, rank, op, payload, from, expiresAt, bytes, key);
  return Entry.Queued;
}

/**
 * Whether a message that somebody wants to look at before would be queued now, as far as its
 * mailbox is concerned.
 */
export function admits(p: Process, rank: Rank, op: Op, payload: unknown, coalesces: boolean): boolean {
  return obstacleTo(p, rank, op, payload, coalesces) === null;
}

/** Why it would not be; null when it would. */
export function obstacleTo(
  p: Process, rank: Rank, op: Op, payload: unknown, coalesces: boolean,
): LostCode | null {
  const box = p.box();
  if (box.size < box.gate) return null;
  const state = box.pressure();
  const bytes = measure(state, op, payload);
  const misfit = p.run === Run.Dead ? 'MAILBOX_CLOSED' : misfitOf(state, bytes);
  if (misfit !== null) return misfit;
  if (state.rules.overflow === 'drop-oldest' || (coalesces && state.keyed !== null && state.keyed.size > 0)
    || fits(p, box, state, rank, bytes)) return null;
  dropExpired(p, box, state);
  if (p.run === Run.Dead) return 'MAILBOX_CLOSED';
  return fits(p, box, state, rank, bytes) ? null : 'MAILBOX_FULL';
}

function measure(state: Pressure, op: Op, payload: unknown): number {
  return state.closed || state.rules.capacityBytes < 0 ? 0 : bytesOf(state.rules, payload, op.name);
}

/** Why a message of that many bytes can never be queued; null when it is a question of room. */
function misfitOf(state: Pressure, bytes: number): LostCode | null {
  if (state.closed) return 'MAILBOX_CLOSED';
  if (bytes < 0) return 'UNSIZABLE_PAYLOAD';
  return state.rules.capacityBytes >= 0 && bytes > state.rules.capacityBytes ? 'PAYLOAD_TOO_LARGE' : null;
}

/** Why a message was refused just now. */
export function refusalOf(p: Process, op: Op, payload: unknown): LostCode {
  const { ceiling } = p.kernel;
  if (ceiling !== null && ceiling.refused(op, payload)) return 'OVERLOADED';
  if (p.run === Run.Dead) return 'MAILBOX_CLOSED'; // by the user's code that looked at the message
  const state = p.mailbox.extra?.pressure;
  if (state === null || state === undefined) return 'MAILBOX_FULL';
  return misfitOf(state, measure(state, op, payload)) ?? 'MAILBOX_FULL';
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

/**
 * Counts a send that was not queued: `dropped` where the policy drops messages for want of room,
 * else `rejected`.
 */
export function refuse(p: Process, code: LostCode): Entry {
  const box = p.mailbox;
  const { overflow } = box.pressure().rules;
  const drops = (overflow === 'drop-newest' || overflow === 'drop-oldest') && code === 'MAILBOX_FULL';
  rejected(box, drops ? 'dropped' : 'rejected');
  return Entry.Refused;
}

/**
 * A message on its way in, whose process has ended meanwhile: as if it had been queued just before.
 * Its caller hears why, it becomes a dead letter, a delivery goes on.
 */
export function bury(p: Process, op: Op, payload: unknown, from: unknown, waiter: Waiter | null): Entry {
  const { kernel, reason } = p;
  if (waiter !== null && from instanceof ReplySlot) waiter.entered(); // a delivery is accepted first
  if (kernel.delivery !== null && kernel.delivery.takeBack(p, op, payload, from, reason)) return Entry.Queued;
  ended(kernel.outside, 'deadLettered');
  if (from instanceof ReplySlot) from.calleeEnded(reason);
  if (waiter !== null) waiter.refused('EXIT', reason);
  kernel.deadLetter(p, op, payload, from, reason);
  return Entry.Queued;
}

/** Queues a message for which there is room. */
export function queue(
  p: Process, rank: Rank, op: Op, payload: unknown, from: unknown, expiresAt: number, bytes: number,
  key: string | null,
): void {
  const box = p.mailbox;
  if (expiresAt >= 0 || bytes > 0
    || key !== null) queueExtra(box, rank, op, payload, from, expiresAt, bytes, key);
  else if (rank !== Rank.Normal) box.putIn(rank, op, payload, from);
  else if (box.put(op, payload, from)) sample(p);
  const { extra } = box;
  if (extra !== null && extra.pressure !== null) alarm(box, extra.pressure);
  if (p.run === Run.Idle) p.kernel.scheduler.enqueue(p);
}

function queueExtra(
  box: Mailbox, rank: Rank, op: Op, payload: unknown, from: unknown, expiresAt: number, bytes: number,
  key: string | null,
): void {
  const extra = new Extra(op, from, expiresAt);
  box.putIn(rank, EXTRA, payload, extra);
  if (expiresAt >= 0) expiring(box, expiresAt);
  if (key !== null) remember(box, rank, key, extra);
  if (bytes > 0) chargeBytes(box.pressure(), extra, bytes);
}

function chargeBytes(state: Pressure, extra: Extra, bytes: number): void {
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

/**
 * Nobody is ahead, and there is room; a message that is handled and may come back has its place.
 * The reserve knows no line.
 */
function fits(p: Process, box: Mailbox, state: Pressure, rank: Rank, bytes: number): boolean {
  if (state.waiting.size > 0 && !(rank === Rank.Critical && state.rules.reserve > 0)) return false;
  return box.hasRoom(rank, bytes, reserved(p, state));
}

function reserved(p: Process, state: Pressure): number {
  return state.returns && p.running ? 1 : 0;
}

function makeRoom(p: Process, box: Mailbox, state: Pressure, rank: Rank, bytes: number): boolean {
  dropExpired(p, box, state);
  if (state.rules.overflow !== 'drop-oldest') return fits(p, box, state, rank, bytes);
  // What is above the capacity by the reserve stays: one goes for the one that comes.
  const least = box.size + reserved(p, state);
  while (!box.hasRoom(rank, bytes, reserved(p, state), least)) {
    if (!evictOldest(box, rank, (_op, _payload, from) => discard(from, 'EVICTED'))) return false;
  }
  return true;
}

/** What has expired gives its place first (P12), to those who wait for it before anybody who arrives. */
function dropExpired(p: Process, box: Mailbox, state: Pressure): void {
  const { extra } = box;
  if (extra === null || extra.nextExpiry === Infinity) return;
  purge(box, p.kernel.env.mono(), (_op, _payload, from) => discard(from, 'EXPIRED'));
  box.letIn(state, reserved(p, state));
}

function discard(from: unknown, code: 'EVICTED' | 'EXPIRED'): void {
  if (from instanceof ReplySlot) from.lost(code);
}

/* ---- keys ---- */

function keyOf(op: Op, coalesce: Coalesce): string {
  return `${op.name}\0${coalesce.key}`;
}

/**
 * Null when no message with that key is queued. One that does not fit in place of a smaller one is
 * refused; the queued one stays.
 */
function coalesceQueued(
  p: Process, state: Pressure, op: Op, payload: unknown, from: unknown, expiresAt: number, coalesce: Coalesce,
  bytes: number,
): Entry | null {
  const box = p.mailbox;
  const key = keyOf(op, coalesce);
  const first = keyedIn(box, key);
  if (first !== undefined && first.extra.expiresAt >= 0) dropExpired(p, box, state);
  const place = p.run === Run.Dead ? undefined : keyedIn(box, key);
  if (place === undefined) return null;
  const { extra } = place;
  // What is delivered tells its sender: a message without a receipt and one with it do not meet.
  if ((from instanceof ReplySlot) !== (extra.from instanceof ReplySlot)) return null;
  if (!coalesce.keepFirst) {
    if (bytes > extra.bytes && state.bytes + bytes - extra.bytes > state.rules.capacityBytes) {
      return refuse(p, 'MAILBOX_FULL');
    }
    place.segment[place.at + 1] = payload;
    extra.from = from;
    extra.expiresAt = expiresAt;
    if (expiresAt >= 0) expiring(box, expiresAt);
    chargeBytes(state, extra, bytes);
  }
  rejected(box, 'superseded');
  if (state.waiting.size > 0) box.letIn(state, reserved(p, state)); // a smaller one may have left room
  return Entry.Queued;
}

/* ---- those who wait ---- */

/** While it waits it is `held` in the account. */
function enqueueWaiter(box: Mailbox, state: Pressure, waiter: Waiter, bytes: number): void {
  waiter.bytes = bytes;
  waited(box, state.waiting, waiter);
  box.refit();
}

/** It is its turn and there is room: its message is queued. */
export function admitWaiter(p: Process, waiter: Waiter): void {
  queue(p, waiter.rank, waiter.op, waiter.payload, waiter.from, waiter.expiresAt, waiter.bytes, null);
}

/** Takes a send out of the line; false when it is not in it. `outcome` is where it is counted. */
export function withdraw(
  p: Process, waiter: Waiter, outcome: 'rejected' | 'dropped' | 'expired' | 'superseded',
): boolean {
  const box = p.mailbox;
  const state = box.extra?.pressure;
  if (state === null || state === undefined || !withdrawn(box, state.waiting, waiter, outcome)) return false;
  if (p.run === Run.Dead) return true;
  box.refit();
  box.letIn(state, reserved(p, state));
  return true;
}

/** The mailbox takes nothing more: everybody who waits hears it. */
export function rejectWaiters(
  p: Process, state: Pressure, code: 'EXIT' | 'MAILBOX_CLOSED', reason: ExitReason,
): void {
  for (let first = state.waiting.head; first !== null; first = state.waiting.head) {
    withdrawn(p.mailbox, state.waiting, first, 'rejected');
    first.refused(code, reason);
  }
}

/** Later sends are refused; what is queued is handled, those who wait are told. */
export function closeMailbox(p: Process): void {
  const box = p.box();
  const state = box.pressure();
  if (state.closed) return;
  state.closed = true;
  p.turnedOver();
  rejectWaiters(p, state, 'MAILBOX_CLOSED', undefined);
  box.refit();
}
