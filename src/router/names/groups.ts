import { jsonOf, printable } from '../../base/text/index.js';
import { DOWN } from '../../mailbox/message/index.js';
import type { Op } from '../../mailbox/message/index.js';
import type { Behaviour, Holding, Process } from '../../process/record/index.js';
import { accept, pushSignal } from '../../process/send/index.js';
import { Withdrawable } from '../../process/signal/index.js';
import type { Pid } from '../../api/address.js';
import { hold, letGo } from './holdings.js';

/** What `scope.monitor` and `scope.monitorScope` return as `ref`: opaque, compare by identity. */
export class GroupMonitor {
  over = false;
  constructor(
    readonly holder: Process,
    readonly group: unknown,
    /** watches all groups of its scope */
    readonly whole: boolean,
  ) {}
}

/**
 * Arrives in `info` of a process that watches a group or a scope, once for each change, in the
 * order of the changes. A death is one change for each membership it ends.
 *
 * @example
 * new GroupChange(null as never, 'leave', 'workers', ['bank.x.1' as Pid]).tag // => 'GROUP'
 * @since 0.2.0
 */
export class GroupChange extends Withdrawable {
  readonly tag = 'GROUP' as const;
  #taken = false;
  constructor(
    readonly ref: GroupMonitorRef,
    readonly change: 'join' | 'leave',
    readonly group: unknown,
    /** who joined or left; a pid that did so twice is there twice */
    readonly pids: readonly Pid[],
  ) {
    super();
  }

  /** @internal taken, or its monitor was removed while it was queued (PG-09) */
  get over(): boolean {
    return this.#taken || this.ref.over;
  }
  set over(taken: boolean) {
    this.#taken = taken;
  }

  /** Without the monitor, which is part of the runtime. */
  toJSON(): { readonly tag: 'GROUP'; readonly change:
    | 'join' | 'leave'; readonly group: unknown; readonly pids: readonly Pid[] } {
    return { tag: this.tag, change: this.change, group: jsonOf(this.group), pids: this.pids };
  }

  override toString(): string {
    return `GroupChange(${this.change} ${printable(this.group)}: ${this.pids.join(', ')})`;
  }
}

/** What watches a group; opaque. */
export type GroupMonitorRef = GroupMonitor;

class Group {
  /** how often each member has joined (PG-02) */
  readonly counts = new Map<Process, number>();
  /** the members, each as often as it has joined, made again after a change: a broadcast walks an array */
  flat: readonly Process[] | null = null;
}

/** Who may join: a process, or the pid of one that has ended. */
export interface Candidate {
  readonly pid: Pid;
  readonly owner: Process | null;
}

const NOBODY: readonly Process[] = [];

/** The groups of one scope: multisets of processes, and who watches them. */
export class GroupTable implements Holding {
  private readonly groups = new Map<unknown, Group>();
  private readonly memberOf = new Map<Process, Set<unknown>>();
  private readonly watchers = new Map<unknown, Set<GroupMonitor>>();
  private readonly watchersOfAll = new Set<GroupMonitor>();
  private readonly watching = new Map<Process, Set<GroupMonitor>>();
  constructor(
    /** the scope's own process */
    readonly process: Process,
  ) {
    hold(process, this);
  }

  /** One that has ended joins and leaves in one go (PG-11). */
  join(group: unknown, candidates: readonly Candidate[]): void {
    if (candidates.length === 0) return;
    const living = candidates.map((one) => one.owner).filter((p) => p !== null);
    if (living.length > 0) this.enter(group, living);
    this.tell('join', group, candidates.map((one) => one.pid));
    for (const one of candidates) if (one.owner === null) this.tell('leave', group, [one.pid]);
  }

  private enter(group: unknown, processes: readonly Process[]): void {
    let there = this.groups.get(group);
    if (there === undefined) this.groups.set(group, (there = new Group()));
    there.flat = null;
    for (const p of processes) {
      there.counts.set(p, (there.counts.get(p) ?? 0) + 1);
      const own = this.memberOf.get(p);
      if (own === undefined) {
        this.memberOf.set(p, new Set([group]));
        hold(p, this);
      } else own.add(group);
    }
  }

  /** False when none of them was a member (PG-04). */
  leave(group: unknown, candidates: readonly Candidate[]): boolean {
    const left = candidates.filter((one) => one.owner !== null && this.leaveOnce(group, one.owner));
    if (left.length === 0) return false;
    this.tell('leave', group, left.map((one) => one.pid));
    return true;
  }

