import { shownAs } from '../base/index.js';
import type { DeliveryOutcome, Receipt, ReceiptState } from '../behaviour/index.js';
import type { Delivered } from './delivered.js';

/** The sender's side of a delivery. */
export class ReceiptImpl implements Receipt {
  readonly #message: Delivered;

  /** @internal Use `deliver`. */
  constructor(message: Delivered) {
    this.#message = message;
  }

  /** @internal */
  get shown(): string {
    const { op, title, attempts } = this.#message;
    return `Receipt(${op.name} to ${title}: ${this.state}, attempts: ${attempts})`;
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
    return { [Symbol.asyncIterator]: () => changesOf(this.#message) };
  }
}

shownAs(ReceiptImpl, (it) => it.shown);

/** The state now, then every other one; none is missed between two steps of a slow reader. */
async function* changesOf(message: Delivered): AsyncGenerator<ReceiptState> {
  const states: ReceiptState[] = [message.receiptState];
  let wake: (() => void) | null = null;
  const stop = message.watch((state) => {
    states.push(state);
    wake?.();
  });
  try {
    for (;;) {
      const next = states.shift();
      if (next !== undefined) yield next;
      else if (message.outcome !== null) return;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    stop();
  }
}
