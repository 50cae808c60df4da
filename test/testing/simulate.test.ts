import { describe, expect, it } from 'vitest';
import { defineAgent } from '../../src/index.js';
import { simulate, simulateMany, SimulationError, type Simulation } from '../../src/testing/index.js';

const Counter = defineAgent({
  name: 'counter',
  init: () => ({ n: 0 }),
  calls: {
    value: (self) => self.state.n,
    async slow(
      self, ms: number,
    ) { await new Promise((resolve) => setTimeout(resolve, ms)); return ++self.state.n; },
  },
  casts: { add(self, by: number) { self.state.n += by; } },
});

async function busy(sim: Simulation): Promise<void> {
  const counters = [1, 2, 3].map((n) => sim.system.start(Counter, { name: `c${n}` }));
  for (let i = 0; i < 10; i++) sim.system.spawn(async (self) => {
    const to = sim.random.pick(counters);
    self.cast(to, 'add', 1);
    await self.call(to, 'slow', 1 + sim.random.int(20));
    sim.note(`done ${i}`);
  });
  await sim.sleep(1_000);
}

describe('a simulated seed', () => {
  it('gives the same hash a thousand times', async () => {
    const first = await simulate(42, busy);
    for (let i = 0; i < 1_000; i++) expect((await simulate(42, busy)).hash).toBe(first.hash);
    expect(first.events).toBeGreaterThan(50);
    expect((await simulate(43, busy)).hash).not.toBe(first.hash);
  });

  it('takes no real time, and virtual time as asked', async () => {
    const run = await simulate(1, async (sim) => {
      const before = sim.nowMs;
      const wall = Date.now();
      await sim.sleep(86_400_000);
      sim.equal(sim.nowMs - before, 86_400_000, 'monotonic');
      sim.equal(Date.now() - wall, 86_400_000, 'wall');
    });
    expect(run.elapsedMs).toBeGreaterThanOrEqual(86_400_000);
  });

  it('explores: different seeds run in different orders', async () => {
    const orders = new Set<string>();
    await simulateMany(async (sim) => {
      const seen: number[] = [];
      for (const n of [1, 2, 3]) sim.system.spawn(() => { seen.push(n); });
      await sim.settle();
      orders.add(seen.join(''));
    }, { seeds: 200 });
    expect([...orders].sort()).toEqual(['123', '132', '213', '231', '312', '321']);
  });

  it('takes every seed from 0 to 4,294,967,295', async () => {
    for (const seed of [0, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]) {
      expect((await simulate(seed, (sim) => sim.settle())).seed).toBe(seed);
    }
    await expect(simulate(0x1_0000_0000, () => undefined)).rejects.toMatchObject({ code: 'BAD_OPTION' });
  });

  it('fails with the seed, the events and the command that replays it', async () => {
    const error = await simulate(
      9, (sim) => { sim.note('here'); sim.always(false, 'never so'); },
      { policy: 'pct', replay: (seed) => `again ${seed}` },
    ).catch((one: unknown) => one);
    expect(error).toBeInstanceOf(SimulationError);
    expect(error).toMatchObject({ seed: 9, policy: 'pct', code: 'SIMULATION_FAILED' });
    expect((error as Error).message).toContain('always: never so');
    expect((error as Error).message).toContain('replay: again 9');
    expect((error as Error).message).toContain('note     here');
  });
});
