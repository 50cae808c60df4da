import { OptionError } from './errors.js';
import { disown, isThenable } from './thenable.js';

/**
 * What a function of the user's answered. An async one answers a promise, which would count as true, as a
 * value or as nobody, whatever it comes to: refused.
 */
export function atOnce<T>(what: string, answer: T): T {
  if (!isThenable(answer)) return answer;
  disown(answer);
  const fix = 'the function must not be async: do what takes time before it is asked';
  throw new OptionError(what, 'a promise', 'an answer at once', fix, 'ASYNC_CALLBACK');
}
