import { performance } from 'node:perf_hooks';

export const nowMs = (): number => performance.now();

/** Processor time of this process so far: what other programs take is not in it. */
export const ownMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

export const perSecond =
  (count: number, startedMs: number): number => (count * 1_000) / (performance.now() - startedMs);

/** Gives the event loop a whole turn: what a well-behaved sender does between bursts. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
