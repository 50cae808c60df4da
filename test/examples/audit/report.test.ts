import { describe, expect, it } from 'vitest';
import { bytes, count, counted, duration } from '../../../examples/audit/output/quantity.js';
import { renderReport, type Subject } from '../../../examples/audit/output/report.js';
import { nothingFound, packageNamed } from './sample.js';

const subject: Subject = { name: 'node_modules', node: '20.20.2', complete: true };

describe('renderReport', () => {
  it('is an overview when there is nothing to tell', () => {
    expect(renderReport(subject, nothingFound)).toMatchInlineSnapshot(`
      "# Audit of node\\_modules

      | What | Result |
      | --- | --- |
      | Files | 0 (0 B) in 1 directory |
      | Packages | 0 |
      | Symbolic links, not followed | 0 |
      | Pipes, sockets and devices, not opened | 0 |
      | Unreadable | 0 |
      | Duplicate contents | 0 groups, 0 B to save |
      | Packages with known advisories | 0 |
      | Packages with install scripts | 0 |
      | Packages that Node 20.20.2 does not suit | 0 |
      | Packages without a declared licence | 0 |
      "
    `);
  });

  it('tells what was found', () => {
    const report = renderReport({ ...subject, complete: false }, {
      directories: [
        { path: '', symlinks: 2, others: 0 }, { path: 'a', symlinks: 0, others: 1 },
        { path: 'b', symlinks: 0, others: 0 },
      ],
      files: [{ path: 'a/x', bytes: 1_500, sha256: 'aa' }, { path: 'b/x', bytes: 1_500, sha256: 'aa' }],
      unreadable: [{ path: '', reason: 'EACCES' }],
      duplicates: [{ sha256: 'aabbccddeeff00', bytes: 1_500, paths: ['a/x', 'b/x'] }],
      packages: [
        packageNamed(
          'a', '1.0.0', 'a',
          { scripts: [{ event: 'install', command: 'node `x` | y' }], engine: {
            range: '>=22', verdict: 'unmet',
          } },
        ),
        packageNamed('a', '1.0.0', 'b', { licence: { declared: null, texts: ['ISC'], verdict: 'text only' } }),
        packageNamed('a', null, 'c', {
          licence: { declared: null, texts: [], verdict: 'none' }, broken: 'not JSON',
        }),
        packageNamed(
          'g', '2.0.0', 'g',
          { advisories: ['CVE-1', 'CVE-2'], licence: {
            declared: 'GPL-3.0', texts: ['MIT'], verdict: 'mismatch',
          } },
        ),
      ],
    });
    expect(report).toMatchInlineSnapshot(`
      "# Audit of node\\_modules

      **Interrupted: this report covers what was done until then.**

      | What | Result |
      | --- | --- |
      | Files | 2 (3.0 kB) in 3 directories |
      | Packages | 4 |
      | Symbolic links, not followed | 2 |
      | Pipes, sockets and devices, not opened | 1 |
      | Unreadable | 1 |
      | Duplicate contents | 1 group, 1.5 kB to save |
      | Packages with known advisories | 1 |
      | Packages with install scripts | 1 |
      | Packages that Node 20.20.2 does not suit | 1 |
      | Packages without a declared licence | 2 |

      ## Advisories (1)

      Versions that are known to be vulnerable.

      | Package | Advisories |
      | --- | --- |
      | g@2.0.0 | CVE-1, CVE-2 |

      ## Install scripts (1)

      Code that runs when the package is installed.

      | Package | Event | Command |
      | --- | --- | --- |
      | a@1.0.0 | install | \`\` node \`x\` \\| y \`\` |

      ## Engines (1)

      What the packages ask for, where Node 20.20.2 is not it.

      | Package | Asks for | Verdict |
      | --- | --- | --- |
      | a@1.0.0 | \`>=22\` | unmet |

      ## Licences (4)

      As declared by the packages.

      | Licence | Packages | Note |
      | --- | --- | --- |
      | GPL-3.0 | 1 | copyleft |
      | ISC (by its text only) | 1 |  |
      | MIT | 1 |  |
      | none found | 1 |  |

      ## Licences to look at (3)

      Nothing declared, or the text says something else.

      | Package | Declared | Text | Verdict |
      | --- | --- | --- | --- |
      | a@1.0.0 | – | ISC | text only |
      | a | – | – | none |
      | g@2.0.0 | GPL-3.0 | MIT | mismatch |

      ## Packages installed more than once (1)

      Several versions, or one version in several places.

      | Package | Versions |
      | --- | --- |
      | a | 1.0.0 ×2, ? |

      ## Duplicate contents (1)

      Files with the same bytes, by what keeping one copy would save.

      | To save | Copies | Size | One of them | SHA-256 |
      | --- | --- | --- | --- | --- |
      | 1.5 kB | 2 | 1.5 kB | \`a/x\` | \`aabbccddeeff\` |

      ## Trouble (2)

      What could not be read or understood.

      | Path | Reason |
      | --- | --- |
      | \`.\` | EACCES |
      | \`c/package.json\` | not JSON |
      "
    `);
  });

  it('keeps markup of strangers out', () => {
    const report = renderReport(subject, { ...nothingFound, packages: [
      packageNamed('[x](javascript:1)|<b>', '1\n2', 'x', {
        scripts: [{ event: 'install', command: 'a\n## b' }],
      }),
    ] });
    expect(report).toContain('| \\[x\\](javascript:1)\\|\\<b\\>@1 2 | install | `a ## b` |');
  });

  it('shows the first rows of a long list and counts the rest', () => {
    const packages = Array.from({ length: 45 }, (_, index) =>
      packageNamed(`p${index}`, '1.0.0', `p${index}`, { engine: { range: '>=99', verdict: 'unmet' } }));
    const report = renderReport(subject, { ...nothingFound, packages });
    expect(report).toContain('## Engines (45)');
    expect(report).toContain('… and 15 more.');
    expect(report).toContain('p29@');
    expect(report).not.toContain('p30@');
  });
});

describe('quantities', () => {
  it.each([
    [0, '0 B'], [999, '999 B'], [1_000, '1.0 kB'], [99_949, '99.9 kB'], [99_950, '100 kB'], [999_499, '999 kB'],
    [999_500, '1.0 MB'], [1.5e9, '1.5 GB'], [2e15, '2000 TB'],
  ])('%d bytes', (value, text) => {
    expect(bytes(value)).toBe(text);
  });

  it('counts and times', () => {
    expect([count(1_234_567), counted(1, 'file'), counted(2, 'file'), counted(0, 'crash', 'crashes')]).toEqual(
      ['1,234,567', '1 file', '2 files', '0 crashes'],
    );
    expect([duration(0.044), duration(12.4), duration(1_500)]).toEqual(['0.04 ms', '12 ms', '1.5 s']);
  });
});
