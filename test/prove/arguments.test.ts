import { describe, expect, it } from 'vitest';
import { parseArguments } from './arguments.js';
import { missing } from './needs.js';
import { proofs } from './proofs.js';

describe('the arguments of npm run prove', () => {
  it('choose proofs, size and seed', () => {
    expect(parseArguments([])).toMatchObject({ proofs, size: 'ci', seed: undefined });
    expect(parseArguments(['power', 'kill', '--size', 'deep', '--seed', '7', '--json', 'out.json'])).toMatchObject({
      proofs: [{ name: 'power' }, { name: 'kill' }], size: 'deep', seed: 7, json: 'out.json',
    });
    expect(parseArguments(['--help'])).toBe('help');
  });

  it.each([
    [['kil'], "got the proof 'kil', expected one of kill, power, io, corrupt, agents, poison, clock"],
    [['--size', 'huge'], "--size: got 'huge', expected one of ci, deep"],
    [['--seed', '-1'], '--seed'],
    [['--what'], "Unknown option '--what'"],
  ])('refuse %j', (given, message) => {
    expect(() => parseArguments(given)).toThrow(message);
  });

  it('say what is missing in words', () => {
    expect(missing([])).toEqual([]);
    if (process.platform !== 'linux') expect(missing(['linux', 'loop'])).toEqual(['Linux']);
  });
});
