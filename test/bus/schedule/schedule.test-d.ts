import { expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import { createSystem, defineAgent } from '../../../src/index.js';
import type { GatherResult, Schedule } from '../../../src/bus/public.js';

const Desk = defineAgent({
  init: () => ({ n: 0 }),
  casts: { tick: () => undefined, note: (_self, _text: string) => undefined, maybe: (_self, _n?: number) => undefined,
    typed: { schema: z.object({ n: z.number() }), handle: () => undefined } },
  calls: { read: (self) => self.state.n, add: (_self, by: number) => `${by}` },
});
const system = createSystem({ logger: false });
const to = system.ref(Desk, 'desk');
const every = { everyMs: 5 };

test('a scheduled send is typed by its operation', () => {
  expectTypeOf(system.schedule('a', every, { to, cast: 'tick' })).toEqualTypeOf<Schedule>();
  system.schedule('a', every, { to, cast: 'note', payload: 'text' });
  system.schedule('a', every, { to, cast: 'maybe' });
  system.schedule('a', every, { to, cast: 'maybe', payload: 3 });
  system.schedule('a', every, { to, cast: 'typed', payload: { n: 3 }, options: { lane: 'low' } });
  system.schedule('a', every, { to, call: 'add', payload: 3, options: { timeoutMs: 5 } });
  system.schedule('a', every, { to, deliver: 'read', options: { guarantee: 'exactly-once' } });
  // @ts-expect-error the payload is missing
  system.schedule('a', every, { to, cast: 'note' });
  // @ts-expect-error the payload has another type
  system.schedule('a', every, { to, cast: 'note', payload: 3 });
  // @ts-expect-error no such operation
  system.schedule('a', every, { to, cast: 'nothing' });
  // @ts-expect-error a call is no cast
  system.schedule('a', every, { to, cast: 'read' });
  // @ts-expect-error it takes nothing
  system.schedule('a', every, { to, cast: 'tick', payload: 3 });
  // @ts-expect-error an interval has no time zone
  system.schedule('a', { everyMs: 5, timeZone: 'UTC' }, () => undefined);
  // @ts-expect-error one of both
  system.schedule('a', { everyMs: 5, cron: '* * * * *' }, () => undefined);
});

test('a gather has the type of its replies', () => {
  expectTypeOf(system.gather([to], 'add', 3, { quorum: 'any' }))
    .toEqualTypeOf<Promise<GatherResult<typeof Desk, string>>>();
  expectTypeOf(system.gather([to], 'read')).resolves.toHaveProperty('values').toEqualTypeOf<number[]>();
  // @ts-expect-error the payload is missing
  void system.gather([to], 'add');
  // @ts-expect-error a cast has no reply
  void system.gather([to], 'tick');
});
