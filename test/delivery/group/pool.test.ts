import { describe, expect, test } from 'vitest';
import { defineAgent, type CallError, type System } from '../../../src/index.js';
import {
  pool, PoolExhaustedError, poolOf, type PoolOptions, type PoolRef,
} from '../../../src/delivery/group/public.js';
import { testSystem } from '../../support/system.js';
import { SeededEnv } from '../seeded.js';

const gates: (() => void)[] = [];
const Worker = defineAgent({
  name: 'worker',
  init: () => ({ jobs: 0 }),
  calls: {
    pid: (self) => self.pid,
    wait: (self) => new Promise<string>((resolve) => { gates.push(() => resolve(self.pid)); }),
  },
  casts: {
    work(self) { self.state.jobs++; }, hang: () => new Promise<void>(() => undefined),
    crash() { throw new Error('boom'); },
  },
});
type Pool = PoolRef<typeof Worker>;

interface World { readonly env: SeededEnv; readonly system: System; readonly workers: Pool }
async function world(options: PoolOptions): Promise<World> {
  const env = new SeededEnv();
  const system = testSystem({ env });
  await system.supervise({ intensity: 0, children: [pool('workers', Worker, options)] });
  return { env, system, workers: system.ref(poolOf(Worker), 'workers') };
}
const live =
  (system: System): number => system.processes()
    .filter((pid) => system.inspect(pid)?.behaviour === 'worker').length;
const code =
  (promise: Promise<unknown>): Promise<unknown> => promise.then(() => 'ok', (error: CallError) => error.code);

