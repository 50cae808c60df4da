import { expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import { child, createSystem, type AgentRef } from '../../src/index.js';
import {
  actions, defineStatem, defineStatemHandler, operation,
} from '../../src/behaviour/statem/public.js';

const Door = defineStatem({
  init: (code: number) => ({ state: 'locked', data: { code, tries: 0 } }),
  schemas: { lock: z.object({ by: z.string().transform(Number) }) },
  states: {
    locked: {
      enter(self, from) { expectTypeOf(from).toEqualTypeOf<'locked' | 'open'>(); self.data.tries = 0; },
      calls: {
        push: (self, n: number) => (n === self.data.code ? self.next('open').reply(true) : false),
        code: (self) => self.data.code,
        defer: (self) => self.keep().postpone(),
      },
      casts: {
        kick: (self) => self.next('open'), paint(self, colour: 'red' | 'blue') { self.data.tries += colour.length; },
      },
      stateTimeout: (self) => self.next('open'),
      internal(self, what: string) { return what === '' ? undefined : self.keep(); },
      timeouts: { relock: (self, ms: number) => self.next('locked').stateTimeout(ms) },
    },
    open: { calls: {
      push: (self) => self.next('locked').reply('closed' as const), lock: (_self, given: { by: number }) => given.by,
      defer: () => 7,
    } },
  },
  common: {
    calls: { tries: (self) => self.data.tries },
    info: (self, message) => { expectTypeOf(message).toEqualTypeOf<unknown>(); return self.keep().internal(message); },
  },
  terminate(self) {
    expectTypeOf(self.state).toEqualTypeOf<'locked' | 'open'>();
    expectTypeOf(self.data.code).toEqualTypeOf<number>();
  },
});

type Job = { readonly at: 'idle' } | { readonly at: 'busy'; readonly left: number };
const Worker = defineStatemHandler({
  init: (): { state: Job; data: { done: number } } => ({ state: { at: 'idle' }, data: { done: 0 } }),
  calls: { state: operation<void>().replies<Job>(), add: operation(z.string().transform(Number)).replies<number>() },
  casts: { start: operation<{ left: number }>(), any: operation() },
  enter(self, from) { expectTypeOf(from).toEqualTypeOf<Job>(); },
  handle(self, event) {
    if (event.type === 'cast' && event.op === 'start') return self.next({ at: 'busy', left: event.payload.left });
    if (event.type === 'call' && event.op === 'add') {
      expectTypeOf(event.payload).toEqualTypeOf<number>();
      return self.keep().reply(event.payload);
    }
    // @ts-expect-error no such state
    return event.type === 'internal' ? self.next({ at: 'nowhere' }) : undefined;
  },
});

const Late = defineStatem({
  async init(n: number) {
    await Promise.resolve();
    return n === 0 ? this.ignore() : { state: 'a', data: n, actions: actions().timeout(1) };
  },
  states: { a: { calls: { n: (self) => self.data } } },
});

test('SM-20 the protocol of a state machine is inferred: replies of all states, the payload that all of them accept', () => {
  const system = createSystem({ logger: false });
  const door = system.start(Door, 1);
  expectTypeOf(door).toEqualTypeOf<AgentRef<typeof Door>>();
  expectTypeOf(door.call('push', 3)).toEqualTypeOf<Promise<boolean | 'closed'>>();
  expectTypeOf(door.call('code')).toEqualTypeOf<Promise<number>>();
  expectTypeOf(door.call('tries')).toEqualTypeOf<Promise<number>>();
  expectTypeOf(door.call('defer')).toEqualTypeOf<Promise<number>>();
  expectTypeOf(door.call('lock', { by: '1' })).toEqualTypeOf<Promise<number>>();
  door.cast('kick');
  door.cast('paint', 'red', { lane: 'high' });
  child('door', Door, 1, { restart: 'transient' });
  expectTypeOf(system.ref(Door, 'door').tryCast('kick')).toEqualTypeOf<'ok' | 'full' | 'dead'>();
  expectTypeOf(system.start(Late, 1)).toEqualTypeOf<Promise<AgentRef<typeof Late>>>();
  void system.stop();
});

test('SM-01 SM-20 so is that of a machine with one handler', () => {
  const worker = createSystem({ logger: false }).start(Worker);
  expectTypeOf(worker.call('state')).toEqualTypeOf<Promise<Job>>();
  expectTypeOf(worker.call('add', '1')).toEqualTypeOf<Promise<number>>();
  worker.cast('start', { left: 3 });
  worker.cast('any', 'thing');
  worker.cast('any');
});

test('SM-19 SM-20 wrong names, payloads, states and results are compile errors', () => {
  const system = createSystem({ logger: false });
  const door = system.start(Door, 1);
  // @ts-expect-error no such operation
  door.cast('nope');
  // @ts-expect-error wrong payload
  door.cast('paint', 'green');
  // @ts-expect-error the payload is missing
  void door.call('push');
  // @ts-expect-error the schema takes a text
  void door.call('lock', { by: 1 });
  // @ts-expect-error init takes a number
  system.start(Door, 'x');
  defineStatem({
    init: () => ({ state: 'a', data: 1 }),
    states: {
      a: {
        // @ts-expect-error no such state
        casts: { x: (self) => self.next('nope') },
      },
    },
  });
  defineStatem({
    // @ts-expect-error no such state
    init: () => ({ state: 'z', data: 1 }),
    states: { a: {} },
  });
  defineStatem({
    init: () => ({ state: 'a', data: 1 }),
    states: {
      a: {
        // @ts-expect-error a cast's handler returns a transition or nothing
        casts: { x: (self) => self.data },
      },
    },
  });
});
