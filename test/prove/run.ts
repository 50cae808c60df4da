// `npm run prove`: programs that try to break what the store promises; see --help.
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArguments, USAGE, UsageError, type Arguments } from './arguments.js';
import { inLanes } from './lanes.js';
import { missing } from './needs.js';
import { type Goal, goalLine, type Proof } from './proof.js';
import { pending } from './proofs.js';

interface Result {
  readonly proof: string;
  /** what was missing to run it */
  readonly skipped: readonly string[];
  readonly goals: readonly Goal[];
  readonly seconds: number;
}

async function main(): Promise<number> {
  const given = parseArguments(process.argv.slice(2));
  if (given === 'help') {
    console.log(USAGE);
    return 0;
  }
  const seed = given.seed ?? randomInt(0, 2 ** 31);
  console.log(`prove: ${given.proofs.map(({ name }) => name).join(', ')}; size ${given.size}, seed ${seed}`);
  const results: Result[] = [];
  // Who keeps both cores busy is alone; the others are beside each other.
  const run = (proofs: readonly Proof[], lanes?: number): Promise<Result[]> =>
    inLanes(proofs.map((proof) => () => prove(proof, given, seed)), lanes);
  results.push(...await run(given.proofs.filter(({ wide }) => wide), 1));
  results.push(...await run(given.proofs.filter(({ wide }) => !wide)));
  for (const line of pending) console.log(`prove: not there yet: ${line}`);
  if (given.json !== undefined) {
    const machine = { node: process.versions.node, platform: process.platform, arch: process.arch };
    writeFileSync(given.json, `${JSON.stringify({ seed, size: given.size, ...machine, results }, null, 2)}\n`);
  }
  return verdict(results);
}

async function prove(proof: Proof, { size }: Arguments, seed: number): Promise<Result> {
  const skipped = missing(proof.needs);
  if (skipped.length > 0) {
    console.log(`\n!!!! ${proof.name} was NOT run; it needs ${skipped.join(', and ')} !!!!\n`);
    return { proof: proof.name, skipped, goals: [], seconds: 0 };
  }
  const folder = mkdtempSync(join(tmpdir(), `castcall-${proof.name}-`));
  const began = performance.now();
  const seconds = (): number => Math.round((performance.now() - began) / 100) / 10;
  const say = (line: string): void => console.log(`${proof.name.padEnd(8)} ${line}`);
  try {
    const goals = await proof.run({ size, seed, folder, say });
    for (const goal of goals) console.log(goalLine(proof.name, goal));
    console.log(`${proof.name.padEnd(8)} ${seconds()} s`);
    return { proof: proof.name, skipped, goals, seconds: seconds() };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function verdict(results: readonly Result[]): number {
  const goals = results.flatMap((result) => result.goals);
  const failed = goals.filter(({ pass }) => !pass).length;
  const left = results.filter(({ skipped }) => skipped.length > 0).length;
  const strict = process.env['CI'] === 'true';
  console.log(`prove: ${goals.length - failed} goals met, ${failed} not, ${left} proofs left out`);
  if (left > 0 && strict) console.log('prove: under CI=true a proof that is left out is a failure');
  return failed > 0 || (left > 0 && strict) ? 1 : 0;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`prove: ${error.message}`);
  process.exitCode = 2;
}
