import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Castcall, System, SystemOptions } from './case.js';
import { nextTurn } from './clock.js';

/**
 * Systems of earlier runs. V8 throws optimized code away once an object it was specialized to has
 * been collected, and the harness collects garbage before each run; a program's one system lives as
 * long as the program.
 */
const earlier: System[] = [];

/** Runs `body` on a fresh quiet system and checks the books before it stops. */
export async function withSystem<T>(
  library: Castcall, body: (system: System) => Promise<T>, options: SystemOptions = {},
): Promise<T> {
  const system = library.createSystem({ name: 'bench', logger: false, ...options });
  try {
    const result = await body(system);
    expectConserved(system);
    return result;
  } finally {
    earlier.push(system);
    await system.stop({ drain: false });
  }
}

/** Runs `body` with a folder of its own, which goes with it. */
export async function inFolder<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'castcall-bench-'));
  try {
    return await body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A system whose store is that file, at the level `disk` unless told otherwise; once it is ready. */
export function withStore<T>(
  library: Castcall, file: string, body: (system: System) => Promise<T>, level: 'disk' | 'process' = 'disk',
): Promise<T> {
  return withSystem(library, async (system) => {
    await system.store.ready;
    return body(system);
  }, { store: library.sqlite(file, { level }) });
}

/** The same in a folder of its own. */
export const onDisk = <T>(library: Castcall, body: (system: System) => Promise<T>): Promise<T> => (
  inFolder((folder) => withStore(library, join(folder, 'store'), body))
);

/** Until no delivery waits to be handled any more. */
export async function quiet(system: System): Promise<void> {
  while (system.stats().delivery.pending > 0) await nextTurn();
}

export function expectCount(what: string, actual: number, expected: number): void {
  if (actual !== expected) throw new Error(`${what}: counted ${actual}, expected exactly ${expected}`);
}

/** Every send ends in exactly one outcome. */
function expectConserved(system: System): void {
  const s = system.stats();
  const settled = s.handled + s.rejected + s.dropped + s.superseded + s.expired + s.deadLettered + s.unknown;
  expectCount('messages accounted for', settled + s.queued + s.running + s.held, s.sent);
}
