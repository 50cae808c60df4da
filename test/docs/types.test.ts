import { beforeAll, describe, expect, it } from 'vitest';
import { complaints } from './compile.js';
import { publicSymbols } from './doors.js';
import { runnable } from './page.js';
import { guides } from './pages.js';

/** One program for everything: the compiler reads src, zod and the types of Node once. */
const LIMIT_MS = 120_000;

const symbols = publicSymbols();

/** What an example has in scope: everything that the doors export, and zod. */
const HEAD =
  ["import { z } from 'zod';", ...[...new Set(symbols.map((symbol) => symbol.from))].map(importOf)].join('\n');

function importOf(door: string): string {
  const names = symbols.filter((symbol) => symbol.from === door && symbol.kind !== 'member').map(
    (symbol) => (symbol.kind === 'type' ? `type ${symbol.name}` : symbol.name),
  );
  return `import { ${names.join(', ')} } from '${door}';`;
}

const blocks = ['README.md', ...guides()].flatMap(runnable).map(
  (block): [string, string] => [`page-${block.place.replaceAll(/[^\w.]/g, '-')}.ts`, block.code],
);
const examples = symbols.flatMap((symbol) => symbol.examples.map((text, at): [string, string] =>
  [
    `example-${symbol.name}-${at}.ts`,
    `${HEAD}\nasync function example(system: System): Promise<void> {\n${text}\n}\n`,
  ]));
const wrong: [string, string] = [
  'wrong.ts', "import { createSystem } from 'castcall';\ncreateSystem({ nme: 'x' });\n",
];

describe('the code of the documentation', () => {
  let found: string[] = [];
  beforeAll(() => {
    found = complaints(new Map([...blocks, ...examples, wrong]));
  }, LIMIT_MS);

  it('compiles, in README.md and the guides, as strict modules', () => {
    expect(blocks.length).toBeGreaterThan(8);
    expect(found.filter((line) => line.startsWith('test/docs/page-'))).toEqual([]);
  });

  it('compiles, in every @example, with what an example has in scope', () => {
    expect(examples.length).toBeGreaterThan(25);
    expect(found.filter((line) => line.startsWith('test/docs/example-'))).toEqual([]);
  });

  it('is found when it is wrong', () => {
    expect(found.filter((line) => line.startsWith('test/docs/wrong.ts'))).toEqual(
      [expect.stringContaining(':2: Object literal may only specify known properties')],
    );
  });
});
