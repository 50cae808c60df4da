import type { DeliveryStats } from '../api/delivery.js';
import type { Account } from '../api/mailbox.js';
import { hostOf } from '../behaviour/gen/index.js';
import type { Deliveries } from '../behaviour/gen/outward/index.js';
import type { Kernel } from '../process/record/index.js';

/** What `system.stats()` tells: the conservation account of all user messages, and counts since the start. */
export interface SystemStats extends Account {
  /** live processes now */
  readonly processes: number;
  readonly spawned: number;
  readonly exited: number;
  /** abnormal ends */
  readonly crashes: number;
  /**
   * restarts by supervisors, each attempt of a group counted once, and workers of pools that
   * another was started for
   */
  readonly restarts: number;
  /** effects of dead incarnations that were fenced off */
  readonly zombies: number;
  /** replies that came after their call was over */
  readonly lateReplies: number;
  readonly callsFailed: number;
  /**
   * what calls, puts and deliveries have rejected with, by code: `{ NOPROC: 2, TIMEOUT: 1 }`. Those
   * promises end no program when nobody looks at them, so that this is where such failures are
   * seen; codes as of `tryCall`
   */
  readonly failures: Readonly<Partial<Record<string, number>>>;
  readonly deadLettersTotal: number;
  /**
   * messages refused because the program was near its memory ceiling; they are among `rejected`, or
   * were tried again
   */
  readonly shed: number;
  /** deliveries of the whole system */
  readonly delivery: DeliveryStats;
  /** the runtime's own messages (EXIT, DOWN, timers …): sent = handled + dropped + queued */
  readonly signals: { readonly sent: number; readonly handled: number; readonly dropped: number };
}

export function systemStats(kernel: Kernel, deadLettersTotal: number): SystemStats {
  const { deliveries } = hostOf(kernel);
  return {
    ...kernel.totals(), ...kernel.counts, processes: kernel.live.size, deadLettersTotal,
    failures: kernel.failures.table(), signals: { ...kernel.signals },
    delivery: (deliveries as Deliveries).stats(null),
  };
}
