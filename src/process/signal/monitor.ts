import type { ExitReason } from '../../base/index.js';
import { shownAs } from '../../base/text/index.js';
import { Rank } from '../../mailbox/index.js';
import { DOWN, URGENT_DOWN } from '../../mailbox/message/index.js';
import { Phase } from '../record/index.js';
import type { DeadAddress, Process, Watch } from '../record/index.js';
import { pushSignal } from '../send/index.js';
import type { MonitorRef, Pid } from '../../api/address.js';
import { Down } from '../../api/messages.js';
import type { Alias } from './alias.js';

/** Active → Fired (its DOWN is queued) → Done; or Active → Done by demonitor. */
const State = { Active: 0, Fired: 1, Done: 2 } as const;

/** What a monitor was asked for beyond the common case. */
export class MonitorExtra {
  constructor(
    readonly alias: Alias | null,
    /** takes the place of `DOWN`; undefined for none (MO-12) */
    readonly tag: unknown,
    /** its DOWN is a priority message (PM-05) */
    readonly urgent: boolean,
  ) {}
}

/**
 * One monitor: in two intrusive lists, its target's and its holder's, so that making and removing
 * it is O(1) and allocates nothing else. `notify` takes the place of the holder's mailbox for
 * watchers outside every process.
 */
export class Monitor implements MonitorRef, Watch {
  /** see `Exit.kept` */
  static readonly kept: Monitor = new Monitor(null, null, undefined, null, null);
  state: number = State.Active;
  targetPrior: Watch | null = null;
  targetNext: Watch | null = null;
  holderPrior: Watch | null = null;
  holderNext: Watch | null = null;
  constructor(
    readonly holder: Process | null,
    readonly target: Process | null,
    readonly name: string | undefined,
    readonly notify: ((down: Down) => void) | null,
    readonly extra: MonitorExtra | null = null,
  ) {}

  get alias(): Alias | undefined {
    return this.extra?.alias ?? undefined;
  }

  /** removed, or its DOWN taken: a DOWN of it that is still queued is invisible */
  get over(): boolean {
    return this.state === State.Done;
  }

  /** whom it watches; undefined for a name that nobody owned */
  get targetPid(): Pid | undefined {
    return this.target?.pid;
  }

  /** its target lives, and a DOWN will come */
  get active(): boolean {
    return this.state === State.Active;
  }

  /** Takes the DOWN in place of the holder's mailbox; false when it should be queued there. */
  catches(_down: Down): boolean {
    return false;
  }
}

class GoneMonitor extends Monitor {
  constructor(
    holder: Process | null,
    private readonly gone: DeadAddress,
    notify: ((down: Down) => void) | null,
    extra: MonitorExtra | null,
  ) {
    super(holder, null, undefined, notify, extra);
  }
  override get targetPid(): Pid | undefined {
    return this.gone.pid;
  }
}

shownAs(Monitor, (it) => `Monitor(${it.targetPid ?? it.name ?? 'noproc'})`);

/**
 * Monitors a process; on a dead or missing one the DOWN says `noproc` (MO-03). Monitoring oneself
 * never fires (MO-11).
 */
export function monitor(
  holder: Process | null, target: Process | null, name?: string, notify: ((down: Down) => void) | null = null,
  extra: MonitorExtra | null = null,
): Monitor {
  return begin(new Monitor(holder, target, name, notify, extra), holder, target, extra);
}

/** Monitors one that is known by its pid alone: its DOWN says that pid, and `noproc`. */
export function monitorGone(
  holder: Process | null, gone: DeadAddress, notify: ((down: Down) => void) | null, extra: MonitorExtra | null,
): Monitor {
  return begin(new GoneMonitor(holder, gone, notify, extra), holder, null, extra);
}

function begin(
  made: Monitor, holder: Process | null, target: Process | null, extra: MonitorExtra | null,
): Monitor {
  if (extra !== null && extra.alias !== null) extra.alias.monitor = made;
  if (target === null || target.owner === null) {
    fire(made, 'noproc');
    return made;
  }
  if (target === holder) {
    made.state = State.Done;
    return made;
  }
  watch(made, holder, target);
  return made;
}

/** Puts a monitor into the lists of its target and its holder; the target lives and is not the holder. */
export function watch(made: Monitor, holder: Process | null, target: Process): void {
  const oldest = target.watchers;
  if (oldest === null) {
    target.watchers = made;
    made.targetPrior = made;
  } else {
    const newest = oldest.targetPrior as Watch;
    newest.targetNext = made;
    made.targetPrior = newest;
    oldest.targetPrior = made;
  }
  if (holder !== null) {
    const ext = holder.cold();
    made.holderNext = ext.watching;
    if (ext.watching !== null) ext.watching.holderPrior = made;
    ext.watching = made;
  }
}

/** Watches with a monitor that was removed once more; its target lives. */
export function watchAgain(ref: Monitor, target: Process): void {
  ref.state = State.Active;
  watch(ref, ref.holder, target);
}

