import { setTimeout as foreignSleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { defineAgent } from '../../src/index.js';
import type { SimulationError} from '../../src/testing/index.js';
import { simulate, simulateMany, type Scenario } from '../../src/testing/index.js';

const failureOf = (scenario: Scenario, seed = 1): Promise<SimulationError> =>
  simulate(seed, scenario).then(() => { throw new Error('it passed'); }, (error: SimulationError) => error);
const codeOf = (error: SimulationError): unknown => (error.cause as { code?: unknown }).code;

/** Virtual ms: nothing here waits in real time. */
const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

describe('the world of a simulation', () => {
  it('has its own Date, timers, performance and Math.random, and gives the real ones back', async () => {
    const real =
      [Date, setTimeout, setInterval, setImmediate, Math.random, performance.now, AbortSignal.timeout, fetch];
    const draws: number[] = [];
    const scenario: Scenario = async () => {
      const began = Date.now();
      const mono = performance.now();
      await new Promise((resolve) => setTimeout(resolve, HOUR));
      expect([Date.now() - began, performance.now() - mono, new Date().getTime() - began])
        .toEqual([HOUR, HOUR, HOUR]);
      expect(new Date(5).getTime()).toBe(5);
      let ticks = 0;
      const interval = setInterval(() => { if (++ticks === 3) clearInterval(interval); }, SECOND);
      const never = setTimeout(() => { throw new Error('cleared'); }, 2 * SECOND);
      clearTimeout(never);
      const signal = AbortSignal.timeout(1_500);
      await new Promise((resolve) => setTimeout(resolve, 10 * SECOND));
      expect([ticks, signal.aborted]).toEqual([3, true]);
      await new Promise((resolve) => setImmediate(resolve));
      draws.push(Math.random());
    };
    await simulate(5, scenario);
    await simulate(5, scenario);
    expect(draws[0]).toBe(draws[1]);
    expect([
      Date, setTimeout, setInterval, setImmediate, Math.random, performance.now,
      AbortSignal.timeout, fetch,
    ])
      .toEqual(real);
    await failureOf(() => { throw new Error('x'); });
    expect([Date, setTimeout]).toEqual([real[0], real[1]]);
  });

  it('refuses the network, and fails a seed that waits for the outside, or for ever', async () => {
    expect((await failureOf(() => fetch('http://127.0.0.1:1'))).message).toContain(
      'fetch: a simulation cannot wait for the network',
    );
    expect(codeOf(await failureOf(() => foreignSleep(1)))).toBe('SIMULATION_STUCK');
    expect(codeOf(await failureOf(() => new Promise(() => undefined)))).toBe('SIMULATION_STUCK');
    const endless = simulate(1, async (sim) => { for (;;) await sim.sleep(1); }, { stepsMax: 100 });
    expect(codeOf(await endless.then(
      () => { throw new Error('it passed'); }, (error: SimulationError) => error,
    ))).toBe(
      'SIMULATION_ENDLESS',
    );
  });

  it('fails a seed by an always inside an agent, and by a rejection that nobody handled', async () => {
    const Liar = defineAgent(
      { casts: { check(
        _self, sim: { always(holds: boolean, id: string): void },
      ) { sim.always(false, 'inside'); } } },
    );
    const inside = await simulate(
      1, async (sim) => { sim.system.start(Liar).cast('check', sim); await sim.settle(); },
      { system: { payloads: 'shared' } },
    )
      .then(() => { throw new Error('it passed'); }, (error: SimulationError) => error);
    expect(inside.message).toContain('always: inside');
    expect(codeOf(await failureOf(async (sim) => {
      void Promise.reject(new Error('lost'));
      await sim.sleep(1);
    })))
      .toBe('UNHANDLED_REJECTION');
  });

  it('lets late awaits of dead agents go on, and finds that they change nothing', async () => {
    let woke = 0;
    const Sleeper = defineAgent({ casts: { async nap(
      self,
    ) {
      await new Promise((resolve) => setTimeout(resolve, HOUR));
      woke++;
      self.send('nobody', 'zombie');
    } } });
    const run = await simulate(
      1, async (sim) => { sim.system.start(Sleeper).cast('nap'); await sim.settle(); },
    );
    expect(woke).toBe(1);
    expect(run.elapsedMs).toBeGreaterThanOrEqual(HOUR);
  });
});

describe('a batch', () => {
  it('fails when a sometimes is never reached, declared or asked', async () => {
    await expect(
      simulateMany((sim) => { sim.sometimes(false, 'asked'); }, { seeds: 5, sometimes: ['declared'] }),
    ).rejects.toMatchObject({
      code: 'SOMETIMES_NEVER', message: expect.stringContaining('declared; asked') as string,
    });
    expect(
      (await simulateMany((sim) => { sim.sometimes(sim.seed === 3, 'third'); }, {
        seeds: 5,
      })).sometimes.get('third'),
    ).toBe(1);
  });

  it('finds what does not repeat itself', async () => {
    let runs = 0;
    await expect(
      simulateMany((sim) => { sim.note(String(runs++)); }, { from: 100, seeds: 1 }),
    ).rejects.toMatchObject(
      { code: 'NOT_DETERMINISTIC' },
    );
  });

  it('refuses bad arguments where they enter', async () => {
    await expect(simulateMany(() => undefined, { seeds: 0 })).rejects.toMatchObject({ code: 'BAD_OPTION' });
    await expect(simulate(-1, () => undefined)).rejects.toMatchObject({ code: 'BAD_OPTION' });
    await expect(simulate(1, 'x' as never)).rejects.toMatchObject({ code: 'BAD_OPTION' });
    await expect(simulate(1, () => undefined, { polcy: 'pct' } as never)).rejects.toMatchObject(
      { code: 'UNKNOWN_OPTION' },
    );
    await expect(simulate(1, () => undefined, { policy: 'best' as never })).rejects.toThrow(
      'one of uniform, pct, newest, starve, fifo',
    );
  });
});
