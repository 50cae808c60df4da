import { ExitSignal, StartError, type ExitReason } from '../base/index.js';
import type { RuntimeDefinition} from '../behaviour/index.js';
import { defineAgent, Refusal, runtimeOf, type AgentSelf, type AnyDefinition } from '../behaviour/index.js';
import { TIMER } from '../mailbox/index.js';
import { Exit, pushSignal, type Pid, type Process } from '../process/index.js';
import { shouldRestart, type Restart } from './decision.js';
import { Child, Family, next, type MaybeLater } from './family.js';
import { Intensity } from './intensity.js';
import type { ChildSpec, Tree } from './spec.js';

/** A failed restart is tried again through the queue, so that requests are served in between (SU-20). */
class Retry {
  constructor(readonly child: Child) {}
}

/** One row of `whichChildren`. */
export interface ChildInfo {
  readonly id: string;
  /** undefined while it is restarting or stopped */
  readonly pid: Pid | undefined;
  readonly type: 'worker' | 'supervisor';
  readonly status: 'running' | 'restarting' | 'stopped';
  readonly restart: Restart;
  readonly restarts: number;
}

/** What `countChildren` tells (SU-43). */
export interface ChildCount {
  readonly specs: number;
  readonly active: number;
  readonly supervisors: number;
  readonly workers: number;
}

/** The state of a supervisor, which is an ordinary agent. */
export class SupervisorState {
  readonly family: Family;
  readonly intensity: Intensity;
  constructor(
    readonly tree: Tree,
    readonly p: Process,
  ) {
    this.family = new Family(p);
    this.intensity = new Intensity(tree.intensity, tree.periodMs);
  }

  get children(): Child[] {
    return [...this.family.byId.values()];
  }

  /** Whom a restart of this child covers, in start order. */
  group(child: Child): Child[] {
    if (this.tree.strategy === 'one_for_one') return [child];
    const all = this.children;
    return this.tree.strategy === 'one_for_all' ? all : all.slice(all.indexOf(child));
  }
}

type Sup = AgentSelf & { state: SupervisorState };

function init(this: AgentSelf, tree: Tree): SupervisorState | Promise<SupervisorState> {
  const state = new SupervisorState(tree, this.p);
  for (const spec of tree.children) state.family.byId.set(spec.id, new Child(spec));
  const children = state.children;
  return next(state.family.startAll(children), (failure) => {
    if (failure === null) return forgetIgnored(state);
    return next(state.family.stopAll(children.slice(0, failure.index)), (): never => {
      throw new ExitSignal({ shutdown: { failedToStartChild: failure.child.spec.id, reason: reasonOfStart(failure.error) } });
    });
  });
}

/** A temporary child whose init ignored is not kept (SU-07). */
function forgetIgnored(state: SupervisorState): SupervisorState {
  for (const child of state.children) if (child.process === null && child.spec.restart === 'temporary') state.family.forget(child);
  return state;
}

function reasonOfStart(error: unknown): ExitReason {
  return error instanceof StartError ? error.reason : error;
}

/* ---- a child has ended ---- */

function info(self: Sup, message: unknown): MaybeLater<unknown> {
  const { state } = self;
  if (message instanceof Exit) {
    const child = state.family.of(self.p.from as Process | null);
    return child === undefined ? undefined : childEnded(self, child, message.reason);
  }
  if (message instanceof Retry) return message.child.status === 'restarting' ? restart(self, message.child) : undefined;
  return undefined; // SU-38: unknown messages are ignored
}

function childEnded(self: Sup, child: Child, reason: ExitReason): MaybeLater<unknown> {
  const { family } = self.state;
  if (shouldRestart(child.spec.restart, reason)) {
    family.forget(child);
    return restart(self, child);
  }
  family.forget(child);
  child.status = 'stopped';
  return undefined;
}

/** One unit of intensity per attempt, whatever the size of the group (SU-21, SU-25). */
function restart(self: Sup, child: Child): MaybeLater<unknown> {
  const { state } = self;
  const { kernel } = self.p;
  child.status = 'restarting';
  if (!state.intensity.allows(kernel.env.mono())) {
    kernel.warn('a supervisor reached its restart intensity and gives up', { supervisor: self.p.title, child: child.spec.id, intensity: state.tree.intensity, periodMs: state.tree.periodMs });
    return self.stop('shutdown');
  }
  kernel.counts.restarts++;
  child.restarts++;
  if (state.tree.strategy === 'one_for_one') return startGroup(self, [child]);
  const group = state.group(child);
  return next(state.family.stopAll(group), () => startGroup(self, group.filter((one) => one === child || one.spec.restart !== 'temporary')));
}

