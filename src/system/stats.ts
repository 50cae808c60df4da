import { hostOf } from '../behaviour/gen/index.js';
import type { Deliveries } from '../behaviour/gen/outward/index.js';
import type { Kernel } from '../process/record/index.js';
import type { SystemStats } from '../api/system.js';

export function systemStats(kernel: Kernel, deadLettersTotal: number): SystemStats {
  const { deliveries } = hostOf(kernel);
  return {
    ...kernel.totals(), ...kernel.counts, processes: kernel.live.size, deadLettersTotal,
    failures: kernel.failures.table(), signals: { ...kernel.signals },
    delivery: (deliveries as Deliveries).stats(null),
  };
}
