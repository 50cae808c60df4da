// `npm run mutants`: deliberately wrong variants of the runtime, each of which the simulation or the oracle must catch.
// A mutant is a text patch on the built JavaScript; a patch that does not match exactly once fails the run, so that
// none becomes void when the source changes. White space in a text to find matches any white space.
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { behaviour } from '../test/mutants/behaviour.mjs';
import { attempts } from '../test/mutants/attempts.mjs';
import { deadRows } from '../test/mutants/dead-rows.mjs';
import { delivery } from '../test/mutants/delivery.mjs';
import { deliveries } from '../test/mutants/deliveries.mjs';
import { durables } from '../test/mutants/durable.mjs';
import { durableQueues } from '../test/mutants/durable-queue.mjs';
import { durableTopics } from '../test/mutants/durable-topic.mjs';
import { durableAgents } from '../test/mutants/durable-agents.mjs';
import { processgroups } from '../test/mutants/groups.mjs';
import { guardedStreams } from '../test/mutants/guards.mjs';
import { enqueues } from '../test/mutants/enqueue.mjs';
import { healths } from '../test/mutants/health.mjs';
import { kernel } from '../test/mutants/kernel.mjs';
import { activations } from '../test/mutants/activation.mjs';
import { launches } from '../test/mutants/launches.mjs';
import { pools } from '../test/mutants/pools.mjs';
import { statemachines } from '../test/mutants/statem.mjs';
import { workQueues } from '../test/mutants/queues.mjs';
import { services } from '../test/mutants/services.mjs';
import { receives } from '../test/mutants/receive.mjs';
import { pressure } from '../test/mutants/mailbox.mjs';
import { startsAndStops } from '../test/mutants/stopping.mjs';
import { supervisor } from '../test/mutants/supervisor.mjs';
import { namesAndLocks } from '../test/mutants/names.mjs';
import { nodeSessions } from '../test/mutants/sessions.mjs';
import { schedulesAndGathers } from '../test/mutants/schedules.mjs';
import { streams } from '../test/mutants/streams.mjs';
import { timersAndEnds } from '../test/mutants/timers.mjs';
import { topicsAndReaders } from '../test/mutants/topics.mjs';
import { undeliverables } from '../test/mutants/undeliverable.mjs';
import { inShare, patchedText, readShare } from './patch.mjs';
import { build, root } from './program.mjs';

const USAGE = `npm run mutants -- [--seeds N] [--scenarios N] [--only TEXT] [--no-oracle]

  --seeds N      seeds of the simulation for each mutant, default 300
  --scenarios N  scenarios of the oracle for a mutant that the simulation does not catch, default 600
  --only TEXT    only mutants whose name or file contains TEXT
  --share N/M    only each M-th mutant, beginning with the N-th; N from 0 to M - 1
  --no-oracle    the simulation alone

Exit code: 0 all were caught, 1 a mutant survived or a patch does not fit, 2 bad arguments.`;

const WORKERS = 2;
const LIMIT_MS = 120_000;
/** of the sound runtime in all suites, by all workers */
const SOUND_LIMIT_MS = 400_000;

function readArguments(given) {
  const found = { seeds: 300, scenarios: 600, only: '', share: [0, 1], oracle: true };
  for (let i = 0; i < given.length; i++) {
    const name = given[i];
    if (name === '--help' || name === '-h') return 'help';
    if (name === '--no-oracle') found.oracle = false;
    else if (name === '--only') found.only = given[++i] ?? usage(`${name}: a text must follow`);
    else if (name === '--share') found.share = readShare(given[++i])
      ?? usage(`--share: got '${given[i]}', expected N/M with N from 0 to M - 1`);
    else if (name === '--seeds' || name === '--scenarios') {
      const text = given[++i] ?? '';
      if (!/^[1-9]\d{0,6}$/.test(text)) usage(`${name}: got '${text}', expected a whole number from 1`);
      found[name.slice(2)] = Number(text);
    } else usage(`${name}: no such option; see npm run mutants -- --help`);
  }
  return found;
}

function usage(message) {
  console.error(`mutants: ${message}`);
  process.exit(2);
}

function patched(folder, mutant) {
  return patchedText(readFileSync(join(folder, mutant.file), 'utf8'), mutant);
}

function run(program, given, limitMs = LIMIT_MS) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [program, ...given], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => { output = (output + chunk).slice(-200_000); });
    }
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code, output });
    });
  });
}

