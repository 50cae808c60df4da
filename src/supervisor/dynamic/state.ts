import type { Pid } from '../../api/address.js';
import { Refusal } from '../../api/returns.js';
import type { AgentSelf } from '../../behaviour/gen/server/index.js';
import type { Process } from '../../process/record/index.js';
import { Intensity, reportProgress, startChildProcess } from '../core/index.js';
import type { Child, MaybeLater, ProgressLevel, Restarting } from '../core/index.js';
import type { ChildSpec } from '../spec/index.js';
import { attempt } from '../static/index.js';
import type { DynamicInit } from '../../api/supervisor.js';
import type { DynamicPlan } from './spec.js';

/** The state of a dynamic supervisor: its children by the number of their latest process (SU-54). */
export class DynamicState implements Restarting {
  readonly byNumber: Map<number, Child> = new Map();
  intensity: Intensity;
  constructor(
    readonly p: Process,
    public limits: DynamicPlan,
    /** makes the spec, at the start and when the code changes; null when a spec was given */
    public make: DynamicInit | null,
  ) {
    this.intensity = new Intensity(limits.intensity, limits.periodMs);
  }

  /** A child by the pid of its process; while it is restarting by the pid of its last one (DS-06). */
  byPid(pid: string): { readonly n: number; readonly child: Child } | undefined {
    const { prefix } = this.p.kernel;
    if (!pid.startsWith(prefix)) return undefined;
    const n = Number(pid.slice(prefix.length));
    const child = this.byNumber.get(n);
    return child === undefined ? undefined : { n, child };
  }
}

export type Sup = AgentSelf & { state: DynamicState };

/* ---- starting ---- */

/** The refusal of one child more; null while there is room (DS-02). */
export function noRoom({ byNumber, limits: { maxChildren } }: DynamicState): Refusal | null {
  return byNumber.size >= maxChildren ? new Refusal('max_children', { maxChildren }) : null;
}

/** With a template every child is an instance of it, without one each has a specification of its own. */
export function badChild(template: ChildSpec | null): Refusal {
  return new Refusal('bad_child', { expected: template === null ? 'a child specification' : 'init arguments' });
}

/** Starts a child on request; nothing is kept unless it runs (DS-01). */
export function begin(state: DynamicState, child: Child): MaybeLater<Pid | Refusal | null> {
  return attempt(() => start(state, child, 'debug'), child, () => undefined, () => undefined);
}

function start(state: DynamicState, child: Child, level: ProgressLevel): MaybeLater<void> {
  const started = startChildProcess(state.p, child);
  if (started instanceof Promise) return started.then(() => keep(state, child, level));
  keep(state, child, level);
}

export function keep(state: DynamicState, child: Child, level: ProgressLevel): void {
  if (child.process === null) return;
  state.byNumber.set(child.process.n, child);
  // LG-03: instances of a template come and go too often to tell of each
  if (state.limits.template === null) reportProgress(state.p, child, level);
}
