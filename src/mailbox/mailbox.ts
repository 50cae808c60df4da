import type { MailboxLane } from '../api/mailbox.js';
import { accepted, admitted, lifted, putBack, Tally } from './account.js';
import { Lane, SideLane } from './lane.js';
import type { Meter } from './meter.js';
import { EXTRA, UNBOUNDED } from './message/index.js';
import type { Extra, Op } from './message/index.js';
import { NO_RULES, Pressure } from './rules.js';

/** Lanes by rank; `front` is the runtime's own (`continue` runs before any queued message, GS-25). */
export const Rank = { Low: 0, Normal: 1, High: 2, Critical: 3, Front: 4 } as const;
export type Rank = (typeof Rank)[keyof typeof Rank];

export const RANKS: Readonly<Record<MailboxLane, Rank>> =
  { low: Rank.Low, normal: Rank.Normal, high: Rank.High, critical: Rank.Critical };

const SAMPLE_MASK = 63;

/**
 * Bits of `ready` above those of the lanes. `Pressed`: a take has to be looked at, because somebody
 * waits for room, bytes are counted, a lane ages. The others say why not everything that is queued
 * may be taken. `Sys`: only the front lane is served; `Suspended`: nothing is.
 */
export const Hold = { Pressed: 32, Sys: 64, Suspended: 128 } as const;
const LANES = 31;
const FRONT_READY = 1 << Rank.Front;
const ABOVE = (1 << Rank.High) | (1 << Rank.Critical) | FRONT_READY;

/** The rarely used part of a mailbox. */
export class MailboxExtra {
  readonly lanes: (SideLane | null)[] = [null, null, null, null, null];
  readonly tally: Tally = new Tally();
  meter: Meter | null = null;
  sampledAt = 0;
  receivedAt = -1;
  handledAt = -1;
  pressure: Pressure | null = null;
  /** most user messages at once in all lanes together; -1 while only the normal one has been used */
  peak = -1;
  /** no message that is queued expires before: monotonic ms, Infinity when none expires */
  nextExpiry: number = Infinity;
  /** when somebody looked at the statistics, and how many messages had left by then */
  lookedAt = 0;
  leftThen = -1;
}

/**
 * The mailbox of one process: the normal lane inline, the other lanes on first use. One class for
 * every mailbox keeps push and take monomorphic; bounds are fields, policies are cold paths.
 *
 * Single source of truth: `size` counts the user messages queued here and changes in the step in
 * which the lanes do; it and the other counters are written in `account.ts` only. `gate` is the
 * size from which on a send takes the longer road, where the rules of this mailbox are looked at.
 */
export class Mailbox extends Lane {
  /**
   * The mailbox of everybody who has not had a message yet: empty, and full by its bound, so that
   * the first message takes the road of a refusal, where a mailbox of one's own is opened. An idle
   * agent costs 144 bytes less for it.
   */
  static readonly unopened: Mailbox = new Mailbox(-1);

  readonly size: number = 0;
  /** most messages at once in the normal lane, and so the largest size so far while no other has been used */
  mark = 0;
  readonly sent: number = 0;
  readonly handled: number = 0;
  /** takes from the normal lane until the sampled message is reached; 0 when none is sampled */
  sampleLeft = 0;
  /** bit r is set while lane r (other than normal) holds a message; above those, bits of `Hold` */
  ready = 0;
  extra: MailboxExtra | null = null;
  /** its place among those in use; -1 while it is at rest, when its gate is shut (see `Accounts` in process) */
  place: number;
  constructor(public gate: number) {
    super();
    this.place = gate < 0 ? -1 : 0;
  }

  /** Nothing is queued here, no signal either, and nobody waits for room. */
  get idle(): boolean {
    if (this.size > 0 || this.n > 0 || (this.ready & LANES) !== 0) return false;
    return this.extra === null || this.extra.pressure === null || this.extra.pressure.waiting.size === 0;
  }

  /**
   * Queues a user message in the normal lane; the caller has checked the bound. True when it should
   * be sampled.
   */
  put(op: Op, payload: unknown, from: unknown): boolean {
    this.push(op, payload, from);
    const sent = accepted(this);
    if (this.size > this.mark) this.peaked();
    return (sent & SAMPLE_MASK) === 0;
  }

  /**
   * Queues a user message in a lane of this mailbox other than the normal one; the caller has
   * checked the bound.
   */
  putAside(lane: SideLane, op: Op, payload: unknown, from: unknown): void {
    lane.push(op, payload, from);
    this.ready |= lane.bit;
    accepted(this);
    if (this.size > lane.most) this.peakedAside(lane);
  }

