import type { Kernel } from '../process/record/index.js';
import { waitsFor } from './drain.js';
import { signalWatch, type EndSignal } from './signals.js';

/** The opt-in listeners of one system on the program; `remove` leaves none behind. */
export class Listeners {
  private readonly undo: (() => void)[] = [];

  /**
   * Logs rejections that nobody handled, in place of Node's crash. Which agent they belong to
   * cannot be known.
   */
  reportStrays(kernel: Kernel): void {
    const report =
      (reason: unknown): void => kernel.warn('a promise rejected and nobody handled it', { error: reason });
    process.on('unhandledRejection', report);
    this.undo.push(() => process.off('unhandledRejection', report));
  }

  /**
   * Drains and stops on SIGTERM and SIGINT; the program ends by the signal when all systems that do
   * so have stopped.
   */
  stopOnSignals(kernel: Kernel, stop: () => Promise<unknown>): void {
    const atSignal = (signal: EndSignal): Promise<unknown> => {
      kernel.warn(
        `${signal}: the system drains and stops, then the program ends; a second SIGTERM or SIGINT ends it at once`,
        { signal, waitsFor: waitsFor(kernel) },
      );
      // Who awaits the same stop goes on before the program ends.
      return stop().finally(() => new Promise<void>((resolve) => { kernel.env.macrotask(resolve); }));
    };
    const watch = signalWatch();
    watch.join(atSignal);
    this.undo.push(() => watch.leave(atSignal));
  }

  remove(): void {
    for (const off of this.undo.splice(0)) off();
  }
}
