import { createHistogram } from 'node:perf_hooks';
import { retry } from '../../src/delivery/index.js';
import { CallError } from '../../src/index.js';

/** An asker that gives up would lose work; an agent that crashes this often in a row is broken, not unlucky. */
const ATTEMPTS_MAX = 30;
const BASE_MS = 1;
const MAX_MS = 200;

/**
 * Asks agents, and asks again when one dies before it answers. Whoever asks cannot know whether the request was handled
 * before the crash, so every request must be safe to repeat.
 */
export class Asker {
  readonly #timesUs = createHistogram();
  readonly #hopeless: AbortSignal;
  #repeats = 0;

  /** `hopeless` fires when nobody will bring the agents back: nothing is asked again after that. */
  constructor(hopeless: AbortSignal) {
    this.#hopeless = hopeless;
  }

  /** Resolves with the first answer; rejects with the last failure. Refusals and misuse are not repeated. */
  async ask<T>(request: () => Promise<T>): Promise<T> {
    return retry(() => this.#attempt(request), {
      attemptsMax: ATTEMPTS_MAX,
      baseMs: BASE_MS,
      maxMs: MAX_MS,
      signal: this.#hopeless,
      when: isPassing,
    });
  }

  /** How often a request had to be asked again. */
  get repeats(): number {
    return this.#repeats;
  }

  /** The time that the given part of answered calls stayed below, in ms; 0 before the first. */
  callMs(percentile: number): number {
    return this.#timesUs.count === 0 ? 0 : this.#timesUs.percentile(percentile) / 1_000;
  }

  async #attempt<T>(request: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    try {
      const answer = await request();
      this.#timesUs.record(Math.max(1, Math.round((performance.now() - startedAt) * 1_000)));
      return answer;
    } catch (error) {
      if (isPassing(error)) this.#repeats += 1;
      throw error;
    }
  }
}

/** The callee died, is being restarted, or was too slow: its next incarnation may do better. */
function isPassing(error: unknown): boolean {
  return error instanceof CallError && (error.code === 'EXIT' || error.code === 'NOPROC' || error.code === 'TIMEOUT');
}
