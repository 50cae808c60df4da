import { expectTypeOf, test } from 'vitest';
import {
  createSystem, defineAgent, type DeliveryOutcome, type DeliveryStats, type Receipt,
} from '../../src/index.js';

const Worker = defineAgent({
  delivery: { guarantee: 'exactly-once', onError: (error) => (error instanceof TypeError ? 'refuse' : 'retry') },
  calls: { size: (_self, text: string) => text.length },
  casts: {
    store(self, n: number) {
      const { delivery } = self;
      if (delivery === undefined) return;
      expectTypeOf(delivery.attempt).toEqualTypeOf<number>();
      expectTypeOf(delivery.key).toEqualTypeOf<string | undefined>();
      expectTypeOf(delivery.ack(n)).toEqualTypeOf<boolean>();
    },
  },
});
const system = createSystem({ logger: false });
const worker = system.start(Worker);
declare const receipt: Receipt<number>;

test('a receipt knows the reply of what was delivered', () => {
  expectTypeOf(worker.deliver('size', 'text')).toEqualTypeOf<Promise<Receipt<number>>>();
  expectTypeOf(receipt.settled).toEqualTypeOf<Promise<DeliveryOutcome<number>>>();
  expectTypeOf(receipt.cancel()).toEqualTypeOf<boolean>();
});

test('an operation, its payload and its options are checked', () => {
  void worker.deliver('store', 1, { guarantee: 'exactly-once', key: 'k', backoff: { baseMs: 1, jitter: 0 } });
  // @ts-expect-error the payload is a number
  void worker.deliver('store', 'one');
  // @ts-expect-error there is no such operation
  void worker.deliver('sote', 1);
  // @ts-expect-error there are three guarantees
  void worker.deliver('store', 1, { guarantee: 'twice' });
  // @ts-expect-error a verdict is one of five words
  void worker.deliver('store', 1, { onError: () => 'ignore' });
});

test('the defaults of a definition have no key: that is of one message', () => {
  // @ts-expect-error a key in the defaults
  defineAgent({ delivery: { key: 'k' } });
});

test('what is counted are numbers', () => {
  const { delivery } = system.stats();
  expectTypeOf(delivery).toEqualTypeOf<DeliveryStats>();
  expectTypeOf(delivery.accepted).toEqualTypeOf<number>();
});
