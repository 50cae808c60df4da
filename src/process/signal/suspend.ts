import { Phase, Run } from '../record/index.js';
import type { Process, Rarity } from '../record/index.js';

/*
 * Suspension, a debugging aid (PR-20): a suspended process takes no message, they accumulate. What
 * its code awaits goes on (J1), and exit signals act on it. Counts nest for each suspender; a
 * suspender that ends takes its suspensions with it.
 */

/** Suspends a process once more; null stands for outside of every process. */
export function suspendProcess(p: Process, by: Process | null): void {
  const { suspended } = p.rare();
  const counts = suspended ?? new Map<Process | null, number>();
  p.rare().suspended = counts;
  counts.set(by, (counts.get(by) ?? 0) + 1);
  p.box().freeze(true);
  if (by === null) return;
  const { suspending } = by.rare();
  const own = suspending ?? new Map<Process, number>();
  by.rare().suspending = own;
  own.set(p, (own.get(p) ?? 0) + 1);
}

/** Takes one suspension back; false when there was none of that suspender. */
export function resumeProcess(p: Process, by: Process | null): boolean {
  const counts = p.ext?.rarity?.suspended;
  const count = counts?.get(by);
  if (counts === undefined || counts === null || count === undefined) return false;
  if (by !== null) setCount(by.rare().suspending, p, count - 1);
  if (count > 1) counts.set(by, count - 1);
  else drop(p, by, counts);
  return true;
}

/** Ends every suspension of a process, whoever made it. */
export function resumeFully(p: Process): void {
  const counts = p.ext?.rarity?.suspended;
  if (counts === undefined || counts === null) return;
  for (const by of [...counts.keys()]) {
    by?.ext?.rarity?.suspending?.delete(p);
    drop(p, by, counts);
  }
}

/** A process has ended: it suspends nobody any more, and nobody suspends it. */
export function dropSuspensions(p: Process, rarity: Rarity): void {
  for (const by of rarity.suspended?.keys() ?? []) by?.ext?.rarity?.suspending?.delete(p);
  for (const target of rarity.suspending?.keys() ?? []) {
    const counts = target.ext?.rarity?.suspended;
    if (counts !== null && counts !== undefined) drop(target, p, counts);
  }
  rarity.suspended = null;
  rarity.suspending = null;
}

export function isSuspended(p: Process): boolean {
  const counts = p.ext?.rarity?.suspended;
  return counts !== null && counts !== undefined && counts.size > 0;
}

function drop(p: Process, by: Process | null, counts: Map<Process | null, number>): void {
  counts.delete(by);
  if (counts.size > 0 || p.phase === Phase.Dead) return;
  p.mailbox.freeze(false);
  const rarity = p.rare();
  const { onResume } = rarity;
  rarity.onResume = null;
  if (onResume !== null) onResume();
  if (p.run === Run.Idle && p.mailbox.busy()) p.kernel.scheduler.enqueue(p);
}

function setCount(counts: Map<Process, number> | null, p: Process, count: number): void {
  if (count > 0) counts?.set(p, count);
  else counts?.delete(p);
}
