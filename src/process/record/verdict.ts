import { CastcallError, markHandled, settle } from '../../base/index.js';
import { isA } from '../../base/text/index.js';
import type { Judge } from './judge.js';
import { Phase, type Process } from './process.js';

/**
 * The rule for promises that also carry errors of a function of the user's (`limit.run`,
 * `breaker.run`, `retry`, `pool.run`, a lock): nobody need look at what castcall itself has decided
 * (a CastcallError), nor at what comes once nobody is left who would, because the signal has fired
 * or the process has ended. Any other error is the user's: when nobody looks at it, it surfaces.
 */
export function isOurs(p: Process | null, signal: AbortSignal | null, error: unknown): boolean {
  return (signal !== null && signal.aborted) || (p !== null && p.phase === Phase.Dead)
    || isA(error, CastcallError);
}

/** The same outcome, of which a rejection that is ours is marked as handled. */
export function judged<T>(answer: Promise<T>, judge: Judge): Promise<T> {
  const made = new Promise<T>((resolve, reject) => {
    settle(answer, resolve as (value: unknown) => void, (error) => {
      if (judge.ours(error)) markHandled(made);
      reject(error);
    });
  });
  return made;
}
