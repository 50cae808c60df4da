import { describe, expect, test } from 'vitest';
import { ratioOf, summarize } from '../../bench/lib/figures.js';
import { metrics } from '../../bench/lib/metric.js';

const metric = (name: string): (typeof metrics)[number] => metrics.find((one) => one.name === name)!;
const at = (median: number): ReturnType<typeof summarize> => summarize([median]);

describe('the ratio of a metric, above 1 when ours is better', () => {
  test('of what is better the higher, and of what is better the lower', () => {
    expect(ratioOf(metric('cast_stream'), at(20), at(10))).toBe(2);
    expect(ratioOf(metric('restart_p50'), at(20), at(10))).toBe(0.5);
    expect(ratioOf(metric('flood'), at(99), at(90))).toBe(1.1);
  });

  test('of a cost in percent: what it costs in all, and a cost below nothing is a gain', () => {
    expect(ratioOf(metric('lane_cast'), at(20), at(50))).toBe(1.25);
    expect(ratioOf(metric('bounded_cast'), at(-6.77), at(-1.97))).toBeGreaterThan(1);
    expect(ratioOf(metric('bounded_cast'), at(-1.97), at(-6.77))).toBeLessThan(1);
  });
});
