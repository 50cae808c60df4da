import { discarded } from './account.js';
import type { Lane, Segment } from './lane.js';
import { Rank, type Mailbox } from './mailbox.js';
import { EXTRA } from './message/index.js';
import type { Extra, Op } from './message/index.js';
import type { Place } from './rules.js';

/** Gets a message that has left its mailbox without being handled; what an Extra wraps is unwrapped. */
export type Out = (op: Op, payload: unknown, from: unknown) => void;

const LANES: readonly Rank[] = [Rank.Low, Rank.Normal, Rank.High, Rank.Critical];

function laneOf(box: Mailbox, rank: Rank): Lane | null {
  return rank === Rank.Normal ? box : (box.extra?.lanes[rank] ?? null);
}

/**
 * Evicts the oldest user message of the lowest lane that has one, for a message that comes into
 * lane `rank`: what is above that lane stays. False when there is none. O(signals before it).
 */
export function evictOldest(box: Mailbox, rank: Rank, out: Out): boolean {
  for (const lowest of LANES) {
    if (lowest > rank) return false;
    const lane = laneOf(box, lowest);
    if (lane === null || lane.n === 0) continue;
    let found: { readonly op: Op; readonly payload: unknown; readonly from: unknown } | null = null;
    const distance = lane.removeFirst((op, payload, from) => {
      if (op.signal) return false;
      found = { op, payload, from };
      return true;
    });
    if (found === null) continue;
    if (lane === box) skipSample(box, distance);
    else if (lane.n === 0) box.ready &= ~(1 << lowest);
    const { op, payload, from } = found;
    gone(box, op, payload, from, 'dropped', out);
    return true;
  }
  return false;
}

/** Takes out every message that has expired; O(queued), and only once something may have expired (P12). */
export function purge(box: Mailbox, now: number, out: Out): void {
  const { extra } = box;
  if (extra === null || now < extra.nextExpiry) return;
  extra.nextExpiry = Infinity;
  for (const rank of LANES) {
    const lane = laneOf(box, rank);
    if (lane === null || lane.n === 0) continue;
    const before = lane.n;
    lane.rotate((op, payload, from) => {
      if (op !== EXTRA || (from as Extra).expiresAt < 0) return false;
      if (now < (from as Extra).expiresAt) {
        expiring(box, (from as Extra).expiresAt);
        return false;
      }
      gone(box, op, payload, from, 'expired', out);
      return true;
    });
    if (lane === box && lane.n !== before) box.sampleLeft = 0;
    if (lane !== box && lane.n === 0) box.ready &= ~(1 << rank);
  }
}

/** A message that expires is queued. */
export function expiring(box: Mailbox, expiresAt: number): void {
  const extra = box.cold();
  if (expiresAt < extra.nextExpiry) extra.nextExpiry = expiresAt;
}

function gone(
  box: Mailbox, op: Op, payload: unknown, from: unknown, as: 'dropped' | 'expired', out: Out,
): void {
  discarded(box, as);
  if (op !== EXTRA) {
    out(op, payload, from);
    return;
  }
  const extra = from as Extra;
  if (box.extra !== null && box.extra.pressure !== null) box.forget(extra);
  out(extra.op, payload, extra.from);
}

/** The sampled message is known by its distance from the head. */
function skipSample(box: Mailbox, distance: number): void {
  if (distance + 1 === box.sampleLeft) box.sampleLeft = 0;
  else if (distance + 1 < box.sampleLeft) box.sampleLeft--;
}

/**
 * The queued message with that key, in its place of now; undefined when there is none. O(1) unless
 * messages were moved.
 */
export function keyedIn(box: Mailbox, key: string): Place | undefined {
  const keyed = box.extra?.pressure?.keyed;
  const known = keyed?.get(key);
  if (keyed === null || keyed === undefined || known === undefined
    || known.segment[known.at + 2] === known.extra) {
    return known;
  }
  for (const rank of LANES) {
    const found = placeOf(laneOf(box, rank), known.extra);
    if (found === null) continue;
    keyed.set(key, found);
    return found;
  }
  return undefined;
}

function placeOf(lane: Lane | null, extra: Extra): Place | null {
  if (lane === null || lane.n === 0) return null;
  let segment = lane.first();
  let at = lane.hi;
  for (let left = lane.n; left > 0; left--) {
    if (at === segment.length - 1) {
      segment = segment[at] as Segment;
      at = 0;
    }
    if (segment[at + 2] === extra) return { extra, segment, at };
    at += 3;
  }
  return null;
}

/** A message with a key has just been queued in that lane. */
export function remember(box: Mailbox, rank: Rank, key: string, extra: Extra): void {
  const lane = laneOf(box, rank) as Lane;
  const state = box.pressure();
  extra.key = key;
  state.keyed ??= new Map();
  state.keyed.set(key, { extra, segment: lane.tail as Segment, at: lane.ti - 3 });
  if (state.keyed.size === 1) box.refit();
}
