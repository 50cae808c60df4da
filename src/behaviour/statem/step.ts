import { CastcallError, isThenable } from '../../base/index.js';
import { kept } from '../../mailbox/index.js';
import { INFO, Kind, type Op } from '../../mailbox/message/index.js';
import type { Process, Turn } from '../../process/record/index.js';
import { Request } from '../../router/request/index.js';
import { dropController, Flag, isControl, refuse, sameState } from '../gen/index.js';
import { NoReply, Refusal } from '../../api/returns.js';
import type { InsertedEvent } from '../../api/statem.js';
import { whatever } from './check.js';
import { invoke } from './dispatch.js';
import { GENERIC_TIMED_OUT, INTERNAL, OVER, Queued, STATE_TIMED_OUT, TIMED_OUT } from './queue.js';
import { statemRuntimeOf } from './runtime.js';
import { Step, type StatemSelf } from './self.js';
import { bad, EVENT_TIMEOUT, Move, STATE_TIMEOUT, Transition, type Action } from './transition.js';

/*
 * One transition, in OTP's order (SM-08): actions of the callback in list order, replies at once →
 * the enter call and its actions → the event is postponed → on a change of state, postponed events
 * come again → inserted events before them → timeouts are cancelled and started; those of 0 ms wait
 * until nothing is queued inside.
 */

/** What the engine does next: go on, wait for a thenable, or end. */
export type Next = PromiseLike<unknown> | EndAsked | undefined;

/** The machine asked to end. */
export class EndAsked {
  constructor(readonly reason: unknown) {}
}

/** Makes the transition that the event's callback decided on. */
export function transit(p: Process, m: StatemSelf, result: unknown): Next {
  const call = m.op !== null && m.op.kind === Kind.Call ? (p.from as Request) : deliveryOf(p, m);
  const decided = decide(p, m, call, result);
  if (decided.move === Move.Stop) return stopping(p, m, decided);
  const target = decided.move === Move.Next ? decided.target : m.state;
  const changed = !sameState(target, m.state);
  const step = new Step(m.state, changed);
  m.step = step;
  m.state = target;
  const entering = changed || decided.move === Move.Repeat || m.op === null;
  if (decided.actions !== null) for (const action of decided.actions) act(p, m, step, action);
  m.table = m.module.tableOf(target);
  return entering ? enter(p, m, step, step.from) : finish(p, m, step);
}

/** The message with a guarantee whose event is handled. */
export function deliveryOf({ from }: Process, { counted }: StatemSelf): Request | null {
  return counted && from instanceof Request && from.guaranteed ? from : null;
}

/** A callback's result as a transition; plain data of a call's handler is its reply. */
function decide(p: Process, m: StatemSelf, call: Request | null, result: unknown): Transition<unknown> {
  if ((m.flags & Flag.Made) !== 0) m.returned(`the callback of '${m.op?.name ?? 'start'}'`, result);
  if (result instanceof Transition) return result;
  if (call !== null) {
    if (result instanceof Refusal) return m.kept().refuse(result.code, result.details);
    if (result instanceof NoReply) return m.kept();
    if (result === undefined && (m.flags & Flag.Deferred) !== 0) return m.kept();
    if (m.module.tables !== null && m.op?.kind === Kind.Call && !isControl(result)) return m.kept().reply(result);
  }
  if (result === undefined) return m.kept();
  throw new CastcallError('BAD_RETURN_VALUE', `a callback of '${m.module.name}' returned ${whatever(
    result,
  )} for the event '${m.op?.name ?? 'start'}'; return nothing or a transition made by self`);
}

function stopping(p: Process, m: StatemSelf, decided: Transition<unknown>): EndAsked {
  m.commit();
  for (const action of decided.actions ?? []) answer(p, m, action);
  const message = deliveryOf(p, m);
  if (message !== null && !message.settled) {
    const answered = decided.actions?.some((action) => 'from' in action && action.from === message) ?? false;
    message.stopping({ reason: decided.target, replyTo: null, reply: undefined }, answered);
    message.stopped(decided.target);
  }
  if (m.turn !== null) m.turn.end(m);
  return new EndAsked(decided.target);
}

/** Replies at once; anything else is not its business. */
function answer(p: Process, m: StatemSelf, action: Action): void {
  if (m.step !== null && 'from' in action && action.from === p.from) m.step.answered = true;
  if (action.kind === 'reply') {
    action.from.reply(action.value);
  } else if (action.kind === 'refuse' && !action.from.settled) {
    refuse(p, action.from, action);
  }
}

function act(p: Process, m: StatemSelf, step: Step, action: Action): void {
  switch (action.kind) {
    case 'reply':
    case 'refuse': answer(p, m, action); break;
    case 'timeout': step.timeouts.push(action); break;
    case 'hibernate': step.hibernate = action.on; break;
    case 'postpone': step.postpone = action.on; break;
    case 'nextEvent': step.events.push(inserted(p, m, action.event)); break;
    case 'module': switchModule(m, action);
  }
}

function switchModule(m: StatemSelf, action: Extract<Action, { kind: 'module' }>): void {
  if (m.turn !== null) {
    throw bad(
      `${action.how}Module`, m.module.name, 'a machine that is not durable', 'its next start knows one definition only',
      'NOT_DURABLE',
    );
  }
  if (action.how === 'pop') {
    const back = m.below.pop();
    if (back === undefined) throw bad('popModule', 'no module', 'a module pushed by pushModule');
    m.module = back;
    return;
  }
  const module = statemRuntimeOf(`${action.how}Module`, action.definition);
  if (action.how === 'push') m.below.push(m.module);
  m.module = module;
}

