import { Deadline } from '../../base/index.js';
import type { Line, Standing } from '../../base/text/index.js';
import type { Rank } from '../../mailbox/index.js';
import type { Process } from '../../process/record/index.js';
import type { PastLetter } from '../../router/dead-letter/index.js';
import type { LetterFailure } from '../../api/letters.js';

/** Where an item is. */
export const Stage = { Ready: 0, Delayed: 1, Leased: 2, Over: 3 } as const;
export type Stage = (typeof Stage)[keyof typeof Stage];

/** What a queue knows of the lease of an item. */
export interface Held {
  /** it counts no more, and its consumer hears of it now */
  lose(): void;
  /** its consumer has ended it */
  settled(): void;
  /** who handed it out may go on */
  over(): void;
}

/** What an item asks of the queue that it is in. */
export interface ItemQueue {
  /** its delay has passed, or its lease has ended by time */
  timeUp(item: Item): void;
  /** its life has passed */
  outlived(item: Item): void;
}

/** The end of an item's life, while that has one. */
export class Expiry extends Deadline {
  constructor(
    private readonly item: Item,
    /** monotonic ms */
    readonly at: number,
  ) {
    super();
  }
  expire(): void {
    this.item.queue.outlived(this.item);
  }
}

/** The row of the letter of an item that died, where that is stored. */
export interface ItemRow {
  readonly seq: number;
  edit(payload: unknown): number;
  discard(): void;
  /** the item is pushed again in this transaction */
  release(): void;
}

/** What few items have. */
export interface Rare {
  expiry: Expiry | null;
  /** the letter that it was before, when it was sent again */
  past: PastLetter | null;
  /** who pushed it, when that one wants to hear of its death */
  from: Process | null;
  /** failed attempts, oldest first */
  failures: LetterFailure[];
  letter: ItemRow | null;
}

/** One item of a queue, from its push until it is over; its deadline is that of its delay, or of its lease. */
export class Item extends Deadline implements Standing<Item> {
  prior: Item | null = null;
  next: Item | null = null;
  stage: Stage = Stage.Ready;
  /** the line in which it stands */
  line: Line<Item> | null = null;
  /** since when it could be taken, whole monotonic ms as of the turn of the event loop */
  since = 0;
  /** how often it was handed out */
  attempts = 0;
  /** the lease that counts; the fence: any other one is late */
  lease: Held | null = null;
  rare: Rare | null = null;
  constructor(
    readonly queue: ItemQueue,
    public id: number,
    public payload: unknown,
    /** 0 to 3, as of mailboxes */
    readonly lane: Rank,
    readonly key: string | null,
  ) {
    super();
  }

  /** made when it is needed */
  get cold(): Rare {
    return (this.rare ??= { expiry: null, past: null, from: null, failures: [], letter: null });
  }

  expire(): void {
    this.queue.timeUp(this);
  }
}
