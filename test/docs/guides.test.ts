import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from './doors.js';
import { fences, printed, runnable } from './page.js';
import { guides } from './pages.js';

describe.each(guides())('%s', (page) => {
  it('shows no TypeScript that is not run', () => {
    expect(fences(page).filter((info) => info !== 'ts run')).toEqual([]);
  });

  for (const block of runnable(page)) {
    it(`prints what it says: ${block.place}`, async () => {
      expect(await printed(block)).toEqual(block.prints);
    });
  }
});

describe('docs/guides/errors.md', () => {
  const listed = new Set([
    ...readFileSync(join(root, 'docs/guides/errors.md'), 'utf8').matchAll(/^\| (`[A-Z_`, ]+`) \|/gm),
  ].flatMap((row) => [...(row[1] ?? '').matchAll(/[A-Z_]+/g)].map(String)));

  it('lists every code that the source raises', () => {
    const raised = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFileSync(join(root, 'src', file), 'utf8').replaceAll(/^\s*\*.*$/gm, ''))
      .flatMap((text) => [...text.matchAll(/'([A-Z]+(?:_[A-Z]+)+)'/g)].map((match) => match[1] ?? ''));
    // of a kernel without a system, which users cannot meet; no codes at all
    const internal = ['PORT_UNFILLED', 'NODE_ENV', 'HANDLER_EXIT', 'CANCEL_TIMER', 'READ_TIMER'];
    expect(raised).toContain('CALL_CYCLE');
    expect([...new Set(raised)].filter((code) => !listed.has(code) && !internal.includes(code))).toEqual([]);
  });

  it('lists every code of a CallError, and START_FAILED', () => {
    const union =
      /type CallErrorCode =([^;]+);/.exec(readFileSync(join(root, 'src/base/errors.ts'), 'utf8'))?.[1] ?? '';
    const codes = [...union.matchAll(/'([A-Z_]+)'/g)].map((match) => match[1] ?? '');
    expect(codes).toContain('NOPROC');
    expect(codes.filter((code) => !listed.has(code))).toEqual([]);
  });
});

describe('the guides', () => {
  it('contain code', () => {
    expect(guides().flatMap(runnable).filter((block) => block.prints.length > 0).length).toBeGreaterThan(5);
  });
});
