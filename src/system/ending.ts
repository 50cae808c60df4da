import { handled } from '../base/index.js';
import type { Kernel } from '../process/record/index.js';
import type { StopReport, SystemStopOptions } from '../api/system.js';
import type { Listeners } from './listeners.js';
import { readStop, stopSystem } from './stop.js';

/** The end of one system: the stop that is asked for, or the failure that brings it about. */
export class Ending {
  /**
   * Never marked as handled: a failure that nobody looks at is an unhandled rejection, which ends
   * the program.
   */
  readonly done: Promise<StopReport>;
  private resolve!: (report: StopReport) => void;
  private reject!: (error: unknown) => void;
  private failure: { readonly error: unknown } | null = null;
  private stopped: Promise<StopReport> | null = null;
  constructor(
    private readonly kernel: Kernel,
    private readonly listeners: Listeners,
    /** hears of the stop before it begins */
    private readonly onStop: () => void,
  ) {
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  get stopping(): boolean {
    return this.stopped !== null;
  }

  stop(options: SystemStopOptions): Promise<StopReport> {
    const read = readStop(options);
    if (this.stopped === null) {
      this.onStop();
      this.stopped = handled(stopSystem(this.kernel, this.listeners, read));
      this.stopped.then((report) => this.over(report), this.reject);
    }
    return this.stopped;
  }

  /** Stops the system because of an error; in a system that is being stopped already that stop is the end. */
  fail(error: unknown): void {
    if (this.failure !== null || this.stopped !== null) return;
    this.failure = { error };
    // Whoever tells of it may be a process, which is not the one that stops the system.
    this.kernel.env.microtask(() => void this.stop({}));
  }

  private over(report: StopReport): void {
    if (this.failure === null) this.resolve(report);
    else this.reject(this.failure.error);
  }
}
