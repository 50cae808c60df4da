import { Deadline } from '../../base/index.js';
import type { TopicItem } from '../../delivery/durable/index.js';
import type { Kernel } from '../../process/record/index.js';
import type { SubscriptionEnd } from '../../api/bus/topic.js';
import type { TopicLog } from './log.js';

/** Items that are read at once. */
const SLICE = 64;
/** ms after which is tried again what the store had no room for. */
const AGAIN_MS = 1_000;

/** Who is fed from a durable topic. */
export interface Fed {
  readonly end: SubscriptionEnd | undefined;
  /** so many messages it takes now */
  readonly space: number;
  /** what it has no room for stays in the store until it has */
  readonly waits: boolean;
  /** Throws when it cannot be given now: it is tried again. */
  give(message: unknown, offset: number): void;
  /** So many were gone before they came to it. */
  lack(count: number): void;
  /** The store cannot be read. */
  fail(error: unknown): void;
}

/**
 * What one subscription of a durable topic gets, in the order of the offsets:
 *
 *   behind: it reads from the store, a slice at a time, as it has room
 *     │ ▲
 *     ▼ └─ it has no room for what comes, and waits for some
 *   live: it is given each item as it is committed
 *
 * Between the two there is no step: it is live when it has been given all that is committed by now.
 */
export class Feed extends Deadline {
  /** the offset that it is given next */
  private next = -1;
  private live = false;
  private running = false;
  constructor(
    private readonly kernel: Kernel,
    private readonly log: TopicLog,
    private readonly fed: Fed,
  ) {
    super();
  }

  /** @param start where, asked for once the log is open */
  begin(start: () => number | Promise<number>): void {
    const { log, fed } = this;
    const from = (at: number): void => {
      this.next = at;
      this.more();
    };
    const ask = (): void => {
      if (fed.end !== undefined) return;
      log.trim();
      const at = start();
      if (typeof at === 'number') from(at);
      else at.then(from, (error: unknown) => fed.fail(error));
    };
    if (log.open) ask();
    else log.whenOpen().then(ask).catch((error: unknown) => fed.fail(error));
  }

  /** An item is committed: whether it is given to it now. */
  takes(offset: number): boolean {
    if (!this.live || offset < this.next) return false;
    if (this.fed.waits && this.fed.space <= 0) {
      this.live = false;
      return false;
    }
    this.next = offset + 1;
    return true;
  }

  /** It could not be given to it: once more from there, in a while. */
  back(offset: number): void {
    this.next = offset;
    this.live = false;
    this.kernel.deadlines.add(this, AGAIN_MS);
  }
  expire(): void {
    this.more();
  }
  stop(): void {
    this.live = false;
    this.kernel.deadlines.remove(this);
  }

  /** It may have room. */
  more(): void {
    if (this.live || this.running || this.next < 0 || this.fed.end !== undefined) return;
    this.running = true;
    this.run().catch((error: unknown) => {
      if (this.fed.end === undefined) this.fed.fail(error);
    });
  }

  private async run(): Promise<void> {
    const { log, fed } = this;
    try {
      while (fed.end === undefined) {
        if (this.next < log.first) this.leap(log.first);
        if (this.next >= log.end) {
          this.live = fed.end === undefined;
          return;
        }
        const to = Math.min(log.end, this.next + Math.min(fed.space, SLICE));
        if (to <= this.next || !this.giveAll(await log.read(this.next, to), to)) return;
      }
    } finally {
      this.running = false; // in the step in which it stops: who makes room then is heard
    }
  }

  /** What was read, and what is missing up to there; false when it cannot be given now. */
  private giveAll(items: readonly TopicItem[], to: number): boolean {
    const { fed } = this;
    for (const { offset, message } of items) {
      if (fed.end !== undefined) return false;
      if (offset > this.next) this.leap(offset);
      try {
        fed.give(message, offset);
      } catch {
        this.back(offset);
        return false;
      }
      this.next = offset + 1;
    }
    if (this.next < to && fed.end === undefined) this.leap(to);
    return true;
  }

  private leap(to: number): void {
    const missing = to - this.next;
    this.next = to;
    this.fed.lack(missing);
  }
}
