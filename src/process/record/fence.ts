import { Phase, type Process } from './process.js';

/**
 * Whether what is done in the name of `p` must have no effect, because that incarnation has ended;
 * then it is counted as a zombie (P16). Null is the outside, which never ends.
 */
export function fenced(p: Process | null): boolean {
  if (p === null || p.phase !== Phase.Dead) return false;
  p.kernel.counts.zombies++;
  return true;
}
