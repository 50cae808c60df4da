import fc from 'fast-check';
import { expect, test } from 'vitest';
import { child, defineAgent, type DeliveryOutcome } from '../../../src/index.js';
import { expectConserved, testSystem } from '../../support/system.js';
import { SeededEnv } from '../seeded.js';

/** Fails as often as its message says; each start is noted with its time. */
const Worker = defineAgent({
  name: 'worker',
  init: (note: (job: number) => void) => ({ note }),
  calls: {
    work(self, { job, fails }: { readonly job: number; readonly fails: number }) {
      self.state.note(job);
      if ((self.delivery?.attempt ?? 0) <= fails) throw new Error('not yet');
      return job;
    },
  },
});

const plan = fc.record({
  to: fc.nat(2), waits: fc.integer({ min: 0, max: 500 }), fails: fc.nat(6),
  attemptsMax: fc.integer({ min: 1, max: 6 }),
  backoff: fc.record({
    baseMs: fc.integer({ min: 1, max: 400 }), factor: fc.constantFrom(1, 1.5, 2, 3),
    maxMs: fc.integer({ min: 400, max: 2_000 }), jitter: fc.constantFrom(0, 0, 0.2, 1),
  }),
});

test('P22 the schedule against its model: attempts begin when min(base · factor^(n-1), max) has passed, less at most the jitter, whatever else is waiting', async () => {
  let retries = 0;
  await fc.assert(fc.asyncProperty(fc.array(plan, {
    minLength: 1, maxLength: 12,
  }), fc.nat(), async (plans, seed) => {
    const env = new SeededEnv(seed);
    const system = testSystem({ env, development: false });
    const starts: number[][] = plans.map(() => []);
    const note = (job: number): void => void starts[job]?.push(env.mono());
    await system.supervise({ intensity: 10_000, children: [0, 1, 2].map((n) => child(`w${n}`, Worker, note)) });
    const settled: Promise<DeliveryOutcome>[] = [];
    for (const [job, { to, waits, fails, attemptsMax, backoff }] of plans.entries()) {
      await env.advance(waits);
      const receipt = await system.ref(Worker, `w${to}`).deliver(
        'work', { job, fails }, { guarantee: 'at-least-once', attemptsMax, backoff },
      );
      settled.push(receipt.settled);
      await env.settle();
    }
    await env.advance(20_000);
    for (const [job, { fails, attemptsMax, backoff: { baseMs, factor, maxMs, jitter } }] of plans.entries()) {
      const times = starts[job] as number[];
      expect(times.length).toBe(Math.min(fails + 1, attemptsMax));
      expect(await settled[job]).toMatchObject(
        { kind: fails < attemptsMax ? 'handled' : 'dead-lettered', attempts: times.length },
      );
      for (let n = 1; n < times.length; n++) {
        const waited = (times[n] as number) - (times[n - 1] as number);
        const full = Math.min(maxMs, baseMs * factor ** (n - 1));
        expect(waited).toBeGreaterThanOrEqual(full * (1 - jitter));
        expect(waited).toBeLessThanOrEqual(Math.ceil(full) + 1); // a due time is a whole ms
        retries++;
      }
    }
    expectConserved(system.stats());
    await system.stop();
  }), { numRuns: 60 });
  expect(retries).toBeGreaterThan(200);
});
