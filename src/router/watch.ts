import type { Kernel, TurnJob } from '../process/index.js';

/** What a signal ends when it fires: an entry in the line of those that wait for it. */
export abstract class Watched {
  /** of the signal, while it stands in its line */
  watch: SignalWatch | null = null;
  prior: Watched | null = null;
  next: Watched | null = null;
  abstract abort(reason: unknown): void;
}

/**
 * The one listener on a signal that calls were given, however many are open. It stays until a turn of the event loop finds
 * none open: a signal that is given to one call after the other costs each of them an entry in a line, and keeps no listener.
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

  /** Takes out one that is in the line. */
  remove(one: Watched, kernel: Kernel): void {
    const { prior, next } = one;
    if (prior === null) this.head = next;
    else prior.next = next;
    if (next === null) this.tail = prior;
    else next.prior = prior;
    one.watch = null;
    one.prior = null;
    one.next = null;
    if (this.head !== null || this.leaving) return;
    this.leaving = true;
    kernel.scheduler.nextTurn(this);
  }

  turn(): void {
    this.leaving = false;
    if (this.head !== null) return;
    this.listens = false;
    this.signal.removeEventListener('abort', this);
    if (SignalWatch.last === this) SignalWatch.last = null;
  }

  handleEvent(): void {
    for (let one = this.head; one !== null; one = this.head) one.abort(this.signal.reason);
  }
}
