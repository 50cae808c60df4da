import { CastcallError } from '../../base/index.js';
import { Kind } from '../../mailbox/message/index.js';
import type { Op } from '../../mailbox/message/index.js';
import type { Process } from '../../process/record/index.js';
import { whatever } from './check.js';
import { eventOf, GENERIC_TIMED_OUT, TIMED_OUT } from './queue.js';
import type { Callback, StateTable } from './runtime.js';
import type { StatemSelf } from './self.js';

/** Runs the callback for one event, in either mode. */
export function dispatch(p: Process, m: StatemSelf, op: Op, payload: unknown, from: unknown): unknown {
  const { table } = m;
  if (m.turn !== null) m.turn.begin();
  if (table === null) return invoke(p, m, m.module.handle as Callback, eventOf(op, payload, from));
  if (op.kind <= Kind.Call) {
    const run = table.handler(op);
    if (run === undefined) throw unhandled(m, op.kind === Kind.Call ? 'call' : 'cast', op.name);
    return p.kernel.context === null ? run(m, payload) : invoke(p, m, run, payload);
  }
  return dispatchOther(p, m, table, op, payload, from);
}

function dispatchOther(
  p: Process, m: StatemSelf, table: StateTable, op: Op, payload: unknown, from: unknown,
): unknown {
  if (op.kind === Kind.Continue) return run(p, m, table.internal, 'internal', payload);
  if (op.kind === Kind.Idle) {
    if (op === GENERIC_TIMED_OUT) {
      return run(p, m, table.timeouts.get(from as string) ?? null, `timeouts.${from as string}`, payload);
    }
    return op === TIMED_OUT
      ? run(p, m, table.timeout, 'timeout', payload)
      : run(p, m, table.stateTimeout, 'stateTimeout', payload);
  }
  if (table.info !== null) return invoke(p, m, table.info, payload);
  p.kernel.warn(
    'a message was dropped: the state machine has no info handler for it (GS-26)',
    { pid: p.pid, name: p.name?.name, definition: m.module.name, state: whatever(m.state) },
  );
  return undefined;
}

function run(p: Process, m: StatemSelf, callback: Callback | null, event: string, given: unknown): unknown {
  if (callback === null) throw unhandled(m, event, '');
  return invoke(p, m, callback, given);
}

/**
 * Runs user code; in development its async continuations are followed, so that a bare ref after an
 * await is found.
 */
export function invoke(p: Process, m: StatemSelf, callback: Callback, given: unknown): unknown {
  const { context } = p.kernel;
  if (context === null || callback.constructor.name !== 'AsyncFunction') return callback(m, given);
  return context.run(p, () => callback(m, given));
}

function unhandled(m: StatemSelf, event: string, name: string): CastcallError {
  return new CastcallError('UNHANDLED_EVENT', `'${m.module.name}' does not handle ${name === ''
    ? event
    : `${event} '${name}'`} in state ${whatever(m.state)}; add a handler to the state or to common`);
}
