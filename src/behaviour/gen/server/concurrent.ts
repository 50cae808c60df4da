import { CastcallError, cloned, isThenable, reasonOf } from '../../../base/index.js';
import { printable } from '../../../base/text/index.js';
import type { Op } from '../../../mailbox/message/index.js';
import { exitProcess, spawnProcess } from '../../../process/kernel/index.js';
import { Run } from '../../../process/record/index.js';
import type { Behaviour, Process } from '../../../process/record/index.js';
import { unlink } from '../../../process/signal/index.js';
import type { Request } from '../../../router/request/index.js';
import { NoReply, Refusal, Stop } from '../../../api/returns.js';
import { Flag } from '../server-self.js';
import { isControl, NO_REPLY } from '../control.js';
import { driveStream, type StreamItems } from '../request/drive-stream.js';
import { StreamSlot } from '../request/stream.js';
import { ForkedSelf, type AgentSelf } from './self.js';
import { abandonedWith } from '../skipped.js';

type Handler = (self: AgentSelf, payload: unknown) => unknown;

/** One concurrent handling: what the child process runs. */
class Job {
  constructor(
    readonly self: AgentSelf,
    readonly op: Op,
    readonly payload: unknown,
    readonly call: Request | StreamSlot | null,
  ) {}
}

/**
 * Runs one handler in a linked process of its own, with a copy of the state, so that the agent
 * takes its next message at once. A crash there reaches the agent through the link, as every linked
 * process's would.
 */
export function runConcurrent(
  p: Process, self: AgentSelf, op: Op, payload: unknown, call: Request | null,
): void {
  const child = fork(p, self, op, payload, call);
  if (child !== null && call !== null) call.cold().worker = child;
}

/**
 * The same for a stream: the process of its handler ends with the stream, and the stream with it,
 * or with the agent, whatever comes first.
 */
export function streamConcurrently(p: Process, self: AgentSelf, op: Op, payload: unknown, slot: StreamSlot): void {
  slot.worker = fork(p, self, op, payload, slot);
}

/** Null when a getter in its state has ended the agent. */
function fork(
  p: Process, self: AgentSelf, op: Op, payload: unknown, call: Request | StreamSlot | null,
): Process | null {
  const state = copyState(self.state, op);
  if (p.run === Run.Dead) return null;
  const child = spawnProcess(p.kernel, CONCURRENT, p, true);
  if (call !== null) (p.cold().deferred ??= new Set()).add(call);
  child.from = call;
  child.self = new Job(new ForkedSelf(child, state), op, payload, call);
  p.kernel.scheduler.enqueue(child);
  return child;
}

function copyState(state: unknown, op: Op): unknown {
  try {
    return cloned(state);
  } catch (error) {
    throw new CastcallError('STATE_NOT_CLONABLE', `'${op.name}' is concurrent, but the agent's state cannot be copied: ${printable(
      error,
    )}; keep functions, sockets and the like out of the state`, { cause: error });
  }
}

const CONCURRENT: Behaviour = {
  name: 'concurrent handler',
  sys: null,
  handle: () => undefined,
  begin(child: Process): unknown {
    const job = child.self as Job;
    const run = job.op.run as Handler;
    const result = run(job.self, job.payload);
    if (job.call instanceof StreamSlot) return driveStream(child, job.call, result as StreamItems);
    if (result !== undefined && isThenable(result)) return result;
    finish(child, result);
    return undefined;
  },
  settled(child: Process, value: unknown): unknown {
    finish(child, value);
    return undefined;
  },
  failed(child: Process, error: unknown): unknown {
    const { call } = child.self as Job;
    if (isControl(error)) finish(child, error);
    else if (call instanceof StreamSlot) {
      if (call.left !== null && call.left.reason === error) finish(child, NO_REPLY);
      else exitProcess(child, reasonOf(error));
    } else if (call !== null && (abandonedWith(call, error) || call.threw(error))) finish(child, NO_REPLY);
    else exitProcess(child, reasonOf(error));
    return undefined;
  },
};

function finish(child: Process, result: unknown): void {
  if (child.run === Run.Dead) return;
  const { call, self, op } = child.self as Job;
  if ((self.flags & Flag.Made) !== 0) self.returned(`the handler '${op.name}'`, result);
  if (call !== null && !(call instanceof StreamSlot)) answer(child, call, result);
  // It ends as expected: the agent need not hear of it.
  if (child.parent !== null) unlink(child.parent, child);
  exitProcess(child, result instanceof Stop ? result.reason : 'normal');
}

function answer(child: Process, call: Request, result: unknown): void {
  if (result instanceof Refusal) call.refuse(result.code, result.details);
  else if (result instanceof Stop) {
    if (result.replies) call.reply(result.value);
    else call.stopped(result.reason);
  } else if (result instanceof NoReply) child.from = null;
  else call.reply(result);
}
