import { Deadline } from '../../base/index.js';
import { exitProcess } from '../../process/kernel/index.js';
import { Phase } from '../../process/record/index.js';
import type { Process } from '../../process/record/index.js';
import { exitSignal, monitor, unlink } from '../../process/signal/index.js';
import { BRUTAL_KILL, isExpectedEnd } from '../spec/index.js';
import type { Child, MaybeLater } from './child.js';
import type { Children } from './children.js';
import { reportError } from './report.js';

/**
 * Stops one child by its own shutdown rule and forgets its process. Its exit is watched by a
 * monitor, so a child that unlinked itself cannot hang its supervisor (SU-33), and the link goes
 * first, so no Exit of it acts afterwards (SU-34).
 */
export function stopChild(supervisor: Process, child: Child): MaybeLater<void> {
  const p = child.process;
  child.release();
  if (p === null) return;
  unlink(supervisor, p);
  ask(supervisor, p, child.spec.shutdownMs);
  if (p.phase !== Phase.Dead) return waitForEnd(p, child.spec.shutdownMs)
    .then(() => judge(supervisor, child, p));
  judge(supervisor, child, p);
}

/**
 * Ends a child by a shutdown rule, in the name of its supervisor, who hears of it as of an end of
 * the child's own.
 */
export function endByRule(
  supervisor: Process, p: Process, shutdownMs: number, reason: 'shutdown' | 'unhealthy' = 'shutdown',
): Promise<void> {
  if (p.phase !== Phase.Dead) ask(supervisor, p, shutdownMs, reason);
  return p.phase === Phase.Dead ? Promise.resolve() : waitForEnd(p, shutdownMs, reason);
}

/** Stops newest first, each waited for (SU-02); temporary ones are forgotten. */
export function stopInOrder(family: Children, children: readonly Child[]): MaybeLater<void> {
  for (let i = children.length - 1; i >= 0; i--) {
    const stopping = stopOne(family, children[i] as Child);
    if (stopping instanceof Promise) return stopRest(family, children, i, stopping);
  }
}

async function stopRest(
  family: Children, children: readonly Child[], at: number, first: Promise<void>,
): Promise<void> {
  await first;
  for (let i = at - 1; i >= 0; i--) {
    const stopping = stopOne(family, children[i] as Child);
    if (stopping instanceof Promise) await stopping;
  }
}

function stopOne(family: Children, child: Child): MaybeLater<void> {
  const stopping = stopChild(family.supervisor, child);
  if (child.spec.restart === 'temporary') family.remove(child);
  return stopping;
}

/** Stops all at once, each by its own rule; those with the same time limit share one timer (SU-36, DS-07). */
export function stopTogether(
  supervisor: Process, children: Iterable<Child>, done: (ended: readonly Ended[]) => void,
): MaybeLater<void> {
  const ended: Ended[] = [];
  const limits = new Map<number, KillDeadline>();
  let open = 0;
  let finish: () => void = () => undefined;
  for (const child of children) {
    const p = child.process;
    child.release();
    if (p === null) continue;
    ended.push({ child, p });
    unlink(supervisor, p);
    ask(supervisor, p, child.spec.shutdownMs);
    if (p.phase === Phase.Dead) continue;
    open++;
    const { shutdownMs } = child.spec;
    if (shutdownMs >= 0) {
      const limit = limits.get(shutdownMs) ?? new KillDeadline();
      limits.set(shutdownMs, limit);
      limit.late.push(p);
    }
    monitor(null, p, undefined, () => {
      if (--open === 0) finish();
    });
  }
  if (open === 0) {
    done(ended);
    return;
  }
  const { deadlines } = supervisor.kernel;
  for (const [ms, limit] of limits) deadlines.add(limit, ms);
  return new Promise<void>((resolve) => { finish = resolve; }).then(() => {
    for (const limit of limits.values()) deadlines.remove(limit);
    done(ended);
  });
}

/** A child whose end was asked for, and the process that has ended. */
export interface Ended {
  readonly child: Child;
  readonly p: Process;
}

function ask(
  supervisor: Process, p: Process, shutdownMs: number, reason: 'shutdown' | 'unhealthy' = 'shutdown',
): void {
  if (shutdownMs === BRUTAL_KILL) exitProcess(p, killedAs(reason), true);
  else exitSignal(p, supervisor, reason, false);
}

/** A child may end for a reason of its own while it is asked to: tolerated, and told (SU-35). */
export function judge(supervisor: Process, child: Child, p: Process): void {
  if (!isExpectedEnd(child.spec.restart, child.spec.shutdownMs, p.reason)) {
    reportError(supervisor, 'shutdown_error', child, p.reason, p);
  }
}

class KillDeadline extends Deadline {
  readonly late: Process[] = [];
  constructor(private readonly reason: 'killed' | 'unhealthy' = 'killed') {
    super();
  }
  expire(): void {
    for (const p of this.late) exitProcess(p, this.reason, true);
  }
}

function killedAs(reason: 'shutdown' | 'unhealthy'): 'killed' | 'unhealthy' {
  return reason === 'shutdown' ? 'killed' : reason;
}

function waitForEnd(
  p: Process, shutdownMs: number, reason: 'shutdown' | 'unhealthy' = 'shutdown',
): Promise<void> {
  const { deadlines } = p.kernel;
  const limit = new KillDeadline(killedAs(reason));
  limit.late.push(p);
  if (shutdownMs >= 0) deadlines.add(limit, shutdownMs);
  return new Promise((resolve) => {
    monitor(null, p, undefined, () => {
      deadlines.remove(limit);
      resolve();
    });
  });
}