  private leaveOnce(group: unknown, p: Process): boolean {
    const there = this.groups.get(group);
    const count = there?.counts.get(p);
    if (there === undefined || count === undefined) return false;
    there.flat = null;
    if (count > 1) {
      there.counts.set(p, count - 1);
      return true;
    }
    there.counts.delete(p);
    if (there.counts.size === 0) this.groups.delete(group); // PG-01
    const own = this.memberOf.get(p);
    own?.delete(group);
    if (own?.size === 0) {
      this.memberOf.delete(p);
      this.letGoOf(p);
    }
    return true;
  }

  /** Each as often as it has joined; not to be changed. */
  members(group: unknown): readonly Process[] {
    const there = this.groups.get(group);
    return there === undefined ? NOBODY : (there.flat ??= flatten(there));
  }

  names(): unknown[] {
    return [...this.groups.keys()];
  }

  /**
   * Watches one group, or all. Nothing happens between this and the members as they are now: no
   * gap, no duplicate (PG-06).
   */
  watch(holder: Process, group: unknown, whole: boolean): GroupMonitor {
    const made = new GroupMonitor(holder, group, whole);
    if (whole) this.watchersOfAll.add(made);
    else addTo(this.watchers, group, made);
    addTo(this.watching, holder, made);
    hold(holder, this);
    return made;
  }

  /** False when it watches nothing any more. What it has queued is skipped when its turn comes (PG-09). */
  unwatch(ref: GroupMonitor): boolean {
    if (ref.over || this.watching.get(ref.holder)?.has(ref) !== true) return false;
    removeFrom(this.watching, ref.holder, ref);
    this.drop(ref);
    this.letGoOf(ref.holder);
    return true;
  }

  /** Its monitors go first: nobody is told of its own death (PG-08). */
  release(p: Process): void {
    if (p === this.process) this.close();
    const watched = this.watching.get(p);
    this.watching.delete(p);
    if (watched !== undefined) for (const ref of watched) this.drop(ref);
    const own = this.memberOf.get(p);
    this.memberOf.delete(p);
    if (own !== undefined) for (const group of own) this.leaveForGood(group, p);
  }

  private leaveForGood(group: unknown, p: Process): void {
    const there = this.groups.get(group);
    const count = there?.counts.get(p);
    if (there === undefined || count === undefined) return;
    there.flat = null;
    there.counts.delete(p);
    if (there.counts.size === 0) this.groups.delete(group);
    for (let left = count; left > 0; left--) this.tell('leave', group, [p.pid]);
  }

  private drop(ref: GroupMonitor): void {
    ref.over = true;
    if (ref.whole) this.watchersOfAll.delete(ref);
    else removeFrom(this.watchers, ref.group, ref);
  }

  private tell(change: 'join' | 'leave', group: unknown, pids: readonly Pid[]): void {
    const some = this.watchers.get(group);
    if (some !== undefined) {
      for (const ref of some) pushSignal(ref.holder, DOWN, new GroupChange(ref, change, group, pids), null);
    }
    for (const ref of this.watchersOfAll) pushSignal(
      ref.holder, DOWN, new GroupChange(ref, change, group, pids), null,
    );
  }

  private letGoOf(p: Process): void {
    if (!this.memberOf.has(p) && !this.watching.has(p) && p !== this.process) letGo(p, this);
  }

  /** The scope has ended: all memberships are lost (PG-12), what its watchers have queued stays. */
  private close(): void {
    for (const p of [...this.memberOf.keys(), ...this.watching.keys()]) letGo(p, this);
    for (const part of [
      this.groups, this.memberOf, this.watchers, this.watchersOfAll, this.watching,
    ]) part.clear();
  }
}

/** One message to each of them that lives and, when a behaviour is given, has it; returns to how many. */
export function broadcast(
  members: readonly Process[], behaviour: Behaviour | null, op: Op, payload: unknown, sender: Process | null,
): number {
  let sent = 0;
  for (let at = 0; at < members.length; at++) {
    const p = members[at] as Process;
    if (p.owner === null || (behaviour !== null && p.behaviour !== behaviour)) continue;
    accept(p, op, payload, sender);
    sent++;
  }
  return sent;
}

function flatten(group: Group): readonly Process[] {
  const found: Process[] = [];
  for (const [p, count] of group.counts) for (let left = count; left > 0; left--) found.push(p);
  return found;
}

function addTo<K, V>(sets: Map<K, Set<V>>, key: K, value: V): void {
  const there = sets.get(key);
  if (there === undefined) sets.set(key, new Set([value]));
  else there.add(value);
}

function removeFrom<K, V>(sets: Map<K, Set<V>>, key: K, value: V): void {
  const there = sets.get(key);
  there?.delete(value);
  if (there?.size === 0) sets.delete(key);
}
