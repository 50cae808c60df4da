import { adopt, ExitSignal, isThenable } from '../../base/index.js';
import type { ExitReason } from '../../base/index.js';
import { shapeOf } from '../../base/text/index.js';
import type { RuntimeDefinition } from '../../behaviour/gen/index.js';
import { ServerDefinition } from '../../behaviour/gen/server/index.js';
import type { AgentSelf } from '../../behaviour/gen/server/index.js';
import { Phase } from '../../process/record/index.js';
import type { Process } from '../../process/record/index.js';
import {
  causeOf, countOf, giveUp, guarded, judgeEnd, mayRestart, next, reasonOfStart, reportError,
  Retry, retryLater, rowOf, shutsDown, stopInOrder, tryAgain, waits,
} from '../core/index.js';
import type { Child, MaybeLater } from '../core/index.js';
import type { Tree } from '../spec/index.js';
import type { ChildCount, ChildInfo } from '../../api/supervisor.js';
import { Exit } from '../../api/messages.js';
import { Ignore } from '../../api/returns.js';
import { deleteChild, getChildSpec, notFound, restartChild, startChild, terminateChild } from './api.js';
import { changeCode } from './code-change.js';
import { TreeByCores, treeFrom, type SupervisorSource, type SupervisorInit } from './source.js';
import { SupervisorState } from './state.js';

type Sup = AgentSelf & { state: SupervisorState };

function init(this: AgentSelf, recipe: SupervisorSource): unknown {
  if (recipe instanceof TreeByCores) return begin(this.p, recipe.tree(this.p.kernel.env.cores), null);
  if (typeof recipe !== 'function') return begin(this.p, recipe, null);
  const made = recipe() as unknown;
  if (isThenable(made)) return adopt(made).then((spec) => fromFunction(this.p, spec, recipe));
  return fromFunction(this.p, made, recipe);
}

function fromFunction(p: Process, made: unknown, recipe: SupervisorInit): unknown {
  return made === 'ignore' ? new Ignore() : begin(p, treeFrom(made), recipe);
}

function begin(p: Process, tree: Tree, make: SupervisorInit | null): MaybeLater<SupervisorState> {
  const state = new SupervisorState(p, tree, make);
  const { family } = state;
  for (const spec of tree.children) family.add(spec);
  const children = family.from();
  return next(family.startAll(children), (failure) => {
    // Killed while a child was starting: who was started before ends, or lives on, by the exit signal alone.
    if (p.phase === Phase.Dead) return state;
    if (shutsDown(p)) {
      return next(stopInOrder(family, children), (): never => {
        throw new ExitSignal(p.ext?.shutdown?.reason);
      });
    }
    if (failure === null) return forgetIgnored(state, children);
    const reason = reasonOfStart(failure.error);
    reportError(p, 'start_error', failure.child, reason);
    return next(stopInOrder(family, children.slice(0, failure.index)), (): never => {
      throw new ExitSignal({ shutdown: { failedToStartChild: failure.child.spec.id, reason } });
    });
  });
}

/** A temporary child whose init ignored is not kept (SU-07). */
function forgetIgnored(state: SupervisorState, children: readonly Child[]): SupervisorState {
  for (const child of children) {
    if (child.process === null && child.spec.restart === 'temporary') state.family.remove(child);
  }
  return state;
}

/* ---- a child has ended ---- */

function info(self: Sup, message: unknown): unknown {
  const { state } = self;
  if (message instanceof Exit) {
    const child = state.family.of(self.p.from as Process | null);
    return child === undefined ? undefined : childEnded(self, child, message.reason);
  }
  if (message instanceof Retry) {
    return message.child.status === 'restarting' ? restart(self, message.child, message.reason) : undefined;
  }
  unexpected(self, message);
  return undefined;
}

/** SU-38: what a supervisor does not understand is logged and ignored. */
export function unexpected(self: AgentSelf, message: unknown): void {
  self.p.kernel.warn(
    'a supervisor received an unexpected message', { supervisor: self.p.title, message: shapeOf(message) },
  );
}

function childEnded(self: Sup, child: Child, reason: ExitReason): unknown {
  const { state } = self;
  if (judgeEnd(state, child, reason)) {
    const cause = causeOf(child, reason);
    if (!waits(state, child)) return restart(self, child, cause);
    retryLater(state, child, cause);
    return undefined;
  }
  state.family.release(child);
  return endsWith(state, child) ? giveUp(self) : undefined;
}

/** Automatic shutdown: whether the end of this child is the end of its supervisor (SU-48, SU-49). */
function endsWith(state: SupervisorState, child: Child): boolean {
  if (state.tree.autoShutdown === 'never' || !child.spec.significant) return false;
  if (state.tree.autoShutdown === 'any_significant') return true;
  for (let at = state.family.oldest; at !== null; at = at.newer) {
    if (at.spec.significant && at.status !== 'stopped') return false;
  }
  return true;
}

function restart(self: Sup, child: Child, reason: ExitReason): unknown {
  const { state } = self;
  if (!mayRestart(state, child, reason)) {
    state.family.release(child);
    return giveUp(self);
  }
  child.process = null;
  child.status = 'restarting';
  return state.tree.strategy === 'one_for_one' ? restartOne(state, child) : restartGroup(state, child);
}

function restartOne(state: SupervisorState, child: Child): MaybeLater<undefined> {
  const failed = (error: unknown): undefined => tryAgain(state, child, error);
  try {
    return guarded(state.family.start(child, 'info'), failed);
  } catch (error) {
    return failed(error);
  }
}

/**
 * Newest first all are stopped, then those that are kept are started in order (SU-16, SU-17). The
 * retry of a start that fails is a restart of the child that failed: one_for_all then takes the
 * whole set down again, rest_for_one goes on from the failed one (SU-23).
 */
function restartGroup(state: SupervisorState, child: Child): MaybeLater<undefined> {
  const { family } = state;
  const group = family.from(state.tree.strategy === 'one_for_all' ? family.oldest : child);
  return next(stopInOrder(
    family, group,
  ), () => next(family.startAll(group.filter((one) => one.spec.restart !== 'temporary')), (failure) => {
    return failure === null ? undefined : tryAgain(state, failure.child, failure.error);
  }));
}

/* ---- questions ---- */

/** Newest first (SU-03). */
function whichChildren({ state }: Sup): ChildInfo[] {
  return state.family.from().reverse().map((child) => rowOf(child, child.spec.id));
}

function countChildren({ state }: Sup): ChildCount {
  return countOf(state.family.from());
}

let made: RuntimeDefinition | null = null;

/** The supervisor is a server like any other; its definition is made once. */
export function supervisorDefinition(): RuntimeDefinition {
  made ??= new ServerDefinition({
    name: 'supervisor',
    trapExit: true,
    init,
    info,
    calls: {
      startChild, terminateChild, restartChild, deleteChild, getChildSpec, whichChildren,
      whichChild, countChildren,
    },
    codeChange: (self: Sup, _from: unknown, extra: unknown) => changeCode(self.state, extra),
    terminate,
  });
  return made;
}

/** Its init has failed: there is nothing to stop. */
function terminate({ state }: AgentSelf & { state: SupervisorState | undefined }): unknown {
  return state === undefined ? undefined : stopInOrder(state.family, state.family.from());
}

function whichChild({ state }: Sup, id: string): unknown {
  const child = state.family.byId.get(id);
  return child === undefined ? notFound(id) : rowOf(child, id);
}
