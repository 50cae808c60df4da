import { expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import {
  child, createSystem, defineAgent, on, type AgentRef, type CallError, type CallFailure,
  type CallOptionCode, type OptionError, type Self,
} from '../../src/index.js';
import type { AgentStream } from '../../src/bus/stream/public.js';
import { pool } from '../../src/delivery/group/public.js';
import { multiCall } from '../../src/process/public.js';

const Account = defineAgent({
  trapExit: true,
  init: (opening: number) => ({ balance: opening, lines: [] as string[] }),
  calls: {
    balance: (self) => self.state.balance,
    withdraw(self, amount: number) {
      if (amount > self.state.balance) return self.refuse('INSUFFICIENT_FUNDS');
      self.state.balance -= amount;
      return self.state.balance;
    },
    async *statement(self, months: number) {
      for (const line of self.state.lines.slice(0, months)) yield line;
    },
    later: async (self, name?: string) => `${name ?? ''}${self.state.balance}`,
    close: (self) => self.stop('normal', 'bye' as const),
    defer(self): string | ReturnType<typeof self.noreply> { return self.noreply(); },
    checked: { schema: z.object({ n: z.string().transform(Number) }), handle: (self, p) => p.n + self.state.balance },
    twice: on(z.string().transform(Number), (self, n) => n * 2),
    beside: { concurrent: true, handle: async (self, q: string) => q.length + self.state.balance },
  },
  casts: { deposit(self, amount: number) { self.state.balance += amount; }, tick: (self) => { self.state.balance++; } },
  info(
    self, message,
  ) { expectTypeOf(self.state.balance).toEqualTypeOf<number>(); expectTypeOf(message).toEqualTypeOf<unknown>(); },
  terminate(self) { expectTypeOf(self.state.lines).toEqualTypeOf<string[]>(); },
});

const Slow = defineAgent(
  { init: async (_a: string, _b: number) => ({ ready: true }), calls: { ready: (self) => self.state.ready } },
);
const Bare = defineAgent({ calls: { ping: () => 'pong' } });
const WithThis =
  defineAgent({ init(n: number) { this.sendAfter(10, 'tick'); return { n }; }, calls: { n: (self) => self.state.n } });

type Ref = AgentRef<typeof Account>;

test('replies, payloads, arguments and state are inferred; users write no generic', () => {
  const system = createSystem({ logger: false });
  const started = system.start(Account, 100);
  expectTypeOf(started).toEqualTypeOf<Ref>();
  expectTypeOf(started.call('balance')).toEqualTypeOf<Promise<number>>();
  expectTypeOf(started.call('withdraw', 3)).toEqualTypeOf<Promise<number>>();
  expectTypeOf(started.call('later')).toEqualTypeOf<Promise<string>>();
  expectTypeOf(started.call('later', 'x')).toEqualTypeOf<Promise<string>>();
  expectTypeOf(started.call('close')).toEqualTypeOf<Promise<'bye'>>();
  expectTypeOf(started.call('defer')).toEqualTypeOf<Promise<string>>();
  expectTypeOf(started.call('checked', { n: '1' })).toEqualTypeOf<Promise<number>>();
  expectTypeOf(started.call('twice', '4')).toEqualTypeOf<Promise<number>>();
  expectTypeOf(started.call('beside', 'q', { timeoutMs: 10 })).toEqualTypeOf<Promise<number>>();
  expectTypeOf(started.stream('statement', 2)).toEqualTypeOf<AgentStream<string>>();
  expectTypeOf(system.start(Slow, 'a', 1)).toEqualTypeOf<Promise<AgentRef<typeof Slow>>>();
  expectTypeOf(system.ref(Bare, 'bare').call('ping')).toEqualTypeOf<Promise<string>>();
  expectTypeOf(system.start(WithThis, 1).call('n')).toEqualTypeOf<Promise<number>>();
});

test('a wrong operation, payload, init argument or reply use is a compile error', async () => {
  const system = createSystem({ logger: false });
  const ref = system.ref(Account, 'a');
  // @ts-expect-error unknown operation
  ref.cast('depositt', 1);
  // @ts-expect-error a call is no cast
  ref.cast('balance');
  // @ts-expect-error wrong payload
  ref.cast('deposit', '1');
  // @ts-expect-error missing payload
  ref.cast('deposit');
  // @ts-expect-error no payload expected
  ref.cast('tick', 1);
  // @ts-expect-error a stream is not called
  void ref.call('statement', 2);
  // @ts-expect-error a call is not streamed
  ref.stream('balance');
  // @ts-expect-error the schema's input is a string
  void ref.call('checked', { n: 1 });
  // @ts-expect-error wrong init argument
  system.start(Account, 'x');
  // @ts-expect-error missing init argument
  child('a', Account);
  // @ts-expect-error wrong restart type
  child('a', Account, 1, { restart: 'always' });
  // @ts-expect-error unknown option
  child('a', Account, 1, { restrat: 'permanent' });
  // @ts-expect-error the reply is a number
  (await ref.call('balance')).toUpperCase();
  // @ts-expect-error state has no such field
  defineAgent({ init: () => ({ a: 1 }), calls: { b: (self) => self.state.b } });
  // @ts-expect-error wrong timeout type
  void ref.call('balance', undefined, { timeoutMs: '5' });
});

test('an object behind an optional parameter of init is never taken for the options', () => {
  const system = createSystem();
  type Config = { readonly name?: string };
  const Configured = defineAgent({ init: (config: Config = {}) => ({ config }) });
  const Optional = defineAgent({ init: (id: string, config?: Config) => ({ id, config }) });
  const Rest = defineAgent({ init: (...configs: Config[]) => ({ configs }) });
  const Count = defineAgent({ init: (count: number = 1, names: readonly string[] = []) => ({ count, names }) });
  expectTypeOf(system.start(Configured)).toEqualTypeOf<AgentRef<typeof Configured>>();
  expectTypeOf(system.start(Configured, { name: 'x' }, {})).toEqualTypeOf<AgentRef<typeof Configured>>();
  expectTypeOf(child('a', Configured, undefined, { restart: 'transient' }).id).toEqualTypeOf<string>();
  expectTypeOf(pool('p', Configured, { name: 'x' }, { max: 2 }).id).toEqualTypeOf<string>();
  system.start(Optional, 'a');
  system.start(Optional, 'a', { name: 'x' }, { name: 'agent' });
  system.start(Rest);
  system.start(Rest, { name: 'a' }, { name: 'b' }, {});
  // numbers and arrays are no options
  system.start(Count, 5);
  system.start(Count, 5, ['a']);
  system.start(Count, 5, ['a'], { name: 'count' });
  // @ts-expect-error its config, or options?
  system.start(Configured, { name: 'x' });
  // @ts-expect-error its config, or options?
  child('a', Configured, { name: 'x' });
  // @ts-expect-error its config, or options?
  pool('p', Configured, {});
  // @ts-expect-error its config, or options?
  system.start(Optional, 'a', { name: 'x' });
  // @ts-expect-error the last is always the options
  system.start(Rest, { name: 'x' }, { mode: 1 });
});

const Ping = defineAgent({
  name: 'ping',
  init: (peer: string) => ({ peer }),
  calls: { async serve(
    self, n: number,
  ): Promise<number> { return n <= 0 ? 0 : self.call(sys().ref(Pong, self.state.peer), 'back', n - 1); } },
});
const Pong = defineAgent({
  name: 'pong',
  init: (peer: string) => ({ peer }),
  calls: { async back(
    self, n: number,
  ): Promise<number> { return n <= 0 ? 0 : self.call(sys().ref(Ping, self.state.peer), 'serve', n - 1); } },
});
declare function sys(): ReturnType<typeof createSystem>;

test('agents that call each other compile with annotated returns', () => {
  expectTypeOf(sys().ref(Ping, 'a').call('serve', 1)).toEqualTypeOf<Promise<number>>();
  expectTypeOf(sys().ref(Pong, 'b').call('back', 1)).toEqualTypeOf<Promise<number>>();
});

test('the outcome of a delivery has a reply when its kind says that it was handled', async () => {
  const outcome = await (await sys().ref(Ping, 'a').deliver('serve', 1)).settled;
  expectTypeOf(outcome.reply).toEqualTypeOf<number | undefined>();
  if (outcome.kind === 'handled') expectTypeOf(outcome.reply).toEqualTypeOf<number>();
  else expectTypeOf(outcome.reply).toEqualTypeOf<undefined>();
  const { kind, reply } = outcome;
  if (kind === 'handled') expectTypeOf(reply).toEqualTypeOf<number>();
});

const Entries = defineAgent({
  init(opening: number) { if (opening < 0) this.hibernate(); return { n: opening }; },
  calls: { only: { handle: (self, word: string) => self.state.n + word.length } },
  casts: { beside: { concurrent: true, handle: (self, by: number) => self.state.n + by } },
});

test('an entry gets its state and payload, from its schema or its own annotation', () => {
  expectTypeOf(sys().start(Entries, 1).call('only', 'x')).toEqualTypeOf<Promise<number>>();
  sys().start(Entries, 1).cast('beside', 1);
  // @ts-expect-error what the schema makes has no such field
  defineAgent({ calls: { add: { schema: z.object({ by: z.number() }), handle: (_self, p) => p.nope } } });
  // @ts-expect-error the schema makes a number
  defineAgent({ calls: { add: { schema: z.number(), handle: (_self, p: string) => p } } });
  // @ts-expect-error state has no such field
  defineAgent({ init: () => ({ a: 1 }), calls: { add: { schema: z.number(), handle: (self) => self.state.b } } });
  // @ts-expect-error state has no such field
  defineAgent({ init: () => ({ a: 1 }), casts: { add: { concurrent: true, handle: (self) => self.state.b } } });
  // @ts-expect-error the state is another
  defineAgent({ init: () => ({ a: 1 }), calls: { b: (self: Self<{ a: string }>) => self.state.a } });
  // @ts-expect-error an operation is a function or an entry
  defineAgent({ calls: { b: 1 } });
  // @ts-expect-error an entry has a handler
  defineAgent({ calls: { b: { concurrent: true } } });
  // @ts-expect-error no schema
  defineAgent({ calls: { b: { schema: 1, handle: () => 1 } } });
});

test('the error of a tryCall narrows by its code', async () => {
  const result = await sys().start(Account, 100).tryCall('withdraw', 3);
  if (result.ok) {
    expectTypeOf(result.value).toEqualTypeOf<number>();
    return;
  }
  const { error } = result;
  expectTypeOf(error).toEqualTypeOf<CallFailure>();
  expectTypeOf(error.message).toEqualTypeOf<string>();
  switch (error.code) {
    case 'REFUSED':
      expectTypeOf(error.refusal).toEqualTypeOf<string>();
      break;
    case 'CALL_CYCLE':
      expectTypeOf(error.path).toEqualTypeOf<readonly string[]>();
      break;
    case 'EXIT':
      expectTypeOf(error.reason).toEqualTypeOf<unknown>();
      break;
    case 'BAD_OPTION': case 'UNKNOWN_OPTION': case 'ASYNC_SCHEMA': case 'NOT_DELIVERABLE': {
      const option: OptionError & { readonly code: CallOptionCode } = error;
      expectTypeOf(option.option).toEqualTypeOf<string>();
      break;
    }
    // @ts-expect-error no call fails so
    case 'NO_SYS': break;
    // @ts-expect-error a typing error
    case 'TIME_OUT': break;
    default: {
      const call: CallError = error;
      expectTypeOf(call.target).toEqualTypeOf<string>();
    }
  }
  const { bad } = await multiCall([sys().ref(Bare, 'bare')], 'ping');
  for (const one of bad) expectTypeOf(one.error).toEqualTypeOf<CallFailure>();
});
