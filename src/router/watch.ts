/** What ends when a signal fires. */
interface Abortable {
  abort(reason: unknown): void;
}

/**
 * The one listener on a signal that calls were given, however many are open: a signal that is given to each call of a long-lived
 * program costs each of them an entry in a set, and has no listener while none is open.
 */
export class SignalWatch {
  private static readonly all: WeakMap<AbortSignal, SignalWatch> = new WeakMap();
  /** in the order of their calls, which is the order in which they end */
  private readonly open: Set<Abortable> = new Set();
  private constructor(private readonly signal: AbortSignal) {}

  static of(signal: AbortSignal): SignalWatch {
    let watch = SignalWatch.all.get(signal);
    if (watch === undefined) {
      watch = new SignalWatch(signal);
      SignalWatch.all.set(signal, watch);
    }
    return watch;
  }

  add(one: Abortable): void {
    if (this.open.size === 0) this.signal.addEventListener('abort', this);
    this.open.add(one);
  }

  remove(one: Abortable): void {
    if (this.open.delete(one) && this.open.size === 0) this.signal.removeEventListener('abort', this);
  }

  handleEvent(): void {
    for (const one of this.open) one.abort(this.signal.reason);
  }
}
