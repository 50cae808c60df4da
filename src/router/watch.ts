import type { Kernel, TurnJob } from '../process/index.js';

/** What a signal ends when it fires: an entry in the line of those that wait under it. */
export abstract class Watched {
  /** of the signal, while it stands in its line */
  watch: SignalWatch | null = null;
  prior: Watched | null = null;
  next: Watched | null = null;
  abstract abort(reason: unknown): void;
}

/** Stands in the line for a wait that has a base class of its own. */
class Entry extends Watched {
  constructor(private readonly waits: Abortable) {
    super();
  }
  abort(reason: unknown): void {
    this.waits.aborted(reason);
  }
}

/** A wait that ends when a signal fires. */
export interface Abortable {
  aborted(reason: unknown): void;
}

/** `waits` is told when the signal fires; the caller has checked that it has not fired yet. */
export function watchSignal(signal: AbortSignal, waits: Abortable): Watched {
  const made = new Entry(waits);
  SignalWatch.of(signal).add(made);
  return made;
}

/** The wait is over; harmless when the signal has ended it. */
export function unwatch(one: Watched | null, kernel: Kernel | null): void {
  if (one !== null && one.watch !== null) one.watch.remove(one, kernel);
}

/**
 * The one listener on a signal that waits were given, however many are open. It stays until a turn of the event loop finds
 * none open: a signal that is given to one wait after the other costs each of them an entry in a line, and keeps no listener.
 */
export class SignalWatch implements TurnJob {
  private static readonly all: WeakMap<AbortSignal, SignalWatch> = new WeakMap();
  /** the one used last; none once it listens no more, so that it keeps no signal alive */
  private static last: SignalWatch | null = null;
  /** in the order of their calls, which is the order in which they end */
  private head: Watched | null = null;
  private tail: Watched | null = null;
  private listens = false;
  /** a turn of the event loop will look whether it is still needed */
  private leaving = false;
  private constructor(private readonly signal: AbortSignal) {}

  static of(signal: AbortSignal): SignalWatch {
    const { last } = SignalWatch;
    if (last !== null && last.signal === signal) return last;
    let watch = SignalWatch.all.get(signal);
    if (watch === undefined) {
      watch = new SignalWatch(signal);
      SignalWatch.all.set(signal, watch);
    }
    return watch;
  }

  add(one: Watched): void {
    if (!this.listens) {
      this.listens = true;
      this.signal.addEventListener('abort', this);
    }
    SignalWatch.last = this;
    const { tail } = this;
    one.watch = this;
    one.prior = tail;
    if (tail === null) this.head = one;
    else tail.next = one;
    this.tail = one;
  }

  /** Takes out one that is in the line; without a system nobody has a next turn, and the listener goes at once. */
  remove(one: Watched, kernel: Kernel | null): void {
    this.unlink(one);
    if (this.head !== null || this.leaving) return;
    if (kernel === null) {
      this.leave();
      return;
    }
    this.leaving = true;
    kernel.scheduler.nextTurn(this);
  }

  turn(): void {
    this.leaving = false;
    if (this.head === null) this.leave();
  }

  /** Each is out of the line before it is told: none can be told twice, nor be in the way of the others. */
  handleEvent(): void {
    for (let one = this.head; one !== null; one = this.head) {
      this.unlink(one);
      one.abort(this.signal.reason);
    }
    this.leave();
  }

  private leave(): void {
    this.listens = false;
    this.signal.removeEventListener('abort', this);
    if (SignalWatch.last === this) SignalWatch.last = null;
  }

  private unlink(one: Watched): void {
    const { prior, next } = one;
    if (prior === null) this.head = next;
    else prior.next = next;
    if (next === null) this.tail = prior;
    else next.prior = prior;
    one.watch = null;
    one.prior = null;
    one.next = null;
  }
}
