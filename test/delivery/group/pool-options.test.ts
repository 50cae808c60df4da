import { describe, expect, test } from 'vitest';
import { defineAgent, type OptionError, type System } from '../../../src/index.js';
import {
  pool, poolOf, type PoolOptions, type PoolRef,
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

describe('options', () => {
  test.each([
    [{ min: 3, max: 2 }, "pool 'p'.min: got 3, expected at most max, which is 2"],
    [{ max: 0 }, "pool 'p'.max: got 0, expected a whole number from 1"],
    [{ min: 0 }, "pool 'p'.min: got 0, expected a whole number from 1"],
    [{ min: 1.5 }, "pool 'p'.min: got 1.5, expected a whole number from 1"],
    [{ idleMs: -1 }, "pool 'p'.idleMs"],
    [{ warmUp: 1 }, "pool 'p'.warmUp: got 1, expected true or false"],
    [{ maxx: 1 }, "pool 'p'.maxx"],
    [{ mailbox: { capacity: 0 } }, 'capacity'],
  ])('%j is refused', (options, text) => {
    expect(() => pool('p', Worker, options as never)).toThrow(text);
  });

  test('options of checkout', async () => {
    const { workers } = await world({ min: 1, max: 1 });
    for (const bad of [{ timeoutMs: -1 }, { timeoutMs: 1.5 }, { wait: 1 }]) {
      expect(await workers.checkout(bad as never).catch((error: OptionError) => error.name))
        .toBe('OptionError');
    }
    expect(workers.stats()).toMatchObject({ waiting: 0, checkedOut: 0 });
  });
});
