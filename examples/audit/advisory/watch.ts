import type { Breaker, BreakerOptions, BreakerState } from '../../../src/index.js';

export const BREAKER = 'advisories';

/** Three failures in a row are an outage; a look-up a moment later finds out whether it is over. */
export const BREAKER_OPTIONS: BreakerOptions = { failures: 3, openMs: 30, probeTimeoutMs: 1_000 };

const STATES: readonly BreakerState[] = ['open', 'half-open', 'closed'];

/** What is known of the breaker at the end. */
export interface BreakerFigures {
  /** The states that it has gone to. */
  readonly states: readonly BreakerState[];
  readonly opened: number;
  /** Look-ups that it has failed without asking the server. */
  readonly rejected: number;
}

/** Watches a breaker from its first change on. */
export class BreakerWatch {
  readonly #breaker: Breaker;
  readonly #seen = new Set<BreakerState>();

  constructor(breaker: Breaker) {
    this.#breaker = breaker;
    breaker.watch(({ to }) => this.#seen.add(to));
  }

  /** Whether it has opened, tried, and closed again. */
  get complete(): boolean {
    return STATES.every((state) => this.#seen.has(state));
  }

  get isOpen(): boolean {
    return this.#breaker.state === 'open';
  }

  figures(): BreakerFigures {
    const { opened, rejected } = this.#breaker.stats();
    return { states: STATES.filter((state) => this.#seen.has(state)), opened, rejected };
  }
}
