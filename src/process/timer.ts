import { Deadline } from '../base/index.js';
import { TIMER } from '../mailbox/index.js';
import { pushSignal } from './accept.js';
import type { Kernel } from './kernel.js';
import type { Address, Process } from './process.js';

/**
 * A message that is sent when its time has come. Addressed to a process, it is cancelled when that process ends (TI-07);
 * addressed to a name, it is resolved at expiry and silent when nobody owns the name (TI-08).
 */
export class ProcessTimer extends Deadline {
  /** see `Exit.kept` */
  static readonly kept: ProcessTimer = new ProcessTimer(null as never, { owner: null }, null, undefined);
  prior: ProcessTimer | null = null;
  next: ProcessTimer | null = null;
  constructor(
    readonly kernel: Kernel,
    readonly address: Address,
    /** the process that the timer dies with, null when it is addressed to a name */
    readonly owner: Process | null,
    readonly message: unknown,
  ) {
    super();
  }
  expire(): void {
    if (this.owner !== null) untrack(this.owner, this);
    const target = this.address.owner;
    if (target !== null) pushSignal(target, TIMER, this.message, null);
  }
}

/** What `sendAfter` returns: opaque; any process may cancel it (TI-09). */
export type TimerRef = ProcessTimer;

export function startTimer(kernel: Kernel, ms: number, to: Process | Address, message: unknown): ProcessTimer {
  const owner = isProcess(to) ? to : null;
  const timer = new ProcessTimer(kernel, to, owner, message);
  if (owner !== null) {
    const ext = owner.cold();
    timer.next = ext.timers;
    if (ext.timers !== null) ext.timers.prior = timer;
    ext.timers = timer;
  }
  kernel.deadlines.add(timer, ms);
  return timer;
}

/** ms that were left, or false when it had fired or was cancelled before (TI-05). */
export function cancelTimer(timer: ProcessTimer): number | false {
  const left = timer.kernel.deadlines.remaining(timer);
  if (left === undefined) return false;
  timer.kernel.deadlines.remove(timer);
  if (timer.owner !== null) untrack(timer.owner, timer);
  return left;
}

/** Cancels everything that is addressed to an ending process. */
export function dropTimers(p: Process): void {
  const ext = p.cold();
  const { deadlines } = p.kernel;
  for (let at = ext.timers; at !== null; at = at.next) deadlines.remove(at);
  ext.timers = null;
  if (ext.idle !== null) deadlines.remove(ext.idle);
}

function isProcess(to: Process | Address): to is Process {
  return 'mailbox' in to;
}

function untrack(owner: Process, timer: ProcessTimer): void {
  const { prior, next } = timer;
  if (prior !== null) prior.next = next;
  else if (owner.ext !== null && owner.ext.timers === timer) owner.ext.timers = next;
  if (next !== null) next.prior = prior;
  timer.prior = null;
  timer.next = null;
}
