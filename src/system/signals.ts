/** The signals by which people and supervisors of programs ask a program to end. */
export type EndSignal = 'SIGTERM' | 'SIGINT';

const SIGNALS: readonly EndSignal[] = ['SIGTERM', 'SIGINT'];

/** Stops one system because of a signal; settles when it has stopped. */
export type StopAtSignal = (signal: EndSignal) => Promise<unknown>;

/**
 * All systems of this program that drain and stop at a signal. The program ends by that signal, as
 * if it had not been caught, once the last of them has stopped; a second signal ends it at once.
 */
class SignalWatch {
  private readonly systems = new Set<StopAtSignal>();
  private got: EndSignal | null = null;

  join(stop: StopAtSignal): void {
    this.systems.add(stop);
    if (this.systems.size === 1) for (const signal of SIGNALS) process.on(signal, this.onSignal);
    if (this.got !== null) this.stop(stop, this.got);
  }

  /** It has stopped. One that a signal has stopped leaves when the caller of that stop has gone on. */
  leave(stop: StopAtSignal): void {
    if (this.got === null) this.drop(stop);
  }

  private readonly onSignal = (signal: EndSignal): void => {
    if (this.got !== null) {
      this.endAtOnce(signal);
      return;
    }
    this.got = signal;
    for (const stop of [...this.systems]) this.stop(stop, signal);
  };

  private stop(stop: StopAtSignal, signal: EndSignal): void {
    const stopped = (): void => this.drop(stop);
    stop(signal).then(stopped, stopped);
  }

  private drop(stop: StopAtSignal): void {
    if (!this.systems.delete(stop) || this.systems.size > 0) return;
    const { got } = this;
    this.reset();
    if (got !== null) process.kill(process.pid, got);
  }

  /** Where the program listens to the signal as well, raising it again would not end it. */
  private endAtOnce(signal: EndSignal): void {
    this.reset();
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  }

  private reset(): void {
    this.got = null;
    for (const signal of SIGNALS) process.off(signal, this.onSignal);
  }
}

/**
 * Copies of the library in one program share it: the first to end would else end the program under
 * the others.
 */
const KEY = Symbol.for('castcall.signals.1');

export function signalWatch(): SignalWatch {
  const shared = globalThis as { [KEY]?: SignalWatch };
  return (shared[KEY] ??= new SignalWatch());
}
