import type { When } from '../../api/statem.js';
import type { Op } from '../../mailbox/message/index.js';
import type { Process } from '../../process/record/index.js';
import { cancelTimer, startTimer } from '../../process/signal/index.js';
import type { ProcessTimer } from '../../process/signal/index.js';
import { GENERIC_TIMED_OUT, STATE_TIMED_OUT, TIMED_OUT } from './queue.js';
import { EVENT_TIMEOUT, STATE_TIMEOUT, type TimeoutAction, type TimeoutKey } from './transition.js';

/**
 * One running timeout. When it is due it arrives as a timer message; when it was stopped meanwhile,
 * that message is stale.
 */
export class StatemTimeout {
  timer: ProcessTimer | null = null;
  /** wall clock, ms since 1970, when it is due and when it was set: of durable machines */
  due = 0;
  since = 0;
  constructor(
    readonly key: TimeoutKey,
    public content: unknown,
  ) {}

  get op(): Op {
    if (this.key === EVENT_TIMEOUT) return TIMED_OUT;
    return this.key === STATE_TIMEOUT ? STATE_TIMED_OUT : GENERIC_TIMED_OUT;
  }
}

/** The running timeouts of one machine, at most one of each key; their timers die with the process (TI-07). */
export class Timeouts {
  readonly running: Map<TimeoutKey, StatemTimeout> = new Map();
  /** due at once, in the order of request (SM-13) */
  private readonly zero: StatemTimeout[] = [];
  constructor(
    /** they outlive the program: by the wall clock */
    private readonly kept: boolean,
  ) {}

  /** Starts, updates and stops what one transition asked for; the last request of a key wins (SM-04). */
  apply(p: Process, asked: readonly TimeoutAction[]): void {
    for (let at = 0; at < asked.length; at++) {
      const { key, when, content } = asked[at] as TimeoutAction;
      if (!asked.some((later, place) => place > at && later.key === key)) this.set(p, key, when, content);
    }
  }

  private set(p: Process, key: TimeoutKey, when: When, content: unknown): void {
    const known = this.running.get(key);
    if (when === 'update' && known !== undefined) {
      known.content = content;
      return;
    }
    this.stop(key);
    if (when === 'infinity' || when === 'cancel') return;
    const made = new StatemTimeout(key, content);
    this.running.set(key, made);
    const wait = when === 'update' ? 0 : waitOf(p, when);
    if (this.kept) {
      made.since = p.kernel.env.wall();
      made.due = made.since + wait;
    }
    if (when === 0 || when === 'update') this.zero.push(made);
    else made.timer = startTimer(p.kernel, wait, p, made);
  }

  /** One that an earlier life has set: what is left of it; a wall clock that went back makes it no longer. */
  resume(p: Process, key: TimeoutKey, due: number, since: number, content: unknown): void {
    const made = new StatemTimeout(key, content);
    made.due = due;
    made.since = since;
    this.running.set(key, made);
    const left = Math.min(due - p.kernel.env.wall(), due - since);
    if (left <= 0) this.zero.push(made);
    else made.timer = startTimer(p.kernel, Math.ceil(left), p, made);
  }

  stop(key: TimeoutKey): void {
    const known = this.running.get(key);
    if (known === undefined) return;
    this.running.delete(key);
    if (known.timer !== null) cancelTimer(known.timer);
    else this.zero.splice(this.zero.indexOf(known), 1);
  }

  /** The next one that is due at once, no longer running. */
  takeZero(): StatemTimeout | undefined {
    const first = this.zero.shift();
    if (first !== undefined) this.running.delete(first.key);
    return first;
  }

  /** Takes one whose timer message has arrived; false when it was stopped or set anew meanwhile. */
  takeDue(due: StatemTimeout): boolean {
    if (this.running.get(due.key) !== due) return false;
    this.running.delete(due.key);
    return true;
  }
}

/** ms from now; a reading of the clock that has passed is due as soon as a timer can be (SM-15). */
function waitOf(p: Process, when: number | { readonly at: number }): number {
  if (typeof when === 'number') return when;
  const wait = Math.ceil(when.at - p.kernel.env.mono());
  return wait > 0 ? wait : 0;
}
