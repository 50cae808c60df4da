import { CastcallError, isThenable } from '../../../base/index.js';
import { refused } from '../../../mailbox/index.js';
import { Kind } from '../../../mailbox/message/index.js';
import type { Extra, Op } from '../../../mailbox/message/index.js';
import { Phase } from '../../../process/record/index.js';
import type { Behaviour, Process, SysHooks } from '../../../process/record/index.js';
import { takeDown } from '../../../process/signal/index.js';
import { Request } from '../../../router/request/index.js';
import { type Down, type Exit, Timeout } from '../../../api/messages.js';
import { Control, NoReply, Refusal, Stop } from '../../../api/returns.js';
import { dropController, Flag } from '../server-self.js';
import { badReturn, isControl } from '../control.js';
import { conclude, isParents, lastReason, terminated, terminateThrew } from '../ending.js';
import { Engine } from '../engine.js';
import { driveStream, type StreamItems } from '../request/drive-stream.js';
import { StreamSlot } from '../request/stream.js';
import { abandonedBy, opened, overdue, refuse } from '../skipped.js';
import { runConcurrent, streamConcurrently } from './concurrent.js';
import type { ServerDefinition } from './definition.js';
import { failedTurn, settledTurn } from './durable.js';
import { beginIdle, disarmIdle, type IdleDeadline } from './idle.js';
import type { AgentSelf } from './self.js';
import { definitionOf } from './format-status.js';
import { SERVER_SYS } from './sys.js';

/*
 * The engine of servers: agents, event managers, registries, supervisors.
 *
 *   handle ─▶ the operation's run ─┬─ a plain value ─▶ the reply
 *                                  ├─ a promise ─▶ parked ─▶ settled ─▶ after
 *                                  ├─ a control value, or something asked for meanwhile (flags) ─▶ after
 *                                  └─ a throw ─▶ failed ─▶ conclude (ending.ts) ─▶ terminate ─▶ exit
 *
 * `self.committed` is the state as of the last callback that returned: a crash falls back to it.
 */

type Run = (self: AgentSelf, payload: unknown) => unknown;

/** The callback module of one definition: OTP's gen_server, over the kernel's five callbacks. */
export class ServerBehaviour extends Engine {
  override readonly handle: Behaviour['handle'] = handle;
  override readonly settled: Behaviour['settled'];
  override readonly failed: Behaviour['failed'];
  override readonly sys: SysHooks = SERVER_SYS;
  readonly undeliverable: boolean;
  constructor(override readonly definition: ServerDefinition, undeliverable: boolean, durable: boolean) {
    super(definition, 'agent');
    this.undeliverable = undeliverable;
    this.settled = durable ? settledTurn(settled) : settled;
    this.failed = durable ? failedTurn(failed) : failed;
  }
}

/* ---- the common case: a synchronous handler ---- */

function handle(p: Process, op: Op, payload: unknown, from: unknown): unknown {
  const self = p.self as AgentSelf;
  if (self.flags !== 0) before(p, self, op);
  let result: unknown;
  if (op.kind === Kind.Cast) {
    if (op.slow) return cold(p, self, op, payload, null);
    const run = op.run as Run;
    result = run(self, payload);
  } else if (op.kind === Kind.Call) {
    const call = from as Request;
    if (op.slow || call.extra !== null) return cold(p, self, op, payload, call);
    const run = op.run as Run;
    result = run(self, payload);
    if ((typeof result !== 'object' || result === null) && typeof result !== 'function') {
      self.committed = self.state;
      if (self.flags === 0) {
        call.reply(result);
        return undefined;
      }
      return after(p, self, call, result);
    }
  } else {
    return other(p, self, op, payload, from);
  }
  if (result !== undefined && isThenable(result)) return result;
  self.committed = self.state;
  if (result !== undefined || self.flags !== 0) {
    return after(p, self, op.kind === Kind.Call ? (from as Request) : null, result);
  }
  return undefined;
}

/** A message other than the idle timeout's own cancels the idle timeout (GS-27). */
function before(p: Process, self: AgentSelf, op: Op): void {
  if ((self.flags & Flag.Idle) !== 0 && op.kind !== Kind.Idle) {
    self.flags &= ~Flag.Idle;
    disarmIdle(p);
  }
}

/** What a handler returned, beyond a plain reply: control values, stops. */
function after(p: Process, self: AgentSelf, call: Request | null, result: unknown): unknown {
  if ((self.flags & Flag.Idle) !== 0) beginIdle(p);
  if ((self.flags & Flag.Made) !== 0) self.returned(`the handler '${p.op?.name ?? '?'}'`, result);
  if ((self.flags & Flag.Controller) !== 0) dropController(p, self, call);
  if (result instanceof Stop || (self.flags & Flag.Stop) !== 0) return stopping(p, self, call, result);
  if (result instanceof Control && !(result instanceof NoReply)
    && (call === null || !(result instanceof Refusal))) {
    return conclude(p, badReturn(`handler '${p.op?.name ?? '?'}'`, result));
  }
  if (call === null) return undefined;
  if (result instanceof Control) {
    if (result instanceof Refusal) refuse(p, call, result);
  } else if ((self.flags & Flag.Deferred) === 0 || result !== undefined) {
    call.reply(result);
  }
  self.flags &= ~Flag.Deferred;
  return undefined;
}

