import { isThenable } from '../../base/index.js';
import type { ExitReason } from '../../base/index.js';
import { handled, Rank, taken } from '../../mailbox/index.js';
import { CONTINUE, Kind } from '../../mailbox/message/index.js';
import type { Extra, Op, OpRun } from '../../mailbox/message/index.js';
import { COUNTED, Phase, Run } from '../../process/record/index.js';
import type { Behaviour, Process, SysHooks } from '../../process/record/index.js';
import { pushSignal } from '../../process/send/index.js';
import { takeDown } from '../../process/signal/index.js';
import { Request } from '../../router/request/index.js';
import {
  abandonedBy, conclude, dropController, Engine, Flag, isControl, isParents, lastReason, opened,
  overdue, terminated, terminateThrew,
} from '../gen/index.js';
import type { Down, Exit } from '../../api/messages.js';
import { dispatch } from './dispatch.js';
import { INSERTED, OVER, Queued } from './queue.js';
import type { StatemRuntime } from './runtime.js';
import type { StatemSelf } from './self.js';
import { deliveryOf, EndAsked, entered, transit, type Next } from './step.js';
import { between, reportEnd, STATEM_SYS } from './sys.js';
import { StatemTimeout } from './timeouts.js';
import { Move, Transition } from './transition.js';

/*
 * The contract of a state machine (OTP's gen_statem): one callback at a time, as for agents, but
 * each event goes to the callback that its state has for it, else to that of `common`, or to the
 * one `handle`.
 *
 *   start ─▶ init ─▶ { state, data, actions } ─▶ enter
 *   next event: inserted and replayed ones (queue.ts) ─▶ timeouts of 0 ms (timeouts.ts) ─▶ the mailbox
 *   event ─▶ dispatch ─▶ callback(self, payload) ─▶ a Transition: keep, next, repeat or stop, with actions
 *         ─▶ transit (step.ts): replies ─▶ enter ─▶ postpone ─▶ replay ─▶ insert ─▶ timeouts ─▶ next event
 *   a throw ─▶ state and data as before the event ─▶ conclude (ending.ts) ─▶ terminate ─▶ exit
 */

/** Events from inside that are handled in one go; then the run queue decides again. */
const INSIDE_BUDGET = 64;

/** The callback module of one state machine: OTP's gen_statem, over the kernel's five callbacks. */
class StatemBehaviour extends Engine {
  override readonly handle: Behaviour['handle'] = handle;
  override readonly settled: Behaviour['settled'] = settled;
  override readonly failed: Behaviour['failed'] = failed;
  override readonly sys: SysHooks = STATEM_SYS;
  readonly returns = true; // a postponed event goes back
  constructor(definition: StatemRuntime) {
    super(definition, 'state machine');
  }

  /** Of the module that is used now. */
  override terminator(p: Process): OpRun | null {
    return (p.self as StatemSelf).module.terminate;
  }

  override report(p: Process, reason: ExitReason): void {
    reportEnd(p, p.self as StatemSelf, reason);
  }
}

export function statemBehaviour(definition: StatemRuntime): Behaviour {
  return new StatemBehaviour(definition);
}

/* ---- the common case: a cast that keeps the state or changes it, with nothing queued inside and no timeout ---- */

function handle(p: Process, op: Op, payload: unknown, from: unknown): unknown {
  const m = p.self as StatemSelf;
  if (op.kind > Kind.Call) return other(p, m, op, payload, from);
  if (op.kind === Kind.Call) {
    if (op.delivered === op) return delivered(p, m, from as Request, payload);
    if ((from as Request).extra !== null && overdue(p, from as Request)) return undefined;
  }
  m.op = op;
  m.payload = payload;
  m.counted = true;
  const result = dispatch(p, m, op, payload, from);
  if (op.kind === Kind.Cast && m.inside === null && m.timeouts === null && m.flags === 0) {
    if (result === undefined) {
      m.committed = m.data;
      return undefined;
    }
    if (result instanceof Transition && result.move === Move.Next && result.actions === null
      && typeof result.target === 'string' && moved(m, result.target)) return undefined;
  }
  if (result !== undefined && isThenable(result)) return result;
  return over(p, m, op, advance(p, m, transit(p, m, result)));
}

