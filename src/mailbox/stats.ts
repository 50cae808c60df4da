import type { Account, MailboxStats } from '../api/mailbox.js';
import { Rank, type Mailbox } from './mailbox.js';
import { percentiles } from './meter.js';
import { UNBOUNDED } from './message/index.js';

/** A mutable account, to sum up mailboxes and to keep the dead ones' numbers. */
export class Totals implements Account {
  sent = 0;
  handled = 0;
  refused = 0;
  crashed = 0;
  rejected = 0;
  dropped = 0;
  superseded = 0;
  expired = 0;
  deadLettered = 0;
  unknown = 0;
  queued = 0;
  running = 0;
  held = 0;

  add(box: Mailbox, running: boolean): void {
    this.sent += box.sent;
    this.handled += box.handled;
    this.queued += box.size;
    if (running) this.running++;
    if (box.extra === null) return;
    const { tally, pressure } = box.extra;
    if (pressure !== null) this.held += pressure.waiting.size;
    this.refused += tally.refused;
    this.crashed += tally.crashed;
    this.rejected += tally.rejected;
    this.dropped += tally.dropped;
    this.superseded += tally.superseded;
    this.expired += tally.expired;
    this.deadLettered += tally.deadLettered;
  }

  /** Takes out a mailbox that was added while nothing was queued, running or held there. */
  subtract(box: Mailbox): void {
    this.sent -= box.sent;
    this.handled -= box.handled;
    if (box.extra === null) return;
    const { tally } = box.extra;
    this.refused -= tally.refused;
    this.crashed -= tally.crashed;
    this.rejected -= tally.rejected;
    this.dropped -= tally.dropped;
    this.superseded -= tally.superseded;
    this.expired -= tally.expired;
    this.deadLettered -= tally.deadLettered;
  }

  addAll(part: Account): void {
    for (const key of Object.keys(part) as (keyof Account)[]) this[key] += part[key];
  }
}

/** The difference between what was sent and where it went: 0, or the runtime has a bug (P3). */
export function imbalance(account: Account): number {
  const {
    handled, rejected, dropped, superseded, expired, deadLettered, unknown, queued, running, held,
  } = account;
  return account.sent - (handled + rejected + dropped + superseded + expired + deadLettered
    + unknown + queued + running
    + held);
}

/**
 * No message carries a time, so the age of the oldest is a lower bound: the sampled message that
 * still waits is so old, and while nothing has left since an earlier look, what was there then is
 * still there.
 */
function oldestMs(box: Mailbox, left: number, now: number): number {
  if (box.size === 0) return 0;
  const extra = box.cold();
  if (extra.leftThen !== left) {
    extra.leftThen = left;
    extra.lookedAt = now;
  }
  const sampled = box.sampleLeft > 0 ? now - extra.sampledAt : 0;
  return Math.max(0, now - extra.lookedAt, sampled);
}

const known = (at: number | undefined): number | undefined => (at === undefined || at < 0 ? undefined : at);

/** @param now a reading of the monotonic clock */
export function mailboxStats(box: Mailbox, running: boolean, now: number): MailboxStats {
  const totals = new Totals();
  totals.add(box, running);
  const meter = box.extra?.meter;
  const pressure = box.extra?.pressure ?? null;
  const capacity = pressure?.rules.capacity;
  return {
    ...totals,
    size: box.size,
    peak: box.peak,
    capacity: capacity === undefined || capacity === UNBOUNDED ? undefined : capacity,
    oldestMs: oldestMs(box, totals.handled + totals.running + totals.expired + totals.dropped, now),
    receivedAt: known(box.extra?.receivedAt),
    handledAt: known(box.extra?.handledAt),
    closed: pressure !== null && pressure.closed,
    waiting: pressure === null ? 0 : pressure.waiting.size,
    bytes: pressure === null || pressure.rules.capacityBytes < 0
      ? undefined
      : { now: pressure.bytes, peak: pressure.peakBytes, capacity: pressure.rules.capacityBytes },
    peakDepth: {
      low: box.peakIn(Rank.Low), normal: box.peakIn(Rank.Normal), high: box.peakIn(Rank.High),
      critical: box.peakIn(Rank.Critical),
    },
    depth: {
      low: box.depth(Rank.Low), normal: box.depth(Rank.Normal), high: box.depth(Rank.High),
      critical: box.depth(Rank.Critical),
    },
    waitMs: percentiles(meter?.wait),
    handleMs: percentiles(meter?.handle),
  };
}
