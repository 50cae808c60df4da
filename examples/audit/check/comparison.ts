import { isDeepStrictEqual } from 'node:util';
import type { Findings } from '../findings.js';

/** How two findings differ, one line per part; empty when they are the same. */
export function compareFindings(swarm: Findings, recount: Findings): string[] {
  const differences: string[] = [];
  for (const part of ['directories', 'files', 'unreadable', 'packages', 'duplicates'] as const) {
    const difference = compareLists(swarm[part], recount[part]);
    if (difference !== null) differences.push(`${part}: ${difference}`);
  }
  return differences;
}

/** Both lists are in the same order, so the first unequal pair is where they part. */
function compareLists(swarm: readonly unknown[], recount: readonly unknown[]): string | null {
  const length = Math.max(swarm.length, recount.length);
  for (let index = 0; index < length; index++) {
    if (isDeepStrictEqual(swarm[index], recount[index])) continue;
    return `${swarm.length}, recounted ${recount.length}; first ${show(
      swarm[index],
    )}, recounted ${show(recount[index])}`;
  }
  return null;
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 200);
}
