import { byText, sumOf, type Findings, type PackageFindings } from '../findings.js';
import { findRepeatedPackages, wasteOf, type RepeatedPackage } from '../rules/duplicate.js';
import { isCopyleft } from '../rules/licence.js';
import { bytes, count, counted } from './quantity.js';

/**
 * What was audited, and by which Node. Nothing here or in the report depends on the run: two runs
 * can be compared.
 */
export interface Subject {
  readonly name: string;
  readonly node: string;
  /** False when the audit was interrupted: the report then covers what was done so far. */
  readonly complete: boolean;
}

/** Rows shown of a list; the headline always counts all of them. */
const ROWS_MAX = 30;

/** The report as Markdown. */
export function renderReport(subject: Subject, findings: Findings): string {
  const sections = [
    overview(subject, findings),
    advisories(findings.packages),
    installScripts(findings.packages),
    engines(subject, findings.packages),
    licences(findings.packages),
    repeatedPackages(findings.packages),
    duplicateContents(findings),
    trouble(findings),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function overview(subject: Subject, findings: Findings): string {
  const { directories, files, duplicates, packages } = findings;
  const wasted = duplicates.reduce((sum, group) => sum + wasteOf(group), 0);
  const size = files.reduce((sum, file) => sum + file.bytes, 0);
  const rows = [
    [
      'Files',
      `${count(files.length)} (${bytes(size)}) in ${counted(directories.length, 'directory', 'directories')}`,
    ],
    ['Packages', count(packages.length)],
    ['Symbolic links, not followed', count(sumOf(directories, 'symlinks'))],
    ['Pipes, sockets and devices, not opened', count(sumOf(directories, 'others'))],
    ['Unreadable', count(findings.unreadable.length)],
    ['Duplicate contents', `${counted(duplicates.length, 'group')}, ${bytes(wasted)} to save`],
    ['Packages with known advisories', count(packages.filter((found) => found.advisories.length > 0).length)],
    ['Packages with install scripts', count(packages.filter(({ scripts }) => scripts.length > 0).length)],
    [
      `Packages that Node ${subject.node} does not suit`,
      count(packages.filter(({ engine }) => engine.verdict === 'unmet').length),
    ],
    [
      'Packages without a declared licence',
      count(packages.filter(({ licence }) => licence.declared === null).length),
    ],
  ];
  const partial = subject.complete ? '' : '\n**Interrupted: this report covers what was done until then.**\n';
  return `# Audit of ${inline(subject.name)}\n${partial}\n${table(['What', 'Result'], rows)}`;
}

function advisories(packages: readonly PackageFindings[]): string {
  const rows = packages
    .filter((found) => found.advisories.length > 0)
    .map(({ name, version, advisories: ids }) => [label(name, version), ids.join(', ')]);
  return section('Advisories', 'Versions that are known to be vulnerable.', ['Package', 'Advisories'], rows);
}

function installScripts(packages: readonly PackageFindings[]): string {
  const rows = packages.flatMap(({ name, version, scripts }) =>
    scripts.map(({ event, command }) => [label(name, version), event, code(command)]));
  return section(
    'Install scripts', 'Code that runs when the package is installed.', ['Package', 'Event', 'Command'], rows,
  );
}

function engines(subject: Subject, packages: readonly PackageFindings[]): string {
  const rows = packages
    .filter(({ engine }) => engine.verdict === 'unmet' || engine.verdict === 'unclear')
    .map(({ name, version, engine }) => [label(name, version), code(engine.range ?? ''), engine.verdict]);
  return section(
    'Engines', `What the packages ask for, where Node ${subject.node} is not it.`,
    ['Package', 'Asks for', 'Verdict'],
    rows,
  );
}

function licences(packages: readonly PackageFindings[]): string {
  const byLicence = new Map<string, { packages: number; copyleft: boolean }>();
  for (const { licence } of packages) {
    const key = licence.declared
      ?? (licence.texts.length > 0 ? `${licence.texts.join(' and ')} (by its text only)` : 'none found');
    const copyleft = licence.declared === null ? licence.texts.some(isCopyleft) : isCopyleft(licence.declared);
    byLicence.set(key, { packages: (byLicence.get(key)?.packages ?? 0) + 1, copyleft });
  }
  const rows = [...byLicence]
    .sort((left, right) => right[1].packages - left[1].packages || byText(left[0], right[0]))
    .map(([licence, uses]) => [inline(licence), count(uses.packages), uses.copyleft ? 'copyleft' : '']);
  const overall = section(
    'Licences', 'As declared by the packages.', ['Licence', 'Packages', 'Note'], rows, Infinity,
  );
  const doubts = packages
    .filter(({ licence }) => licence.verdict !== 'declared')
    .map(({ name, version, licence }) =>
      [label(name, version), inline(licence.declared ?? '–'), licence.texts.join(', ')
        || '–', licence.verdict]);
  const doubtful = section(
    'Licences to look at', 'Nothing declared, or the text says something else.',
    ['Package', 'Declared', 'Text', 'Verdict'], doubts,
  );
  return [overall, doubtful].filter((part) => part !== '').join('\n\n');
}

function repeatedPackages(packages: readonly PackageFindings[]): string {
  const rows = findRepeatedPackages(packages).map(({ name, versions }) => [inline(name), versionsOf(versions)]);
  return section(
    'Packages installed more than once', 'Several versions, or one version in several places.',
    ['Package', 'Versions'],
    rows,
  );
}

function versionsOf(versions: RepeatedPackage['versions']): string {
  return [...versions].map(
    ([version, places]) => (places.length > 1 ? `${inline(version)} ×${places.length}` : inline(version)),
  ).join(', ');
}

function duplicateContents({ duplicates }: Findings): string {
  const rows = duplicates.map((group) => {
    const [first = ''] = group.paths;
    return [
      bytes(wasteOf(group)), count(group.paths.length), bytes(group.bytes), code(first),
      `\`${group.sha256.slice(0, 12)}\``,
    ];
  });
  return section(
    'Duplicate contents', 'Files with the same bytes, by what keeping one copy would save.',
    ['To save', 'Copies', 'Size', 'One of them', 'SHA-256'], rows,
  );
}

function trouble({ unreadable, packages }: Findings): string {
  const rows = [
    ...unreadable.map(({ path, reason }) => [code(path === '' ? '.' : path), reason]),
    ...packages.flatMap(
      ({ path, broken }) => (broken === null ? [] : [[code(`${path}/package.json`), broken]]),
    ),
  ];
  return section('Trouble', 'What could not be read or understood.', ['Path', 'Reason'], rows);
}

/** Empty for an empty list: a report without install scripts should not have a heading for them. */
function section(title: string, lead: string, head: string[], rows: string[][], rowsMax = ROWS_MAX): string {
  if (rows.length === 0) return '';
  const more = rows.length > rowsMax ? `\n\n… and ${count(rows.length - rowsMax)} more.` : '';
  return `## ${title} (${count(rows.length)})\n\n${lead}\n\n${table(head, rows.slice(0, rowsMax))}${more}`;
}

function table(head: string[], rows: string[][]): string {
  const lines = [head, head.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function label(name: string, version: string | null): string {
  return inline(version === null ? name : `${name}@${version}`);
}

/** Text from a stranger's package.json must not become markup of ours. */
function inline(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\`*_<>[\]|]/g, '\\$&');
}

/** A code span whose fence is longer than any run of backticks in the text; a bar would end the table cell. */
function code(text: string): string {
  const flat = text.replace(/\s+/g, ' ').replaceAll('|', '\\|');
  const fence = '`'.repeat(Math.max(0, ...(flat.match(/`+/g) ?? []).map((run) => run.length)) + 1);
  return fence.length === 1 ? `\`${flat}\`` : `${fence} ${flat} ${fence}`;
}
