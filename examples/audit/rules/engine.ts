import type { EngineFinding } from '../findings.js';
import { satisfies } from './version-range.js';

/**
 * Whether the Node version `node` meets the package's demand; a range that cannot be read is
 * `unclear`, not unmet.
 */
export function checkEngine(range: string | null, node: string): EngineFinding {
  if (range === null) return { range, verdict: 'any' };
  const met = satisfies(node, range);
  if (met === null) return { range, verdict: 'unclear' };
  return { range, verdict: met ? 'met' : 'unmet' };
}
