import { expect, test } from 'vitest';
import { child, defineAgent, type AgentRef, type System } from '../../src/index.js';
import { settleTurn, testSystem } from '../support/system.js';
import { VirtualEnv } from '../support/virtual-env.js';
import { collect, heldAfter } from '../support/collect.js';

const Hub = defineAgent({
  name: 'hub', trapExit: true, info() {},
  calls: { echo: (_self, n: number) => n, async never() { await new Promise(() => undefined); } },
});
const Guest = defineAgent({
  name: 'guest',
  trapExit: true,
  init(hub: AgentRef<typeof Hub>, busy: AgentRef<typeof Hub>) {
    this.monitor(hub.pid!);
    this.link(hub.pid!);
    this.sendAfter(3_600_000, 'late');
    void this.call(busy, 'never', undefined, { timeoutMs: 3_600_000 }).catch(() => undefined);
    return { hub };
  },
  calls: { ask: (self, n: number) => self.call(self.state.hub, 'echo', n) },
});

const heap = (): number => {
  collect();
  return process.memoryUsage().heapUsed;
};

test('trap L: P35 spawn, use, stop: names, links, monitors, timers and open calls of the owner end with it, and the heap does not grow', async () => {
  const env = new VirtualEnv();
  const system = testSystem({ env, deadLetters: { capacity: 0 } });
  const hub = system.start(Hub);
  const busy = system.start(Hub, { mailbox: { capacity: 10, overflow: 'drop-oldest' } });
  const cycles = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n++) {
      const guest = system.start(Guest, hub, busy, { name: 'guest' });
      expect(await guest.call('ask', n)).toBe(n);
      if (n % 2 === 0) await guest.stop();
      else { system.exit(guest, 'kill'); await settleTurn(); }
      expect(system.whereis('guest')).toBeUndefined();
    }
  };
  try {
    // What V8 learns and compiles is heap as well, and takes some thousand cycles.
    await cycles(4_000);
    const grown: number[] = [];
    for (let span = 0; span < 5; span++) {
      const before = heap();
      await cycles(1_000);
      grown.push((heap() - before) / 1_000);
    }
    expect(Math.min(...grown), `bytes a cycle: ${grown.map(Math.round).join(', ')}`).toBeLessThan(40);
    expect(system.processes()).toHaveLength(2);
    expect(system.registered()).toEqual([]);
    expect(system.inspect(hub)).toMatchObject({ links: [], monitors: [], monitoredBy: [] });
    expect(system.inspect(busy)).toMatchObject({ links: [], monitors: [], monitoredBy: [] });
    expect(env.pending.held, 'no timer that keeps the program alive').toBe(0);
    expect(env.pending.timers, 'the one alarm of the system at most').toBeLessThanOrEqual(1);
  } finally {
    system.exit(busy, 'kill');
  }
}, 60_000);

/* ---- the dead ---- */

class State { readonly large = new Array<number>(1_000).fill(0); }
const settle = async (): Promise<void> => { for (let turn = 0; turn < 6; turn++) await settleTurn(); };

/** Agents that note their states weakly. */
function mortals(): {
  readonly Mortal: ReturnType<typeof mortal>;
  readonly states: WeakRef<State>[];
  readonly kept: unknown[]
} {
  const states: WeakRef<State>[] = [];
  const kept: unknown[] = [];
  return { Mortal: mortal(states, kept), states, kept };
}

function mortal(states: WeakRef<State>[], kept: unknown[]) {
  return defineAgent({
    name: 'Mortal',
    init: () => {
      const state = new State();
      states.push(new WeakRef(state));
      return state;
    },
    calls: {
      ok: () => 'ok',
      hang: () => new Promise(() => undefined),
      boom() { throw new Error('boom'); },
      async keep(
        self,
      ) { kept.push(self.delivery, self.signal, self.ref); await settleTurn(); throw new Error('boom'); },
    },
    info(self, message) { kept.push(message); },
  });
}

type Holder = (system: System, world: ReturnType<typeof mortals>) => Promise<unknown>;
const once = { guarantee: 'exactly-once', key: 'k', attemptsMax: 1 } as const;

