import { describe, expect, it } from 'vitest';
import { parseArguments, UsageError } from '../sim/arguments.js';
import { replayOf, runShare } from '../sim/seeds.js';
import { suites } from '../sim/suites.js';

describe('the suites of npm run sim', () => {
  it.each(suites.map(({ name }) => name))('%s passes a few seeds, and the same seeds give the same digest', async (name) => {
    const share = { from: 1, until: 26, stride: 1, suites: [name], hashes: true };
    const first = await runShare(share);
    expect(first.failure).toBeUndefined();
    const again = await runShare(share);
    expect([again.digest, again.lines]).toEqual([first.digest, first.lines]);
  });
});

describe('the arguments of npm run sim', () => {
  it('are read', () => {
    expect(parseArguments(['--seeds', '3', '--seed', '4711', '--suite', 'order'])).toMatchObject({ seeds: 3, seed: 4711, suites: ['order'], workers: 1 });
    expect(parseArguments(replayOf(7, 'calls').split(' -- ')[1]?.split(' ') ?? [])).toMatchObject({ seeds: 1, seed: 7, suites: ['calls'] });
    expect(parseArguments(['--help'])).toBe('help');
    expect(parseArguments([])).toMatchObject({ seeds: 500, seed: undefined, workers: 2 });
  });

  it.each([[['--seeds', '0']], [['--seeds', 'many']], [['--seeds']], [['--seed', '-1']], [['--seed', '4294967295', '--seeds', '2']], [['--suite', 'nothing']], [['--sead', '1']]])('are refused: %j', (given) => {
    expect(() => parseArguments(given)).toThrow(UsageError);
  });
});
