import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseRequest } from '../../examples/audit/options.js';
import { root } from './doors.js';
import { fences, printed, runnable } from './page.js';
import { guides } from './pages.js';

const text = readFileSync(join(root, 'README.md'), 'utf8');

describe('README.md', () => {
  it('has a quick start that prints something, and no other TypeScript', () => {
    expect(runnable('README.md')[0]?.prints.length).toBeGreaterThan(3);
    expect(fences('README.md').filter((info) => info !== 'ts run')).toEqual([]);
  });

  for (const block of runnable('README.md')) {
    it(`trap K: prints what it says: ${block.place}`, async () => {
      expect(await printed(block)).toEqual(block.prints);
    });
  }

  it('names the two commands of a newcomer', () => {
    expect(text).toContain('npm ci && npm start');
    expect(text).toContain('npm ci && npm test');
  });

  it('lists every flag of the audit, and no other', () => {
    const flags = [...text.matchAll(/^\| `(--[a-z-]+)/gm)].map((match) => match[1] ?? '');
    expect([...flags].sort()).toEqual([
      '--chaos', '--json', '--kill', '--no-durable', '--out', '--seed', '--workers',
    ]);
    for (const flag of flags) {
      expect(parseRequest(
        [flag, ...(['--json', '--kill', '--no-durable'].includes(flag)
          ? []
          : [flag === '--chaos' ? 'high' : flag === '--out' ? 'nowhere' : '3'])], root,
      ).kind).toBe('audit');
    }
  });
});

describe.each(['README.md', ...guides()])('the links of %s', (page) => {
  const links = [...readFileSync(join(root, page), 'utf8').matchAll(/\]\(([^)#\s]*)(?:#([^)\s]*))?\)/g)].map(
    (match) => ({ file: match[1] ?? '', anchor: match[2] }),
  );

  it('lead to files that exist', () => {
    expect(links.filter(({ file }) => !file.startsWith('http') && !existsSync(join(root, dirname(page), file))))
      .toEqual([]);
  });

  it('lead to headings that exist', () => {
    const missing = links.filter(({ file, anchor }) =>
      anchor !== undefined && !anchors(file === '' ? page : join(dirname(page), file)).includes(anchor));
    expect(missing).toEqual([]);
  });
});

/** As GitHub makes them from headings. */
function anchors(page: string): string[] {
  return [...readFileSync(join(root, page), 'utf8').matchAll(/^#+ (.+)$/gm)].map(
    (match) => (match[1] ?? '').toLowerCase().replaceAll(/[^\w\s-]/g, '').replaceAll(' ', '-'),
  );
}
