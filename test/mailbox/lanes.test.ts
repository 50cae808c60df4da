import { describe, expect, it } from 'vitest';
import { defineAgent } from '../../src/index.js';
import { heldWorker, PRIORITIES } from '../support/mailbox.js';
import { settleTurn, testSystem } from '../support/system.js';

describe('lanes that age', () => {
  it('P1 after n takes past it a waiting lower lane has one turn; strict otherwise', async () => {
    const system = testSystem();
    for (const [lanes, wanted] of [
      [undefined, 'hhhhhhhhhnnnlll'], ['strict', 'hhhhhhhhhnnnlll'], [{ ageEvery: 3 }, 'hhhnlhhnlhhnlhh'],
    ] as const) {
      const { ref, seen, go } = await heldWorker(system, { lanes });
      for (let n = 0; n < 3; n++) ref.cast('work', 'l', { lane: 'low' });
      for (let n = 0; n < 3; n++) ref.cast('work', 'n');
      for (let n = 0; n < 9; n++) ref.cast('work', 'h', { lane: 'high' });
      await go();
      expect(seen.join('')).toBe(wanted);
    }
  });

  it('P1 no lane starves under endless load of the highest one; each stays first in, first out', async () => {
    const system = testSystem();
    const seen: string[] = [];
    const Endless = defineAgent({
      casts: {
        note(self, text: string) {
          seen.push(text);
          if (text.startsWith('critical') && seen.length < 400) {
            self.ref.cast('note', `critical${seen.length}`, { lane: 'critical' });
          }
        },
      },
    });
    const ref = system.start(Endless, { mailbox: { lanes: { ageEvery: 10 } } });
    for (let n = 0; n < 5; n++) for (
      const priority of PRIORITIES
    ) ref.cast('note', `${priority}${n}`, { lane: priority });
    await settleTurn();
    for (const priority of ['low', 'normal', 'high'] as const) {
      expect(seen.filter((text) => text.startsWith(priority)))
        .toEqual([0, 1, 2, 3, 4].map((n) => `${priority}${n}`));
      const at = [0, 1, 2, 3, 4].map((n) => seen.indexOf(`${priority}${n}`));
      at.forEach((position, n) =>
        expect(position - (n === 0 ? 0 : (at[n - 1] as number)), `${priority}${n}`).toBeLessThanOrEqual(13));
    }
  });

  it('P1 a lane that is alone, or served in its turn, builds up no credit', async () => {
    const system = testSystem();
    const { ref, seen, go } = await heldWorker(system, { lanes: { ageEvery: 2 } });
    for (let n = 0; n < 4; n++) ref.cast('work', `n${n}`);
    ref.cast('work', 'l0', { lane: 'low' });
    ref.cast('work', 'l1', { lane: 'low' });
    await go();
    expect(seen).toEqual(['n0', 'n1', 'l0', 'n2', 'n3', 'l1']);
  });

  it('P1 peaks per lane are kept, and lanes count as one for the bound', async () => {
    const system = testSystem();
    const { ref, go } = await heldWorker(system, { capacity: 6, reserve: 0 });
    for (const [n, priority] of PRIORITIES.entries()) {
      for (let at = 0; at <= n; at++) ref.tryCast('work', at, { lane: priority });
    }
    expect(ref.stats().mailbox).toMatchObject({
      depth: { low: 1, normal: 2, high: 3, critical: 0 },
      peakDepth: { low: 1, normal: 2, high: 3, critical: 0 }, peak: 6, rejected: 4,
    });
    await go();
    ref.cast('work', 1);
    expect(ref.stats().mailbox).toMatchObject({
      depth: { low: 0, normal: 1, high: 0, critical: 0 },
      peakDepth: { low: 1, normal: 2, high: 3, critical: 0 },
      peak: 6,
    });
  });
});
