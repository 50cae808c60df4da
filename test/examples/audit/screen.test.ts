import { describe, expect, it } from 'vitest';
import type { SystemStats } from '../../../src/index.js';
import type { TreeNode } from '../../../src/observe/public.js';
import { agentsUnder } from '../../../examples/audit/census.js';
import { LineDisplay, type View } from '../../../examples/audit/output/display.js';
import { renderScreen, ScreenDisplay } from '../../../examples/audit/output/screen.js';

const node = (
  type: TreeNode['type'], id: string, children: TreeNode[] = [], more: Partial<TreeNode> = {},
): TreeNode =>
  ({
    pid: `pid-${id}` as TreeNode['pid'], name: undefined, id, type, definition: type,
    status: 'idle', mailbox: 0, restarts: 0, children, ...more,
  });

const parsers = Array.from({ length: 12 }, (_, index) =>
  node('agent', `parser-${index + 1}`, [], { name: `parser-${index + 1}`, mailbox: index, restarts: 1 }));
const tree = [node('supervisor', 'audit', [
  node('agent', 'ledger', [], { status: 'running' }),
  node('supervisor', 'crew', [node('supervisor', 'parsers', parsers.toReversed()), node('agent', 'writer')]),
])];
const stats = { handled: 1_000, queued: 66, crashes: 1, restarts: 12 } as SystemStats;
const view: View = {
  totals: { found: 10, done: 5, bytes: 2_000, packages: 1 },
  reading: new Map([['pid-parser-1', 'a\x1b[2Jb.js']]), tree,
  stats,
};
const moment = { title: 'title', elapsedMs: 1_500, messagesPerSecond: 2_000 };

describe('agentsUnder', () => {
  it('finds agents at any depth below the one that is asked for, and nobody else', () => {
    expect(agentsUnder(tree, 'crew').map(({ id }) => id)).toHaveLength(13);
    expect(agentsUnder(tree, 'crew').some(({ id }) => id === 'ledger')).toBe(false);
    expect(agentsUnder(tree, 'nobody')).toEqual([]);
  });
});

describe('renderScreen', () => {
  it('shows the tree in the order of names', () => {
    expect(renderScreen(view, moment, { columns: 60, rows: 40 }).join('\n')).toMatchInlineSnapshot(`
      "title · 1.5 s
      ███████████████░░░░░░░░░░░░░░░ 5 of 10 files, 2.0 kB, 1 pac…
      1,000 messages (2,000/s), 66 in mailboxes, 1 crash, 12 rest…
      agents: 13 idle, 1 running

      audit                    0 restarts
        ledger                 running       0
        crew                   0 restarts
          writer               idle          0
          parsers              12 restarts
            parser-1           idle          0            a?[2Jb.…
            parser-2           idle          1 ▪
            parser-3           idle          2 ▪▪
            parser-4           idle          3 ▪▪▪
            parser-5           idle          4 ▪▪▪▪
            parser-6           idle          5 ▪▪▪▪▪
            parser-7           idle          6 ▪▪▪▪▪▪
            parser-8           idle          7 ▪▪▪▪▪▪▪
            parser-9           idle          8 ▪▪▪▪▪▪▪▪
            parser-10          idle          9 ▪▪▪▪▪▪▪▪▪
            parser-11          idle         10 ▪▪▪▪▪▪▪▪▪▪
            parser-12          idle         11 ▪▪▪▪▪▪▪▪▪▪"
    `);
  });

  it('stays within the terminal, whatever its size', () => {
    for (const [columns, rows] of [[80, 24], [40, 14], [20, 8], [1, 1], [200, 3]] as const) {
      const lines = renderScreen(view, moment, { columns, rows });
      expect(lines.length).toBeLessThanOrEqual(rows);
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
    }
    expect(renderScreen(view, moment, { columns: 80, rows: 14 }).join('\n'))
      .toMatch(/parser-3 .*\n.*… 9 more\s+63/);
  });

  it('lets no file name move the cursor', () => {
    expect(renderScreen(view, moment, { columns: 80, rows: 40 }).join('\n')).toContain('a?[2Jb.js');
  });
});

describe('displays', () => {
  it('leave the terminal as they found it', () => {
    let written = '';
    const display = new ScreenDisplay(
      'title', (text) => { written += text; }, () => ({ columns: 80, rows: 24 }),
    );
    display.close();
    expect(written).toBe('');
    display.show(view);
    display.show(view);
    display.close();
    display.close();
    expect(written.split('\x1b[?1049h')).toHaveLength(2);
    expect(written.endsWith('\x1b[?25h\x1b[?1049l')).toBe(true);
  });

  it('keep their rhythm for whoever shows next', () => {
    let written = '';
    const display = new LineDisplay((text) => { written += text; });
    const due = display.dueInMs();
    expect(due).toBeGreaterThan(0);
    expect(due).toBeLessThanOrEqual(1_000);
    display.show(view);
    expect(written).toBe('5 of 10 files, 2.0 kB; 1,000 messages, 1 crash, 12 restarts\n');
  });
});
