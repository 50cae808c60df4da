import { describe, expect, it } from 'vitest';
import { findDuplicates, findRepeatedPackages, wasteOf } from '../../../examples/audit/rules/duplicate.js';
import type { FileFacts } from '../../../examples/audit/findings.js';
import { shardOf } from '../../../examples/audit/rules/shard.js';
import { tally } from '../../../examples/audit/check/tally.js';
import { packageNamed } from './sample.js';

const file = (path: string, sha256: string, bytes = 10): FileFacts => ({ path, sha256, bytes });

describe('findDuplicates', () => {
  it('groups equal contents, the most wasteful group first', () => {
    const groups =
      findDuplicates(
        [file('b', 'x'), file('a', 'x'), file('c', 'y', 1), file('d', 'z', 50), file('e', 'z', 50)],
      );
    expect(groups).toEqual([
      { sha256: 'z', bytes: 50, paths: ['d', 'e'] },
      { sha256: 'x', bytes: 10, paths: ['a', 'b'] },
    ]);
    expect(groups.map(wasteOf)).toEqual([50, 10]);
  });

  it('does not depend on the order of the files', () => {
    const files = [file('a', 'x'), file('b', 'x'), file('c', 'y'), file('d', 'y')];
    expect(findDuplicates(files.toReversed())).toEqual(findDuplicates(files));
  });

  it('leaves empty files alone', () => {
    expect(findDuplicates([file('a', 'e', 0), file('b', 'e', 0)])).toEqual([]);
  });
});

describe('findRepeatedPackages', () => {
  it('finds several versions, and one version in several places', () => {
    const repeated = findRepeatedPackages([
      packageNamed('a', '1.0.0', 'a'), packageNamed('a', '2.0.0', 'x/node_modules/a'),
      packageNamed(
        'b', '1.0.0', 'b',
      ), packageNamed('b', '1.0.0', 'x/node_modules/b'), packageNamed('b', null, 'y/node_modules/b'),
      packageNamed('c', '1.0.0', 'c'),
    ]);
    expect(repeated.map(({ name, versions }) => [name, [...versions]])).toEqual([
      ['b', [['1.0.0', ['b', 'x/node_modules/b']], ['?', ['y/node_modules/b']]]],
      ['a', [['1.0.0', ['a']], ['2.0.0', ['x/node_modules/a']]]],
    ]);
  });
});

describe('shardOf', () => {
  it('sends equal hashes to one shard, within range', () => {
    expect(shardOf('ffffffff00', 8)).toBe(7);
    expect(shardOf('00000000ff', 8)).toBe(0);
    expect(shardOf('0000000aff', 8)).toBe(2);
  });
});

describe('tally', () => {
  it('finds what is missing, what came twice and what nobody expected', () => {
    expect(tally(['a', 'b', 'c'], ['a', 'a', 'c', 'x'])).toEqual({ lost: ['b'], duplicated: ['a', 'x'] });
    expect(tally(['a'], ['a'])).toEqual({ lost: [], duplicated: [] });
    expect(tally([], [])).toEqual({ lost: [], duplicated: [] });
  });
});
