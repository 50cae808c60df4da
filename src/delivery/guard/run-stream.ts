import { OptionError } from '../../base/index.js';
import type { Asker, Run } from './run.js';
import { GuardedStream } from './stream.js';

/**
 * A stream behind a limit or a breaker: a run whose function lasts until the stream has closed.
 * Throws what is wrong with the arguments.
 */
export function streamIn(
  verb: string, asker: Asker, fn: (signal: AbortSignal) => unknown, options: object | undefined,
  make: (body: () => Promise<void>) => Run,
): GuardedStream {
  if (typeof fn !== 'function') throw new OptionError(verb, fn, 'a function');
  let body: () => Promise<void> = () => Promise.resolve();
  const run = make(() => body());
  const signal = run.read(verb, options) ?? asker.own;
  const terms = { ...options };
  return new GuardedStream(
    { verb, kernel: asker.kernel, owner: asker.p, signal, open: (_number, _taken, own) => fn(own) },
    {
      run(open, own) {
        body = () => open(1);
        return run.start(verb, { ...terms, signal: own });
      },
      item: () => run.item(),
      left: () => run.left(),
      prompt: true,
    },
  );
}