  /** Queues a message in any lane; signals neither count nor wait. */
  putIn(rank: Rank, op: Op, payload: unknown, from: unknown): void {
    if (rank === Rank.Normal) {
      if (op.signal) this.push(op, payload, from);
      else this.put(op, payload, from);
      return;
    }
    const extra = this.cold();
    const lane = extra.lanes[rank] ?? this.openLane(extra, rank);
    if (!op.signal) {
      this.putAside(lane, op, payload, from);
      return;
    }
    lane.push(op, payload, from);
    this.ready |= lane.bit;
  }

  private openLane(extra: MailboxExtra, rank: Rank): SideLane {
    if (extra.peak < 0) extra.peak = this.mark;
    return (extra.lanes[rank] = new SideLane(1 << rank));
  }

  /** Most user messages that were queued at once. */
  get peak(): number {
    return Math.max(this.mark, this.extra?.peak ?? -1);
  }

  /** Most messages at once in one lane; the runtime's own may be among them once several lanes are used. */
  peakIn(rank: Rank): number {
    return rank === Rank.Normal ? this.mark : (this.extra?.lanes[rank]?.most ?? 0);
  }

  private peaked(): void {
    const { extra } = this;
    if (extra === null || extra.peak < 0) this.mark = this.size;
    else this.peakedBeside(extra);
  }

  private peakedBeside(extra: MailboxExtra): void {
    const { size } = this;
    if (size > extra.peak) extra.peak = size;
    const depth = Math.min(this.n, size); // signals are in `n`
    if (depth > this.mark) this.mark = depth;
  }

  /**
   * Most at once in one lane is never more than most at once in all, so that one compare tells that
   * neither grows.
   */
  private peakedAside(lane: SideLane): void {
    const extra = this.extra as MailboxExtra;
    const depth = Math.min(lane.n, this.size); // signals are in `n`
    if (depth > lane.most) lane.most = depth;
    if (this.size > extra.peak) extra.peak = this.size;
  }

  /**
   * The lane whose oldest message is next, or null when nothing is queued; critical before normal
   * before low. It is taken now.
   */
  pick(): Lane | null {
    if (this.ready > LANES) return this.pickHeld();
    return this.strict();
  }

  private pickHeld(): Lane | null {
    if ((this.ready & Hold.Pressed) !== 0) return this.pickPressed();
    return this.frontOnly() ? this.tookFrom(Rank.Front) : null;
  }

  private strict(): Lane | null {
    const above = this.ready & ABOVE;
    if (above !== 0) return this.tookFrom(31 - Math.clz32(above)); // the highest bit
    if (this.n > 0) return this;
    return (this.ready & 1) !== 0 ? this.tookFrom(Rank.Low) : null;
  }

  /** Whether a message may be taken, or somebody may come in. */
  busy(): boolean {
    const { ready } = this;
    if (ready >= Hold.Sys) return this.frontOnly();
    if (this.n > 0 || (ready & LANES) !== 0) return true;
    if (ready === 0) return false;
    const { waiting } = this.pressure();
    return waiting.head !== null && this.hasRoom(waiting.head.rank, waiting.head.bytes, 0);
  }

  /** The process is suspended by sys: only the Front lane is served (SY-01). */
  get held(): boolean {
    return (this.ready & Hold.Sys) !== 0;
  }

  /**
   * Holds everything back but the Front lane. Messages that `urgent` picks move there, in order;
   * all others keep their lane and place. O(queued), once.
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

  /** Nothing is held any more, nobody comes in: the process has ended, and gives back what it has. */
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

  /* ---- under pressure ---- */

  /** Its rules and their state, made when something needs them. */
  pressure(): Pressure {
    const extra = this.cold();
    return (extra.pressure ??= new Pressure(NO_RULES, false));
  }

  /**
   * Whether a message of that many bytes fits, beside so many places that are kept free; up to
   * `least` messages do in any case.
   */
  hasRoom(rank: Rank, bytes: number, kept: number, least: number = 0): boolean {
    const { rules, bytes: taken } = this.pressure();
    const capacity = Math.max(least, rank === Rank.Critical ? rules.capacity + rules.reserve : rules.capacity);
    return this.size + kept < capacity && (rules.capacityBytes < 0 || taken + bytes <= rules.capacityBytes);
  }

