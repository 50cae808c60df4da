import { delayMs, OptionError } from '../../base/index.js';
import { checkSignal } from '../../behaviour/gen/index.js';
import type { MessageOptions } from '../../api/activation/message.js';
import type { DeliverOptions } from '../../api/delivery.js';

/** What a message asks for: checked as far as its destination does not matter. */
export interface ReadMessage {
  readonly op: string;
  readonly deliver: DeliverOptions;
  readonly enqueue: boolean;
  readonly stream: boolean;
  /** -1 for none */
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** Errors: an OptionError. Options of `deliver` are checked with the message. */
export function readMessage(given: MessageOptions & { readonly stream?: boolean | undefined }): ReadMessage {
  if (typeof given !== 'object' || given === null) throw new OptionError('message options', given, 'an object');
  const { op = 'turn', enqueue = false, stream = false, timeoutMs = 'infinity', signal, ...deliver } = given;
  if (typeof op !== 'string') throw new OptionError('message.op', op, 'the name of an operation');
  if (typeof stream !== 'boolean') throw new OptionError('message.stream', stream, 'true or false');
  const keyed = typeof enqueue === 'object' && enqueue !== null;
  if (!keyed && typeof enqueue !== 'boolean') {
    throw new OptionError('message.enqueue', enqueue, 'true, or { key, keep, merge }');
  }
  if ('coalesce' in deliver) {
    throw new OptionError(
      'message.coalesce', 'coalesce', 'enqueue: { key }', 'coalesce is that of deliver', 'BAD_COMBINATION',
    );
  }
  if (enqueue !== false && stream) {
    throw new OptionError(
      'message.stream', stream, 'none with enqueue', 'what is enqueued waits for nothing', 'BAD_COMBINATION',
    );
  }
  return {
    op, stream, enqueue: enqueue !== false, signal: checkSignal('message', signal),
    deliver: keyed ? { ...deliver, coalesce: enqueue } : deliver,
    timeoutMs: timeoutMs === 'infinity' ? -1 : delayMs('message.timeoutMs', timeoutMs),
  };
}
