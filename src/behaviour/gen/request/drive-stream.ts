import { adopt, callError, isThenable } from '../../../base/index.js';
import { refused } from '../../../mailbox/index.js';
import { Phase } from '../../../process/record/index.js';
import type { Process } from '../../../process/record/index.js';
import { Refusal } from '../../../api/returns.js';
import type { StreamSlot } from './stream.js';

/** What a stream handler returns. */
export type StreamItems = AsyncGenerator<unknown> | Generator<unknown>;

const AT_ONCE: Promise<void> = Promise.resolve();

/**
 * Runs a stream handler, as the process `p`, until the generator is done, has been finished, or `p`
 * has ended. The generator is the agent's own code, which nothing may overlap (P7): only a dead
 * agent does not wait for it. Items made ahead are charged to the turn of the event loop (P8).
 */
export async function driveStream(p: Process, slot: StreamSlot, items: StreamItems): Promise<void> {
  const { scheduler } = p.kernel;
  const plain = !(Symbol.asyncIterator in items);
  slot.begin();
  try {
    for (;;) {
      const wanted = slot.wanted();
      if (wanted === false || (wanted !== true && !(await wanted)) || p.phase === Phase.Dead) break;
      const made = pull(p, items, 'next');
      const step = plain ? made as IteratorResult<unknown> : await made;
      if (step.done === true) {
        slot.end(refusalOf(p, slot, step.value));
        return;
      }
      const { value } = step;
      // What a plain generator yields is awaited, as `for await` does it.
      slot.item(isThenable(value) ? { done: false, value: await adopt(value) } : step);
      if (slot.ahead === 0) continue;
      const turn = scheduler.paced(AT_ONCE);
      if (turn !== AT_ONCE) await turn;
    }
    await pull(p, items, 'return');
  } finally {
    slot.handlerEnded();
  }
}

/** `return self.refuse(…)` ends a stream with an error to its reader. */
function refusalOf(p: Process, slot: StreamSlot, value: unknown): unknown {
  if (!(value instanceof Refusal)) return undefined;
  if (slot.worker === null) refused(p.box()); // who has a process of its own is handled already
  return callError('REFUSED', {
    target: slot.target, op: slot.op, refusal: value.code, details: value.details,
  });
}

/** The generator's synchronous part runs as the process, like any handler. */
function pull(
  p: Process, items: StreamItems, step: 'next' | 'return',
): Promise<IteratorResult<unknown>> | IteratorResult<unknown> {
  const { kernel } = p;
  const outer = kernel.current;
  kernel.current = p;
  try {
    return step === 'next' ? items.next() : items.return(undefined);
  } finally {
    kernel.current = outer;
  }
}
