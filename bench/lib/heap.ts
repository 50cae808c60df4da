import { nextTurn, sleep } from './clock.js';

/** Bytes of live objects: two full collections, with time in between for finalizers and weak references. */
export async function liveHeapBytes(): Promise<number> {
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