/**
 * Removes a monitor: no DOWN for it is queued afterwards (MO-06). With `flush` one that is queued
 * is dropped, in O(1): it is skipped when its turn comes (MO-07). True when no DOWN was or will be
 * delivered (MO-08).
 */
export function demonitor(ref: Monitor, flush: boolean): boolean {
  if (ref.state === State.Active) {
    ref.state = State.Done;
    if (ref.extra !== null) endAlias(ref.extra);
    unlinkTarget(ref);
    unlinkHolder(ref);
    return true;
  }
  if (ref.state === State.Fired && flush) ref.state = State.Done;
  return false;
}

/** A message that a behaviour queues as a DOWN is: it may be withdrawn until it is taken. */
export abstract class Withdrawable {
  /** taken or withdrawn: where it is still queued it is invisible */
  abstract over: boolean;
}

/** The monitor that a DOWN is of: to those who get it, it is opaque. */
function monitorOf(down: Down): Monitor {
  return down.ref as Monitor;
}

/** Whether a queued DOWN, or what is queued like one, has been withdrawn. */
export function withdrawn(message: Down | Withdrawable): boolean {
  if (message instanceof Withdrawable) return message.over;
  return monitorOf(message).over;
}

/** Whether a DOWN that comes out of the queue may be seen; false after a flush. */
export function takeDown(down: Down | Withdrawable): boolean {
  if (down instanceof Withdrawable) {
    if (down.over) return false;
    down.over = true;
    return true;
  }
  const ref = monitorOf(down);
  if (ref.state !== State.Fired) return false;
  ref.state = State.Done;
  return true;
}

/** Sends the DOWN of one monitor whose target has ended; a no-op when it was removed meanwhile. */
export function fireDown(ref: Monitor, reason: ExitReason): void {
  if (ref.state !== State.Active) return;
  unlinkHolder(ref);
  if (ref.holder !== null && ref.holder.phase === Phase.Dead) ref.state = State.Done;
  else fire(ref, reason);
}

/**
 * Silently removes at most `limit` monitors that an ended process held (MO-10); returns how many it
 * removed.
 */
export function dropHeld(p: Process, limit: number): number {
  const { ext } = p;
  if (ext === null) return 0;
  let done = 0;
  for (let at = ext.watching as Monitor | null; at !== null
    && done < limit; at = ext.watching as Monitor | null) {
    ext.watching = at.holderNext;
    if (at.holderNext !== null) at.holderNext.holderPrior = null;
    at.holderNext = null;
    if (at.state === State.Active) {
      at.state = State.Done;
      unlinkTarget(at);
    }
    done++;
  }
  return done;
}

function fire(ref: Monitor, reason: ExitReason): void {
  ref.state = State.Fired;
  if (ref.extra !== null) {
    fireSpecial(ref, ref.extra, reason);
    return;
  }
  const down = new Down(ref, ref.targetPid, ref.name, reason);
  if (ref.notify !== null) {
    ref.state = State.Done;
    ref.notify(down);
  } else if (ref.catches(down)) {
    ref.state = State.Done;
  } else if (ref.holder !== null) {
    pushSignal(ref.holder, DOWN, down, ref.target);
  }
}

/** Only a process asks for more than the common case. */
function fireSpecial(ref: Monitor, extra: MonitorExtra, reason: ExitReason): void {
  endAlias(extra);
  if (ref.holder === null) return;
  const down = new Down(ref, ref.targetPid, ref.name, reason, extra.tag);
  if (extra.urgent) pushSignal(ref.holder, URGENT_DOWN, down, ref.target, Rank.Critical);
  else pushSignal(ref.holder, DOWN, down, ref.target);
}

/** The end of a monitor switches its alias off, unless that is asked for by `unalias` alone (AL-04, AL-05). */
function endAlias(extra: MonitorExtra): void {
  if (extra.alias !== null && extra.alias.mode !== 'explicit_unalias') extra.alias.on = false;
}

function unlinkTarget(ref: Monitor): void {
  const { targetPrior: prior, targetNext: next, target } = ref;
  if (prior === null || target === null || target.watchers === null) return;
  const oldest = target.watchers;
  if (ref === oldest) target.watchers = next;
  else prior.targetNext = next;
  if (next !== null) next.targetPrior = prior;
  else if (ref !== oldest) oldest.targetPrior = prior;
  ref.targetPrior = null;
  ref.targetNext = null;
}

/** Takes the oldest monitor on an ended process out of its list; null when there is none left. */
export function takeWatcher(p: Process): Monitor | null {
  const oldest = p.watchers as Monitor | null;
  if (oldest !== null) unlinkTarget(oldest);
  return oldest;
}

function unlinkHolder(ref: Monitor): void {
  const { holderPrior, holderNext, holder } = ref;
  if (holderPrior !== null) holderPrior.holderNext = holderNext;
  else if (holder !== null && holder.ext !== null
    && holder.ext.watching === ref) holder.ext.watching = holderNext;
  if (holderNext !== null) holderNext.holderPrior = holderPrior;
  ref.holderPrior = null;
  ref.holderNext = null;
}
