import { Deadline } from '../base/index.js';
import { hostOf, startAgent } from '../behaviour/index.js';
import { exitProcess, exitSignal, monitor, Phase, unlink, type Process } from '../process/index.js';
import { BRUTAL_KILL } from './decision.js';
import type { ChildSpec } from './spec.js';

/** One child: its spec and the process that lives for it now. */
export class Child {
  process: Process | null = null;
  status: 'running' | 'restarting' | 'stopped' = 'stopped';
  restarts = 0;
  constructor(readonly spec: ChildSpec) {}
}

/** Work that is done at once when it can be, and later when it cannot. */
export type MaybeLater<T> = T | Promise<T>;

export function next<T, R>(done: MaybeLater<T>, then: (value: T) => MaybeLater<R>): MaybeLater<R> {
  return done instanceof Promise ? done.then(then) : then(done);
}

/** The children of one supervisor, in start order, found by id or by process in constant time (SU-54). */
export class Family {
  readonly byId: Map<string, Child> = new Map();
  constructor(private readonly supervisor: Process) {}

  /** The child that a process is, or was until a moment ago; undefined when it is none of this family now. */
  of(p: Process | null): Child | undefined {
    const child = p?.role;
    return child instanceof Child && child.process === p ? child : undefined;
  }

  /** Starts a child; throws or rejects with its StartError. An init that ignores leaves it stopped (SU-07). */
  start(child: Child): MaybeLater<void> {
    const host = hostOf(this.supervisor.kernel);
    const started = startAgent(host, child.spec.plan, this.supervisor);
    if (started instanceof Promise) return started.then((p) => adopt(child, p));
    adopt(child, started);
  }

  /** Starts in order; on a failure says which, with those before it left running. */
  startAll(children: readonly Child[], from: number = 0): MaybeLater<Failure | null> {
    for (let i = from; i < children.length; i++) {
      const child = children[i] as Child;
      try {
        const started = this.start(child);
        if (started instanceof Promise) {
          return started.then(() => this.startAll(children, i + 1), (error: unknown) => new Failure(child, i, error));
        }
      } catch (error) {
        return new Failure(child, i, error);
      }
    }
    return null;
  }

  /** Stops newest first, each waited for (SU-02). */
  stopAll(children: readonly Child[]): MaybeLater<void> {
    for (let i = children.length - 1; i >= 0; i--) {
      const stopped = this.stop(children[i] as Child);
      if (stopped instanceof Promise) return stopped.then(() => this.stopAll(children.slice(0, i)));
    }
  }

  /**
   * Stops one child by its own shutdown rule. Its exit is watched by a monitor, so a child that unlinked itself cannot
   * hang its supervisor (SU-33), and the link goes first, so no Exit of it stays queued (SU-34).
   */
  stop(child: Child): MaybeLater<void> {
    const p = child.process;
    this.forget(child);
    child.status = 'stopped';
    if (p === null || p.phase === Phase.Dead) return;
    unlink(this.supervisor, p);
    const { shutdownMs } = child.spec;
    if (shutdownMs === BRUTAL_KILL) {
      exitProcess(p, 'killed', true);
      return;
    }
    exitSignal(p, this.supervisor, 'shutdown', false);
    if ((p.phase as Phase) === Phase.Dead) return;
    return new Promise((resolve) => waitForEnd(p, shutdownMs, resolve));
  }

  /** Drops the process of a child, and of a temporary one also the spec (SU-13, SU-14). */
  forget(child: Child): void {
    child.process = null;
    if (child.spec.restart === 'temporary') this.byId.delete(child.spec.id);
  }
}

function adopt(child: Child, p: Process | null): void {
  child.process = p;
  child.status = p === null ? 'stopped' : 'running';
  if (p !== null) p.role = child;
}

export class Failure {
  constructor(
    readonly child: Child,
    readonly index: number,
    readonly error: unknown,
  ) {}
}

class KillDeadline extends Deadline {
  constructor(private readonly p: Process) {
    super();
  }
  expire(): void {
    exitProcess(this.p, 'killed', true);
  }
}

function waitForEnd(p: Process, shutdownMs: number, resolve: () => void): void {
  const { deadlines } = p.kernel;
  const limit = new KillDeadline(p);
  monitor(null, p, undefined, () => {
    deadlines.remove(limit);
    resolve();
  });
  if (shutdownMs >= 0) deadlines.add(limit, shutdownMs);
}
