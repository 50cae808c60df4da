import { describe, expect, test } from 'vitest';
import { cases } from '../../bench/cases/index.js';
import { timesAsLong } from '../../bench/lib/alternate.js';
import { metrics } from '../../bench/lib/metric.js';
import { type Options, parseOptions } from '../../bench/lib/options.js';

const selected = (...argv: string[]): string[] => (
  (parseOptions(argv) as Options).selected.map(({ name, target: { bound } }) => `${name} ${bound}`)
);

describe('suites of the bench', () => {
  test('every metric has a case', () => {
    for (const { name } of metrics) expect(cases.has(name), name).toBe(true);
  });

  test('activation has the targets that addresses were built for', () => {
    expect(selected('--suite', 'activation')).toEqual([
      'address_call 1.3', 'address_first 3', 'passivated_100k 50', 'passivated_return 4', 'enqueue_alone 1.5',
      'deliver_all 2',
    ]);
    expect(selected('--suite', 'durable')).toContain('durable_deliver 15000');
    expect(selected('--suite', 'durable').some((name) => name.startsWith('address'))).toBe(false);
    expect(() => parseOptions(['--suite', 'x'])).toThrow('there are durable, activation');
  });

  test('two ways are measured in turns, the same number of times', async () => {
    const log: string[] = [];
    const note = (who: string) => (from: number, times: number): Promise<void> => {
      log.push(`${who} ${from}+${times}`);
      return Promise.resolve();
    };
    await timesAsLong(5, 2, note('ours'), note('theirs'));
    expect(log).toEqual(['ours 0+2', 'theirs 0+2', 'theirs 2+2', 'ours 2+2', 'ours 4+1', 'theirs 4+1']);
  });
});
