import { createHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { nowMs } from '../lib/clock.js';

const RESOLUTION_MS = 5;

/**
 * How late the event loop gets to its timers, twice: by the clock, and by the processor time that
 * this program used meanwhile. What another program on a busy machine took counts in the first one
 * only.
 */
export class LoopDelay {
  readonly #clock = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #own = createHistogram();
  #timer: NodeJS.Timeout | undefined;
  #at = 0;
  #used = 0;

  start(): void {
    this.#clock.enable();
    this.#look();
    this.#timer = setInterval(() => {
      const [at, used] = [this.#at, this.#used];
      this.#look();
      const late = Math.min(this.#at - at - RESOLUTION_MS, this.#used - used);
      this.#own.record(Math.max(1, Math.round(late * 1e6)));
    }, RESOLUTION_MS);
  }

  stop(): void {
    this.#clock.disable();
    clearInterval(this.#timer);
  }

  get p99Ms(): number {
    return Math.max(0, this.#clock.percentile(99) / 1e6 - RESOLUTION_MS);
  }

  get ownP99Ms(): number {
    return this.#own.percentile(99) / 1e6;
  }

  #look(): void {
    const { user, system } = process.cpuUsage();
    this.#at = nowMs();
    this.#used = (user + system) / 1_000;
  }
}
