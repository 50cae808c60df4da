import { OptionError } from '../base/index.js';
import { hostOf } from '../behaviour/gen/index.js';
import type { Deliveries } from '../behaviour/gen/outward/index.js';
import { inspectProcess, PROCESS_ITEMS, readItems } from '../process/inspect/index.js';
import type { Kernel, Process } from '../process/record/index.js';
import type { ProcessInfo, ProcessItems } from '../api/inspect.js';
import type { SystemStats } from '../api/system.js';

/** Everything cheap, or the items asked for, in their order. */
export function inspect(
  p: Process | null, items: readonly (keyof ProcessItems)[] | undefined,
): ProcessInfo | unknown[] | undefined {
  if (items !== undefined) checkItems(items);
  if (p === null) return undefined;
  return items === undefined ? inspectProcess(p) : readItems(p, items);
}

function checkItems(items: unknown): void {
  if (!Array.isArray(items)) {
    throw new OptionError(
      'inspect.items', items, 'a list of items', `known items: ${PROCESS_ITEMS.join(', ')}`,
    );
  }
  for (const item of items) {
    if (!(PROCESS_ITEMS as readonly unknown[]).includes(item)) {
      throw new OptionError('inspect.items', item, `one of ${PROCESS_ITEMS.join(', ')}`);
    }
  }
}

/** Figures of the whole system. */
export function systemStats(kernel: Kernel, deadLettersTotal: number): SystemStats {
  const { deliveries } = hostOf(kernel);
  return {
    ...kernel.totals(), ...kernel.counts, processes: kernel.live.size, deadLettersTotal,
    failures: kernel.failures.table(), signals: { ...kernel.signals },
    delivery: (deliveries as Deliveries).stats(null),
  };
}
