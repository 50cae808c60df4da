import { Ring } from '../../base/index.js';
import { shownAs, told } from '../../base/text/index.js';
import type { Scheduler } from '../../process/record/index.js';
import type { DeadLetter, DeadLetterGap } from '../../api/letters.js';

type Item = DeadLetter | DeadLetterGap;

/**
 * The letters from its making on, for one reader: at most so many wait for it, and it is told how
 * many older ones it missed.
 */
export class LetterFeed implements AsyncIterableIterator<Item> {
  private readonly waiting = new Ring<DeadLetter>();
  private readonly readers = new Ring<(result: IteratorResult<Item, undefined>) => void>();
  private missed = 0;
  private over = false;
  constructor(
    private readonly buffer: number,
    private readonly left: (feed: LetterFeed) => void,
    private readonly scheduler: Scheduler,
  ) {}

  get shown(): string {
    return `LetterFeed(${this.waiting.size} waiting, ${this.missed} missed)`;
  }

  tell(letter: DeadLetter): void {
    if (this.readers.size > 0) this.readers.shift()({ done: false, value: letter });
    else {
      this.waiting.push(letter);
      if (this.waiting.size <= this.buffer) return;
      this.waiting.shift();
      this.missed++;
    }
  }

  /** No more letters: what waits is still read. */
  end(): void {
    this.over = true;
    while (this.readers.size > 0) this.readers.shift()({ done: true, value: undefined });
  }

  next(): Promise<IteratorResult<Item, undefined>> {
    return this.scheduler.paced(this.ask());
  }

  private ask(): Promise<IteratorResult<Item, undefined>> {
    const { missed } = this;
    if (missed > 0) {
      this.missed = 0;
      return Promise.resolve({ done: false, value: told('DeadLetterGap', { missed }) });
    }
    if (this.waiting.size > 0) return Promise.resolve({ done: false, value: this.waiting.shift() });
    if (this.over) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.readers.push(resolve));
  }

  return(): Promise<IteratorResult<Item, undefined>> {
    this.left(this);
    this.end();
    this.missed = 0;
    while (this.waiting.size > 0) this.waiting.shift();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

shownAs(LetterFeed, (it) => it.shown);
