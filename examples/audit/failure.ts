import { inspect } from 'node:util';
import { Undone } from './work.js';

/**
 * Why a run could not be finished: one line for what an agent refused to do, everything there is
 * for the unexpected.
 */
export function explainFailure(error: unknown): string {
  if (error instanceof Undone
    && error.kind === 'refused') return `${String(error.reason)} ${String(error.details)}`;
  return inspect(error);
}
