import { Rank } from '../../mailbox/index.js';
import type { Op } from '../../mailbox/message/index.js';
import type { Kernel } from '../record/index.js';
import type * as contract from '../record/index.js';
import type { Report } from '../../api/reports.js';

/** `createSystem({ memory })`, checked. */
export interface CeilingLimits {
  /** what the program may take of the machine's memory, resident */
  readonly ceilingBytes: number;
  /** the part of it from which on messages are refused, and below which they no longer are */
  readonly highWater: number;
  readonly lowWater: number;
}

/**
 * The program has reached the high mark of its memory, or is back below the low one; once for each
 * crossing.
 */
export interface MemoryReport extends Report {
  readonly label: 'memory above high water' | 'memory below low water';
  readonly level: 'warn' | 'info';
  readonly residentBytes: number;
  readonly ceilingBytes: number;
}

/** The memory is looked at before one message in so many … */
const LOOK_EVERY = 128;
/** … and more often while messages are refused: asking the operating system takes some 20 µs. */
const LOOK_SOON = 16;
/** While messages are refused garbage is collected, at most so often: that holds the event loop. */
const COLLECT_EVERY_MS = 2_000;
const LANES = Rank.Critical + 1;

/**
 * The memory ceiling of a program (P11). Between the high mark and the ceiling lie four steps, one
 * for each lane: the first refuses user messages of the low lane, the last those of all. Each is
 * left when the memory is as far below its beginning as the low mark lies below the high one. The
 * runtime's own messages are never refused.
 */
export class Ceiling implements contract.Ceiling {
  /** lanes of a lower rank than this are refused */
  private refusing = 0;
  private left = 1;
  /** a delivery is queued by another Op of the same name */
  private lastName: string | null = null;
  private lastPayload: unknown = undefined;
  private residentBytes = 0;
  private collecting = false;
  private collectAt = 0;
  private readonly gapBytes: number;
  constructor(
    private readonly kernel: Kernel,
    private readonly limits: CeilingLimits,
  ) {
    this.gapBytes = Math.round(limits.ceilingBytes * (limits.highWater - limits.lowWater));
  }

  /** Whether a user message must not be queued now. */
  refuses(rank: Rank, op: Op, payload: unknown): boolean {
    if (--this.left <= 0) this.look();
    if (rank >= this.refusing) return false;
    this.lastName = op.name;
    this.lastPayload = payload;
    this.kernel.counts.shed++;
    return true;
  }

  /** Whether that is the message that was refused last: its sender asks why. */
  refused(op: Op, payload: unknown): boolean {
    return this.lastName === op.name && this.lastPayload === payload;
  }

  /** For the error of that sender. */
  get bound(): string {
    return `memory.ceilingBytes ${this.limits.ceilingBytes}, resident ${this.residentBytes}`;
  }

  private look(): void {
    const { env } = this.kernel;
    this.residentBytes = env.residentBytes();
    const before = this.refusing;
    while (this.refusing < LANES && this.residentBytes >= this.beginOf(this.refusing + 1)) this.refusing++;
    while (this.refusing > 0
      && this.residentBytes < this.beginOf(this.refusing) - this.gapBytes) this.refusing--;
    this.left = this.refusing > 0 ? LOOK_SOON : LOOK_EVERY;
    if (this.refusing > 0) this.collectLater();
    if ((before === 0) !== (this.refusing === 0)) this.tell(before === 0);
    if (this.refusing === 0) this.forget();
  }

  /** Where the step begins that refuses so many lanes, in bytes. */
  private beginOf(lanes: number): number {
    const { ceilingBytes, highWater } = this.limits;
    return Math.round(ceilingBytes * (highWater + ((lanes - 1) * (1 - highWater)) / LANES));
  }

  /**
   * What is refused leaves nothing to collect, and V8 collects because of what is allocated: it has
   * to be asked.
   */
  private collectLater(): void {
    const { env } = this.kernel;
    if (this.collecting || env.mono() < this.collectAt) return;
    this.collecting = true;
    env.macrotask(() => {
      this.collecting = false;
      env.collectGarbage();
      this.collectAt = env.mono() + COLLECT_EVERY_MS;
      this.left = 0;
    });
  }

  private tell(high: boolean): void {
    const { ceilingBytes } = this.limits;
    const label = high ? 'memory above high water' : 'memory below low water';
    const report: MemoryReport =
      { label, level: high ? 'warn' : 'info', residentBytes: this.residentBytes, ceilingBytes };
    this.kernel.report(report);
  }

  private forget(): void {
    this.lastName = null;
    this.lastPayload = undefined;
  }
}
