// Makes the n-th call of one kind fail, or kills the program at it, by strace; only calls on the files of
// the store count. Counts are of each thread.
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Ended, startUnder } from './child/lives.js';
import type { Order } from './subject/subject.js';
import { beside } from './watched.js';
import type { Claims } from './witness/claims.js';

/** Calls that change a file. */
export const CALLS = ['pwrite64', 'write', 'fsync', 'fdatasync', 'ftruncate', 'rename', 'unlink'] as const;
export type Call = (typeof CALLS)[number];

/** What happens at that call: an error, or the end of the program. */
export const FAULTS = ['EIO', 'ENOSPC', 'SIGKILL'] as const;
export type Fault = (typeof FAULTS)[number];

export interface Point {
  readonly call: Call;
  readonly fault: Fault;
  /** from 1 */
  readonly at: number;
  /** all later ones fail as well */
  readonly stays: boolean;
}

export const pointName = ({ call, fault, at, stays }: Point): string => `${fault} at ${call} ${at}${stays ? '+' : ''}`;

const common = (path: string): string[] => ['-f', '-qq', ...beside(path).flatMap((file) => ['-P', file])];

/** Runs the order with that fault, to its end. */
export function faulted(order: Order, claims: Claims, { call, fault, at, stays }: Point): Promise<Ended> {
  const effect = fault === 'SIGKILL' ? 'signal=SIGKILL' : `error=${fault}`;
  const args = [
    ...common(order.path), '-o', '/dev/null', '-e', 'signal=none', '-e', `trace=${call}`,
    '-e', `inject=${call}:${effect}:when=${at}${stays ? '+' : ''}`,
  ];
  return startUnder('strace', args, order, claims).ended();
}

/** How many of those calls the order makes, at most in one thread. */
export async function calls(order: Order, claims: Claims): Promise<ReadonlyMap<Call, number>> {
  const folder = mkdtempSync(join(order.path, '..', 'calls-'));
  const log = join(folder, 'log');
  const { code, complaint } = await startUnder(
    'strace', [...common(order.path), '-o', log, '-e', 'signal=none', '-e', `trace=${CALLS.join()}`], order, claims,
  ).ended();
  if (code !== 0) throw new Error(`the script ended with ${code} without any fault: ${complaint}`);
  const most = new Map<Call, number>();
  const byThread = new Map<string, number>();
  for (const [, thread, call] of readFileSync(log, 'utf8').matchAll(/^(\d+) +(\w+)\(/gm)) {
    const key = `${thread} ${call}`;
    const times = (byThread.get(key) ?? 0) + 1;
    byThread.set(key, times);
    most.set(call as Call, Math.max(times, most.get(call as Call) ?? 0));
  }
  return most;
}
