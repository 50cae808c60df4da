import type { Process } from '../../process/record/index.js';
import type { PullTerms } from './options.js';
import { Wait, type Taker, type WaitQueue } from './wait.js';

/** What a pull asks of its queue. */
export interface PullQueue extends WaitQueue {
  /** What comes of the next item for that consumer. */
  next(owner: Process | null): unknown;
  /** The same for a loop. */
  result(value: unknown): IteratorResult<unknown, undefined> | Promise<IteratorResult<unknown, undefined>>;
}

/** A pull that waits for an item, or for a lease of one. */
export class Pull extends Wait implements Taker {
  prior: Taker | null = null;
  next: Taker | null = null;
  readonly promise: Promise<unknown>;
  private resolve!: (value: unknown) => void;
  private fail!: (error: unknown) => void;
  constructor(
    private readonly from: PullQueue,
    owner: Process | null,
    terms: PullTerms,
    verb: string,
    /** of a loop: gets a result of an iterator */
    private readonly loops: boolean,
  ) {
    super(from, owner, terms, verb);
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.fail = reject;
    });
  }

  take(): void {
    this.end();
    this.give(this.from.next(this.owner));
  }

  /** An item that has been in no line. */
  pass(payload: unknown): void {
    this.end();
    this.give(payload);
  }

  /** The loop that it is of has been left. */
  done(): void {
    if (!this.ready()) return;
    this.from.leave(this);
    this.finish();
  }

  /** For a loop that is the end. */
  close(error: unknown): void {
    if (this.loops) this.finish();
    else this.refuse(error);
  }

  private finish(): void {
    this.end();
    this.resolve({ done: true, value: undefined });
  }

  protected reject(error: unknown): void {
    this.fail(error);
  }

  private give(value: unknown): void {
    this.resolve(this.loops ? this.from.result(value) : value);
  }
}
