import { Ring, UNUSED } from '../../base/index.js';
import { shownAs } from '../../base/text/index.js';
import type { DeliveryOutcome, Receipt, ReceiptState } from '../../api/delivery.js';

/** A message as its sender's side sees it: on its way, or remembered. */
export interface Followed {
  readonly op: { readonly name: string };
  readonly title: string;
  /** place among the messages of its destination; absent for one that is remembered only */
  readonly number?: number;
  readonly rare?: { readonly stored: { readonly seq: number } | null } | null;
  readonly receiptState: ReceiptState;
  readonly attempts: number;
  readonly outcome: DeliveryOutcome | null;
  readonly settling: Promise<DeliveryOutcome>;
  /** false when it cannot be taken back any more */
  cancel(): boolean;
  /** returns the way to stop */
  watch(fn: (state: ReceiptState) => void): () => void;
}

/** The sender's side of a delivery. */
export class ReceiptImpl implements Receipt {
  /** @internal see `Exit.kept` */
  static readonly kept: ReceiptImpl = new ReceiptImpl(UNUSED);
  readonly #message: Followed;

  /** @internal Use `deliver`. */
  constructor(message: Followed) {
    this.#message = message;
  }

  /** @internal */
  get shown(): string {
    const { op, title, attempts } = this.#message;
    return `Receipt(${op.name} to ${title}: ${this.state}, attempts: ${attempts})`;
  }

  get id(): string {
    const { rare, number, title } = this.#message;
    const stored = rare === undefined || rare === null ? null : rare.stored;
    return stored !== null && stored.seq >= 0 ? `#${stored.seq}` : `${title}:${number ?? 'known'}`;
  }

  get state(): ReceiptState {
    return this.#message.receiptState;
  }

  get attempts(): number {
    return this.#message.attempts;
  }

  get settled(): Promise<DeliveryOutcome> {
    return this.#message.settling;
  }

  get changes(): AsyncIterable<ReceiptState> {
    return { [Symbol.asyncIterator]: () => new Changes(this.#message) };
  }

  cancel(): boolean {
    return this.#message.cancel();
  }
}

shownAs(ReceiptImpl, (it) => it.shown);

/** The state now, then every other one; none is missed between two steps of a slow reader. */
class Changes implements AsyncIterableIterator<ReceiptState> {
  private readonly states: ReceiptState[];
  private readonly readers = new Ring<(result: IteratorResult<ReceiptState, undefined>) => void>();
  private readonly unwatch: () => void;
  private left = false;
  constructor(private readonly message: Followed) {
    this.states = [message.receiptState];
    this.unwatch = message.watch((state) => {
      this.states.push(state);
      this.serve();
    });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<ReceiptState, undefined>> {
    const promise =
      new Promise<IteratorResult<ReceiptState, undefined>>((resolve) => this.readers.push(resolve));
    this.serve();
    return promise;
  }

  /** Ends also a `next()` that waits. */
  return(): Promise<IteratorResult<ReceiptState, undefined>> {
    this.left = true;
    this.states.length = 0;
    this.serve();
    this.unwatch();
    return Promise.resolve({ done: true, value: undefined });
  }

  private serve(): void {
    while (this.readers.size > 0) {
      const value = this.states.shift();
      if (value !== undefined) this.readers.shift()({ done: false, value });
      else if (this.left
        || this.message.outcome !== null) this.readers.shift()({ done: true, value: undefined });
      else return;
    }
  }
}
