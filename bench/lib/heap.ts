import { nextTurn, sleep } from './clock.js';

/**
 * Bytes of live objects: two full collections, with time in between for finalizers and weak
 * references. The turn has ended before: answers that wait for its end are gone (a timer that is
 * due already would come first).
 */
export async function liveHeapBytes(): Promise<number> {
  await nextTurn();
  await nextTurn();
  collectGarbage();
  await sleep(20);
  collectGarbage();
  await nextTurn();
  return process.memoryUsage().heapUsed;
}

export function collectGarbage(): void {
  if (globalThis.gc === undefined) throw new Error('run node with --expose-gc');
  globalThis.gc();
}
