import type { Kernel } from '../process/index.js';

/** The opt-in listeners of one system on the program; `remove` leaves none behind. */
export class Listeners {
  private readonly undo: (() => void)[] = [];

  /** Logs rejections that nobody handled, in place of Node's crash. Which agent they belong to cannot be known. */
  reportStrays(kernel: Kernel): void {
    const report = (reason: unknown): void => kernel.warn('a promise rejected and nobody handled it', { error: reason });
    process.on('unhandledRejection', report);
    this.undo.push(() => process.off('unhandledRejection', report));
  }

  /** Drains and stops on SIGTERM and SIGINT, then ends the program by the same signal, as if it had not been caught. */
  stopOnSignals(stop: () => Promise<unknown>): void {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const onSignal = (): void => {
        void stop().finally(() => process.kill(process.pid, signal));
      };
      process.once(signal, onSignal);
      this.undo.push(() => process.off(signal, onSignal));
    }
  }

  remove(): void {
    for (const off of this.undo.splice(0)) off();
  }
}
