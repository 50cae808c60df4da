import { simpleSupervisor } from '../../../src/supervisor/dynamic/handle.js';
import { template } from '../../../src/supervisor/dynamic/spec.js';
import { describe, expect, test } from 'vitest';
import { child, createSystem, defineAgent, type Strategy, type System } from '../../../src/index.js';
import { settled } from '../wait.js';

const Tiny = defineAgent(
  { init: (n: number) => n, casts: { crash() { throw new Error('no'); } }, calls: { n: (self) => self.state } },
);
const Trapping = defineAgent({ trapExit: true, init: (n: number) => n });

/** The best of some runs, in ms per item. */
async function cost(
  items: number, runs: number, run: (system: System, items: number) => Promise<void>,
): Promise<number> {
  let best = Infinity;
  for (let n = 0; n < runs; n++) {
    const system = createSystem({ logger: false, development: false });
    const began = performance.now();
    await run(system, items);
    best = Math.min(best, performance.now() - began);
    expect(system.processes()).toEqual([]);
    await system.stop();
    await settled();
  }
  return best / items;
}

/** Per item, ten times as many cost about the same: quadratic would be ten times as much. */
async function expectLinear(
  small: number, run: (system: System, items: number) => Promise<void>,
): Promise<void> {
  await cost(small / 10, 2, run);
  const few = await cost(small, 2, run);
  const many = await cost(small * 10, 1, run);
  expect(many / few, `${(few * 1_000).toFixed(2)} us each, then ${(many * 1_000).toFixed(2)} us`)
    .toBeLessThan(6);
}

describe('SU-54 many children', () => {
  test('SU-54 100,000 children of a dynamic supervisor start, are found and stop at the price of 10,000, each', async () => {
    await expectLinear(10_000, async (system, items) => {
      const sup = await system.supervise(simpleSupervisor('simple', template(Tiny, [])));
      const refs = await Promise.all(Array.from({ length: items }, (_, n) => sup.startChild(n)));
      await Promise.all(refs.filter((_, n) => n % 2 === 0).map((ref) => sup.terminateChild(ref)));
      expect(await sup.countChildren()).toMatchObject({ active: items / 2 });
      await sup.stop();
    });
  }, 60_000);

  test('SU-54 100,000 children of a static supervisor start with it, are found by id, and stop in order at the price of 10,000, each', async () => {
    await expectLinear(10_000, async (system, items) => {
      const sup = await system.supervise({ children: Array.from(
        { length: items }, (_, n) => child(`w${n}`, n % 10 === 0 ? Trapping : Tiny, n, { name: false }),
      ) });
      await Promise.all(Array.from({ length: items / 10 }, (_, n) => sup.whichChild(`w${n * 7}`)));
      await Promise.all(Array.from({ length: items / 10 }, (_, n) => sup.terminateChild(`w${n * 10 + 1}`)));
      await sup.stop();
    });
  }, 60_000);

  for (const strategy of ['one_for_all', 'rest_for_one'] as Strategy[]) {
    test(`SU-54 a restart of a ${strategy} group is linear in the group`, async () => {
      await expectLinear(2_000, async (system, items) => {
        const sup = await system.supervise({ strategy, intensity: 5, children: Array.from({
          length: items,
        }, (_, n) =>
          child(`w${n}`, n % 10 === 0 ? Trapping : Tiny, n, { name: n === 1 ? 'first' : false })) });
        system.ref(Tiny, 'first').cast('crash');
        while ((await sup.whichChild('w1')).restarts === 0 || (await sup.countChildren()).active < items) {
          await settled();
        }
        await sup.stop();
      });
    }, 60_000);
  }
});
