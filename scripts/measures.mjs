// `npm run measures`: how the house stands: files, doors, knots, counters, casts of types, width,
// and the functions that run for one message, counted by V8.
import { Session } from 'node:inspector/promises';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, compiled } from './program.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const list = (folder) => readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.(ts|mjs)$/.test(entry.name))
  .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1).replaceAll('\\', '/'));
const read = (path) => readFileSync(join(root, path), 'utf8');
const sources = list('src');

/** [count, what] of the largest */
const largest = (entries) => [...entries].reduce((most, one) => (one[1] > most[1] ? one : most), ['', 0]);

function filesInFolders() {
  const counts = new Map();
  for (const path of sources) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
  return counts;
}

function width() {
  const lengths = ['src', 'test', 'bench', 'examples', 'scripts'].flatMap(list)
    .flatMap((path) => read(path).split('\n').map((line) => line.length)).filter((length) => length > 0).sort(
      (a, b) => a - b,
    );
  const over = lengths.filter((length) => length > 120).length;
  return `${lengths[Math.floor(lengths.length * 0.95)]}; ${(100 * over / lengths.length).toFixed(2)} %`;
}

/** Behaviour files without a test file of their name; of a file with types only it is a test of types. */
function untested() {
  const all = sources.filter((path) => path.startsWith('src/behaviour/') && !/(index|public)\.ts$/.test(path));
  const tested = (path) => ['.test.ts', '.test-d.ts']
    .some((end) => existsSync(join(root, path.replace(/^src/, 'test').replace(/\.ts$/, end))));
  return `${all.filter((path) => !tested(path)).length} of ${all.length}`;
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

const ran = await perMessage();
const { measure } = await import(`file://${compiled('test/layers/measures.ts')}`);
const { readTree } = await import(`file://${compiled('test/layers/source.ts')}`);
const house = measure(readTree(join(root, 'src')).sources);
const [folder, files] = largest(filesInFolders());
const [door, names] = house.doors[0];
const knot = house.knots[0] ?? [];
const api = /^## castcall: (\d+) names/m.exec(existsSync(join(root, 'docs/api.txt')) ? read('docs/api.txt') : '')?.[1]
  ?? '?';
const table = [
  ['files in one folder, at most', `${files} (${folder})`, '22'],
  ['names through one inner door, at most', `${names} (${door})`, '60'],
  ['largest knot of types, files', knot.length === 0 ? '0' : `${knot.length} (${dirname(knot[0])})`, '6'],
  ['counter writes outside mailbox', String(house.counterWrites.length), '4'],
  ['functions per cast', ran.cast, ''],
  ['functions per call', ran.call, ''],
  ['functions per deliver', ran.deliver, '50'],
  ['lines with `as never`', String(house.nevers.length), '15'],
  ['names from the root', api, '150'],
  ['width p95; lines over 120', width(), '100; 0.50 %'],
  ['behaviour files without a test of their name', untested(), '0'],
];
const wide = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column].length)));
for (const [what, now, target] of [['measure', 'now', 'target'], ...table]) {
  console.log(`${what.padEnd(wide[0])}  ${now.padEnd(wide[1])}  ${target}`);
}
