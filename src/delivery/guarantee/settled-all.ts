import { handled, OptionError } from '../../base/index.js';
import type { DeliveryOutcome, Receipt } from '../../api/delivery.js';

type Outcomes<T extends readonly Receipt[]> = {
  -readonly [K in keyof T]: T[K] extends Receipt<infer R> ? DeliveryOutcome<R> : never;
};

/**
 * Waits until all deliveries are over; their outcomes, in the order of the receipts. However they
 * end, it does not reject: whoever wants to know looks at each `kind`.
 *
 * Errors: an OptionError for what is no array of receipts.
 *
 * @example
 * const Printer = defineAgent({
 *   calls: { print: (self, page: string) => page === '' ? self.refuse('EMPTY') : page.length },
 * });
 * const printer = system.start(Printer, { name: 'printer' });
 * const receipts = await Promise.all(['one', '', 'three'].map((page) => printer.deliver('print', page)));
 * const outcomes = await settledAll(receipts);
 * outcomes.map((one) => one.kind); // => ['handled', 'refused', 'handled']
 * outcomes[2]?.reply; // => 5
 * @since 0.2.0
 */
export function settledAll<const T extends readonly Receipt[]>(receipts: T): Promise<Outcomes<T>> {
  return handled(outcomesOf(receipts));
}

async function outcomesOf<T extends readonly Receipt[]>(receipts: T): Promise<Outcomes<T>> {
  if (!Array.isArray(receipts)) throw notReceipts(receipts);
  for (const one of receipts as readonly unknown[]) {
    if (typeof one !== 'object' || one === null || !('settled' in one)) throw notReceipts(one);
  }
  return await Promise.all(receipts.map((one: Receipt) => one.settled)) as Outcomes<T>;
}

function notReceipts(given: unknown): OptionError {
  return new OptionError('settledAll.receipts', given, 'an array of receipts', 'await what deliver returned first');
}
