import { Phase, Run } from '../../process/record/index.js';
import type { Process, Tracked } from '../../process/record/index.js';

/**
 * Looks whether `callee` waits, directly or through others, for `caller`: then a call would wait
 * for itself. Follows the unsettled requests of parked handlers, and the init that a starting
 * parent waits for (SU-47). Returns the path.
 */
export function findCycle(caller: Process, callee: Process): string[] | null {
  if (!waits(callee)) return null;
  const seen = new Set<Process>();
  const path: Process[] = [];
  if (!reaches(callee, caller, seen, path)) return null;
  return [caller.title, ...path.map((p) => p.title), caller.title];
}

function waits(p: Process): boolean {
  if (p.ext !== null && p.ext.starting !== null && p.ext.starting.size > 0) return true;
  return p.calls !== null && (p.run === Run.Parked || p.phase === Phase.Starting);
}

// Depth first over an explicit stack: chains of waiting calls may be long.
function reaches(from: Process, goal: Process, seen: Set<Process>, path: Process[]): boolean {
  const stack: { readonly p: Process; readonly open: Process[] }[] = [{ p: from, open: edges(from) }];
  seen.add(from);
  while (stack.length > 0) {
    const top = stack[stack.length - 1] as { readonly p: Process; readonly open: Process[] };
    const next = top.open.pop();
    if (next === undefined) {
      stack.pop();
      continue;
    }
    if (next === goal) {
      for (const step of stack) path.push(step.p);
      return true;
    }
    if (seen.has(next) || !waits(next)) continue;
    seen.add(next);
    stack.push({ p: next, open: edges(next) });
  }
  return false;
}

function edges(p: Process): Process[] {
  const open: Tracked[] = []; // those whose signals have fired leave the list when one of them is asked
  for (let at = p.calls; at !== null; at = at.nextCall) open.push(at);
  const found: Process[] = [];
  for (const at of open) if (!at.settled && at.blocks) found.push(at.callee);
  for (const starting of p.ext?.starting ?? []) found.push(starting);
  return found;
}
