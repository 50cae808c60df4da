import { expectTypeOf, test } from 'vitest';
import type { Deliveries } from '../../../../src/behaviour/gen/outward/port.js';
import type { DeliveryStats, Receipt, SettledDelivery } from '../../../../src/index.js';

declare const port: Deliveries;
declare const given: Parameters<Deliveries['deliver']>;

test('the port of delivery promises a receipt once a message is accepted, and a reply of any type to a call', () => {
  expectTypeOf(port.deliver(...given)).toEqualTypeOf<Promise<Receipt>>();
  const [to, op, payload, caller] = given;
  expectTypeOf(port.call(to, op, payload, caller, {})).toEqualTypeOf<Promise<unknown>>();
  // @ts-expect-error a call has options: its guarantee is one
  void port.call(to, op, payload, caller);
});

test('it counts for one destination or for all, and lists what is over', () => {
  expectTypeOf(port.stats(null)).toEqualTypeOf<DeliveryStats>();
  expectTypeOf(port.stats(given[0].addr)).toEqualTypeOf<DeliveryStats>();
  expectTypeOf(port.listRecent({ kind: 'handled', limit: 1 })).toEqualTypeOf<SettledDelivery[]>();
  // @ts-expect-error a kind of outcome that there is not
  port.listRecent({ kind: 'lost' });
});