/** A change between two named states without enter calls. False when it takes the longer road. */
function moved(m: StatemSelf, target: string): boolean {
  const table = m.module.tables?.get(target);
  if (table === undefined || (table.enter !== null && target !== m.state)) return false;
  m.table = table;
  m.state = target;
  m.committedState = target;
  m.committed = m.data;
  m.hibernating = false;
  return true;
}

/**
 * The loop is about to count the message it took. When that has been done here, because the machine
 * went on to other events or postponed it, its own counting is made up for.
 */
function over(p: Process, m: StatemSelf, op: Op, parked: unknown): unknown {
  if (parked !== undefined || p.run !== Run.Running || p.op === op) return parked;
  account(p);
  return COUNTED;
}

/* ---- one event after the other ---- */

/**
 * Goes on after a transition: ends, waits, or handles what is queued inside, before any message
 * from outside (SM-07, SM-13).
 */
function advance(p: Process, m: StatemSelf, first: Next): unknown {
  let next = first;
  for (let left = INSIDE_BUDGET; ; left--) {
    if (next instanceof EndAsked) return conclude(p, next.reason);
    if (next !== undefined) return next;
    if (p.run !== Run.Running) return undefined;
    const event = m.inside?.next.pop() ?? zeroTimeout(m);
    if (event === undefined) break;
    account(p);
    if (left === 0) {
      m.events().next.push(event);
      pushSignal(p, CONTINUE, null, null, Rank.Front);
      return undefined;
    }
    begin(p, m, event);
    if (event.counted && event.from instanceof Request && event.from.guaranteed
      && !claims(p, event.from)) continue;
    const result = dispatch(p, m, event.op, event.payload, event.from);
    if (result !== undefined && isThenable(result)) return result;
    next = transit(p, m, result);
  }
  if (m.hibernating && !p.mailbox.busy()) m.hibernate();
  return undefined;
}

function zeroTimeout(m: StatemSelf): Queued | undefined {
  const due = m.timeouts?.takeZero();
  return due === undefined ? undefined : new Queued(due.op, due.content, due.key, false);
}

/** An event from inside is now the one that is handled. */
function begin(p: Process, m: StatemSelf, event: Queued): void {
  m.op = event.op;
  m.payload = event.payload;
  m.counted = event.counted;
  p.op = event.counted ? event.op : INSERTED;
  p.from = event.from;
  if (!event.counted) return;
  taken(p.mailbox, p.kernel.signals, event.op);
}

/** The event before has had its outcome. */
function account(p: Process): void {
  const { op } = p;
  if (op === null || op === OVER) return;
  if (!op.signal) handled(p.mailbox);
  const { tap } = p.kernel;
  if (tap !== null && op !== INSERTED) tap.handled(p.pid, op.name);
  p.op = OVER;
  p.from = null;
}

/* ---- other messages ---- */

function other(p: Process, m: StatemSelf, op: Op, payload: unknown, from: unknown): unknown {
  switch (op.kind) {
    case Kind.Extra: return unwrap(p, m, op, payload, from as Extra);
    case Kind.Down: return takeDown(payload as Down) ? outside(p, m, op, op, payload, from, true) : undefined;
    case Kind.Exit: return isParents(p, from)
      ? ended(p, (payload as Exit).reason)
      : outside(p, m, op, op, payload, from, true);
    case Kind.Timer: return payload instanceof StatemTimeout
      ? timedOut(p, m, op, payload)
      : outside(p, m, op, op, payload, from, true);
    case Kind.Stop: return ended(p, payload);
    case Kind.Continue: return proceed(p, m, op, payload);
    default: return outside(p, m, op, op, payload, from, true);
  }
}

/** Its end is asked for between two events. */
function ended(p: Process, reason: ExitReason): unknown {
  between(p);
  return conclude(p, reason);
}

function unwrap(p: Process, m: StatemSelf, op: Op, payload: unknown, extra: Extra): unknown {
  if (!opened(p, extra)) return undefined;
  if (extra.op.delivered === extra.op) return delivered(p, m, extra.from as Request, payload);
  if (extra.from instanceof Request && overdue(p, extra.from)) return undefined;
  return outside(p, m, op, extra.op, payload, extra.from, true);
}

