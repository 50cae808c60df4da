import { Deadline, UNUSED } from '../../base/index.js';
import { shownAs } from '../../base/text/index.js';
import { TIMER } from '../../mailbox/message/index.js';
import { DeadAddress, Phase } from '../record/index.js';
import type { Address, Kernel, Owned, Process } from '../record/index.js';
import { pushSignal } from '../send/index.js';
import type { TimerRef } from '../../api/address.js';
import { Alias, signalAlias } from './alias.js';

/** Something that happens later, at once gone with the process it belongs to. */
export abstract class OwnedTimer extends Deadline implements TimerRef, Owned {
  declare readonly timer?: never;
  prior: Owned | null = null;
  next: Owned | null = null;
  constructor(
    readonly kernel: Kernel,
    /** the process that the timer dies with, or null */
    readonly owner: Process | null,
  ) {
    super();
  }
  /** Takes it off the clock; it never happens again. */
  stop(): void {
    if (this.entry !== null) this.entry = this.kernel.deadlines.lift(this.entry);
  }
}

shownAs(OwnedTimer, (it) => `Timer(${it.owner === null ? 'free' : it.owner.title})`);

/**
 * A message that is sent when its time has come. Addressed to a process, it is cancelled when that process ends
 * (TI-07); addressed to a name, it is resolved at expiry and silent when nobody owns the name (TI-08).
 */
export class ProcessTimer extends OwnedTimer {
  /** see `Exit.kept` */
  static readonly kept: ProcessTimer = new ProcessTimer(UNUSED, { owner: null }, null, undefined);
  constructor(
    kernel: Kernel,
    readonly address: Address,
    owner: Process | null,
    public message: unknown,
  ) {
    super(kernel, owner);
  }
  expire(): void {
    if (this.owner !== null) untrack(this.owner, this);
    timerMessage(this.address, this.message);
  }
}

/** Something else than a message, once. */
export class ActionTimer extends OwnedTimer {
  constructor(
    kernel: Kernel,
    owner: Process | null,
    private readonly act: () => void,
  ) {
    super(kernel, owner);
  }
  expire(): void {
    if (this.owner !== null) untrack(this.owner, this);
    this.act();
  }
}

/**
 * Something that happens in every period, on an absolute schedule: what comes late delays nothing
 * that follows (TI-16). Periods that passed while nothing could fire, because the program was
 * paused or its thread held, are one (P34). `act` may say with `false` that it calls `again` itself
 * when it is over: periods that passed until then are made up for back to back (TI-15).
 */
export class IntervalTimer extends OwnedTimer {
  private at: number;
  /** since when it waits for `at`, or for its turn when that had passed already */
  private since: number;
  private over = false;
  constructor(
    kernel: Kernel,
    owner: Process | null,
    private readonly periodMs: number,
    private readonly act: (timer: IntervalTimer) => boolean,
  ) {
    super(kernel, owner);
    this.at = kernel.env.mono();
    this.since = this.at;
  }
  expire(): void {
    const late = this.kernel.env.mono() - Math.max(this.at, this.since);
    if (late >= this.periodMs) this.at += Math.floor(late / this.periodMs) * this.periodMs;
    if (this.act(this)) this.again();
  }
  again(): void {
    if (this.over) return;
    this.at += this.periodMs;
    this.since = this.kernel.env.mono();
    this.kernel.deadlines.add(this, Math.max(0, Math.ceil(this.at - this.since)));
  }
  override stop(): void {
    this.over = true;
    super.stop();
  }
}

export function startTimer(kernel: Kernel, ms: number, to: Process | Address, message: unknown): ProcessTimer {
  const timer = new ProcessTimer(kernel, to, isProcess(to) ? to : null, message);
  if (to instanceof DeadAddress || timer.owner?.phase === Phase.Dead) return timer; // cancelled from the start (TI-07)
  if (timer.owner !== null) track(timer.owner, timer);
  timer.entry = kernel.deadlines.place(timer, ms);
  return timer;
}

/** What is due is sent to whoever is there now; to nobody it is silent. */
export function timerMessage(address: Address, message: unknown): void {
  const target = address.owner;
  if (target !== null) pushSignal(target, TIMER, message, null);
  else if (address instanceof Alias) signalAlias(address, TIMER, message);
}

export function startAction(kernel: Kernel, ms: number, owner: Process | null, act: () => void): ActionTimer {
  const timer = new ActionTimer(kernel, owner, act);
  if (owner !== null) track(owner, timer);
  kernel.deadlines.add(timer, ms);
  return timer;
}

export function startInterval(
  kernel: Kernel, periodMs: number, owner: Process | null, act: (timer: IntervalTimer) => boolean,
): IntervalTimer {
  const timer = new IntervalTimer(kernel, owner, periodMs, act);
  if (owner !== null) track(owner, timer);
  timer.again();
  return timer;
}

/** ms that were left, or false when it had fired or was cancelled before (TI-05). */
export function cancelTimer(timer: OwnedTimer): number | false {
  const left = readTimer(timer);
  timer.stop();
  if (timer.owner !== null) untrack(timer.owner, timer);
  return left;
}

/** ms that are left, or false. */
export function readTimer(timer: OwnedTimer): number | false {
  return timer.entry === null ? false : timer.kernel.deadlines.left(timer.entry);
}

/** Cancels everything that is addressed to an ending process. */
export function dropTimers(p: Process): void {
  const ext = p.cold();
  for (let at = ext.timers; at !== null; at = at.next) at.stop();
  ext.timers = null;
  if (ext.idle !== null) p.kernel.deadlines.remove(ext.idle);
  if (ext.hibernation !== null) p.kernel.deadlines.remove(ext.hibernation);
}

function isProcess(to: Process | Address): to is Process {
  return 'mailbox' in to;
}

function track(owner: Process, timer: OwnedTimer): void {
  const ext = owner.cold();
  timer.next = ext.timers;
  if (ext.timers !== null) ext.timers.prior = timer;
  ext.timers = timer;
}

function untrack(owner: Process, timer: OwnedTimer): void {
  const { prior, next } = timer;
  if (prior !== null) prior.next = next;
  else if (owner.ext !== null && owner.ext.timers === timer) owner.ext.timers = next;
  if (next !== null) next.prior = prior;
  timer.prior = null;
  timer.next = null;
}