function stopping(p: Process, self: AgentSelf, call: Request | null, result: unknown): unknown {
  self.flags &= ~Flag.Stop;
  const asked = self.ending;
  if (asked === null) return undefined;
  // `self.stop()` as a statement, then a plain return value: that value is still the reply.
  if (call !== null && !asked.replyTo) {
    if (!(result instanceof Control) && result !== undefined) call.reply(result);
    else call.stopped(asked.reason);
  }
  return conclude(p, asked.reason, asked.replyTo, asked.reply);
}

/* ---- the longer road ---- */

function cold(p: Process, self: AgentSelf, op: Op, payload: unknown, call: Request | null): unknown {
  if (call !== null && call.extra !== null && overdue(p, call)) return undefined;
  if (op.concurrent) {
    if (call === null || call.claimed()) runConcurrent(p, self, op, payload, call);
    return undefined;
  }
  const run = op.run as Run;
  const { context } = p.kernel;
  const result = context !== null && op.isAsync ? context.run(p, () => run(self, payload)) : run(self, payload);
  if (result !== undefined && isThenable(result)) return result;
  self.committed = self.state;
  return after(p, self, call, result);
}

function other(p: Process, self: AgentSelf, op: Op, payload: unknown, from: unknown): unknown {
  switch (op.kind) {
    case Kind.Extra: return unwrap(p, payload, from as Extra);
    case Kind.Stream: return stream(p, self, op, payload, from as StreamSlot);
    case Kind.Down: return takeDown(payload as Down) ? inform(p, self, payload) : undefined;
    case Kind.Exit: return exitMessage(p, self, payload as Exit, from);
    case Kind.Continue: return proceed(p, self, payload);
    case Kind.Stop: return conclude(p, payload);
    case Kind.Idle: {
      const idle = payload as IdleDeadline;
      if (!idle.armed) return undefined;
      disarmIdle(p);
      self.flags &= ~Flag.Idle;
      return inform(p, self, idle.message);
    }
    default: return inform(p, self, payload);
  }
}

function unwrap(p: Process, payload: unknown, extra: Extra): unknown {
  return opened(p, extra) ? handle(p, extra.op, payload, extra.from) : undefined;
}

function stream(p: Process, self: AgentSelf, op: Op, payload: unknown, slot: StreamSlot): unknown {
  if (slot.settled) return undefined;
  if (op.concurrent) {
    streamConcurrently(p, self, op, payload, slot);
    return undefined;
  }
  const run = op.run as Run;
  return driveStream(p, slot, run(self, payload) as StreamItems);
}

function inform(p: Process, self: AgentSelf, message: unknown): unknown {
  const run = definitionOf(p).info as Run | null;
  if (run === null) {
    if (!(message instanceof Timeout)) {
      p.kernel.warn(
        'a message was dropped: the definition has no info handler (GS-26)',
        { pid: p.pid, name: p.name?.name, definition: definitionOf(p).name },
      );
    }
    return undefined;
  }
  return callback(p, self, run, message);
}

function proceed(p: Process, self: AgentSelf, what: unknown): unknown {
  const run = definitionOf(p).proceed as Run | null;
  if (run === null) {
    throw new CastcallError(
      'UNDEF', `'${definitionOf(p).name}' used self.continue but defines no continue handler (GS-26)`,
    );
  }
  return callback(p, self, run, what);
}

function callback(p: Process, self: AgentSelf, run: Run, message: unknown): unknown {
  const result = run(self, message);
  if (result !== undefined && isThenable(result)) return result;
  self.committed = self.state;
  return result === undefined && self.flags === 0 ? undefined : after(p, self, null, result);
}

function exitMessage(p: Process, self: AgentSelf, exit: Exit, from: unknown): unknown {
  return isParents(p, from) ? conclude(p, exit.reason) : inform(p, self, exit);
}

/* ---- asynchronous handlers ---- */

function settled(p: Process, value: unknown): unknown {
  const self = p.self as AgentSelf;
  if (p.phase === Phase.Terminating) return terminated(p);
  self.committed = self.state;
  return after(p, self, p.from instanceof Request ? p.from : null, value);
}

/* ---- the end ---- */

function failed(p: Process, error: unknown): unknown {
  const self = p.self as AgentSelf;
  if (p.phase === Phase.Terminating) {
    terminateThrew(p, error);
    return terminated(p);
  }
  if (isControl(error)) {
    self.committed = self.state;
    return after(p, self, p.from instanceof Request ? p.from : null, error);
  }
  self.state = self.committed;
  if (p.from instanceof StreamSlot
    ? abandonedStream(p, p.from, error)
    : p.from instanceof Request && (abandonedBy(p, p.from, error) || p.from.threw(error))) {
    if ((self.flags & Flag.Controller) !== 0) dropController(p, self, p.from as Request);
    self.flags &= Flag.Idle;
    if (self.flags !== 0) beginIdle(p);
    return undefined;
  }
  return conclude(p, lastReason(p, error));
}

/** The same for a stream: its consumer has gone. */
function abandonedStream(p: Process, slot: StreamSlot, error: unknown): boolean {
  if (slot.left === null || slot.left.reason !== error) return false;
  refused(p.mailbox);
  return true;
}
