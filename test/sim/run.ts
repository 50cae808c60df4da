// `npm run sim`: runs the suites with many seeds; see --help.
import { randomInt } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { parseArguments, USAGE, UsageError, type Arguments } from './arguments.js';
import { runShare, type Outcome, type Share } from './seeds.js';

/** Below this a `sometimes` may be missed by chance. */
const SOMETIMES_FROM = 200;

async function main(): Promise<number> {
  const given = parseArguments(process.argv.slice(2));
  if (given === 'help') {
    console.log(USAGE);
    return 0;
  }
  const from = given.seed ?? randomInt(0, 2 ** 31);
  const began = performance.now();
  console.log(`sim: ${given.seeds} seeds from ${from}, ${given.suites.length === 1
    ? `suite ${String(given.suites[0])}`
    : `${given.suites.length} suites`}`);
  const outcomes =
    await Promise.all(
      shares(given, from).map((share) => (given.workers === 1 ? runShare(share) : inWorker(share))),
    );
  return report(outcomes, given, from, performance.now() - began);
}

function shares({ seeds, suites, workers, hashes }: Arguments, from: number): Share[] {
  return Array.from({ length: workers }, (_, k) =>
    ({ from: from + k, until: from + seeds, stride: workers, suites, hashes: hashes || seeds <= 20 }));
}

function inWorker(share: Share): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: share });
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once(
      'exit',
      (code) => reject(new Error(`a worker ended with code ${code} before it told its result`)),
    );
  });
}

function report(outcomes: readonly Outcome[], given: Arguments, from: number, tookMs: number): number {
  const sum = (of: (outcome: Outcome) => number): number => outcomes.reduce(
    (total, outcome) => total + of(outcome), 0,
  );
  for (const line of outcomes.flatMap((outcome) => outcome.lines).sort()) console.log(line);
  const failures = outcomes.flatMap((outcome) => outcome.failure ?? []).sort((a, b) => a.seed - b.seed);
  const [failure] = failures;
  if (failure !== undefined) {
    console.log(`sim: FAILED in suite ${failure.suite}\n${failure.message}`);
    return 1;
  }
  const runs = sum((outcome) => outcome.runs);
  console.log(`sim: ${runs} runs, ${sum(
    (outcome) => outcome.events,
  )} events, digest ${(sum((outcome) => outcome.digest) >>> 0).toString(16)
    .padStart(8, '0')}, ${(tookMs / 1_000).toFixed(1)} s, ${(tookMs / given.seeds).toFixed(2)} ms a seed`);
  const never = unreached(outcomes);
  if (given.seeds >= SOMETIMES_FROM && never.length > 0) {
    console.log(
      `sim: FAILED, never reached in ${given.seeds} seeds from ${from}:\n${never.map((id) => `  ${id}`).join('\n')}`,
    );
    return 1;
  }
  console.log('sim: ok');
  return 0;
}

function unreached(outcomes: readonly Outcome[]): string[] {
  const reached = new Map<string, number>();
  for (const outcome of outcomes) {
    for (const [id, times] of outcome.reached) reached.set(id, (reached.get(id) ?? 0) + times);
  }
  return [...reached].filter(([, times]) => times === 0).map(([id]) => id);
}

if (isMainThread) {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`sim: ${error.message}`);
    process.exitCode = 2;
  }
} else {
  parentPort?.postMessage(await runShare(workerData as Share));
}