describe('checkout', () => {
  test('gives different workers, up to max; the next waits in line and gets what is released', async () => {
    const { env, workers } = await world({ min: 1, max: 3 });
    const held = await Promise.all([workers.checkout(), workers.checkout(), workers.checkout()]);
    expect(new Set(held.map(({ pid }) => pid)).size).toBe(3);
    const order: string[] = [];
    const waiting =
      ['a', 'b', 'c'].map((name) => workers.checkout().then((worker) => { order.push(name); return worker; }));
    await env.settle();
    expect(workers.stats()).toMatchObject({ size: 3, busy: 3, idle: 0, checkedOut: 3, waiting: 3, grown: 2 });
    for (const worker of held) {
      worker.release();
      await env.settle();
    }
    expect(order, 'first come, first served').toEqual(['a', 'b', 'c']);
    for (const one of waiting) (await one).release();
    await env.settle();
    expect(workers.stats()).toMatchObject({ size: 3, busy: 0, idle: 3, checkedOut: 0, waiting: 0 });
  });

  test('max is never exceeded, whatever is asked at once', async () => {
    const { env, system, workers } = await world({ min: 1, max: 4 });
    const all = Array.from({ length: 50 }, async () => {
      const worker = await workers.checkout({ timeoutMs: 'infinity' });
      expect(live(system)).toBeLessThanOrEqual(4);
      await Promise.resolve();
      worker.release();
    });
    await Promise.all(all);
    await env.settle();
    expect(workers.stats()).toMatchObject({ size: 4, checkedOut: 0, waiting: 0, starting: 0 });
  });

  test('a checkout that is given up while its worker starts leaves a worker of the pool, not one of nobody', async () => {
    const env = new SeededEnv();
    const system = testSystem({ env });
    const opened: (() => void)[] = [];
    const Slow = defineAgent({
      name: 'worker', init: () => new Promise<object>((resolve) => { opened.push(() => resolve({})); }),
      casts: { work: () => undefined },
    });
    await system.supervise({ intensity: 0, children: [pool('slow', Slow, { min: 1, max: 2, warmUp: false })] });
    const slow = system.ref(poolOf(Slow), 'slow');
    await env.settle();
    opened.shift()?.();
    await env.settle();
    const held = await slow.checkout();
    const asking = system.spawn(async (self) => { await self.bind(slow).checkout(); });
    await env.settle();
    expect(slow.stats()).toMatchObject({ size: 1, starting: 1, waiting: 1 });
    system.exit(asking, 'kill');
    await env.settle();
    opened.shift()?.();
    await env.settle();
    held.release();
    await env.settle();
    expect(slow.stats()).toMatchObject({ size: 2, checkedOut: 0, starting: 0, waiting: 0, crashed: 0 });
    expect(live(system)).toBe(2);
  });

  test('POOL_EXHAUSTED after the deadline, and no slot is lost by it', async () => {
    const { env, workers } = await world({ min: 1, max: 1 });
    const held = await workers.checkout();
    const late = workers.checkout({ timeoutMs: 200 }).catch((error: PoolExhaustedError) => error);
    await env.advance(199);
    expect(workers.stats().waiting).toBe(1);
    await env.advance(1);
    const error = await late;
    expect(error).toBeInstanceOf(PoolExhaustedError);
    expect(error).toMatchObject({ code: 'POOL_EXHAUSTED', pool: 'workers', timeoutMs: 200, size: 1 });
    await env.settle();
    expect(workers.stats().waiting).toBe(0);
    held.release();
    await env.settle();
    expect(workers.stats()).toMatchObject({ idle: 1, checkedOut: 0 });
  });

  test('a signal ends the wait with its reason', async () => {
    const { env, workers } = await world({ min: 1, max: 1 });
    const held = await workers.checkout();
    const controller = new AbortController();
    const waits = workers.checkout({ signal: controller.signal }).catch((error: unknown) => error);
    await env.settle();
    controller.abort('enough');
    expect(await waits).toBe('enough');
    await env.settle();
    expect(workers.stats().waiting).toBe(0);
    held.release();
  });

  test('after the release nobody lives there, and a second release gives nothing back', async () => {
    const { env, workers } = await world({ min: 1, max: 1 });
    const first = await workers.checkout();
    expect(await first.call('pid')).toBe(first.pid);
    first.release();
    expect(first.pid).toBeUndefined();
    expect(await code(first.call('pid'))).toBe('NOPROC');
    expect(first.tryCast('work')).toBe('dead');
    const second = await workers.checkout();
    first.release();
    await env.settle();
    expect(workers.stats().checkedOut).toBe(1);
    second.release();
  });

  test('await using and run release, also after a throw', async () => {
    const { env, workers } = await world({ min: 1, max: 1 });
    {
      await using worker = await workers.checkout();
      expect(worker.pid).toBeDefined();
    }
    await env.settle();
    expect(workers.stats().checkedOut).toBe(0);
    expect(await workers.run((worker) => worker.call('pid'))).toMatch(/\./);
    expect(
      await workers.run(() => { throw new Error('mine'); }).catch((error: Error) => error.message),
    ).toBe('mine');
    await env.settle();
    expect(workers.stats()).toMatchObject({ checkedOut: 0, waiting: 0 });
  });

  test('the death of its owner releases what it checked out, and what it waits for', async () => {
    const { env, system, workers } = await world({ min: 1, max: 1 });
    const Owner = defineAgent(
      { casts: { async hold(
        self,
      ) { await self.bind(workers).checkout(); await new Promise(() => undefined); } } },
    );
    const [one, two] = [system.start(Owner), system.start(Owner)];
    one.cast('hold');
    await env.settle();
    two.cast('hold');
    await env.settle();
    expect(workers.stats()).toMatchObject({ checkedOut: 1, waiting: 1 });
    system.exit(two, 'kill');
    await env.settle();
    expect(workers.stats()).toMatchObject({ checkedOut: 1, waiting: 0 });
    system.exit(one, 'kill');
    await env.settle();
    expect(workers.stats()).toMatchObject({ checkedOut: 0, idle: 1 });
    const started = system.supervise({ children: [pool('starting', Worker, { min: 1 })] });
    expect(
      await code(system.ref(poolOf(Worker), 'starting').checkout()), 'it is one, but not there yet'
    ).toBe('NOPROC');
    await started;
  });

  test('the crash of a worker returns its slot, and another takes its place', async () => {
    const { env, workers } = await world({ min: 1, max: 1 });
    const held = await workers.checkout();
    const next = workers.checkout();
    held.cast('crash');
    const worker = await next;
    expect(worker.pid).not.toBe(held.pid);
    expect(held.pid).toBeUndefined();
    expect(workers.stats()).toMatchObject({ size: 1, checkedOut: 1, crashed: 1 });
    held.release();
    await env.settle();
    expect(workers.stats().checkedOut, 'the release of the dead is not that of its successor').toBe(1);
    worker.release();
  });
});

