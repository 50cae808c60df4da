import { expect, expectTypeOf, test } from 'vitest';
import { defineAgent, type DeliveryOutcome, OptionError, settledAll } from '../../../src/index.js';
import { testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';

const Worker = defineAgent({
  name: 'Worker',
  calls: { double: (self, n: number) => (n < 0 ? self.refuse('NEGATIVE') : n * 2), text: () => 'text' },
});

test('settledAll has the outcomes in the order of the receipts, whatever they are', async () => {
  const env = new VirtualEnv();
  const system = testSystem({ env });
  const worker = system.start(Worker, { name: 'w' });
  const late = await worker.deliver('double', 1, { delayMs: 1_000 });
  const gone = await system.ref(Worker, 'nobody').deliver('double', 2, { expiresInMs: 10 });
  const refused = await worker.deliver('double', -1);
  const text = await worker.deliver('text');
  const taken = await worker.deliver('double', 4, { delayMs: 5_000 });
  taken.cancel();
  const all = settledAll([late, gone, refused, text, taken]);
  await env.advance(1_000);
  const outcomes = await all;
  expect(outcomes.map((one) => one.kind)).toEqual(['handled', 'dead-lettered', 'refused', 'handled', 'cancelled']);
  expect([outcomes[0].reply, outcomes[3].reply]).toEqual([2, 'text']);
  expectTypeOf(outcomes[0]).toEqualTypeOf<DeliveryOutcome<number>>();
  expectTypeOf(outcomes[3]).toEqualTypeOf<DeliveryOutcome<string>>();
  expect(await settledAll([])).toEqual([]);
});

test('settledAll of what is no array of receipts is an OptionError', async () => {
  const system = testSystem();
  const worker = system.start(Worker);
  const promise = worker.deliver('text');
  for (const bad of [undefined, null, 'text', [promise], [undefined], new Set()]) {
    await expect(settledAll(bad as never)).rejects.toBeInstanceOf(OptionError);
  }
  await promise;
});
