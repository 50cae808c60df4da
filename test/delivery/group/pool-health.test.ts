import { describe, expect, test } from 'vitest';
import { defineAgent } from '../../../src/index.js';
import { pool, PoolExhaustedError, poolOf, type PoolOptions } from '../../../src/delivery/group/public.js';
import { testSystem } from '../../support/system.js';
import { SeededEnv } from '../seeded.js';

const Worker = defineAgent({ name: 'worker', calls: { pid: (self) => self.pid } });

describe('T Child limits, health: workers of a pool', () => {
  async function checked(options: PoolOptions, onUnhealthy: 'report' | 'unbalance' | 'restart') {
    const env = new SeededEnv();
    const system = testSystem({ env });
    const sick = new Set<string>();
    const health = { everyMs: 100, check: (pid: string) => !sick.has(pid), failuresMax: 1, onUnhealthy };
    await system.supervise({ intensity: 0, children: [pool('workers', Worker, { ...options, health })] });
    return { env, system, sick, workers: system.ref(poolOf(Worker), 'workers') };
  }

  test('sends and checkouts pass over one that is unhealthy; it is lent again when it is well', async () => {
    const { env, system, sick, workers } = await checked({ min: 2, max: 2 }, 'unbalance');
    const ill = await workers.call('pid');
    sick.add(ill);
    await env.advance(100);
    expect(system.inspect(ill)?.health?.state).toBe('unhealthy');
    const well = await workers.checkout();
    const { pid } = well;
    expect(pid).not.toBe(ill);
    expect(await workers.call('pid'), 'the one that is well takes sends, though it is checked out').toBe(well.pid);
    let next: string | undefined;
    const waiting = workers.checkout({ timeoutMs: 1_000 }).then((worker) => { next = worker.pid; return worker; });
    await env.advance(100);
    expect([next, workers.stats().waiting]).toEqual([undefined, 1]);
    sick.clear();
    await env.advance(100);
    expect([next, workers.stats().waiting]).toEqual([ill, 0]);
    sick.add(ill);
    await env.advance(100);
    expect(await (await waiting).call('pid'), 'who has checked it out keeps it').toBe(ill);
    (await waiting).release();
    const later = workers.checkout({ timeoutMs: 150 });
    const exhausted = expect(later).rejects.toBeInstanceOf(PoolExhaustedError);
    await env.advance(150);
    await exhausted;
    well.release();
    expect((await workers.checkout()).pid).toBe(pid);
  });

  test('one more is started for a checkout while there may be more', async () => {
    const { env, sick, workers } = await checked({ min: 1, max: 2 }, 'unbalance');
    const ill = await workers.call('pid');
    sick.add(ill);
    await env.advance(100);
    expect((await workers.checkout()).pid).not.toBe(ill);
    expect(workers.stats()).toMatchObject({ size: 2, grown: 1 });
  });

  test('restart: another takes its place', async () => {
    const { env, sick, workers } = await checked({ min: 1, max: 1 }, 'restart');
    const ill = await workers.call('pid');
    sick.add(ill);
    await env.advance(100);
    expect(await workers.call('pid')).not.toBe(ill);
    expect(workers.stats()).toMatchObject({ size: 1, crashed: 1 });
  });

  test('report: nothing else changes', async () => {
    const { env, sick, workers } = await checked({ min: 1, max: 1 }, 'report');
    const ill = await workers.call('pid');
    sick.add(ill);
    await env.advance(100);
    expect((await workers.checkout()).pid).toBe(ill);
  });

  test('its rules are those of a child', () => {
    const health = { everyMs: 0, check: () => true };
    expect(() => pool('workers', Worker, { health })).toThrow(/health\.everyMs/);
    expect(() => pool('workers', Worker, { health: { everyMs: 5, op: 'nothing' } })).toThrow(/health\.op/);
    expect(() => pool('workers', Worker, { health: Object(7) as { everyMs: number } })).toThrow(/health/);
  });
});
