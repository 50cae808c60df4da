import { callError } from '../../../base/index.js';
import type { CallError } from '../../../base/index.js';
import type { RuntimeDefinition } from '../runtime.js';

/** A verb as errors call it. */
export type UsedVerb = 'call' | 'cast' | 'put' | 'stream' | 'deliver' | 'sendAfter';

/** An operation that the verb does not take: which ones it does, or which verbs the operation takes. */
export function unknownOperation(
  { calls, casts }: RuntimeDefinition, target: string, op: string, verb: UsedVerb,
): CallError {
  const table = verb === 'deliver' ? [...casts.values(), ...calls.values()]
    : verb === 'cast' || verb === 'put' || verb === 'sendAfter' ? [...casts.values()] : [...calls.values()];
  const known = table.map((one) => (one.stream ? `${one.name} (stream)` : one.name)).join(', ');
  const takes = calls.get(op)?.stream === true ? 'it is a stream; use stream'
    : calls.has(op) ? 'it is a call; use call, tryCall or deliver'
      : casts.has(op) ? 'it is a cast; use cast, tryCast, put or deliver' : undefined;
  return callError('UNKNOWN_OPERATION', {
    target, op: String(op), verb, details: known === '' ? 'none' : known, takes,
  });
}
