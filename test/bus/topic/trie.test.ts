import { describe, expect, test } from 'vitest';
import { PatternTrie } from '../../../src/bus/topic/trie.js';
import { Random } from '../../../src/testing/random.js';

/** What a pattern means, said once more and slowly. */
function fits(pattern: readonly string[], name: readonly string[]): boolean {
  const rest = pattern.at(-1) === '**';
  const own = rest ? pattern.slice(0, -1) : pattern;
  if (rest ? name.length < own.length : name.length !== own.length) return false;
  return own.every((part, at) => part === '*' || part === name[at]);
}

describe('PatternTrie', () => {
  test('finds what a slow comparison of all patterns finds, while they come and go', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = new Random(seed);
      const words = ['a', 'b', 'c', '__proto__', 'constructor'];
      const word = () => random.pick(words);
      const trie = new PatternTrie<number>();
      const kept = new Map<number, readonly string[]>();
      for (let step = 0; step < 150; step++) {
        if (random.chance(0.6) || kept.size === 0) {
          const pattern = Array.from({ length: 1 + random.int(4) }, () => (random.chance(0.3) ? '*' : word()));
          if (random.chance(0.3)) pattern.push('**');
          trie.add(pattern, step);
          kept.set(step, pattern);
        } else {
          const [value, pattern] = random.pick([...kept]);
          expect(trie.remove(pattern, value)).toBe(true);
          expect(trie.remove(pattern, value)).toBe(false);
          kept.delete(value);
        }
        const name = Array.from({ length: 1 + random.int(5) }, word);
        const wanted = [...kept].filter(([, pattern]) => fits(pattern, name)).map(([value]) => value);
        expect(trie.match(name).sort((x, y) => x - y), `seed ${seed}: ${name.join('.')}`).toEqual(wanted);
        expect(trie.size).toBe(kept.size);
        expect(trie.all().sort((x, y) => x - y)).toEqual([...kept.keys()]);
      }
    }
  });

  test('keeps nothing of what is removed', () => {
    const trie = new PatternTrie<number>();
    const empty = JSON.stringify(trie);
    for (let n = 0; n < 100; n++) trie.add(['a', `k${n}`, '*', '**'], n);
    for (let n = 0; n < 100; n++) trie.remove(['a', `k${n}`, '*', '**'], n);
    expect(JSON.stringify({ ...trie, version: 0 })).toBe(empty);
  });
});