  /** Which road sends and takes have to go from now on; called when something of `pressure` has changed. */
  refit(): void {
    const state = this.pressure();
    const { rules } = state;
    if (this.place < 0 || state.closed || rules.capacityBytes >= 0) this.gate = -1;
    else {
      const full = state.returns && rules.capacity < UNBOUNDED ? rules.capacity - 1 : rules.capacity;
      this.gate = rules.highWater > 0 && !state.alarmed ? Math.min(full, rules.highWater - 1) : full;
    }
    const pressed = rules.ageEvery > 0 || rules.capacityBytes >= 0 || state.waiting.size > 0 || state.alarmed
      || (state.keyed !== null && state.keyed.size > 0);
    if (pressed) this.ready |= Hold.Pressed;
    else this.ready &= ~Hold.Pressed;
  }

  private pickPressed(): Lane | null {
    const state = this.pressure();
    if (state.returns) this.letIn(state, 0);
    const lane = this.ready >= Hold.Sys
      ? (this.frontOnly() ? this.tookFrom(Rank.Front) : null)
      : state.rules.ageEvery > 0 ? this.aged(state) : this.strict();
    if (lane !== null && lane.n > 0) this.leave(state, lane);
    return lane;
  }

  /** The books of the message that is taken next: its bytes and its key are free, and so is its place. */
  private leave(state: Pressure, lane: Lane): void {
    const segment = lane.first();
    const at = lane.hi;
    const op = segment[at] as Op;
    if (op.signal) return;
    if (op === EXTRA) {
      const extra = segment[at + 2] as Extra;
      this.forget(extra);
      if (extra.expiresAt < 0) {
        segment[at] = extra.op;
        segment[at + 2] = extra.from;
      }
    }
    if (state.returns) return;
    // The loop takes it in a moment; whoever comes in meanwhile must find its place free.
    lifted(this);
    this.letIn(state, 0);
    if (lane.n > 0) putBack(this); // else somebody who heard of it has ended the process: see `giveBack`
  }

  /** A message leaves: taken, evicted, expired. */
  forget(extra: Extra): void {
    const state = this.pressure();
    state.bytes -= extra.bytes;
    if (extra.key === null || state.keyed === null) return;
    state.keyed.delete(extra.key);
    if (state.keyed.size === 0) this.refit();
  }

  /** Those who wait come in while there is room, one for each place; then the alarm may be over. */
  letIn(state: Pressure, reserved: number): void {
    const { waiting, rules } = state;
    if (waiting.size > 0) {
      for (let first = waiting.head; first !== null && this.hasRoom(first.rank, first.bytes, reserved); first =
        waiting.head) {
        admitted(this, waiting, first);
        first.enter();
      }
      if (waiting.size === 0) this.refit();
    }
    if (!state.alarmed || this.size > rules.lowWater) return;
    state.alarmed = false;
    this.refit();
    if (state.tell !== null) state.tell(false, this.size);
  }

  /**
   * Like `strict`, but a lower lane that was passed over `ageEvery` times has its turn, the longest
   * waiting one first.
   */
  private aged(state: Pressure): Lane | null {
    const { passed, rules } = state;
    if ((this.ready & FRONT_READY) !== 0) return this.tookFrom(Rank.Front);
    let chosen = -1;
    let oldest = -1;
    for (let rank: number = Rank.Critical; rank >= Rank.Low; rank--) {
      if (!this.waits(rank)) passed[rank] = 0;
      else if (chosen < 0) chosen = rank;
      else if (passed[rank] as number >= rules.ageEvery
        && (oldest < 0 || (passed[rank] as number) > (passed[oldest] as number))) oldest = rank;
    }
    if (chosen < 0) return null;
    const served = oldest < 0 ? chosen : oldest;
    for (let rank: number = Rank.Low; rank < chosen; rank++) {
      if (this.waits(rank)) passed[rank] = (passed[rank] as number) + 1;
    }
    passed[served] = 0;
    return served === Rank.Normal ? this : this.tookFrom(served);
  }

  private waits(rank: number): boolean {
    return rank === Rank.Normal ? this.n > 0 : (this.ready & (1 << rank)) !== 0;
  }

  private frontOnly(): boolean {
    return (this.ready & Hold.Suspended) === 0 && (this.ready & FRONT_READY) !== 0;
  }

  private tookFrom(rank: number): Lane {
    const lane = (this.extra as MailboxExtra).lanes[rank] as SideLane;
    if (lane.n === 1) this.ready &= ~lane.bit;
    return lane;
  }
}
