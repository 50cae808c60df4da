import { inspect } from 'node:util';
import { LifeFailed } from './lives/lives.js';
import { Undone } from './work.js';

/**
 * Why a run could not be finished: one line for what an agent refused to do, everything there is
 * for the unexpected.
 */
export function explainFailure(error: unknown): string {
  if (error instanceof Undone
    && error.kind === 'refused') return `${String(error.reason)} ${String(error.details)}`;
  if (error instanceof LifeFailed) return error.message;
  return inspect(error);
}
