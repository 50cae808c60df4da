import type { ExitReason } from '../../base/index.js';
import type { Holding, Process } from '../../process/record/index.js';

/** Keeps something in the name of a living process, until its end or `letGo`. */
export function hold(p: Process, what: Holding): void {
  const ext = p.cold();
  (ext.holdings ??= new Set()).add(what);
}

export function letGo(p: Process, what: Holding): void {
  p.ext?.holdings?.delete(what);
}

/** The exit hook of registries, groups and locks (C12, RY-05, PG-03). */
export function releaseHoldings(p: Process, reason: ExitReason): void {
  const holdings = p.ext?.holdings;
  if (holdings === null || holdings === undefined) return;
  for (const one of holdings) one.release(p, reason);
  holdings.clear();
}
