import { fieldOf } from '../../base/text/index.js';
import type { AgentSelf } from '../../behaviour/gen/server/index.js';
import { next, reasonOfStart, stopChild } from '../core/index.js';
import type { Child, MaybeLater } from '../core/index.js';
import type { ChildSpec } from '../spec/index.js';
import type { Pid } from '../../api/address.js';
import { Refusal } from '../../api/returns.js';
import type { SupervisorState } from './state.js';

type Sup = AgentSelf & { state: SupervisorState };

/** The requests of a static supervisor; what it refuses has OTP's word as its code. */

export function startChild({ state }: Sup, spec: ChildSpec): MaybeLater<Pid | Refusal | null> {
  const { family, tree } = state;
  if (spec.significant && tree.autoShutdown === 'never') {
    return new Refusal('bad_combination', { id: spec.id, significant: true, autoShutdown: 'never' });
  }
  const present = family.byId.get(spec.id);
  if (present !== undefined) {
    return present.process === null
      ? new Refusal('already_present', { id: spec.id })
      : new Refusal('already_started', { id: spec.id, pid: present.process.pid });
  }
  const child = family.add(spec);
  return attempt(() => family.start(child, 'debug'), child, () => family.remove(child), () => {
    if (child.process === null && spec.restart === 'temporary') family.remove(child);
  });
}

export function restartChild({ state }: Sup, id: string): MaybeLater<Pid | Refusal | null> {
  const { family } = state;
  const child = family.byId.get(id);
  if (child === undefined) return notFound(id);
  if (child.status !== 'stopped') return new Refusal(child.status, { id });
  return attempt(() => family.start(child, 'debug'), child, () => undefined, () => undefined);
}

/**
 * Runs a start on request, and answers with the pid, with null for an init that ignored, or with
 * why it failed.
 */
export function attempt(
  start: () => MaybeLater<void>, child: Child, undo: () => void, done: () => void,
): MaybeLater<Pid | Refusal | null> {
  const failed = (error: unknown): Refusal => {
    undo();
    return startFailed(child.spec.id, error);
  };
  const worked = (): Pid | null => {
    const pid = child.process?.pid ?? null;
    done();
    return pid;
  };
  try {
    const started = start();
    return started instanceof Promise ? started.then(worked, failed) : worked();
  } catch (error) {
    return failed(error);
  }
}

/** A name that somebody else owns is told as such, and that process is not adopted (SU-46). */
function startFailed(id: string, error: unknown): Refusal {
  const reason = reasonOfStart(error);
  const owner = fieldOf(reason, 'alreadyStarted');
  const details = id === '' ? {} : { id };
  return typeof owner === 'string'
    ? new Refusal('already_started', { ...details, pid: owner })
    : new Refusal('start_failed', { ...details, reason });
}

export function terminateChild(self: Sup, id: string): MaybeLater<Refusal | undefined> {
  const { family } = self.state;
  const child = family.byId.get(id);
  if (child === undefined) return notFound(id);
  return next(stopChild(self.p, child), () => {
    family.release(child);
    return undefined;
  });
}

export function deleteChild({ state }: Sup, id: string): Refusal | undefined {
  const child = state.family.byId.get(id);
  if (child === undefined) return notFound(id);
  if (child.status !== 'stopped') return new Refusal(child.status, { id });
  state.family.remove(child);
  return undefined;
}

export function getChildSpec({ state }: Sup, id: string): ChildSpec | Refusal {
  return state.family.byId.get(id)?.spec ?? notFound(id);
}

export function notFound(id: string): Refusal {
  return new Refusal('not_found', { id });
}
