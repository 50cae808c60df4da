import { adopt, disown, isThenable, OptionError } from '../../base/index.js';
import type { ExitReason, Own } from '../../base/index.js';
import { planAs } from '../../behaviour/gen/index.js';
import type { RuntimeDefinition } from '../../behaviour/gen/index.js';
import { ServerDefinition } from '../../behaviour/gen/server/index.js';
import type { AgentSelf } from '../../behaviour/gen/server/index.js';
import type { Process } from '../../process/record/index.js';
import {
  causeOf, Child, childOf, countOf, giveUp, guarded, judge, judgeEnd, mayRestart, next,
  reportError, Retry, retryLater, rowOf, startChildProcess, stopChild, stopTogether, tryAgain,
  waits,
} from '../core/index.js';
import type { Ended, MaybeLater } from '../core/index.js';
import { ChildSpec, isExpectedEnd } from '../spec/index.js';
import { unexpected } from '../static/index.js';
import type { ChildCount, ChildInfo, DynamicInit } from '../../api/supervisor.js';
import type { Pid } from '../../api/address.js';
import { Exit } from '../../api/messages.js';
import { Ignore, Refusal } from '../../api/returns.js';
import { dynamicFrom, type DynamicPlan } from './spec.js';
import { badChild, begin, DynamicState, keep, noRoom, type Sup } from './state.js';
import { startTask } from './tasks.js';

/*
 * A dynamic supervisor: children come and go, each by a specification of its own, by the arguments
 * that a template left open, or as a task (tasks.ts). They are known by the number of their process
 * (state.ts).
 *
 *   startChild, startTask ─▶ room? ─▶ begin ─▶ kept once it runs
 *   Exit of a child ─▶ judgeEnd ─┬─ over ─▶ forgotten
 *                                └─ restart ─▶ [back-off] ─▶ kept under its new number; too many ─▶ giveUp
 *   terminateChild, terminate ─▶ unlink ─▶ `shutdown` or a kill ─▶ waited for by a monitor
 */

function init(this: AgentSelf, recipe: DynamicPlan | DynamicInit): unknown {
  if (typeof recipe !== 'function') return new DynamicState(this.p, recipe, null);
  const made = recipe() as unknown;
  const from = (spec: unknown): unknown =>
    (spec === 'ignore' ? new Ignore() : new DynamicState(this.p, dynamicFrom(spec, null), recipe));
  return isThenable(made) ? adopt(made).then(from) : from(made);
}

/**
 * The code changes: its spec function runs again, or the spec (or function) that is given takes its
 * place. Limits are replaced, and with a template what the instances are made of, also of those
 * that live, with the arguments they were started with; nobody is started, stopped or restarted now
 * (SU-53).
 */
function changeCode({ state }: Sup, _from: unknown, extra: unknown): DynamicState {
  const given: unknown = extra === undefined || extra === null ? state.make : extra;
  if (given === null) return state;
  const made: unknown = typeof given === 'function' ? (given as DynamicInit)() : given;
  disown(made);
  if (isThenable(made)) {
    throw new OptionError('codeChange', 'a promise', 'a spec function that returns its spec at once');
  }
  const { template } = state.limits;
  const limits = made === 'ignore' ? state.limits : dynamicFrom(made, template);
  if (typeof given === 'function') state.make = given as DynamicInit;
  state.limits = limits;
  state.intensity = state.intensity.with(limits.intensity, limits.periodMs);
  if (template !== null && limits.template !== null && template !== limits.template) {
    for (const child of state.byNumber.values()) remake(child, template, limits.template);
  }
  return state;
}

/** An instance of the old template becomes one of the new. */
function remake(child: Child, before: ChildSpec, { plan, ownName, ...rest }: ChildSpec): void {
  child.plan = planAs(plan, ownName, [...plan.init, ...child.plan.init.slice(before.plan.init.length)]);
  child.spec = new ChildSpec({ ...rest, id: '', ownName, plan: child.plan });
}

/* ---- starting ---- */

/** A specification, or the last init arguments when there is a template. */
function startChild(
  { state }: Sup, given: ChildSpec | Own<readonly unknown[]>,
): MaybeLater<Pid | Refusal | null> {
  const full = noRoom(state);
  if (full !== null) return full;
  const { template } = state.limits;
  if (given instanceof ChildSpec ? template !== null : template === null) return badChild(template);
  return begin(state, newChild(state, given));
}

/** Ids play no role here, so neither does a name that is only the default made of an id (DS-04). */
function newChild(state: DynamicState, given: ChildSpec | Own<readonly unknown[]>): Child {
  const { extraArguments, template } = state.limits;
  const spec = given instanceof ChildSpec ? given : (template as ChildSpec);
  const init = given instanceof ChildSpec
    ? [...extraArguments, ...spec.plan.init] : [...spec.plan.init, ...given.value];
  const plan = planAs(spec.plan, spec.ownName, init);
  return new Child(state, new ChildSpec({ ...spec, id: '', plan }), plan);
}

