import { describe, expect, it } from 'vitest';
import { defineAgent, Down, isOrderly, type System, Timeout } from '../../../src/index.js';
import { pool, poolOf } from '../../../src/delivery/group/index.js';
import { Recorder, settleTurn, testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';

const IDLE_MS = 1_000;

function world(): { readonly env: VirtualEnv; readonly system: System } {
  const env = new VirtualEnv();
  return { env, system: testSystem({ env }) };
}

/** An agent that does what it is told to, and says who it is. */
const Worker = defineAgent({
  name: 'Worker',
  init: () => ({ n: 0 }),
  calls: {
    n: (self) => self.state.n,
    pid: (self) => self.pid,
    run: (self, what: (self: unknown) => unknown) => what(self),
    later(self) { return self.noreply(); },
    async *items() { yield 1; yield 2; },
  },
  casts: { add(self, by: number) { self.state.n += by; } },
  info: () => undefined,
});

describe('Passivation', () => {
  it('an idle agent ends with the reason passivated; the next message brings it back, without its state', async () => {
    const { env, system } = world();
    system.activate(Worker, { idleMs: IDLE_MS });
    const ann = system.address(Worker, 'team/ann');
    ann.cast('add', 1);
    expect(await ann.call('n')).toBe(1);
    const down = system.monitor('team/ann').down;
    await env.advance(IDLE_MS - 1);
    expect(ann.pid).toBeDefined();
    await env.advance(IDLE_MS / 4 + 2);
    expect(ann.pid).toBeUndefined();
    expect((await down).reason).toEqual({ shutdown: 'passivated' });
    expect(isOrderly((await down).reason)).toBe(true);
    expect(await ann.call('n')).toBe(0);
  });

  it('one that has a message now and then stays, and no message reads the clock', async () => {
    const { env, system } = world();
    system.activate(Worker, { idleMs: IDLE_MS });
    const ann = system.address(Worker, 'ann');
    const pid = await ann.call('pid');
    for (let n = 0; n < 10; n++) {
      await env.advance(IDLE_MS - 300);
      ann.cast('add', 1);
    }
    const { reads } = env;
    for (let n = 0; n < 50; n++) ann.cast('add', 1);
    expect(env.reads).toBe(reads);
    expect(await ann.call('pid')).toBe(pid);
    expect(await ann.call('n')).toBe(60);
  });

  it('nothing is lost or reordered around a passivation', async () => {
    const { env, system } = world();
    const seen: number[] = [];
    const Keeper = defineAgent({
      init: () => ({}), casts: { add(self, n: number) { seen.push(n); } }, calls: { sync: () => true },
    });
    system.activate(Keeper, { idleMs: 4 });
    const ann = system.address(Keeper, 'ann');
    for (let n = 0; n < 200; n++) {
      if (n % 7 === 0) await env.advance(n % 12);
      if (n % 3 === 0) void ann.deliver('add', n);
      else ann.cast('add', n);
    }
    await ann.call('sync');
    expect(seen).toEqual(Array.from({ length: 200 }, (_, n) => n));
    expect(system.stats().spawned).toBeGreaterThan(5);
  });

  it('terminate runs with the name free: who comes meanwhile starts behind it', async () => {
    const { env, system } = world();
    const log: string[] = [];
    let go = (): void => undefined;
    const Slow = defineAgent({
      trapExit: true,
      init(address: string) { log.push(`init ${address}`); return { n: 0 }; },
      calls: { n: (self) => self.state.n },
      casts: { add(self, by: number) { self.state.n += by; } },
      async terminate(self, reason) {
        log.push(`terminate ${JSON.stringify(reason)} ${self.state.n}`);
        if (log.length < 3) await new Promise<void>((resolve) => { go = resolve; });
        log.push('ended');
      },
    });
    system.activate(Slow, { idleMs: IDLE_MS });
    const ann = system.address(Slow, 'ann');
    ann.cast('add', 5);
    await env.advance(2 * IDLE_MS);
    expect(log).toEqual(['init ann', 'terminate {"shutdown":"passivated"} 5']);
    ann.cast('add', 1);
    ann.cast('add', 1);
    const n = ann.call('n');
    await env.advance(10);
    expect(log).toHaveLength(2);
    go();
    expect(await n).toBe(2);
    expect(log).toEqual(['init ann', 'terminate {"shutdown":"passivated"} 5', 'ended', 'init ann']);
  });

  it('a terminate that hangs is killed by the rule of its shutdown', async () => {
    const { env, system } = world();
    const Hangs = defineAgent({
      trapExit: true, init: () => ({}), calls: { n: () => 1 }, terminate: () => new Promise<void>(() => undefined),
    });
    system.activate(Hangs, { idleMs: IDLE_MS, shutdown: 500 });
    const ann = system.address(Hangs, 'ann');
    await ann.call('n');
    await env.advance(2 * IDLE_MS);
    const again = ann.call('n');
    await env.advance(501);
    expect(await again).toBe(1);
    await env.advance(2 * IDLE_MS);
    await env.advance(501);
    expect(system.stats().processes).toBe(1);
  });

  it.each([false, true])('the hook saves the state, and init gets it back (later: %s)', async (later) => {
    const { env, system } = world();
    const saved = new Map<string, number>();
    const Saving = defineAgent({
      init: (n: number) => ({ n }),
      calls: { n: (self) => self.state.n },
      casts: { add(self, by: number) { self.state.n += by; } },
    });
    system.activate(Saving, {
      init: ({ path }): [number] => [saved.get(path) ?? 0],
      idleMs: IDLE_MS,
      async passivate(state, { path }) {
        if (later) await settleTurn();
        saved.set(path, state.n);
      },
    });
    const ann = system.address(Saving, 'ann');
    ann.cast('add', 3);
    await env.advance(2 * IDLE_MS);
    expect(ann.pid).toBeUndefined();
    expect(await ann.call('n')).toBe(3);
  });

  it('a passivating agent that gets mail stays, and so does one whose hook fails', async () => {
    const env = new VirtualEnv();
    const logger = new Recorder();
    const system = testSystem({ env, logger });
    let release = (): void => undefined;
    let fails = false;
    let asked = 0;
    system.activate(Worker, {
      idleMs: IDLE_MS,
      passivate() {
        asked++;
        if (fails) throw new Error('disk full');
        return new Promise<void>((resolve) => { release = resolve; });
      },
    });
    const ann = system.address(Worker, 'ann');
    const pid = await ann.call('pid');
    await env.advance(2 * IDLE_MS);
    expect(asked).toBe(1);
    ann.cast('add', 1);
    await env.settle();
    release();
    await env.settle();
    expect(await ann.call('pid')).toBe(pid);
    expect(await ann.call('n')).toBe(1);
    fails = true;
    await env.advance(2 * IDLE_MS);
    expect(asked).toBe(2);
    expect(ann.pid).toBe(pid);
    expect(logger.texts('warn')).toContain('passivate of an address failed: its agent stays');
  });

  it('above residentsMax the least recently used idle ones leave, and those that work stay', async () => {
    const { env, system } = world();
    system.activate(Worker, { residentsMax: 3 });
    const at = (name: string) => system.address(Worker, name);
    for (const name of ['a', 'b', 'c']) {
      await at(name).call('n');
    }
    const busy = at('a').call('run', (self) => new Promise((resolve) => { setImmediate(resolve); void self; }));
    await at('d').call('n');
    expect(system.registered().sort()).toEqual(['a', 'c', 'd']);
    await busy;
    await at('c').call('n');
    await at('b').call('n');
    expect(system.registered()).toHaveLength(3);
    expect(at('b').pid).toBeDefined();
    await env.advance(10_000);
    expect(system.registered()).toHaveLength(3);
  });

  it('when all work it is above the limit until they rest', async () => {
    const { env, system } = world();
    system.activate(Worker, { residentsMax: 2 });
    const gates: (() => void)[] = [];
    const runs = ['a', 'b', 'c', 'd'].map((name) => system.address(Worker, name).call(
      'run', () => new Promise<void>((resolve) => { gates.push(resolve); }), { timeoutMs: 'infinity' },
    ));
    await env.settle();
    expect(system.registered()).toHaveLength(4);
    for (const go of gates) go();
    await Promise.all(runs);
    await env.advance(500);
    expect(system.registered()).toHaveLength(2);
  });
});

describe('Passivation: what keeps an agent', () => {
  type Self = Parameters<Parameters<typeof keeps>[1]>[0];
  /** The agent stays while `open` is open, and goes once `close` has run. */
  async function keeps(
    _what: string, open: (self: import('../../../src/index.js').Self<{ n: number }>, system: System) => unknown,
    close: (system: System, opened: never) => unknown,
  ): Promise<void> {
    const { env, system } = world();
    system.activate(Worker, { idleMs: IDLE_MS });
    const ann = system.address(Worker, 'ann');
    let opened: unknown;
    await ann.call('run', (self) => { opened = open(self as Self, system); });
    const { pid } = ann;
    await env.advance(5 * IDLE_MS);
    expect(ann.pid, _what).toBe(pid);
    await close(system, opened as never);
    await env.advance(5 * IDLE_MS);
    expect(ann.pid, `${_what}, closed`).toBeUndefined();
  }

  it('a timer', () => keeps('a timer', (self) => self.sendAfter(60_000, 'x'), (system, timer) => {
    system.cancelTimer(timer);
  }));

  it('a request of its own', () => {
    let answer = (): void => undefined;
    return keeps('a request', (self, system) => {
      const slow = system.start(defineAgent({
        calls: { ask: () => new Promise<void>((resolve) => { answer = resolve; }) },
      }));
      void self.call(slow, 'ask', undefined, { timeoutMs: 'infinity' });
    }, () => answer());
  });

  it('a monitor that it holds', () => keeps('a monitor', (self, system) => {
    const other = system.start(Worker);
    self.monitor(other);
    return other;
  }, (_system, other: { stop(): Promise<void> }) => other.stop()));

  it('a link to somebody else', () => keeps('a link', (self, system) => {
    const other = system.start(Worker);
    self.link(other);
    return other;
  }, (_system, other: { stop(): Promise<void> }) => other.stop()));

  it('a task', () => {
    let done = (): void => undefined;
    return keeps('a task', (self) => {
      void self.task.await(self.task.async(() => new Promise<void>((resolve) => { done = resolve; })), {
        timeoutMs: 'infinity',
      });
    }, () => done());
  });

  it('a subscription', () => keeps('a subscription', (self) => self.topic('news').subscribe(), (
    _system, subscription: { unsubscribe(): unknown },
  ) => subscription.unsubscribe()));

  it('a reply that it owes, a handler that runs, and a delivery on its way', async () => {
    const { env, system } = world();
    system.activate(Worker, { idleMs: IDLE_MS });
    const ann = system.address(Worker, 'ann');
    const owed = ann.call('later', undefined, { timeoutMs: 20_000 });
    await env.advance(5 * IDLE_MS);
    const { pid } = ann;
    expect(pid).toBeDefined();
    await env.advance(10_000);
    expect(ann.pid).toBe(pid);
    void owed.catch(() => undefined);
    const bob = system.address(Worker, 'bob');
    let go = (): void => undefined;
    const running = bob.call('run', () => new Promise<void>((resolve) => { go = resolve; }), { timeoutMs: 'infinity' });
    await env.advance(5 * IDLE_MS);
    expect(bob.pid).toBeDefined();
    go();
    await running;
    await env.advance(IDLE_MS / 2);
    expect(bob.pid, 'the end of a handler is activity').toBeDefined();
    await bob.deliver('add', 1, { delayMs: 20_000 });
    await env.advance(5 * IDLE_MS);
    expect(bob.pid).toBeDefined();
    await env.advance(20_000);
    expect(bob.pid).toBeUndefined();
  });

  it('a worker that it has out of a pool', async () => {
    const { env, system } = world();
    await system.supervise(pool('workers', Worker, { min: 1, max: 1 }));
    const crew = system.ref(poolOf(Worker), 'workers');
    system.activate(Worker, { idleMs: IDLE_MS });
    const ann = system.address(Worker, 'ann');
    let giveBack = (): void => undefined;
    await ann.call('run', async (self) => {
      const lease = await (self as { bind(of: typeof crew): typeof crew }).bind(crew).checkout();
      giveBack = () => lease.release();
    });
    await env.advance(5 * IDLE_MS);
    expect(ann.pid).toBeDefined();
    giveBack();
    await env.advance(5 * IDLE_MS);
    expect(ann.pid).toBeUndefined();
  });

  it('a self.timeout, and a suspension', async () => {
    const { env, system } = world();
    const Waiter = defineAgent({
      init: () => ({ late: false }),
      calls: { wait(self) { self.timeout(10_000); return true; }, late: (self) => self.state.late },
      info(self, message) { if (message instanceof Timeout || message instanceof Down) self.state.late = true; },
    });
    system.activate(Waiter, { idleMs: IDLE_MS });
    const ann = system.address(Waiter, 'ann');
    await ann.call('wait');
    await env.advance(5 * IDLE_MS);
    expect(ann.pid).toBeDefined();
    system.suspend('ann');
    await env.advance(20_000);
    expect(ann.pid).toBeDefined();
    system.resume('ann');
    await env.advance(5 * IDLE_MS);
    expect(ann.pid).toBeUndefined();
  });
});
