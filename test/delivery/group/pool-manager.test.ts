import { describe, expect, test } from 'vitest';
import { defineAgent, type System } from '../../../src/index.js';
import {
  pool, poolOf, type PooledRef, type PoolOptions, type PoolRef,
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

type Checked = PooledRef<typeof Worker>;

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

describe('size', () => {
  test('warm: min workers run when the pool has started; the pool is a tree', async () => {
    const { system, workers } = await world({ min: 3, max: 5 });
    expect(workers.stats()).toEqual(
      { size: 3, busy: 0, idle: 3, checkedOut: 0, starting: 0, waiting: 0, grown: 0, shrunk: 0, crashed: 0 },
    );
    const [top] = system.tree();
    const [tree] = top?.children ?? [];
    expect(tree?.children.map((node) => node.children.length)).toEqual([3, 0]);
  });

  test('grows when the least loaded is busy, shrinks to min when idle', async () => {
    const { env, workers } = await world({ min: 1, max: 3, idleMs: 1_000 });
    const calls = [workers.call('wait', undefined, { timeoutMs: 'infinity' })];
    for (let n = 0; n < 4; n++) {
      await env.settle();
      calls.push(workers.call('wait', undefined, { timeoutMs: 'infinity' }));
    }
    await env.settle();
    expect(workers.stats()).toMatchObject({ size: 3, grown: 2, starting: 0 });
    while (gates.length > 0) {
      gates.shift()?.();
      await env.settle();
    }
    await Promise.all(calls);
    await env.advance(900);
    expect(workers.stats().size, 'not before idleMs').toBe(3);
    await env.advance(1_000);
    expect(workers.stats()).toMatchObject({ size: 1, shrunk: 2, crashed: 0 });
    await env.advance(10_000);
    expect(workers.stats()).toMatchObject({ size: 1, shrunk: 2 });
  });

  test('what is checked out or busy is not idle', async () => {
    const { env, workers } = await world({ min: 1, max: 2, idleMs: 100 });
    const held = await Promise.all([workers.checkout(), workers.checkout()]);
    await env.advance(5_000);
    expect(workers.stats()).toMatchObject({ size: 2, shrunk: 0 });
    for (const worker of held) worker.release();
    await env.advance(300);
    expect(workers.stats()).toMatchObject({ size: 1, shrunk: 1 });
  });

  test('a crash of an idle worker is made good', async () => {
    const { env, system, workers } = await world({ min: 2, max: 2 });
    workers.cast('crash');
    await env.settle();
    expect(workers.stats()).toMatchObject({ size: 2, crashed: 1 });
    expect(live(system)).toBe(2);
    expect(system.stats()).toMatchObject({ crashes: 1, restarts: 1 });
  });

  test('a worker above min is restarted for those who wait, and for nobody else', async () => {
    const { env, system, workers } = await world({ min: 1, max: 2 });
    const [one, two] = await Promise.all([workers.checkout(), workers.checkout()]);
    const next = workers.checkout();
    two.cast('crash');
    const three = await next;
    expect(system.stats().restarts, 'growth is no restart').toBe(1);
    three.cast('crash');
    await env.settle();
    expect(workers.stats()).toMatchObject({ size: 1, starting: 0, crashed: 2 });
    expect(system.stats()).toMatchObject({ crashes: 2, restarts: 1 });
    one.release();
    await env.settle();
  });

  test('what is sent to the pool avoids what is checked out', async () => {
    const { env, workers } = await world({ min: 2, max: 2 });
    const held = await workers.checkout();
    for (let n = 0; n < 5; n++) expect(await workers.call('pid')).not.toBe(held.pid);
    const other: Checked = await workers.checkout();
    expect([held.pid, other.pid]).toContain(await workers.call('pid'));
    held.release();
    other.release();
    await env.settle();
  });
});
