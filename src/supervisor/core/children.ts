import type { Process } from '../../process/record/index.js';
import type { ChildSpec } from '../spec/index.js';
import { Child, childOf, isEnding, startChildProcess, type MaybeLater } from './child.js';
import { reportProgress, type ProgressLevel } from './report.js';

/**
 * The children of one static supervisor: a doubly linked list in start order, and an index by id.
 * Adding, finding and removing one are O(1), a group is walked once (SU-54).
 */
export class Children {
  oldest: Child | null = null;
  newest: Child | null = null;
  readonly byId: Map<string, Child> = new Map();
  constructor(readonly supervisor: Process) {}

  /** The child that a process is, or was until a moment ago. */
  of(p: Process | null): Child | undefined {
    return childOf(p, this);
  }

  add(spec: ChildSpec): Child {
    const child = new Child(this, spec, spec.plan);
    this.append(child);
    return child;
  }

  append(child: Child): void {
    child.older = this.newest;
    child.newer = null;
    if (this.newest === null) this.oldest = child;
    else this.newest.newer = child;
    this.newest = child;
    this.byId.set(child.spec.id, child);
  }

  remove(child: Child): void {
    if (!this.byId.delete(child.spec.id)) return;
    const { older, newer } = child;
    if (older === null) this.oldest = newer;
    else older.newer = newer;
    if (newer === null) this.newest = older;
    else newer.older = older;
    child.older = null;
    child.newer = null;
  }

  /** Nobody lives for it any more; a temporary one is forgotten (SU-13, SU-14). */
  release(child: Child): void {
    child.release();
    if (child.spec.restart === 'temporary') this.remove(child);
  }

  /** In start order, from one on or all. */
  from(first: Child | null = this.oldest): Child[] {
    const list: Child[] = [];
    for (let at = first; at !== null; at = at.newer) list.push(at);
    return list;
  }

  start(child: Child, level: ProgressLevel): MaybeLater<void> {
    const started = startChildProcess(this.supervisor, child);
    if (started instanceof Promise) return started.then(() => reportProgress(this.supervisor, child, level));
    reportProgress(this.supervisor, child, level);
  }

  /**
   * Starts in order; on a failure says which, with those before it left running. A supervisor that
   * has ended, or is to shut down, starts no further one, nor the first when that came while it
   * waited for something else.
   */
  startAll(children: readonly Child[]): MaybeLater<Failure | null> {
    if (isEnding(this.supervisor)) return null;
    for (let i = 0; i < children.length; i++) {
      const child = children[i] as Child;
      try {
        const started = this.start(child, 'info');
        if (started instanceof Promise) return this.startRest(children, i, started);
      } catch (error) {
        return new Failure(child, i, error);
      }
    }
    return null;
  }

  private async startRest(
    children: readonly Child[], at: number, first: Promise<void>,
  ): Promise<Failure | null> {
    let pending: MaybeLater<void> = first;
    for (let i = at; ; ) {
      const child = children[i] as Child;
      try {
        if (pending instanceof Promise) await pending;
        if (++i === children.length || isEnding(this.supervisor)) return null;
      } catch (error) {
        return new Failure(child, i, error);
      }
      try {
        pending = this.start(children[i] as Child, 'info');
      } catch (error) {
        return new Failure(children[i] as Child, i, error);
      }
    }
  }
}

export class Failure {
  constructor(
    readonly child: Child,
    readonly index: number,
    readonly error: unknown,
  ) {}
}
