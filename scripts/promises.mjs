// `npm run promises`: breaks each promise of docs/promises.json by patches of its own
// (test/conformance/broken.mjs) on a copy of the sources, runs the tests that the list names for
// it, and shows which of them turn red. A promise is proved when each of its patches turns one red;
// a test that stays green whatever is broken proves nothing.
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { broken } from '../test/conformance/broken.mjs';
import { inShare, patchedText, readShare } from './patch.mjs';
import { root } from './program.mjs';

const USAGE = `npm run promises -- [--only P8,P24] [--share N/M]

  --only IDS    only these promises, separated by commas
  --share N/M   only each M-th patch, beginning with the N-th; N from 0 to M - 1

Exit code: 0 each patch turns a test red, 1 one does not, or does not fit, 2 bad arguments.`;

const WORKERS = 2;
/** The tests of one promise, one file after the other; and those of all promises, without a patch. */
const ONE = { workers: 1, limitMs: 90_000 };
const ALL = { workers: WORKERS, limitMs: 600_000 };
const COPIED = ['src', 'test', 'bench', 'docs', 'scripts', 'examples', 'package.json', 'README.md',
  'CHANGELOG.md', 'vitest.config.ts', 'tsconfig.json', 'tsconfig.base.json', 'tsconfig.build.json',
  'tsconfig.run.json'];

function usage(message) {
  console.error(`promises: ${message}\n\n${USAGE}`);
  process.exit(2);
}

function readArguments() {
  let values;
  try {
    ({ values } = parseArgs(
      { options: { only: { type: 'string' }, share: { type: 'string' }, help: { type: 'boolean', short: 'h' } } },
    ));
  } catch (error) {
    usage(error.message);
  }
  if (values.help) {
    console.log(USAGE);
    process.exit(0);
  }
  const share = values.share === undefined ? [0, 1] : readShare(values.share);
  if (share === undefined) usage(`--share: got '${values.share}', expected N/M with N from 0 to M - 1`);
  return { only: values.only?.split(','), share };
}

const options = readArguments();
const promises = JSON.parse(readFileSync(join(root, 'docs/promises.json'), 'utf8'));
for (const id of options.only ?? []) {
  if (!promises.some((one) => one.id === id)) {
    usage(`--only: '${id}' is no promise, expected P1 to P${promises.length}`);
  }
}
const wanted = promises.filter(({ id }) => options.only?.includes(id) ?? true);
const patches = inShare(broken.filter(({ promise }) => wanted.some(({ id }) => id === promise)), options.share);

const scratch = mkdtempSync(join(tmpdir(), 'castcall-promises-'));
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

/** A copy of the repository in which one promise at a time is broken. */
function workshop(number) {
  const folder = join(scratch, String(number));
  mkdirSync(folder);
  for (const part of COPIED) cpSync(join(root, part), join(folder, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

const folders = Array.from({ length: WORKERS }, (_, number) => workshop(number));
const unfit = broken.flatMap((patch) => {
  if (!promises.some(({ id }) => id === patch.promise)) {
    return [`'${patch.name}' breaks ${patch.promise}, which is no promise`];
  }
  try {
    patchedText(readFileSync(join(root, patch.file), 'utf8'), patch);
    return [];
  } catch (error) {
    return [error.message];
  }
});
for (const message of unfit) console.error(`promises: ${message}`);
if (unfit.length > 0) process.exit(1);

/**
 * The tests of these files that name one of the promises: `{ red: title[], ran }`. A run that does not end is red, too.
 */
function test(folder, files, ids, { workers, limitMs }) {
  const report = join(folder, 'report.json');
  rmSync(report, { force: true });
  const given = [
    '--typecheck.enabled=false', '--reporter=json', `--outputFile=${report}`, `--maxWorkers=${workers}`, '-t',
    `(?<![\\w-])(${ids.join('|')})(?!\\d)`,
  ];
  return new Promise((resolve) => {
    const child = spawn(
      process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...files, ...given],
      { cwd: folder, stdio: 'ignore' },
    );
    const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve(
        code === 0 ? { red: [], ran: countOf(report) } : { red: redOf(report, code, limitMs), ran: countOf(report) },
      );
    });
  });
}

function readReport(report) {
  try {
    return JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    return undefined;
  }
}

function countOf(report) {
  const found = readReport(report);
  return found === undefined ? 0 : found.numPassedTests + found.numFailedTests;
}

function redOf(report, code, limitMs) {
  const failed = (readReport(report)?.testResults ?? []).flatMap(({ assertionResults, message, name }) => {
    const titles = assertionResults.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName.trim());
    return titles.length === 0 && message !== '' ? [`${name} does not load: ${message.split('\n')[0]}`] : titles;
  });
  if (failed.length > 0) return failed;
  return [code === null ? `the tests do not end within ${limitMs / 1_000} s` : 'an error outside the tests'];
}

const tested = wanted.filter(({ tests }) => tests.length > 0);
const sound = await test(
  folders[0], [...new Set(tested.flatMap(({ tests }) => tests))], tested.map(({ id }) => id), ALL,
);
if (sound.red.length > 0) {
  console.error(`promises: the tests fail without any patch, so nothing can be said:\n  ${sound.red.join('\n  ')}`);
  process.exit(1);
}

const queue = [...patches];
const results = new Map();
await Promise.all(folders.map(async (folder) => {
  for (let patch = queue.shift(); patch !== undefined; patch = queue.shift()) {
    const path = join(folder, patch.file);
    const original = readFileSync(path, 'utf8');
    writeFileSync(path, patchedText(original, patch));
    const { tests } = promises.find(({ id }) => id === patch.promise);
    results.set(patch, tests.length === 0 ? [] : (await test(folder, tests, [patch.promise], ONE)).red);
    writeFileSync(path, original);
  }
}));

let failures = 0;
for (const { id, title, state, reason } of wanted) {
  const own = patches.filter(({ promise }) => promise === id);
  const missing = state === 'proved' && options.share[1] === 1 && own.length === 0;
  if (missing) failures++;
  console.log(`${id.padEnd(4)} ${title}: ${missing
    ? 'PROVED BY NO PATCH'
    : state === 'proved' ? 'proved' : `${state}: ${reason}`}`);
  for (const patch of own) {
    const red = results.get(patch);
    if (red.length === 0) failures++;
    console.log(`     ${red.length === 0 ? 'GREEN' : 'red  '} when ${patch.name}${red.length === 0
      ? ''
      : `: ${red[0]}${red.length > 1 ? ` (and ${red.length - 1} more)` : ''}`}`);
  }
}
const bitten = patches.filter((patch) => results.get(patch).length > 0).length;
console.log(
  `promises: ${bitten} of ${patches.length} patches turn a test red, ${sound.ran} tests are green without them`,
);
process.exitCode = failures === 0 ? 0 : 1;
