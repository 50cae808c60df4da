import type { SystemStats } from '../../../src/index.js';

/** Messages that were sent but have no outcome (or, below zero, more outcomes than messages): always 0, or the runtime is wrong. */
export function imbalance(stats: SystemStats): number {
  const finished = stats.handled + stats.rejected + stats.dropped + stats.superseded + stats.expired + stats.deadLettered;
  return stats.sent - (finished + stats.unknown + stats.queued + stats.running + stats.held);
}
