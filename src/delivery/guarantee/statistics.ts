import type { DeliveryStats } from '../../api/delivery.js';
import type { Percentiles } from '../../api/mailbox.js';

const SAMPLES_MAX = 256;

/** The latest sampled latencies, bounded. */
class Samples {
  private readonly values: number[] = [];
  private at = 0;

  add(ms: number): void {
    if (this.values.length < SAMPLES_MAX) this.values.push(ms);
    else this.values[this.at] = ms;
    this.at = (this.at + 1) % SAMPLES_MAX;
  }

  percentiles(): Percentiles {
    const sorted = [...this.values].sort((a, b) => a - b);
    const at = (share: number): number => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
    return { samples: sorted.length, p50: at(0.5), p95: at(0.95), p99: at(0.99) };
  }
}

/** Counts of deliveries, of one destination or of a system. */
export class Counters {
  accepted = 0;
  pending = 0;
  inTransit = 0;
  running = 0;
  delivered = 0;
  acknowledged = 0;
  refused = 0;
  failed = 0;
  expired = 0;
  dropped = 0;
  cancelled = 0;
  superseded = 0;
  retried = 0;
  unknown = 0;
  recovered = 0;
  stored = 0;
  duplicatesSuppressed = 0;
  conflicts = 0;
  private latencies: Samples | null = null;

  sample(ms: number): void {
    (this.latencies ??= new Samples()).add(ms);
  }

  stats(): DeliveryStats {
    const { latencies, ...counts }: Counters = this;
    const over = this.acknowledged + this.failed + this.expired + this.dropped + this.unknown;
    const rate = (n: number): number => (over === 0 ? 0 : n / over);
    return {
      ...counts,
      successRate: rate(this.acknowledged),
      failureRate: rate(over - this.acknowledged),
      averageAttempts: rate(this.delivered - this.running),
      ackMs: latencies?.percentiles() ?? { samples: 0, p50: 0, p95: 0, p99: 0 },
    };
  }
}
