import { inspect } from 'node:util';
import { CallError } from '../../src/index.js';

/** Why a run could not be finished: one line for what an agent refused to do, everything there is for the unexpected. */
export function explainFailure(error: unknown): string {
  if (error instanceof CallError && error.code === 'REFUSED') return `${error.refusal ?? ''} ${String(error.details)}`;
  return inspect(error);
}
