import type { Castcall, System, SystemOptions } from './case.js';

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

export function expectCount(what: string, actual: number, expected: number): void {
  if (actual !== expected) throw new Error(`${what}: counted ${actual}, expected exactly ${expected}`);
}

/** Every send ends in exactly one outcome. */
function expectConserved(system: System): void {
  const s = system.stats();
  const settled = s.handled + s.rejected + s.dropped + s.superseded + s.expired + s.deadLettered + s.unknown;
  expectCount('messages accounted for', settled + s.queued + s.running + s.held, s.sent);
}
