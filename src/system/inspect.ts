import { OptionError } from '../base/index.js';
import { inspectProcess, PROCESS_ITEMS, readItems } from '../process/inspect/index.js';
import type { Process } from '../process/record/index.js';
import type { ProcessInfo, ProcessItems } from '../api/inspect.js';

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
