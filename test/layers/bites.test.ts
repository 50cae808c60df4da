import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkSources, checkTests, wideOf1000 } from './check.js';
import { doorNamesMax, doorways, functionLinesMax, layers } from './layers.js';
import type { Violation } from './check.js';

let root: string;
beforeEach(() => { root = mkdtempSync(join(tmpdir(), 'castcall-layers-')); });
afterEach(() => { rmSync(root, { recursive: true, force: true }); });

function plant(tree: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(tree)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

function check(tree: Readonly<Record<string, string>>): Violation[] {
  plant(tree);
  return checkSources(root);
}

function found(rule: Violation['rule'], file: string, line: number, detail: string): Violation[] {
  return [{ rule, file, line, detail }];
}

const lines = (count: number): string => Array.from({ length: count }, (_, n) => `// ${n}\n`).join('');

const rightTree = {
  'index.ts': `export { a } from './base/index.js';\nexport { s } from './supervisor/public.js';\nexport type { D } from './delivery/index.js';\n`,
  'base/index.ts': `export { a, startedAt } from './clock.js';\nexport { newId } from './id.js';\n`,
  'base/clock.ts': `export const a = 1;\nexport const startedAt = performance.now() + Date.now();\nsetTimeout(() => {}, 1);\n`,
  'base/id.ts': `import { nanoid } from 'nanoid';\nexport const newId = (): string => nanoid();\n`,
  'base/options.ts': `import { z } from 'zod';\nexport const zod = z;\n`,
  'mailbox/index.ts': `export { m } from './fifo.js';\n`,
  'mailbox/fifo.ts': `import { a } from '../base/index.js';\nexport const m = a;\n`,
  'process/index.ts': [
    `import { m } from '../mailbox/index.js';`,
    `export interface Process { delete(): void; readonly process: number; setTimeout?: Date }`,
    `export function run(process: { env: number; nextTick(): void }, performance = 1): number {`,
    `  process.nextTick();`,
    `  const console = { log: process.env, process };`,
    `  return m + console.log + performance + Math.max(1, 2);`,
    `}`,
    `export type Handle = ReturnType<typeof setTimeout>;`,
  ].join('\n'),
  'supervisor/index.ts': `export const s = 1;\n`,
  'supervisor/public.ts': `export { s } from './index.js';\nexport { start } from '../system/index.js';\n`,
  'delivery/index.ts': `export type { D } from './guard/index.js';\n`,
  'delivery/guard/index.ts': `export type { D } from './retry.js';\n`,
  'delivery/guard/public.ts': `export type { D } from './index.js';\nexport { s } from '../../supervisor/index.js';\n`,
  'delivery/guard/retry.ts': `import retry from 'p-retry';\nexport type D = typeof retry;\n`,
  'observe/log.ts': `import type { Logger } from 'pino';\nexport type L = Logger;\n`,
  'system/index.ts': `export const start = process.env['NODE_ENV'];\nprocess.once('SIGTERM', () => {});\n`,
};

describe('a right tree', () => {
  it('has no violation', () => {
    expect(check(rightTree)).toEqual([]);
  });
});

describe('folders', () => {
  it('finds a folder without a layer', () => {
    expect(check({ 'utils/sleep.ts': `export const a = 1;\n` })).toEqual(
      found('folder-unknown', 'utils/sleep.ts', 1, 'utils/ has no layer'),
    );
  });

  it('finds a file beside index.ts', () => {
    expect(check({ 'helpers.ts': `export const a = 1;\n` })).toEqual(
      found('folder-unknown', 'helpers.ts', 1, 'only index.ts lives in src itself'),
    );
  });
});

describe('imports between folders', () => {
  it('finds an import of a higher folder', () => {
    expect(check({ 'mailbox/fifo.ts': `\nimport { r } from '../router/index.js';\n` }))
      .toEqual(found('import-forbidden', 'mailbox/fifo.ts', 2, '../router/index.js'));
  });

  it.each([
    ['import type', `import type { R } from '../router/index.js';`],
    ['import { type }', `import { type R } from '../router/index.js';`],
    ['export from', `export { r } from '../router/index.js';`],
    ['export type from', `export type { R } from '../router/index.js';`],
    ['an import type inside an expression', `export type R = import('../router/index.js').R;`],
    ['import()', `export const r = import('../router/index.js');`],
  ])('counts %s', (_, text) => {
    expect(check({ 'process/a.ts': `${text}\n` })).toEqual(
      found('import-forbidden', 'process/a.ts', 1, '../router/index.js'),
    );
  });

  it('finds siblings of one level that import each other', () => {
    expect(check(
      { 'supervisor/a.ts': `import '../journal/index.js';\n`, 'journal/a.ts': `import '../supervisor/index.js';\n` },
    )).toEqual([
      ...found('import-forbidden', 'journal/a.ts', 1, '../supervisor/index.js'),
      ...found('import-forbidden', 'supervisor/a.ts', 1, '../journal/index.js'),
    ]);
  });

  it('finds every forbidden pair of folders and no allowed one', () => {
    const names = Object.keys(layers);
    const text = names.map((name) => `import type {} from '../${name}/index.js';\n`).join('');
    const pairs = check(Object.fromEntries(names.map((name) => [`${name}/a.ts`, text])));
    const expected = names.flatMap((name) => names
      .filter((other) => other !== name && layers[name]?.imports.includes(other) !== true)
      .map((other) => `${name} ${other}`));
    expect(pairs.map(({ file, detail }) => `${file.split('/')[0]} ${detail.split('/')[1]}`).sort()).toEqual(
      expected.sort(),
    );
  });

  it('finds an import past the index of another folder', () => {
    expect(check({ 'mailbox/a.ts': `import { link } from '../base/ring.js';\n` })).toEqual(
      found('import-deep', 'mailbox/a.ts', 1, '../base/ring.js'),
    );
  });

  it('finds an import past the index from a nested file', () => {
    expect(check({ 'supervisor/static/a.ts': `import '../../base/index.js';\nimport '../../base/ring.js';\n` }))
      .toEqual(found('import-deep', 'supervisor/static/a.ts', 2, '../../base/ring.js'));
  });

  it('finds an import past the index in src/index.ts', () => {
    expect(check({ 'index.ts': `export { a } from './base/ring.js';\n` })).toEqual(
      found('import-deep', 'index.ts', 1, './base/ring.js'),
    );
  });

  it.each(
    ['../index.js', './public.js', '../supervisor/public.js', '../behaviour/statem/public.js'],
  )('finds an inner file that goes through the door %s', (specifier) => {
    expect(check({ 'system/a.ts': `import '${specifier}';\n` })).toEqual(
      found('import-door', 'system/a.ts', 1, specifier),
    );
  });

  it('finds an import out of the root', () => {
    expect(check({ 'system/a.ts': `import '../../test/kit.js';\n` })).toEqual(
      found('import-forbidden', 'system/a.ts', 1, '../../test/kit.js'),
    );
  });
});

describe('the public types', () => {
  it('may be imported from their file by every folder but base', () => {
    expect(check({
      'api/pid.ts': `import type { Reason } from '../base/index.js';\nexport class Down { constructor(readonly reason: Reason) {} }\n`,
      'api/refs.ts': `import type { Down } from './pid.js';\nexport type Told = Down;\nexport const anything: unique symbol = Symbol('anything');\n`,
      'mailbox/a.ts': `import type { Down } from '../api/pid.js';\nexport type D = Down;\n`,
      'supervisor/core/a.ts': `import { Down } from '../../api/pid.js';\nexport const D = Down;\n`,
      'index.ts': `export type { Told } from './api/refs.js';\n`,
    })).toEqual([]);
    expect(check({ 'base/a.ts': `import type { Down } from '../api/pid.js';\n` })).toEqual(
      found('import-forbidden', 'base/a.ts', 1, '../api/pid.js'),
    );
  });

  it.each(Object.keys(layers).filter((name) => name !== 'api' && name !== 'base'))(
    'finds one that names a type of %s', (name) => {
      expect(check({ 'api/a.ts': `import type { A } from '../${name}/index.js';\n` })).toEqual(
        found('import-forbidden', 'api/a.ts', 1, `../${name}/index.js`),
      );
    },
  );

  it.each(['export function f(): void {}', 'export const f = (): void => {};'])('finds what acts: %s', (text) => {
    expect(check({ 'api/a.ts': `\n${text}\n`, 'router/a.ts': `${text}\n` })).toEqual(
      found('door-function', 'api/a.ts', 2, 'what acts belongs into a room'),
    );
  });

  it('finds a file with 61 names and lets 60 pass', () => {
    const types = (count: number): string =>
      Array.from({ length: count }, (_, n) => `export type T${n} = ${n};\n`).join('');
    expect(check({ 'api/a.ts': types(doorNamesMax), 'api/b.ts': types(doorNamesMax + 1) })).toEqual(
      found('door-wide', 'api/b.ts', 1, '61 names, at most 60'),
    );
  });
});

describe('cycles', () => {
  it('finds a run-time cycle', () => {
    expect(check({
      'base/a.ts': `import { b } from './b.js';\nexport const a = () => b;\n`,
      'base/b.ts': `import { c } from './c.js';\nexport const b = () => c;\n`,
      'base/c.ts': `import { a } from './a.js';\nexport const c = () => a;\n`,
    })).toEqual(found('import-cycle', 'base/a.ts', 1, 'base/a.ts -> base/b.ts -> base/c.ts -> base/a.ts'));
  });

  it('counts `import { type }`, which loads the file', () => {
    expect(check({ 'base/a.ts': `import { type B } from './b.js';\n`, 'base/b.ts': `import './a.js';\n` }))
      .toEqual(found('import-cycle', 'base/a.ts', 1, 'base/a.ts -> base/b.ts -> base/a.ts'));
  });

  it('lets types go round', () => {
    expect(check({
      'base/a.ts': `import type { B } from './b.js';\nexport type A = B;\n`,
      'base/b.ts': `import { type A } from './a.js';\nexport type B = A;\n`,
    }))
      .toEqual([]);
  });
});

describe('raw things', () => {
  it.each([
    ['Date', `const t = Date.now();`],
    ['Date', `const t = new Date();`],
    ['performance', `performance.now();`],
    ['setTimeout', `setTimeout(() => {}, 1);`],
    ['setInterval', `const arm = setInterval;`],
    ['setImmediate', `const ports = { setImmediate };`],
    ['queueMicrotask', `queueMicrotask(() => {});`],
    ['setTimeout', `globalThis.setTimeout(() => {}, 1);`],
    ['setTimeout', `globalThis['setTimeout'](() => {}, 1);`],
    ['AbortSignal.timeout', `AbortSignal.timeout(1);`],
    ['process.nextTick', `process.nextTick(() => {});`],
    ['process.env', `const { env } = process;`],
    ['process.env', `globalThis.process.env;`],
    ['process.memoryUsage', `process.memoryUsage();`],
    ['process', `const host = process;`],
    ['process', `const host = { process };`],
    ['Math.random', `const n = Math.random();`],
    ['Math.random', `const { random } = Math;`],
    ['crypto', `crypto.randomUUID();`],
    ['console', `console.log(1);`],
    ['fetch', `const go = (get = fetch) => get;`],
    ['Worker', `class Own extends Worker {}`],
  ])('finds %s in %s', (name, text) => {
    expect(check({ 'process/a.ts': `\n${text}\n` })).toEqual(found('raw', 'process/a.ts', 2, name));
  });

  it('keeps the clock in base and the environment in system', () => {
    expect(check({ 'base/a.ts': `process.env;\n`, 'system/a.ts': `Date.now();\n` })).toEqual([
      ...found('raw', 'base/a.ts', 1, 'process.env'),
      ...found('raw', 'system/a.ts', 1, 'Date'),
    ]);
  });

  it.each([
    'node:fs', 'fs', 'node:net', 'node:worker_threads', 'node:timers/promises', 'node:crypto', 'node:process',
    'node:util',
  ])('finds an import of %s', (name) => {
    expect(check({ 'router/a.ts': `import '${name}';\n` })).toEqual(found('builtin', 'router/a.ts', 1, name));
  });

  it('lets a folder import the modules of Node that its row names', () => {
    expect(
      check({ 'base/a.ts': `import { performance } from 'node:perf_hooks';\n`, 'journal/a.ts': `import 'node:fs';\n` }),
    ).toEqual([]);
  });
});

describe('packages', () => {
  it.each(Object.keys(doorways))('finds %s outside its doorway', (name) => {
    expect(check({ 'system/a.ts': `import '${name}';\n` })).toEqual(found('package', 'system/a.ts', 1, name));
  });

  it.each(Object.entries(doorways))('lets %s through %s', (name, path) => {
    expect(check({ [path]: `import '${name}';\nimport '${name}/part';\n` })).toEqual([]);
  });

  it.each(['lodash', '@scope/name', 'castcall'])('finds %s, which has no doorway', (name) => {
    expect(check({ 'base/id.ts': `import type {} from '${name}';\n` })).toEqual(
      found('package', 'base/id.ts', 1, name),
    );
  });
});

describe('rooms', () => {
  it('lets a room import a lower one, and a folder use its rooms, through doors', () => {
    expect(check({
      'process/index.ts': `export { p } from './record/index.js';\nexport { k } from './kernel/index.js';\n`,
      'process/record/index.ts': `export { p } from './process.js';\n`,
      'process/record/process.ts': `export const p = 1;\n`,
      'process/kernel/index.ts': `export { k } from './kernel.js';\n`,
      'process/kernel/kernel.ts': `import { p } from '../record/index.js';\nexport const k = p;\n`,
      'router/names/names.ts': `import { k } from '../../process/kernel/index.js';\nexport const n = k;\n`,
      'behaviour/gen/sys/sys.ts': `export { a } from '../a.js';\n`,
      'behaviour/gen/a.ts': `export const a = 1;\n`,
    })).toEqual([]);
  });

  it.each([
    ['a higher room', 'process/record/a.ts', `import { b } from '../kernel/b.js';`, '../kernel/b.js'],
    [
      'a type of a higher room', 'process/record/a.ts',
      `import type { B } from '../kernel/index.js';`, '../kernel/index.js',
    ],
    ['a sibling', 'behaviour/statem/a.ts', `import { b } from '../agent/b.js';`, '../agent/b.js'],
    ['agents from event managers', 'behaviour/event/a.ts', `import { b } from '../agent/b.js';`, '../agent/b.js'],
    ['agents from registries', 'behaviour/names/a.ts', `import { b } from '../agent/b.js';`, '../agent/b.js'],
    ['plain processes from tasks', 'behaviour/task/a.ts', `import { b } from '../plain/b.js';`, '../plain/b.js'],
    [
      'a type of a sibling', 'behaviour/statem/a.ts', `import type { B } from '../agent/b.js';`,
      '../agent/b.js',
    ],
    [
      'a sibling, from a shelf', 'behaviour/gen/sys/a.ts', `import { b } from '../../agent/b.js';`,
      '../../agent/b.js',
    ],
    ['a file of the folder itself', 'supervisor/core/a.ts', `import type { B } from '../b.js';`, '../b.js'],
  ])('finds a room that imports %s', (_, file, text, specifier) => {
    expect(check({ [file]: `${text}\n` })).toEqual(found('room', file, 1, specifier));
  });

  it.each([
    [
      'its own folder', 'process/kernel/a.ts', `import { p } from '../record/process.js';`,
      '../record/process.js',
    ],
    [
      'a type there', 'process/kernel/a.ts', `import type { P } from '../record/process.js';`,
      '../record/process.js',
    ],
    ['the folder around it', 'router/router.ts', `import { n } from './names/names.js';`, './names/names.js'],
    [
      'another folder', 'router/names/a.ts', `import { p } from '../../process/record/p.js';`,
      '../../process/record/p.js',
    ],
  ])('finds an import past the door of a room in %s', (_, file, text, specifier) => {
    expect(check({ [file]: `${text}\n` })).toEqual(found('import-deep', file, 1, specifier));
  });

  it('finds a room that is not in the table, and one in a flat folder', () => {
    expect(check({ 'process/other/a.ts': '', 'observe/a/b.ts': '' })).toEqual([
      ...found('room-unknown', 'observe/a/b.ts', 1, 'observe/a/ is no room of observe'),
      ...found('room-unknown', 'process/other/a.ts', 1, 'process/other/ is no room of process'),
    ]);
  });

  it('finds a folder of 23 files and lets 22 pass', () => {
    plant(Object.fromEntries(Array.from({ length: 22 }, (_, n) => [`router/request/f${n}.ts`, ''])));
    expect(checkSources(root)).toEqual([]);
    expect(check({ 'router/request/g.ts': '' })).toEqual(
      found('folder-full', 'router/request', 1, '23 files, at most 22'),
    );
  });
});

describe('the hot folders', () => {
  it.each([
    ['async function', `export async function f(): Promise<void> {}`],
    ['async function', `export const f = async (): Promise<void> => {};`],
    ['async function', `export class A { async *f(): AsyncGenerator<number> { yield 1; } }`],
    ['delete', `export const f = (o: { a?: 1 }): boolean => delete o.a;`],
    ['forEach', `export const f = (o: number[]): void => { o.forEach(() => {}); };`],
  ])('finds %s in %s', (name, text) => {
    for (const folder of ['base', 'mailbox', 'process']) {
      plant({ [`${folder}/a.ts`]: `${text}\n`, [`router/${folder}.ts`]: `${text}\n` });
    }
    expect(checkSources(root)).toEqual(
      ['base', 'mailbox', 'process'].flatMap((folder) => found('hot', `${folder}/a.ts`, 1, name)),
    );
  });
});

describe('sizes', () => {
  it('finds a file of 401 lines and lets 400 pass', () => {
    expect(check({ 'base/long.ts': lines(401), 'base/just.ts': lines(400) })).toEqual(
      found('file-long', 'base/long.ts', 1, '401 lines, at most 400'),
    );
  });

  it('finds a test file of 401 lines', () => {
    plant({ 'router/call.test.ts': lines(401), 'router/cast.test.ts': lines(400) });
    expect(checkTests(root)).toEqual(found('file-long', 'router/call.test.ts', 1, '401 lines, at most 400'));
  });

  it('counts wide lines of 1,000', () => {
    plant({ 'a.ts': `${'x'.repeat(121)}\n${'x'.repeat(120)}\n\n` });
    expect(wideOf1000(root)).toBe(250);
  });

  it('finds tests that sleep', () => {
    plant({
      'a.test.ts': 'await sleep(50);\nawait sleep(51);\nsetTimeout(done, 1_000);\nself.sleep(70);\nsetInterval(tick, 5);\n',
    });
    expect(checkTests(root)).toEqual([
      ...found('sleep', 'a.test.ts', 2, '51 ms, at most 50: use virtual time'),
      ...found('sleep', 'a.test.ts', 3, '1000 ms, at most 50: use virtual time'),
    ]);
  });

  it.each([
    ['f', 'export function f(): void {', '}'],
    ['function', 'export const f = (): void => {', '};'],
    ['f', 'export class A { f(): void {', '} }'],
  ])('finds a long %s in %s', (name, head, foot) => {
    const body = (count: number): string => `\n${head}\n${lines(count - 2)}${foot}\n`;
    expect(check({ 'router/long.ts': body(functionLinesMax + 1), 'router/just.ts': body(functionLinesMax) }))
      .toEqual(found('function-long', 'router/long.ts', 2, `${name}: 71 lines, at most 70`));
  });
});
