import { offAbort, onAbort } from '../../base/text/index.js';
import type { Kernel, TurnJob } from '../../process/record/index.js';

/** What a signal ends when it fires: an entry in a line of those that wait. */
export abstract class Watched {
  /** where it stands while it waits */
  line: Line | null = null;
  /** what it waits under, while no listener stands for it */
  signal: AbortSignal | null = null;
  prior: Watched | null = null;
  next: Watched | null = null;
  abstract abort(reason: unknown): void;

  /** Its signal has fired, and it has not been told. */
  get fired(): boolean {
    return this.signal !== null && this.signal.aborted;
  }

  /**
   * Is told now if its signal has fired, after those before it; a listener stands for it from now
   * on otherwise.
   */
  stand(): void {
    if (this.signal === null) return;
    if (this.fired) recent.turn();
    else recent.stand(this, this.signal);
  }
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

/**
 * The same for a wait that is often over within the turn of the event loop in which it began: a
 * listener stands for it from the next turn on, and for one that is over by then there never was
 * one. Until then nobody tells it: whoever settles it looks at `fired` first, and whoever must hear
 * of the signal at once asks it to `stand`.
 */
export function watchFromNextTurn(signal: AbortSignal, one: Watched, kernel: Kernel): void {
  recent.add(one, signal, kernel);
}

/** The wait is over; harmless when the signal has ended it. */
export function unwatch(one: Watched | null, kernel: Kernel | null): void {
  if (one !== null && one.line !== null) one.line.remove(one, kernel);
}

/** Those that wait, in the order in which they have come. */
abstract class Line {
  protected head: Watched | null = null;
  private tail: Watched | null = null;

  /** Takes out one that is in the line. */
  abstract remove(one: Watched, kernel: Kernel | null): void;

  protected link(one: Watched): void {
    const { tail } = this;
    one.line = this;
    one.prior = tail;
    if (tail === null) this.head = one;
    else tail.next = one;
    this.tail = one;
  }

  protected unlink(one: Watched): void {
    const { prior, next } = one;
    if (prior === null) this.head = next;
    else prior.next = next;
    if (next === null) this.tail = prior;
    else next.prior = prior;
    one.line = null;
    one.prior = null;
    one.next = null;
  }
}

/**
 * Those that began to wait in this turn of the event loop, of all systems, so that they stand in
 * the line of their signal in the order in which they have come.
 */
class Recent extends Line implements TurnJob {
  private size = 0;
  /** the one whose next turn was asked for last; of any other that has one in here a turn is to come, too */
  private asked: Kernel | null = null;

  add(one: Watched, signal: AbortSignal, kernel: Kernel): void {
    one.signal = signal;
    this.size++;
    this.link(one);
    if (this.asked === kernel) return;
    this.asked = kernel;
    kernel.scheduler.nextTurn(this);
  }

  remove(one: Watched): void {
    one.signal = null;
    this.size--;
    this.unlink(one);
  }

  turn(): void {
    this.asked = null;
    for (let left = this.size; left > 0 && this.head !== null; left--) {
      this.stand(this.head, this.head.signal as AbortSignal);
    }
  }

  stand(one: Watched, signal: AbortSignal): void {
    this.remove(one);
    if (signal.aborted) one.abort(signal.reason);
    else SignalWatch.of(signal).add(one);
  }
}

/**
 * The one listener on a signal that waits were given, however many are open. It stays until a turn
 * of the event loop finds none open: a signal that is given to one wait after the other costs each
 * of them an entry in a line, and keeps no listener.
 */
class SignalWatch extends Line implements TurnJob {
  private static readonly all: WeakMap<AbortSignal, SignalWatch> = new WeakMap();
  /** the one used last; none once it listens no more, so that it keeps no signal alive */
  private static last: SignalWatch | null = null;
  private listens = false;
  /** a turn of the event loop will look whether it is still needed */
  private leaving = false;
  private constructor(private readonly signal: AbortSignal) {
    super();
  }

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
      onAbort(this.signal, this.told);
    }
    SignalWatch.last = this;
    this.link(one);
  }

  /** Without a system nobody has a next turn, and the listener goes at once. */
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
  private readonly told = (): void => {
    for (let one = this.head; one !== null; one = this.head) {
      this.unlink(one);
      one.abort(this.signal.reason);
    }
    this.leave();
  };

  private leave(): void {
    this.listens = false;
    offAbort(this.signal, this.told);
    if (SignalWatch.last === this) SignalWatch.last = null;
  }
}

const recent = new Recent();
