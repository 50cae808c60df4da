import { OptionError } from '../../base/index.js';
import type { LimitPermit } from '../../api/guards.js';
import type { Asker, Guarded, Run } from './run.js';
import { GuardedStream, type Body } from './stream.js';

type Streaming = (signal: AbortSignal, permit: LimitPermit) => Promise<void>;

/**
 * A stream behind a limit or a breaker: a run whose function lasts until the stream has closed.
 * Throws what is wrong with the arguments.
 */
export function streamIn(
  verb: string, asker: Asker, fn: Guarded, options: object | undefined, make: (body: Streaming) => Run,
): GuardedStream {
  if (typeof fn !== 'function') throw new OptionError(verb, fn, 'a function');
  let opens: Body = () => Promise.resolve();
  let permit!: LimitPermit;
  const run = make((_signal, given) => {
    permit = given;
    return opens(1);
  });
  const signal = run.read(verb, options) ?? asker.own;
  const terms = { ...options };
  return new GuardedStream(
    { verb, kernel: asker.kernel, owner: asker.p, signal, open: (_number, _taken, own) => fn(own, permit) },
    {
      run(open, own) {
        opens = open;
        return run.start(verb, { ...terms, signal: own });
      },
      item: () => run.item(),
      left: () => run.left(),
      prompt: true,
    },
  );
}
