import { expectTypeOf, test } from 'vitest';
import { createSystem, defineAgent, type AgentRef, type ProcessSelf } from '../../src/index.js';
import type { SubAgent } from '../../src/supervisor/public.js';

const Worker = defineAgent({
  init: (start: number) => ({ start }),
  calls: {
    add: (self, by: number) => self.state.start + by,
    maybe: async (_self, text?: string) => text?.length ?? 0,
    value: (self) => self.state.start,
    async *count(_self, to: number) { yield to; },
  },
  casts: { note: () => undefined },
});
const Plain = defineAgent({ calls: { ping: () => 'pong' as const } });
const Optional = defineAgent({ init: (at: number = 1) => at, calls: { at: (self) => self.state } });
const system = createSystem({ logger: false });
declare const self: ProcessSelf;

test('the reply has its type, and so has the ref', () => {
  for (const launch of [system.launch.bind(system), self.launch] as const) {
    const added = launch(Worker, { op: 'add', payload: 1, args: [2] });
    expectTypeOf(added).toEqualTypeOf<SubAgent<typeof Worker, number>>();
    expectTypeOf(added.result).toEqualTypeOf<Promise<number>>();
    expectTypeOf(added.ref).toEqualTypeOf<AgentRef<typeof Worker>>();
  }
  expectTypeOf(self.launch(Worker, { op: 'maybe', args: [1] }).wait({ timeoutMs: 1 })).toEqualTypeOf<Promise<number>>();
  expectTypeOf(self.launch(Plain, { op: 'ping' }).result).toEqualTypeOf<Promise<'pong'>>();
  expectTypeOf(self.launch(Optional, { op: 'at' }).result).toEqualTypeOf<Promise<number>>();
  expectTypeOf(self.launch(Optional, { op: 'at', args: [2], timeoutMs: 'infinity' }).result)
    .toEqualTypeOf<Promise<number>>();
});

test('what does not fit is an error', () => {
  // @ts-expect-error its init wants an argument
  self.launch(Worker, { op: 'value' });
  // @ts-expect-error of another type
  self.launch(Worker, { op: 'value', args: ['1'] });
  // @ts-expect-error the payload is missing
  self.launch(Worker, { op: 'add', args: [1] });
  // @ts-expect-error it takes no payload
  self.launch(Worker, { op: 'value', args: [1], payload: 5 });
  // @ts-expect-error a cast has no reply
  self.launch(Worker, { op: 'note', args: [1] });
  // @ts-expect-error a stream has many
  self.launch(Worker, { op: 'count', payload: 1, args: [1] });
  // @ts-expect-error no init, no arguments
  self.launch(Plain, { op: 'ping', args: [1] });
  // @ts-expect-error a key that nobody knows
  self.launch(Plain, { op: 'ping', timeout: 5 });
});
