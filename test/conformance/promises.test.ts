import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../docs/doors.js';

interface Title { readonly file: string; readonly title: string }
interface Promised {
  readonly id: string;
  readonly title: string;
  readonly state: string;
  readonly tests: readonly string[];
  readonly reason?: string
}

const { allTitles } = await import(/* @vite-ignore */ join(root, 'scripts/conformance/titles.mjs')) as {
  allTitles(folder: string): Title[]
};
const titles = allTitles(join(root, 'test'));
const promises = JSON.parse(readFileSync(join(root, 'docs/promises.json'), 'utf8')) as Promised[];

const IDS = Array.from({ length: 40 }, (_, n) => `P${n + 1}`);
const TRAPS = [...'ABCDEFGHIJKLM'].map((letter) => `trap ${letter}`);
const SCENARIOS = ['C1', 'C4', 'C5', 'C6'];

const names = (title: string, id: string): boolean => new RegExp(`(?<![\\w-])${id}(?!\\d)`).test(title);

/** What is wrong with the list, one line each. */
function problems(list: readonly Promised[], tests: readonly Title[]): string[] {
  const found = IDS.filter((id) => list.filter((one) => one.id === id).length !== 1).map(
    (id) => `${id} stands ${list.filter((one) => one.id === id).length} times`,
  );
  for (const one of list) {
    if (!IDS.includes(one.id)) found.push(`${one.id} is no promise`);
    if (one.title === '') found.push(`${one.id} has no title`);
    for (const file of one.tests) {
      if (!existsSync(join(root, file))) found.push(`${one.id}: ${file} does not exist`);
      else if (!tests.some(
        (test) => test.file === file && names(test.title, one.id),
      )) found.push(`${one.id}: no test of ${file} names it`);
    }
    if (one.state === 'proved' ? one.tests.length === 0 : (one.reason ?? '') === '') {
      found.push(`${one.id}: ${one.state === 'proved' ? 'proved by no test' : 'no reason'}`);
    }
    if (!['proved', 'later', 'not applicable']
      .includes(one.state)) found.push(`${one.id}: '${one.state}' is no state`);
  }
  return found;
}

describe('docs/promises.json', () => {
  it('has every promise once; what it says is proved has a test that names it, the rest a reason', () => {
    expect(problems(promises, titles)).toEqual([]);
  });

  const file = 'test/conformance/promises.test.ts';
  const good = IDS.map((id): Promised => ({ id, title: 'holds', state: 'proved', tests: [file] }));
  const tests = IDS.map((id): Title => ({ file, title: `${id} holds` }));
  const [first, ...rest] = good as [Promised, ...Promised[]];

  it.each<[string, readonly Promised[], readonly Title[], string]>([
    ['a missing id', rest, tests, 'P1 stands 0 times'],
    ['a doubled id', [first, ...good], tests, 'P1 stands 2 times'],
    [
      'an unknown id', [...good, { ...first, id: 'P41' }], [...tests, { file, title: 'P41' }],
      'P41 is no promise',
    ],
    ['a title that names P10 only', good, [...tests.slice(1)], `P1: no test of ${file} names it`],
    [
      'a file that does not exist', [{ ...first, tests: ['test/no.test.ts'] }, ...rest], tests,
      'P1: test/no.test.ts does not exist',
    ],
    ['proved without a test', [{ ...first, tests: [] }, ...rest], tests, 'P1: proved by no test'],
    ['later without a reason', [{ ...first, state: 'later', tests: [] }, ...rest], tests, 'P1: no reason'],
    [
      'not applicable without a reason',
      [{ ...first, state: 'not applicable', tests: [], reason: '' }, ...rest], tests,
      'P1: no reason',
    ],
    ['another state', [{ ...first, state: 'open', reason: 'so' }, ...rest], tests, "P1: 'open' is no state"],
  ])('finds %s', (_, list, written, problem) => {
    expect(problems(good, tests)).toEqual([]);
    expect(problems(list, written)).toEqual([problem]);
  });
});

describe('a test names', () => {
  it.each(TRAPS)('%s', (trap) => {
    expect(titles.filter(({ title }) => title.includes(`${trap}: `)).map(({ file }) => file)).not.toEqual([]);
  });
  it.each(SCENARIOS)('%s', (scenario) => {
    expect(titles.filter(({ title }) => names(title, scenario)).map(({ file }) => file)).not.toEqual([]);
  });
});
