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
  const families = options.family === undefined
    ? FAMILIES
    : FAMILIES.filter(({ name }) => name === options.family);
  for (let index = options.from; index < options.from + options.scenarios; index++) {
    yield jobAt(families, options.seed, index);
  }
}

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ScenarioFileError(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The command: its exit code is 0 when no difference is unexplained, 1 when one is, 2 when it cannot run. */
export async function runCli(
  args: readonly string[], say: (text: string) => void, complain: (text: string) => void,
): Promise<number> {
  try {
    return await run(readOptions(args, FAMILIES.map(({ name }) => name)), say, complain);
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof ScenarioFileError)) throw error;
    complain(`oracle: ${error.message}`);
    if (error instanceof UsageError) complain(`\n${usage(FAMILIES)}`);
    return 2;
  }
}

async function run(
  options: Options, say: (text: string) => void, complain: (text: string) => void,
): Promise<number> {
  if (options.help) {
    say(usage(FAMILIES));
    return 0;
  }
  const jobs =
    options.file === undefined
      ? generated(options)
      : readScenarios(options.file, readFile(options.file), FAMILIES);
  if (options.print) {
    for (const job of jobs) say(printTerm(job.scenario));
    return 0;
  }
  if (!erlangInstalled()) {
    complain(MISSING);
    return 2;
  }
  const began = performance.now();
  const { node, release } = await ErlangNode.start(SOURCES);
  try {
    const outcome =
      await runOracle(
        jobs, { release, otp: (scenario) => node.run(scenario), allowed: allowedOn(release) }, say,
      );
    say(`OTP ${release}, ${((performance.now() - began) / 1_000).toFixed(1)} s`);
    say(`${outcome.scenarios} scenarios, ${outcome.explained} explained, ${outcome.unexplained} unexplained`);
    return outcome.unexplained === 0 ? 0 : 1;
  } finally {
    await node.stop();
  }
}
