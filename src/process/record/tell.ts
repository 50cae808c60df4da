import { disown } from '../../base/index.js';
import type { Kernel } from './kernel.js';

/**
 * Calls a function of the user's that is only to hear of something: a listener, a subscriber, a
 * trace. It runs outside of every process. Whatever it throws or rejects with is logged once and
 * changes nothing (P36).
 */
export function tell(
  kernel: Kernel, failed: string, listener: () => unknown, fields: Readonly<Record<string, unknown>> = {},
): void {
  const outer = kernel.current;
  kernel.current = null;
  try {
    disown(listener(), (error) => kernel.warn(failed, { ...fields, error }));
  } catch (error) {
    kernel.warn(failed, { ...fields, error });
  }
  kernel.current = outer;
}