describe('failure', () => {
  describe('a worker that ends before its pool has started', () => {
    async function started(ends: number, options: PoolOptions) {
      const env = new SeededEnv();
      const system = testSystem({ env });
      let made = 0;
      const Hasty = defineAgent({
        name: 'worker',
        init() { if (made++ < ends) this.send(this.pid, 'end'); return {}; },
        info: (self) => self.exit('hasty'),
      });
      const starting = system.supervise({ intensity: 0, children: [pool('workers', Hasty, options)] });
      return { env, system, workers: system.ref(poolOf(Hasty), 'workers'), starting };
    }

    test('is replaced', async () => {
      const { env, system, workers, starting } = await started(2, { min: 3, max: 3 });
      await starting;
      await env.settle();
      expect(workers.stats()).toMatchObject({ size: 3, starting: 0 });
      expect(live(system)).toBe(3);
    });

    test('counts towards the intensity of the pool: too many fail its start', async () => {
      const { starting } = await started(Infinity, { min: 3, max: 3, intensity: 2 });
      await expect(starting).rejects.toMatchObject({ code: 'START_FAILED' });
    });
  });

  test('workers that fail too often end the pool, and its supervisor decides', async () => {
    const { env, system } = await world({ min: 1, max: 1, intensity: 2 });
    const before = system.whereis('workers');
    const down = system.monitor(before as never).down;
    for (let n = 0; n < 3; n++) {
      system.ref(poolOf(Worker), 'workers').cast('crash');
      await env.settle();
    }
    expect((await down).reason).toBe('shutdown');
  });

  test('a start that fails is told to who waits when there is no other worker', async () => {
    const env = new SeededEnv();
    const system = testSystem({ env });
    let broken = false;
    const Fragile = defineAgent({
      init: () => { if (broken) throw new Error('no display'); return 0; },
      casts: { crash() { throw new Error('boom'); } },
    });
    await system.supervise({
      intensity: 5, children: [pool('fragile', Fragile, { min: 1, max: 1, intensity: 4 })],
    });
    const ref = system.ref(poolOf(Fragile), 'fragile');
    broken = true;
    ref.cast('crash');
    const failed = await ref.checkout().catch((error: CallError) => error.message);
    expect(failed).toContain('no display');
  });

  test('a name whose owner is no pool, or a pool of another definition: PROTOCOL_MISMATCH, and nobody stays checked out', async () => {
    const { env, system, workers } = await world({ min: 1, max: 1 });
    const Other = defineAgent({ name: 'other' });
    system.start(Other, { name: 'single' });
    expect(await code(system.ref(poolOf(Other), 'single').checkout())).toBe('PROTOCOL_MISMATCH');
    expect(await code(system.ref(poolOf(Other), 'workers').checkout())).toBe('PROTOCOL_MISMATCH');
    await env.settle();
    expect(workers.stats()).toMatchObject({ checkedOut: 0, idle: 1 });
  });

  test('nobody: NOPROC', async () => {
    const system = testSystem({ env: new SeededEnv() });
    const none = system.ref(poolOf(Worker), 'nowhere');
    expect(await code(none.checkout())).toBe('NOPROC');
    expect(await code(none.call('pid'))).toBe('NOPROC');
    expect(none.tryCast('work')).toBe('dead');
    expect(none.stats().size).toBe(0);
  });

  test('a stop of the system ends the wait', async () => {
    const { env, system, workers } = await world({ min: 1, max: 1 });
    await workers.checkout();
    const waits = code(workers.checkout({ timeoutMs: 'infinity' }));
    await env.settle();
    await system.stop();
    expect(await waits).toBe('EXIT');
  });
});