function startGroup(self: Sup, group: readonly Child[]): MaybeLater<undefined> {
  return next(self.state.family.startAll(group), (failure) => {
    if (failure === null) return undefined;
    // SU-23: the retry is a restart of the child that failed: one_for_all then takes the whole set down again,
    // rest_for_one goes on from the failed one.
    const again = failure.child;
    again.status = 'restarting';
    pushSignal(self.p, TIMER, new Retry(again), null);
    return undefined;
  });
}

/* ---- the API ---- */

function startChild(self: Sup, spec: ChildSpec): MaybeLater<Pid | Refusal | null> {
  const { family } = self.state;
  const present = family.byId.get(spec.id);
  if (present !== undefined) return present.process === null ? new Refusal('already_present', { id: spec.id }) : new Refusal('already_started', { id: spec.id, pid: present.process.pid });
  const child = new Child(spec);
  family.byId.set(spec.id, child);
  const failed = (error: unknown): Refusal => {
    family.byId.delete(spec.id);
    return new Refusal('start_failed', { id: spec.id, reason: reasonOfStart(error) });
  };
  return attempt(() => family.start(child), failed, () => pidOf(family, child));
}

function pidOf(family: Family, child: Child): Pid | null {
  if (child.process === null && child.spec.restart === 'temporary') family.byId.delete(child.spec.id);
  return child.process?.pid ?? null;
}

function attempt<T>(start: () => MaybeLater<void>, failed: (error: unknown) => Refusal, done: () => T): MaybeLater<T | Refusal> {
  try {
    const started = start();
    return started instanceof Promise ? started.then(done, failed) : done();
  } catch (error) {
    return failed(error);
  }
}

function terminateChild(self: Sup, id: string): MaybeLater<Refusal | undefined> {
  const child = self.state.family.byId.get(id);
  if (child === undefined) return new Refusal('not_found', { id });
  return next(self.state.family.stop(child), () => undefined);
}

function restartChild(self: Sup, id: string): MaybeLater<Pid | Refusal | null> {
  const { family } = self.state;
  const child = family.byId.get(id);
  if (child === undefined) return new Refusal('not_found', { id });
  if (child.status !== 'stopped') return new Refusal(child.status, { id });
  return attempt(() => family.start(child), (error) => new Refusal('start_failed', { id, reason: reasonOfStart(error) }), () => pidOf(family, child));
}

function deleteChild(self: Sup, id: string): Refusal | undefined {
  const child = self.state.family.byId.get(id);
  if (child === undefined) return new Refusal('not_found', { id });
  if (child.status !== 'stopped') return new Refusal(child.status, { id });
  self.state.family.byId.delete(id);
  return undefined;
}

/** Newest first (SU-03). */
export function whichChildren(state: SupervisorState): ChildInfo[] {
  return state.children.reverse().map((child) => ({
    id: child.spec.id, pid: child.process?.pid, type: child.spec.type, status: child.status, restart: child.spec.restart, restarts: child.restarts,
  }));
}

function countChildren(self: Sup): ChildCount {
  const all = self.state.children;
  const supervisors = all.filter((child) => child.spec.type === 'supervisor').length;
  return { specs: all.length, active: all.filter((child) => child.status === 'running').length, supervisors, workers: all.length - supervisors };
}

let made: RuntimeDefinition | null = null;

/** The supervisor is a server like any other; its definition is made once. */
export function supervisorDefinition(): RuntimeDefinition {
  made ??= runtimeOf(defineAgent({
    name: 'supervisor',
    trapExit: true,
    init: init as never,
    info: info as never,
    calls: { startChild, terminateChild, restartChild, deleteChild, whichChildren: (self: Sup) => whichChildren(self.state), countChildren } as never,
    terminate: ((self: Sup) => self.state?.family.stopAll(self.state.children)) as never,
  }) as AnyDefinition);
  return made;
}
