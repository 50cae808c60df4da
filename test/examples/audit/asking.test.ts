import { describe, expect, it } from 'vitest';
import { Hazard, Mishap } from '../../../examples/audit/hazard.js';
import { Random } from '../../../examples/audit/random.js';
import { Slots } from '../../../examples/audit/slots.js';

describe('Random', () => {
  it('repeats itself with the same seed only', () => {
    const draws = (seed: number) => {
      const random = new Random(seed);
      return Array.from({ length: 5 }, () => random.next());
    };
    expect(draws(7)).toEqual(draws(7));
    expect(draws(7)).not.toEqual(draws(8));
  });

  it('is fair enough for chaos', () => {
    const random = new Random(1);
    const hits = Array.from({ length: 20_000 }, () => random.oneIn(200)).filter(Boolean).length;
    expect(hits).toBeGreaterThan(60);
    expect(hits).toBeLessThan(150);
    const picks = new Set(Array.from({ length: 100 }, () => random.pick(['a', 'b', 'c'])));
    expect(picks).toEqual(new Set(['a', 'b', 'c']));
    expect(random.pick([])).toBeUndefined();
  });
});

describe('Hazard', () => {
  it('throws about as often as it says, and never at 0', () => {
    const harmless = new Hazard(new Random(1), 0);
    for (let i = 0; i < 1_000; i++) harmless.pass();
    const always = new Hazard(new Random(1), 1);
    expect(() => { always.pass(); }).toThrow(Mishap);
  });
});

describe('Slots', () => {
  it('lets so many in at once, in their order, and goes on after a failure', async () => {
    const slots = new Slots(2);
    const order: number[] = [];
    let inside = 0;
    let most = 0;
    const results = await Promise.allSettled(Array.from({ length: 10 }, (_, index) => slots.run(async () => {
      order.push(index);
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
      if (index === 3) throw new Error('one of them fails');
      return index;
    })));
    expect(most).toBe(2);
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(1);
    expect(await slots.run(() => Promise.resolve('free again'))).toBe('free again');
  });
});