test.each<[string, Holder]>([
  [
    'a ref by pid',
    async (system, { Mortal }) => { const ref = system.start(Mortal); system.exit(ref, 'kill'); return ref; },
  ],
  ['receipts of what was handled, with a key or without', async (system, { Mortal }) => {
    const ref = system.start(Mortal);
    const receipts = [await ref.deliver('ok'), await ref.deliver('ok', undefined, once)];
    await settle();
    system.exit(ref, 'kill');
    return receipts;
  }],
  ['the receipt, the outcome and the dead letter of what crashed it', async (system, { Mortal }) => {
    const receipt = await system.start(Mortal).deliver('boom', undefined, once);
    return [receipt, await receipt.settled, system.deadLetters.list()];
  }],
  ['the receipt of what waits for its next owner', async (system, { Mortal }) => {
    const ref = system.start(Mortal, { name: 'gone' });
    void ref.call('hang', undefined, { timeoutMs: 'infinity' }).catch(() => undefined);
    await settle();
    const receipt = await system.ref(Mortal, 'gone').deliver('ok');
    system.exit(ref, 'kill');
    return receipt;
  }],
  ['what its handler was given: delivery, signal, ref', async (system, { Mortal, kept }) => {
    const receipt = await system.start(Mortal).deliver('keep', undefined, once);
    await receipt.settled;
    return kept;
  }],
  ['errors of calls that were open, queued or crashed it', async (system, { Mortal }) => {
    const [one, two] = [system.start(Mortal), system.start(Mortal)];
    const errors =
      [one.call('hang'), one.call('ok'), two.call('boom')].map((call) => call.catch((error: unknown) => error));
    await settle();
    system.exit(one, 'kill');
    return Promise.all(errors);
  }],
  ['a monitor, its reference and its message', async (system, { Mortal, kept }) => {
    const ref = system.start(Mortal);
    const watcher = system.start(Mortal);
    system.spawn(
      async (self) => {
        kept.push(self.monitor(ref.pid as never), await self.receive());
        await self.receive();
      },
      { name: 'watcher' },
    );
    await settle();
    system.exit(ref, 'kill');
    system.exit(watcher, 'kill');
    return kept;
  }],
  ['the breaker and the limit of its own', async (system, { states }) => {
    const guards: unknown[] = [];
    const Guarded = defineAgent({
      init: () => { const made = new State(); states.push(new WeakRef(made)); return made; },
      calls: {
        async guard(self) {
          guards.push(self.breaker('b', { failures: 1 }), self.limit('l', { concurrency: 1 }));
          await self.limit('l').run(() => self.state.large.length);
        },
      },
    });
    const ref = system.start(Guarded);
    await ref.call('guard');
    system.exit(ref, 'kill');
    return guards;
  }],
  ['an error of ours that it let out', async (system, { states }) => {
    const Wrong = defineAgent({
      init: () => { const made = new State(); states.push(new WeakRef(made)); return made; },
      calls: { wrong: (self) => void self.sendAfter(-1, 'x') },
    });
    const ref = system.start(Wrong);
    return [ref, await ref.call('wrong').catch((error: unknown) => error)];
  }],
  ['a promise that its handler awaits', async (system) => {
    const forever: Promise<never>[] = [];
    const Waiting = defineAgent(
      { calls: { wait: () => {
        const made = new Promise<never>(() => undefined);
        forever.push(made);
        return made;
      } } },
    );
    const ref = system.start(Waiting);
    void ref.call('wait').catch(() => undefined);
    await settle();
    system.exit(ref, 'kill');
    return forever;
  }],
  ['a process that it has started and that lives on', async (system, { Mortal, states }) => {
    const Parent = defineAgent({
      init: () => { const made = new State(); states.push(new WeakRef(made)); return made; },
      calls: { start: (self) => void self.spawn((own) => own.receive()) },
    });
    const ref = system.start(Parent);
    system.start(Mortal);
    states.pop();
    await ref.call('start');
    await ref.stop('normal');
    return ref;
  }],
])('P35 a record of the dead holds no state, whoever holds the record: %s', async (_what, holder) => {
  const system = testSystem({ development: false });
  const world = mortals();
  const held = await holder(system, world);
  await settle();
  expect(await heldAfter(world.states)).toBe(0);
  expect(held).toBeDefined();
});

test('P35 a supervised agent that crashes again and again with a large state leaves none behind in ledger and letters', async () => {
  const system = testSystem({ development: false });
  const { Mortal, states } = mortals();
  await system.supervise({ intensity: 100, children: [child('mortal', Mortal)] });
  const ref = system.ref(Mortal, 'mortal');
  const receipts = [];
  for (let n = 0; n < 30; n++) {
    receipts.push(
      await ref.deliver('boom', undefined, { ...once, key: `k${n}` }),
      await ref.deliver('ok', undefined, { ...once, key: `ok${n}` }),
    );
    await settle();
  }
  expect(states.length).toBeGreaterThanOrEqual(30);
  expect(await heldAfter(states, 1)).toBeLessThanOrEqual(1);
  expect(receipts).toHaveLength(60);
});

class CountingEnv extends VirtualEnv {
  readonly made: WeakRef<object>[] = [];
  override histogram(): ReturnType<VirtualEnv['histogram']> {
    const made = super.histogram();
    this.made.push(new WeakRef(made));
    return made;
  }
}

test('P35 the meters of definitions without a process are let go, but for the latest: a restart keeps its figures', async () => {
  const env = new CountingEnv();
  const system = testSystem({ env, development: false });
  const definitions =
    Array.from(
      { length: 300 },
      (_, n) => defineAgent({ name: `dynamic-${n}`, casts: { note: () => undefined } }),
    );
  const run = async (definition: (typeof definitions)[number]): Promise<{ samples: number }> => {
    const ref = system.start(definition);
    for (let n = 0; n < 200; n++) ref.cast('note');
    await env.settle();
    const { waitMs } = ref.stats().mailbox;
    await ref.stop();
    return waitMs;
  };
  const first: number[] = [];
  for (const definition of definitions) first.push((await run(definition)).samples);
  expect(Math.min(...first)).toBeGreaterThan(0);
  expect(env.made).toHaveLength(600);
  await settle();
  const most = 2 * 64 + 2;
  expect(await heldAfter(env.made, most), 'two for each of 64 definitions').toBeLessThanOrEqual(most);
  const [eldest, latest] =
    [definitions[0], definitions.at(-1)] as [(typeof definitions)[number], (typeof definitions)[number]];
  expect((await run(latest)).samples, 'those of its last life count').toBe(2 * (first.at(-1) as number));
  expect((await run(eldest)).samples, 'so old ones do not').toBe(first[0]);
});
