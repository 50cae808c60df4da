import { callError } from '../../../base/index.js';
import type { Op } from '../../../mailbox/message/index.js';
import { fenced, trackCall } from '../../../process/record/index.js';
import type { Address, Kernel, Process } from '../../../process/record/index.js';
import { accept, refusalOf } from '../../../process/send/index.js';
import { addressName } from '../../../router/request/index.js';
import { hostOf } from '../host.js';
import { readStream, throwIfFired } from '../options.js';
import type { AgentStream } from '../../../api/bus/stream.js';
import { AgentStreamImpl, FailedFeed } from './agent-stream.js';
import { StreamSlot } from './stream.js';

/** What a stream needs of a ref. */
interface Streaming {
  readonly addr: Address;
  readonly definition: { readonly calls: ReadonlyMap<string, Op> };
  readonly kernel: Kernel;
  callee(caller: Process | null, op: string): Process;
  unknown(op: string, verb: 'stream'): Error;
  explain(error: unknown, op: string): unknown;
}

/**
 * Asks for a stream. What is not its verb or has wrong options is thrown, all else is told by its
 * first item.
 */
export function openStream(
  ref: Streaming, caller: Process | null, op: string, payload: unknown, options: object = {},
): AgentStream<unknown> {
  const known = ref.definition.calls.get(op);
  if (known === undefined || !known.stream) throw ref.unknown(op, 'stream');
  const read = readStream(options);
  const target = addressName(ref.addr);
  let slot: StreamSlot | null = null;
  try {
    const checked = known.check === null ? payload : known.check(payload, caller);
    if (fenced(caller)) throw callError('ZOMBIE', { target, op });
    const p = ref.callee(caller, op);
    throwIfFired(read.signal);
    slot = new StreamSlot(caller, p, target, op, read);
    if (!accept(p, known, checked, slot)) slot.lost(refusalOf(p, known, checked));
    else if (caller !== null) {
      slot.outer = caller.from;
      trackCall(caller, slot);
    }
    return new AgentStreamImpl(slot);
  } catch (error) {
    slot?.end(undefined); // it is watched by its signal
    hostOf(ref.kernel).router.rejected();
    return new AgentStreamImpl(new FailedFeed(ref.kernel, target, op, ref.explain(error, op)));
  }
}
