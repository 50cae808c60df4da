import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { allowedOn } from './allowed.js';
import { ErlangNode, erlangInstalled, MISSING } from './erlang.js';
import { FAMILIES } from './families.js';
import { readScenarios, ScenarioFileError } from './file.js';
import { readOptions, usage, UsageError, type Options } from './options.js';
import { runOracle } from './oracle.js';
import { jobAt, type Job } from './scenarios.js';
import { printTerm } from './term.js';

/** The Erlang sources lie beside the TypeScript ones, not beside the compiled ones. */
const SOURCES = join(dirname(fileURLToPath(import.meta.url)).replace(/\/\.build\//, '/'), 'erl');

function* generated(options: Options): Iterable<Job> {
  const families = options.family === undefined ? FAMILIES : FAMILIES.filter(({ name }) => name === options.family);
  for (let index = options.from; index < options.from + options.scenarios; index++) yield jobAt(families, options.seed, index);
}

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ScenarioFileError(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2), FAMILIES.map(({ name }) => name));
  if (options.help) {
    console.log(usage(FAMILIES));
    return 0;
  }
  const jobs = options.file === undefined ? generated(options) : readScenarios(options.file, readFile(options.file), FAMILIES);
  if (options.print) {
    for (const job of jobs) console.log(printTerm(job.scenario));
    return 0;
  }
  if (!erlangInstalled()) {
    console.error(MISSING);
    return 2;
  }
  const began = performance.now();
  const { node, release } = await ErlangNode.start(SOURCES);
  try {
    const outcome = await runOracle(jobs, { release, otp: (scenario) => node.run(scenario), allowed: allowedOn(release) }, (text) => console.log(text));
    console.log(`OTP ${release}, ${((performance.now() - began) / 1_000).toFixed(1)} s`);
    console.log(`${outcome.scenarios} scenarios, ${outcome.explained} explained, ${outcome.unexplained} unexplained`);
    return outcome.unexplained === 0 ? 0 : 1;
  } finally {
    await node.stop();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof UsageError || error instanceof ScenarioFileError)) throw error;
  console.error(`oracle: ${error.message}`);
  if (error instanceof UsageError) console.error(`\n${usage(FAMILIES)}`);
  process.exitCode = 2;
}