/** An inserted event as the queue holds it. */
function inserted(p: Process, m: StatemSelf, event: InsertedEvent): Queued {
  switch (event.type) {
    case 'info': return new Queued(INFO, event.message, null, false);
    case 'internal': return new Queued(INTERNAL, event.content, null, false);
    case 'timeout': return new Queued(TIMED_OUT, event.content, null, false);
    case 'stateTimeout': return new Queued(STATE_TIMED_OUT, event.content, null, false);
    case 'genericTimeout': return new Queued(GENERIC_TIMED_OUT, event.content, event.name, false);
    default: {
      const op = event.type === 'cast' ? m.module.castOp(event.op) : m.module.callOp(event.op);
      if (op === undefined) throw bad(
        'nextEvent.op', event.op, `a ${event.type} that '${m.module.name}' handles`,
      );
      return new Queued(op, event.payload, event.type === 'call' ? event.from : null, false);
    }
  }
}

/* ---- the enter call ---- */

function enter(p: Process, m: StatemSelf, step: Step, from: unknown): Next {
  const run = (m.table ?? m.module).enter;
  if (run === null) return finish(p, m, step);
  step.entering = true;
  step.before = m.data;
  const result = invoke(p, m, run, from);
  if (result !== undefined && isThenable(result)) return result;
  return entered(p, m, step, result);
}

/** An enter call may act, but not leave its state, postpone or insert (SM-03). */
export function entered(p: Process, m: StatemSelf, step: Step, result: unknown): Next {
  step.entering = false;
  if ((m.flags & Flag.Made) !== 0) m.returned(`the enter call of ${whatever(m.state)}`, result);
  if (result === undefined) return finish(p, m, step);
  if (!(result instanceof Transition) || (result.move === Move.Next && !sameState(result.target, m.state))) {
    m.data = step.before;
    m.commit();
    const what = result instanceof Transition ? `self.next(${whatever(result.target)})` : whatever(result);
    throw new CastcallError('BAD_ENTER_RETURN', `the enter call of state ${whatever(
      m.state,
    )} of '${m.module.name}' returned ${what}; it may keep or repeat the state, or stop`);
  }
  if (result.move === Move.Stop) return stopping(p, m, result);
  for (const action of result.actions ?? []) {
    if (action.kind === 'nextEvent' || action.kind === 'module' || (action.kind === 'postpone' && action.on)) {
      m.commit();
      throw new CastcallError('BAD_ENTER_ACTION', `the enter call of state ${whatever(
        m.state,
      )} of '${m.module.name}' used '${action.kind}'; it may reply, hibernate and set timeouts`);
    }
    act(p, m, step, action);
  }
  return result.move === Move.Repeat ? enter(p, m, step, step.from) : finish(p, m, step);
}

/* ---- the rest of the transition ---- */

function finish(p: Process, m: StatemSelf, step: Step): undefined {
  const { op } = m;
  if (m.turn !== null && givenBack(p, m)) return void undone(m, m.turn);
  m.commit();
  if (op !== null) {
    const message = deliveryOf(p, m);
    if (step.postpone && (message === null || (!step.answered && message.postpones()))) postpone(p, m);
    else if (message !== null) acknowledge(p, m, op, message);
    else if (op.kind === Kind.Call) handled(p, m, p.from as Request);
  }
  const { timeouts } = m;
  if (timeouts !== null) {
    timeouts.stop(EVENT_TIMEOUT);
    if (step.changed) timeouts.stop(STATE_TIMEOUT);
  }
  if (step.changed && m.inside !== null) m.inside.replay();
  if (step.events.length > 0) m.events().insert(step.events);
  if (step.timeouts.length > 0) m.clock().apply(p, step.timeouts);
  m.hibernating = step.hibernate;
  if (m.turn !== null) m.turn.end(m);
  m.step = null;
}

/** The delivery that it handled is somewhere else already: its handler has said `nack`. */
function givenBack(p: Process, { op }: StatemSelf): boolean {
  return op !== null && p.op !== op && p.op === op.remainder;
}

/** A turn that has failed leaves nothing: the machine is in the state before it. */
function undone(m: StatemSelf, turn: Turn): void {
  m.step = null;
  m.restore();
  m.table = m.module.tableOf(m.state);
  turn.end(m);
}

/** The event of a delivery is handled; as a call it may be answered later. */
function acknowledge(p: Process, m: StatemSelf, op: Op, message: Request): void {
  if (op.kind === Kind.Cast && (m.flags & Flag.Deferred) === 0) message.reply(undefined);
  if (!givenBack(p, m)) handled(p, m, message);
}

/** The event stays with the process: it is queued again, in the account as well. */
function postpone(p: Process, m: StatemSelf): void {
  const { op } = m;
  if (op === null) return;
  m.events().postponed.push(new Queued(op, m.payload, p.from, m.counted));
  if (!m.counted) return;
  kept(p.mailbox, p.kernel.signals, op);
  p.op = OVER;
  p.from = null;
}

/** A call that is still unanswered will be answered later, or fail when the machine ends. */
function handled(p: Process, m: StatemSelf, call: Request): void {
  if (!call.settled) {
    m.flags |= Flag.Deferred;
    const ext = p.cold();
    (ext.deferred ??= new Set()).add(call);
  }
  if ((m.flags & Flag.Controller) !== 0) dropController(p, m, call);
  m.flags &= ~Flag.Deferred;
}
