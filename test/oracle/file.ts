import type { Family } from './family.js';
import type { Job } from './scenarios.js';
import { isTuple, parseTerm, TermError } from './term.js';

/** A scenario file, or what is wrong with it and in which line. */
export class ScenarioFileError extends Error {}

/** One Erlang term a line; empty lines and lines that begin with % are skipped. */
export function readScenarios(name: string, text: string, families: readonly Family[]): Job[] {
  const jobs: Job[] = [];
  for (const [at, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('%')) continue;
    jobs.push(readScenario(`${name}:${at + 1}`, line, families));
  }
  if (jobs.length === 0) throw new ScenarioFileError(`${name}: no scenario in it`);
  return jobs;
}

function readScenario(origin: string, line: string, families: readonly Family[]): Job {
  try {
    const scenario = parseTerm(line);
    const family = isTuple(scenario) ? families.find(({ name }) => name === scenario[0]) : undefined;
    if (family === undefined) {
      throw new TermError(
        `a scenario is {Family,…} with one of ${families.map(({ name }) => name).join(', ')}`,
      );
    }
    const problem = family.problem(scenario);
    if (problem !== null) throw new TermError(problem);
    return { family, scenario, origin, seed: null };
  } catch (error) {
    if (error instanceof TermError) throw new ScenarioFileError(`${origin}: ${error.message}`);
    throw error;
  }
}
