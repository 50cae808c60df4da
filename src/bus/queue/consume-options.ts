import { OptionError } from '../../base/index.js';
import { checkKeys } from '../../behaviour/gen/index.js';
import { RefBase } from '../../behaviour/gen/request/index.js';
import type { Kernel } from '../../process/record/index.js';
import { waitMs } from './options.js';

/** What a consumer is asked for. */
export interface ReadConsume {
  readonly ref: RefBase;
  readonly verb: 'call' | 'cast';
  readonly op: string;
  readonly concurrency: number;
  /** of a call; -1: no limit */
  readonly timeoutMs: number;
}

const CALL_TIMEOUT_MS = 60_000;
const KEYS = ['call', 'cast', 'concurrency', 'timeoutMs'];

/** @param leaseMs of the queue, -1 for none */
export function readConsume(kernel: Kernel, leaseMs: number, ref: unknown, given: unknown): ReadConsume {
  if (!(ref instanceof RefBase) || ref.kernel !== kernel) {
    throw new OptionError(
      'queue.consume', ref, 'a ref of this system', 'pass system.ref(Definition, name), a pool or a balancer',
    );
  }
  checkKeys('queue.consume', given as object, KEYS);
  const { call, cast, concurrency = 1, timeoutMs } = given as Readonly<Record<string, unknown>>;
  if ((call === undefined) === (cast === undefined)) {
    throw new OptionError(
      'queue.consume', given, 'call or cast, one of them',
      'a call is answered when the item is done, a cast is not', 'BAD_COMBINATION',
    );
  }
  if (typeof concurrency !== 'number' || !Number.isInteger(concurrency) || concurrency < 1) {
    throw new OptionError('queue.consume.concurrency', concurrency, 'a whole number from 1');
  }
  if (cast !== undefined && timeoutMs !== undefined) {
    throw new OptionError(
      'queue.consume.timeoutMs', timeoutMs, 'none beside cast', 'nobody waits for an answer of a cast',
      'BAD_COMBINATION',
    );
  }
  const verb = call === undefined ? 'cast' : 'call';
  const op = String(call ?? cast);
  const known = verb === 'call' ? ref.definition.callOp(op) : ref.definition.castOp(op);
  if (known === undefined || known.stream) throw ref.unknown(op, verb);
  const fallback = leaseMs > 0 ? leaseMs : CALL_TIMEOUT_MS;
  return {
    ref: ref.sentBy(null), verb, op, concurrency,
    timeoutMs: waitMs('queue.consume.timeoutMs', timeoutMs as number | 'infinity' | undefined, fallback),
  };
}
