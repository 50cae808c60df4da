import type { Percentiles } from '../api/mailbox.js';

/**
 * A histogram as node:perf_hooks makes it, in the little that is used here; values are whole
 * microseconds from 1.
 */
export interface Histogram {
  record(value: number): void;
  percentile(percentile: number): number;
  readonly count: number;
}

/**
 * Waiting and handling times of one definition (or of one agent with `stats: 'full'`), from 1 in 64
 * messages.
 */
export class Meter {
  /** live processes that record into it */
  users = 0;
  constructor(
    readonly wait: Histogram,
    readonly handle: Histogram,
  ) {}
}

export function percentiles(histogram: Histogram | undefined): Percentiles {
  if (histogram === undefined || histogram.count === 0) return { samples: 0, p50: 0, p95: 0, p99: 0 };
  const at = (p: number): number => histogram.percentile(p) / 1_000;
  return { samples: histogram.count, p50: at(50), p95: at(95), p99: at(99) };
}

export function recordMs(histogram: Histogram, ms: number): void {
  histogram.record(Math.max(1, Math.round(ms * 1_000)));
}