/** A message with a guarantee: an event of its operation, if its turn is one. */
function delivered(p: Process, m: StatemSelf, message: Request, payload: unknown): unknown {
  if (!claims(p, message)) return undefined;
  const { op } = message;
  p.op = op;
  return outside(p, m, op, op, payload, message, true);
}

function claims(p: Process, message: Request): boolean {
  return !overdue(p, message) && message.claimed();
}

/** An event that came through the mailbox as the message `taken`. */
function outside(
  p: Process, m: StatemSelf, taken: Op, op: Op, payload: unknown, from: unknown, counted: boolean,
): unknown {
  m.op = op;
  m.payload = payload;
  m.counted = counted;
  const result = dispatch(p, m, op, payload, from);
  if (result !== undefined && isThenable(result)) return result;
  return over(p, m, taken, advance(p, m, transit(p, m, result)));
}

/** A timeout is due. Its message is the runtime's; the event is the machine's own. */
function timedOut(p: Process, m: StatemSelf, taken: Op, due: StatemTimeout): unknown {
  if (m.timeouts === null || !m.timeouts.takeDue(due)) return undefined;
  p.from = due.key;
  return outside(p, m, taken, due.op, due.content, due.key, false);
}

/** The first turn of a machine, or the next one of many events from inside. */
function proceed(p: Process, m: StatemSelf, taken: Op, initial: unknown): unknown {
  m.op = null;
  if (!(initial instanceof Transition)) return over(p, m, taken, advance(p, m, undefined));
  if (m.turn !== null) m.turn.begin();
  return over(p, m, taken, advance(p, m, transit(p, m, initial)));
}

/* ---- asynchronous callbacks, throws ---- */

function settled(p: Process, value: unknown): unknown {
  const m = p.self as StatemSelf;
  if (p.phase === Phase.Terminating) return terminated(p);
  return resumed(p, m, value);
}

/** Goes on after a callback that was awaited, or that threw a result. */
function resumed(p: Process, m: StatemSelf, result: unknown): unknown {
  const { step } = m;
  const parked = advance(
    p, m, step !== null && step.entering ? entered(p, m, step, result) : transit(p, m, result),
  );
  if (parked === undefined && p.op === OVER) p.op = null;
  return parked;
}

function failed(p: Process, error: unknown): unknown {
  const m = p.self as StatemSelf;
  if (p.phase === Phase.Terminating) {
    terminateThrew(p, error);
    return terminated(p);
  }
  const call = p.from;
  if (call instanceof Request && m.step === null) {
    if (abandonedBy(p, call, error)) return abandoned(p, m, call);
    if (m.counted && !isControl(error) && call.threw(error)) return unhandled(p, m, call);
  }
  return thrown(p, m, error);
}

/** What a throw carries is a result (SM-18), if it can be one; going on may throw again. */
function thrown(p: Process, m: StatemSelf, first: unknown): unknown {
  for (let error = first; ;) {
    if (!isControl(error)) return crash(p, m, error);
    try {
      return resumed(p, m, error);
    } catch (next) {
      error = next;
    }
  }
}

/** The handler ended with the abort reason of its own request: that request is over, the machine is not. */
function abandoned(p: Process, m: StatemSelf, call: Request): unknown {
  m.restore();
  if (m.turn !== null) {
    m.turn.drop(m);
    m.turn.begin();
  }
  if ((m.flags & Flag.Controller) !== 0) dropController(p, m, call);
  return thrown(p, m, m.keep());
}

/** The delivery has failed, or is refused, and the machine lives on as if its event had not come. */
function unhandled(p: Process, m: StatemSelf, message: Request): unknown {
  m.restore();
  if (m.turn !== null) {
    m.turn.drop(m);
    m.turn.threw();
  }
  if ((m.flags & Flag.Controller) !== 0) dropController(p, m, message);
  m.flags &= ~(Flag.Made | Flag.Deferred);
  const parked = advance(p, m, undefined);
  if (parked === undefined && p.op === OVER) p.op = null;
  return parked;
}

function crash(p: Process, m: StatemSelf, error: unknown): unknown {
  m.restore();
  const message = deliveryOf(p, m);
  if (message !== null && !message.settled) message.stopped('crashed');
  if (m.turn !== null) {
    m.turn.drop(m);
    m.turn.threw();
  }
  return conclude(p, lastReason(p, error));
}
