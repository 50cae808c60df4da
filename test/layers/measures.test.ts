import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { counterWritesMax, doorNamesMax, knotFilesMax, neversMax, rootNamesMax } from './layers.js';
import { measure, twice, type Measures } from './measures.js';
import { readTree } from './source.js';

describe('the measures of the house', () => {
  const house = measure(readTree(fileURLToPath(new URL('../../src', import.meta.url))).sources);

  it('no door is wider than one looks through', () => {
    expect(house.doors.filter(([, names]) => names > doorNamesMax)).toEqual([]);
  });

  it('the root of the package has what an application needs, and each other door what some need', () => {
    const counts = new Map(house.packageDoors.map(([path, names]) => [path, names.length]));
    expect(counts.get('index.ts')).toBeLessThanOrEqual(rootNamesMax);
    counts.delete('index.ts');
    expect([...counts].filter(([, names]) => names > doorNamesMax)).toEqual([]);
  });

  it('no name leaves by two doors of the package, nor by one that opens everything', () => {
    expect(twice(house.packageDoors)).toEqual([]);
    const names = house.packageDoors.flatMap(([, all]) => all);
    expect(names.filter((name) => !/^\w+$/.test(name))).toEqual([]);
  });

  it('every door of the package is an entry of package.json, and every entry a door', () => {
    const { exports } = JSON.parse(
      readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
    ) as { exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>> };
    const entries = Object.values(exports).flatMap((entry) => (typeof entry === 'string' ? [] : [entry]));
    const sources = house.packageDoors.map(([path]) => `./dist/${path}`);
    expect(entries.map((entry) => entry.default.replace(/\.js$/, '.ts')).sort()).toEqual([...sources].sort());
    expect(entries.map((entry) => entry.types.replace(/\.d\.ts$/, '.ts')).sort()).toEqual([...sources].sort());
  });

  it('no knot of types is larger than one holds in mind', () => {
    expect(house.knots.filter(({ length }) => length > knotFilesMax)).toEqual([]);
  });

  it('the counters are written by the account', () => {
    expect(house.counterWrites.length, house.counterWrites.join('\n')).toBeLessThanOrEqual(counterWritesMax);
  });

  it('few types are bridged by never', () => {
    expect(house.nevers.length, house.nevers.join('\n')).toBeLessThanOrEqual(neversMax);
  });
});

describe('a wrong tree', () => {
  let root: string;
  beforeEach(() => { root = mkdtempSync(join(tmpdir(), 'castcall-measures-')); });
  afterEach(() => { rmSync(root, { recursive: true, force: true }); });

  function of(tree: Readonly<Record<string, string>>): Measures {
    for (const [path, text] of Object.entries(tree)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    return measure(readTree(root).sources);
  }

  it('counts the names of a door, whatever they are', () => {
    expect(of({
      'base/index.ts': `export { a, type B } from './a.js';\nexport const c = 1;\nexport interface D {}\nconst e = 2;\n`,
      'mailbox/fifo/index.ts': `export type { F } from '../f.js';\n`,
    }).doors).toEqual([['base', 4], ['mailbox/fifo', 1]]);
  });

  it('counts what leaves through the doors of the package, and finds what leaves twice', () => {
    const { packageDoors } = of({
      'index.ts': `export { a, type B as C } from './base/index.js';\nexport * from './base/index.js';\n`,
      'base/index.ts': `export { a, type B } from './a.js';\n`,
      'base/public.ts': `export type { C, D } from './index.js';\nexport const e = 1;\n`,
      'base/text/public.ts': `export { a } from './index.js';\n`,
      'base/text/deep/public.ts': `export { a } from './index.js';\n`,
    });
    expect(packageDoors).toEqual([
      ['base/public.ts', ['C', 'D', 'a statement: export const e = 1;']],
      ['base/text/public.ts', ['a']],
      ['index.ts', ['a', 'C', "all of './base/index.js'"]],
    ]);
    expect(twice(packageDoors)).toEqual(['C: base/public.ts, index.ts', 'a: base/text/public.ts, index.ts']);
  });

  it('lets no door open everything', () => {
    expect(of({ 'base/index.ts': `export type * from './a.js';\n` }).doors)
      .toEqual([['base', Number.POSITIVE_INFINITY]]);
  });

  it('finds files that name each other, types included, and no others', () => {
    const { knots } = of({
      'base/a.ts': `import type { B } from './b.js';\nexport type A = B;\n`,
      'base/b.ts': `import type { C } from './c.js';\nexport type B = C;\n`,
      'base/c.ts': `import type { A } from './a.js';\nimport { d } from './d.js';\nexport type C = A | typeof d;\n`,
      'base/d.ts': `export const d = 1;\n`,
    });
    expect(knots.map((knot) => [...knot].sort())).toEqual([['base/a.ts', 'base/b.ts', 'base/c.ts']]);
  });

  it('finds writes of a counter outside the mailbox, by file and line', () => {
    expect(of({
      'mailbox/account.ts': `box.sent++;\n`,
      'process/loop.ts': `if (box.size === 0) p.mailbox.handled += 1;\nbox.tally().expired++;\nkernel.signals.sent--;\n`,
    }).counterWrites).toEqual(['process/loop.ts:1', 'process/loop.ts:2', 'process/loop.ts:3']);
  });

  it('finds bridges by never', () => {
    expect(of({ 'base/a.ts': `export const a = 1;\nexport const b = a as never;\n` }).nevers)
      .toEqual(['base/a.ts:2']);
  });
});
