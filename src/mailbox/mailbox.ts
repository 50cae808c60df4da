import { Lane } from './lane.js';
import type { Meter } from './meter.js';
import type { Op } from './op.js';

/** Lanes by rank; `front` is the runtime's own (`continue` runs before any queued message, GS-25). */
export const Rank = { Low: 0, Normal: 1, High: 2, Critical: 3, Front: 4 } as const;
export type Rank = (typeof Rank)[keyof typeof Rank];

/** The priorities a sender may ask for; FIFO within each, strict between them. */
export type Priority = 'low' | 'normal' | 'high' | 'critical';
export const RANKS: Readonly<Record<Priority, Rank>> = { low: Rank.Low, normal: Rank.Normal, high: Rank.High, critical: Rank.Critical };

/** `size < UNBOUNDED` always holds, so that a bound costs one compare. */
export const UNBOUNDED: number = 0x7fff_ffff;

const SAMPLE_MASK = 63;

/**
 * Bits of `ready` above those of the lanes: why not everything that is queued may be taken. `Sys`: only the front lane is
 * served; `Suspended`: nothing is.
 */
export const Hold = { Sys: 32, Suspended: 64 } as const;
const LANES = 31;
const FRONT_READY = 1 << Rank.Front;

/** What happened to user messages, beyond the common case; allocated when the first such thing happens. */
export class Tally {
  rejected = 0;
  dropped = 0;
  superseded = 0;
  expired = 0;
  deadLettered = 0;
  refused = 0;
  crashed = 0;
}

/** The rarely used part of a mailbox. */
export class MailboxExtra {
  readonly lanes: (Lane | null)[] = [null, null, null, null, null];
  tally: Tally = new Tally();
  meter: Meter | null = null;
  sampledAt = 0;
  receivedAt = -1;
  handledAt = -1;
}

/**
 * The mailbox of one process: the normal lane inline, the other lanes on first use. One class for every mailbox keeps
 * push and take monomorphic; bounds are fields, policies are cold paths.
 *
 * Single source of truth: `size` counts the user messages queued here and changes in the step in which the lanes do.
 */
export class Mailbox extends Lane {
  /**
   * The mailbox of everybody who has not had a message yet: empty, and full by its bound, so that the first message takes
   * the road of a refusal, where a mailbox of one's own is opened. An idle agent costs 144 bytes less for it.
   */
  static readonly unopened: Mailbox = new Mailbox(-1);

  size = 0;
  peak = 0;
  sent = 0;
  handled = 0;
  /** takes from the normal lane until the sampled message is reached; 0 when none is sampled */
  sampleLeft = 0;
  /** bit r is set while lane r (other than normal) holds a message; above those, bits of `Hold` */
  ready = 0;
  extra: MailboxExtra | null = null;
  constructor(public capacity: number) {
    super();
  }

  /** Queues a user message in the normal lane; the caller has checked the bound. True when it should be sampled. */
  put(op: Op, payload: unknown, from: unknown): boolean {
    this.push(op, payload, from);
    if (++this.size > this.peak) this.peak = this.size;
    return (++this.sent & SAMPLE_MASK) === 0;
  }

  /** Queues a message in any lane; signals neither count nor wait. */
  putIn(rank: Rank, op: Op, payload: unknown, from: unknown): void {
    if (!op.signal) {
      this.sent++;
      if (++this.size > this.peak) this.peak = this.size;
    }
    if (rank === Rank.Normal) {
      this.push(op, payload, from);
      return;
    }
    const extra = this.cold();
    const lane = (extra.lanes[rank] ??= new Lane());
    lane.push(op, payload, from);
    this.ready |= 1 << rank;
  }

  /** The lane whose oldest message is next, or null when nothing is queued; critical before normal before low. */
  pick(): Lane | null {
    const { ready } = this;
    if (ready === 0) return this.n > 0 ? this : null;
    if (ready > LANES) return this.frontOnly() ? this.tookFrom(Rank.Front) : null;
    for (let rank: number = Rank.Front; rank > Rank.Normal; rank--) {
      if ((ready & (1 << rank)) !== 0) return this.tookFrom(rank);
    }
    if (this.n > 0) return this;
    return (ready & 1) !== 0 ? this.tookFrom(Rank.Low) : null;
  }

  /** Whether a message may be taken. */
  busy(): boolean {
    return this.ready > LANES ? this.frontOnly() : this.n > 0 || this.ready !== 0;
  }

  /** The process is suspended by sys: only the Front lane is served (SY-01). */
  get held(): boolean {
    return (this.ready & Hold.Sys) !== 0;
  }

  /**
   * Holds everything back but the Front lane. Messages that `urgent` picks move there, in order; all others keep their
   * lane and place. O(queued), once.
   */
  hold(urgent: (op: Op, payload: unknown, from: unknown) => boolean): void {
    if (this.held) return;
    this.sampleLeft = 0;
    for (let rank: number = Rank.Critical; rank >= Rank.Low; rank--) {
      const lane = rank === Rank.Normal ? this : (this.extra?.lanes[rank] ?? null);
      if (lane === null) continue;
      lane.rotate((op, payload, from) => {
        if (!urgent(op, payload, from)) return false;
        this.putIn(Rank.Front, op, payload, from);
        return true;
      });
      if (rank !== Rank.Normal && lane.n === 0) this.ready &= ~(1 << rank);
    }
    this.ready |= Hold.Sys;
  }

  /** Serves everything again. */
  release(): void {
    this.ready &= ~Hold.Sys;
  }

  /** Nothing is held any more: the process has ended, and gives back what it has. */
  open(): void {
    this.ready &= LANES;
  }

  /** Nothing is served while it is on: the process is suspended (PR-20). */
  freeze(on: boolean): void {
    if (on) this.ready |= Hold.Suspended;
    else this.ready &= ~Hold.Suspended;
  }

  /** Gives the storage of every empty lane back. */
  override shrink(): void {
    super.shrink();
    for (const lane of this.extra?.lanes ?? []) lane?.shrink();
  }

  depth(rank: Rank): number {
    return rank === Rank.Normal ? this.n : (this.extra?.lanes[rank]?.n ?? 0);
  }

  tally(): Tally {
    return this.cold().tally;
  }

  cold(): MailboxExtra {
    return (this.extra ??= new MailboxExtra());
  }

  private frontOnly(): boolean {
    return (this.ready & Hold.Suspended) === 0 && (this.ready & FRONT_READY) !== 0;
  }

  private tookFrom(rank: number): Lane {
    const lane = this.cold().lanes[rank] as Lane;
    if (lane.n === 1) this.ready &= ~(1 << rank);
    return lane;
  }
}