/**
 * What caught it, or null. A mutant with a family of the oracle is beyond the simulation: it is judged by that family
 * alone; one with a suite by that suite first.
 */
async function judge(folder, options, { family, suite: only } = {}, workers = 1, limitMs = LIMIT_MS) {
  if (family !== undefined) return judgeByOracle(folder, options, ['--family', family]);
  const sim = await run(join(folder, 'test/sim/run.js'), [
    '--seeds', String(options.seeds), '--seed', '1', '--workers', String(workers),
    ...(only === undefined ? [] : ['--suite', only]),
  ], limitMs);
  const suite = /FAILED in suite (\S+)/.exec(sim.output)?.[1];
  const failure = /^seed (\d+) .*? failed: (.*)$/m.exec(sim.output);
  if (suite !== undefined) return { by: `sim ${suite}`, at: failure?.[1] ?? '?', what: failure?.[2] ?? '' };
  if (sim.code !== 0) {
    return {
      by: 'sim', at: '',
      what: sim.code === null ? `does not end within ${limitMs / 1_000} s` : sim.output.trim().split('\n').at(-1),
    };
  }
  return judgeByOracle(folder, options, []);
}

async function judgeByOracle(folder, options, more) {
  if (!options.oracle) return null;
  const oracle =
    await run(join(folder, 'test/oracle/main.js'), ['--scenarios', String(options.scenarios), '--seed', '1', ...more]);
  if (oracle.code === 0) return null;
  if (oracle.code === 2) return null;
  return { by: 'oracle', at: '1', what: oracle.output.trim().split('\n').at(-1) };
}

const options = readArguments(process.argv.slice(2));
if (options === 'help') {
  console.log(USAGE);
  process.exit(0);
}
await build(() => process.stderr.write('castcall mutants: building once…\n'));

const all = [
  ...kernel, ...pressure, ...receives, ...behaviour, ...supervisor, ...statemachines, ...processgroups, ...delivery,
  ...deliveries, ...attempts, ...pools, ...namesAndLocks, ...timersAndEnds, ...startsAndStops, ...streams,
  ...topicsAndReaders, ...activations, ...launches, ...healths, ...workQueues, ...services, ...schedulesAndGathers,
  ...guardedStreams, ...undeliverables, ...durables, ...durableAgents, ...durableQueues, ...durableTopics,
  ...deadRows, ...enqueues, ...nodeSessions,
];
const named = all.filter(({ name, file }) => `${name} ${file}`.includes(options.only));
const chosen = inShare(named, options.share);
const scratch = mkdtempSync(join(tmpdir(), 'castcall-mutants-'));
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

/** A copy of the build in which one mutant lives at a time. */
function workshop(number) {
  const folder = join(scratch, String(number));
  for (const part of ['src', 'test']) cpSync(join(root, '.build', part), join(folder, part), { recursive: true });
  cpSync(join(root, 'test/oracle/erl'), join(folder, 'test/oracle/erl'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

const folders = Array.from({ length: WORKERS }, (_, number) => workshop(number));
const unfit = named.flatMap((mutant) => {
  try {
    patched(folders[0], mutant);
    return [];
  } catch (error) {
    return [error.message];
  }
});
for (const message of unfit) console.error(`mutants: ${message}`);
if (unfit.length > 0) process.exit(1);

const sound = await judge(folders[0], { ...options, oracle: false }, {}, WORKERS, SOUND_LIMIT_MS);
if (sound !== null) {
  console.error(
    `mutants: the runtime itself fails, so nothing can be said of mutants: ${sound.by}, seed ${sound.at}: ${sound.what}`,
  );
  process.exit(1);
}

const queue = [...chosen];
const survivors = [];
let done = 0;
await Promise.all(folders.map(async (folder) => {
  for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
    const path = join(folder, mutant.file);
    const original = readFileSync(path, 'utf8');
    writeFileSync(path, patched(folder, mutant));
    const caught = await judge(folder, options, mutant);
    writeFileSync(path, original);
    if (caught === null) survivors.push(mutant);
    const text = caught === null ? 'SURVIVED' : `${caught.by}, seed ${caught.at}: ${caught.what}`;
    console.log(`${String(++done).padStart(3)}/${chosen.length}  ${mutant.name.padEnd(66)} ${text.slice(0, 160)}`);
  }
}));
console.log(`mutants: ${chosen.length - survivors.length} of ${chosen.length} caught`);
for (const { name, file } of survivors) console.log(`mutants: SURVIVED ${name} (${file})`);
process.exitCode = survivors.length === 0 ? 0 : 1;
