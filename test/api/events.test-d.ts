import { expectTypeOf, test } from 'vitest';
import { createSystem } from '../../src/index.js';
import { defineEventHandler, EventManager } from '../../src/behaviour/event/public.js';

const Tally = defineEventHandler({
  init: (n: number) => ({ n }),
  event(self, word: string) { expectTypeOf(self.state).toEqualTypeOf<{ n: number }>(); self.state.n += word.length; },
  calls: {
    n: (self) => self.state.n,
    above: (self, limit: number) => self.state.n > limit,
    async later(self) { await Promise.resolve(); return `${self.state.n}`; },
  },
  terminate: (self) => self.state.n,
});
const Bare = defineEventHandler({ calls: { ping: () => 'pong' as const } });

test('the calls of an event handler are inferred: their state, payloads and replies', () => {
  const system = createSystem({ logger: false });
  const events = system.ref(EventManager, system.start(EventManager));
  expectTypeOf(events.addHandler(Tally, 1)).toEqualTypeOf<Promise<void>>();
  expectTypeOf(events.call(Tally, 'n')).toEqualTypeOf<Promise<number>>();
  expectTypeOf(events.call(Tally, 'above', 3)).toEqualTypeOf<Promise<boolean>>();
  expectTypeOf(events.call(Tally, 'later')).toEqualTypeOf<Promise<string>>();
  expectTypeOf(events.call(Bare, 'ping')).toEqualTypeOf<Promise<'pong'>>();
});

test('wrong names, payloads and state of an event handler are compile errors', () => {
  const system = createSystem({ logger: false });
  const events = system.ref(EventManager, system.start(EventManager));
  // @ts-expect-error no such call
  void events.call(Tally, 'm');
  // @ts-expect-error wrong payload
  void events.call(Tally, 'above', '3');
  // @ts-expect-error missing init argument
  void events.addHandler(Tally);
  // @ts-expect-error state has no such field
  defineEventHandler({ init: () => ({ a: 1 }), calls: { b: (self) => self.state.b } });
  // @ts-expect-error a call is a function
  defineEventHandler({ calls: { b: 1 } });
});
