// `npm run measures`: how the house stands: files, doors, knots, counters, casts of types, width, and the functions that
// run for one message, counted by V8.
import { Session } from 'node:inspector/promises';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { build, compiled } from './program.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const list = (folder) => readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.(ts|mjs)$/.test(entry.name))
  .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1).replaceAll('\\', '/'));
const read = (path) => readFileSync(join(root, path), 'utf8');
const sources = list('src');
const texts = new Map(sources.map((path) => [path, read(path)]));

/** [count, what] of the largest */
const largest = (entries) => [...entries].reduce((most, one) => (one[1] > most[1] ? one : most), ['', 0]);

function filesInFolders() {
  const counts = new Map();
  for (const path of sources) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
  return counts;
}

/** Names that leave through an `index.ts` inside src; every file of `api` is a door. */
function doors() {
  const counts = new Map();
  for (const [path, text] of texts) {
    const open = path.startsWith('src/api/');
    if (path === 'src/index.ts' || !(open || path.endsWith('/index.ts'))) continue;
    const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest);
    let names = 0;
    for (const statement of file.statements) {
      if (ts.isExportDeclaration(statement)) names += statement.exportClause?.elements?.length ?? 0;
      else if (ts.canHaveModifiers(statement)
        && ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) names++;
    }
    counts.set(open ? path : dirname(path), names);
  }
  return counts;
}

/** Who imports whom, types included. */
function imports() {
  const graph = new Map();
  for (const [path, text] of texts) {
    const targets = [...text.matchAll(/from\s+'(\.[^']+)'/g)].map(
      ([, target]) => posix.join(posix.dirname(path), target).replace(/\.js$/, '.ts'),
    );
    graph.set(path, targets.filter((target) => texts.has(target)));
  }
  return graph;
}

/** Strongly connected files (Tarjan). */
function knots(graph) {
  const [index, low, stack, on, found] = [new Map(), new Map(), [], new Set(), []];
  const visit = (node) => {
    index.set(node, index.size);
    low.set(node, index.get(node));
    stack.push(node);
    on.add(node);
    for (const next of graph.get(node)) {
      if (!index.has(next)) visit(next);
      if (on.has(next)) low.set(node, Math.min(low.get(node), low.get(next)));
    }
    if (low.get(node) !== index.get(node)) return;
    const knot = [];
    do {
      knot.push(stack.at(-1));
      on.delete(stack.at(-1));
    } while (stack.pop() !== node);
    found.push(knot);
  };
  for (const node of graph.keys()) if (!index.has(node)) visit(node);
  return found;
}

const COUNTER =
  /(?:\b(?:mailbox|box|signals|outside|columns|\w*Columns\))\.(?:sent|handled|size|dropped)|\btally\(\)(?:\.\w+|\[[^\]]+\]))\s*(?:\+\+|--|[+-]?=(?!=))/g;

function countersOutside() {
  return sources.filter((path) => !path.startsWith('src/mailbox/')).reduce(
    (sum, path) => sum + [...texts.get(path).matchAll(COUNTER)].length, 0,
  );
}

function width() {
  const lengths = ['src', 'test', 'bench', 'examples', 'scripts'].flatMap(list)
    .flatMap((path) => read(path).split('\n').map((line) => line.length)).filter((length) => length > 0).sort(
      (a, b) => a - b,
    );
  const over = lengths.filter((length) => length > 120).length;
  return `${lengths[Math.floor(lengths.length * 0.95)]}; ${(100 * over / lengths.length).toFixed(2)} %`;
}

/** Behaviour files that export something, without a test file of their name. */
function untested() {
  const all = sources.filter((path) => path.startsWith('src/behaviour/') && !path.endsWith('index.ts'));
  return `${all.filter(
    (path) => !existsSync(join(root, path.replace(/^src/, 'test').replace(/\.ts$/, '.test.ts'))),
  ).length} of ${all.length}`;
}

const MESSAGES = 2_000;

/** Functions of ours that run for each message once the program is warm. */
async function perMessage() {
  await build(() => undefined);
  const { createSystem, defineAgent } = await import(`file://${compiled('src/index.ts')}`);
  const system = createSystem({ logger: false, development: false });
  const Worker = defineAgent(
    { init: () => ({ n: 0 }), casts: { work(self) { self.state.n++; } }, calls: { n: (self) => self.state.n } },
  );
  const ref = system.start(Worker, { name: 'worker' });
  const ways = {
    cast: async () => {
      for (let n = 0; n < MESSAGES; n++) {
        ref.cast('work');
        if (n % 100 === 99) await new Promise(setImmediate);
      }
    },
    call: async () => { for (let n = 0; n < MESSAGES; n++) await ref.call('n'); },
    deliver: async () => { for (let n =
      0; n < MESSAGES; n++) await (await ref.deliver('work', undefined, { guarantee: 'at-least-once' })).settled; },
  };
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  const rows = {};
  for (const [name, run] of Object.entries(ways)) {
    await run();
    await session.post('Profiler.takePreciseCoverage');
    await run();
    const { result } = await session.post('Profiler.takePreciseCoverage');
    const ours = result.filter(({ url }) => url.includes('/.build/src/'));
    const ran = ours.flatMap(
      ({ url, functions }) => functions.filter(({ ranges }) => ranges[0].count >= 0.9 * MESSAGES).map(() => url),
    );
    rows[name] = `${ran.length} (${new Set(ran).size} files)`;
  }
  session.disconnect();
  await system.stop();
  return rows;
}

const graph = imports();
const [folder, files] = largest(filesInFolders());
const [door, names] = largest(doors());
const knot = knots(graph).reduce((most, one) => (one.length > most.length ? one : most), []);
const never = sources.reduce(
  (sum, path) => sum + texts.get(path).split('\n').filter((line) => /\bas never\b/.test(line)).length, 0,
);
const api = /^## castcall: (\d+) names/m.exec(existsSync(join(root, 'docs/api.txt')) ? read('docs/api.txt') : '')?.[1]
  ?? '?';
const ran = await perMessage();
const table = [
  ['files in one folder, at most', `${files} (${folder})`, '22'],
  ['names through one inner door, at most', `${names} (${door})`, '60'],
  ['largest knot of types, files', `${knot.length} (${dirname(knot[0])})`, '6'],
  ['counter writes outside mailbox', String(countersOutside()), '4'],
  ['functions per cast', ran.cast, ''],
  ['functions per call', ran.call, ''],
  ['functions per deliver', ran.deliver, '50'],
  ['lines with `as never`', String(never), '15'],
  ['names from the root', api, '150'],
  ['width p95; lines over 120', width(), '100; 0.50 %'],
  ['behaviour files without a test of their name', untested(), '0'],
];
const wide = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column].length)));
for (const [what, now, target] of [['measure', 'now', 'target'], ...table]) {
  console.log(`${what.padEnd(wide[0])}  ${now.padEnd(wide[1])}  ${target}`);
}
