import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from './doors.js';
import { missingIn, namedIn } from './verbs.js';

const page = readFileSync(join(root, 'docs/guides/castcall-for-erlang.md'), 'utf8');

describe('the table of docs/guides/castcall-for-erlang.md', () => {
  it('names verbs, exports and options that exist', () => {
    const named = namedIn(page);
    expect(named.length).toBeGreaterThan(150);
    expect(missingIn(named)).toEqual([]);
  });

  it('has no row that is not read: three columns, and code or a dash in the middle', () => {
    const table = page.slice(page.indexOf('## The table'), page.indexOf('## A gen_server'));
    const rows = table.split('\n').filter((line) => line.startsWith('| ') && !/^\| (Erlang|Elixir)/.test(line));
    expect(rows.filter((row) => !/^\| .+? \| (–|.*`[^`]+`.*) \| .+ \|$/.test(row))).toEqual([]);
  });
});

describe('a name that does not exist', () => {
  it.each([
    ['self.spown(body)', 'self.spown'], [
      'system.receive()', 'system.receive',
    ], ['nobody.spawn()', 'nobody.spawn'], ['defineServer({ init })', 'defineServer'],
    ['self.stop(r).answer(v)', 'transition.answer'], [
      'self.spawn(body, { linked: true })', '{ linked }',
    ], ['self.timers.sendIntervall(ms, m)', 'self.timers.sendIntervall'],
  ])('is found: %s', (span, missing) => {
    expect(missingIn([span])).toEqual([missing]);
    expect(
      namedIn(
        `## The table\n| Erlang | castcall | difference |\n|---|---|---|\n| \`x\` | \`${span}\` | – |\n## Next`,
      ),
    ).toEqual([span]);
  });
});