/* ---- restarting ---- */

function info(self: Sup, message: unknown): unknown {
  const { state } = self;
  if (message instanceof Exit) {
    const p = self.p.from as Process | null;
    const child = childOf(p, state);
    return child === undefined || p === null ? undefined : childEnded(self, child, p.n, message.reason);
  }
  if (message instanceof RetryAt) {
    return message.child.status === 'restarting'
      ? restart(self, message.child, message.n, message.reason)
      : undefined;
  }
  unexpected(self, message);
  return undefined;
}

/** A retry, with the number under which the child is kept meanwhile. */
class RetryAt extends Retry {
  constructor(
    child: Child,
    readonly n: number,
  ) {
    super(child);
  }
}

function childEnded(self: Sup, child: Child, n: number, reason: ExitReason): unknown {
  const { state } = self;
  if (!judgeEnd(state, child, reason)) {
    state.byNumber.delete(n);
    child.release();
    return undefined;
  }
  const cause = causeOf(child, reason);
  if (!waits(state, child)) return restart(self, child, n, cause);
  retryLater(state, child, cause, new RetryAt(child, n));
  return undefined;
}

function restart(self: Sup, child: Child, n: number, reason: ExitReason): unknown {
  const { state } = self;
  if (!mayRestart(state, child, reason)) {
    state.byNumber.delete(n);
    child.release();
    return giveUp(self);
  }
  child.process = null;
  const failed = (error: unknown): undefined => tryAgain(state, child, error, new RetryAt(child, n));
  try {
    const started = startChildProcess(state.p, child);
    if (started instanceof Promise) return guarded(started.then(() => restarted(state, child, n)), failed);
  } catch (error) {
    return failed(error);
  }
  return restarted(state, child, n);
}

/** An init that ignores at a restart drops the child (SU-19). */
function restarted(state: DynamicState, child: Child, n: number): undefined {
  state.byNumber.delete(n);
  keep(state, child, 'info');
  return undefined;
}

/* ---- stopping ---- */

function terminateChild(self: Sup, pid: string): MaybeLater<Refusal | undefined> {
  const { state } = self;
  const found = state.byPid(pid);
  if (found === undefined) return unknownChild(state, pid);
  return next(stopChild(self.p, found.child), () => {
    state.byNumber.delete(found.n);
    return undefined;
  });
}

/** With a template the dead are gladly terminated again, and what is no pid has an error of its own (SU-41). */
function unknownChild(state: DynamicState, pid: string): Refusal | undefined {
  const { kernel } = state.p;
  if (state.limits.template === null) return new Refusal('not_found', { pid });
  if (!pid.startsWith(kernel.prefix)) return new Refusal('simple_one_for_one', { id: pid });
  return kernel.byPid(pid) === undefined ? undefined : new Refusal('not_found', { pid });
}

function terminate(self: Sup): MaybeLater<void> {
  const { state } = self;
  if (state === undefined) return undefined;
  return stopTogether(self.p, state.byNumber.values(), (ended) => {
    state.byNumber.clear();
    if (state.limits.template === null) for (const { child, p } of ended) judge(self.p, child, p);
    else judgeAlike(self.p, ended);
  });
}

/** One report for all instances of a template that ended alike. */
function judgeAlike(supervisor: Process, ended: readonly Ended[]): void {
  const { restart, shutdownMs } = ended[0]?.child.spec ?? { restart: 'permanent', shutdownMs: 0 };
  const alike = new Map<unknown, { readonly first: Ended; count: number }>();
  for (const one of ended) {
    if (isExpectedEnd(restart, shutdownMs, one.p.reason)) continue;
    const known = alike.get(one.p.reason);
    if (known === undefined) alike.set(one.p.reason, { first: one, count: 1 });
    else known.count++;
  }
  for (const [reason, { first, count }] of alike) {
    reportError(supervisor, 'shutdown_error', first.child, reason, first.p, count);
  }
}

/* ---- questions ---- */

/** Newest first; ids are undefined (DS-04). */
function whichChildren({ state }: Sup): ChildInfo<undefined>[] {
  return [...state.byNumber.values()].map((child) => rowOf(child, undefined)).reverse();
}

/** With a template all are instances of one spec (SU-43). */
function countChildren({ state }: Sup): ChildCount {
  const counted = countOf(state.byNumber.values());
  return state.limits.template === null ? counted : { ...counted, specs: 1 };
}

let made: RuntimeDefinition | null = null;

/** The dynamic supervisor is a server like any other; its definition is made once. */
export function dynamicDefinition(): RuntimeDefinition {
  made ??= new ServerDefinition({
    name: 'dynamic supervisor',
    trapExit: true,
    init,
    info,
    calls: { startChild, startTask, terminateChild, whichChildren, countChildren },
    codeChange: changeCode,
    terminate,
  });
  return made;
}
