import { afterEach, expect } from 'vitest';
import {
  createSystem, type System, type SystemOptions, type SystemStats,
} from '../../src/index.js';
import type { Logger } from '../../src/observe/public.js';

/** A log line as the tests see it. */
export interface Line {
  readonly level: 'error' | 'warn' | 'info';
  readonly text: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A logger of pino's shape that keeps what it is told. */
export class Recorder implements Logger {
  readonly lines: Line[] = [];
  error(fields: object, text: string): void {
    this.lines.push({ level: 'error', text, fields: fields as Line['fields'] });
  }
  warn(fields: object, text: string): void {
    this.lines.push({ level: 'warn', text, fields: fields as Line['fields'] });
  }
  info(fields: object, text: string): void {
    this.lines.push({ level: 'info', text, fields: fields as Line['fields'] });
  }
  /** texts of one level */
  texts(level: Line['level']): string[] {
    return this.lines.filter((line) => line.level === level).map((line) => line.text);
  }
}

const open: { readonly system: System; readonly resources: string[] }[] = [];

/**
 * The system of a test. After the test it is stopped, and three promises are checked that every
 * harness ends with: conservation in exact integers (P3), signals accounted for, and nothing left
 * that keeps the program alive (P15).
 */
export function testSystem(options: SystemOptions = {}): System {
  const resources = activeResources();
  const system = createSystem({ logger: false, ...options });
  system.done.catch(() => undefined); // a test that ends a tree looks at what is left
  open.push({ system, resources });
  return system;
}

afterEach(async () => {
  for (const { system, resources } of open.splice(0).reverse()) {
    expectConserved(system.stats());
    await system.stop({ timeoutMs: 2_000 });
    const stats = system.stats();
    expectConserved(stats);
    expect(stats, 'nothing is left queued or running after stop').toMatchObject(
      { processes: 0, queued: 0, running: 0, held: 0 },
    );
    expect(stats.signals.sent, 'every signal was handled or dropped').toBe(
      stats.signals.handled + stats.signals.dropped,
    );
    expect(stats.spawned).toBe(stats.exited);
    expect(activeResources(), 'no timer, handle or listener is left').toEqual(resources);
  }
});

/**
 * sent = handled + rejected + dropped + superseded + expired + deadLettered + unknown + queued +
 * running + held
 */
export function expectConserved(stats: SystemStats): void {
  const {
    handled, rejected, dropped, superseded, expired, deadLettered, unknown, queued, running, held,
  } = stats;
  expect(stats.sent, `conservation: ${JSON.stringify(stats)}`)
    .toBe(handled + rejected + dropped + superseded + expired
      + deadLettered + unknown + queued + running + held);
  for (const [key, value] of Object.entries(stats)) {
    if (typeof value === 'number') {
      expect(Number.isInteger(value) && value >= 0, `${key} is a count: ${value}`).toBe(true);
    }
  }
  const { delivery } = stats;
  expect(delivery.accepted + delivery.recovered, `deliveries: ${JSON.stringify(delivery)}`)
    .toBe(delivery.acknowledged + delivery.failed + delivery.expired + delivery.dropped + delivery.unknown
      + delivery.stored + delivery.pending + delivery.inTransit + delivery.running);
  expect(stats.refused + stats.crashed).toBeLessThanOrEqual(handled);
}

// The runner's own timers and pipes come and go between tests; what a system would leave are timers
// and immediates.
function activeResources(): string[] {
  return process.getActiveResourcesInfo().filter((name) => name === 'Immediate').sort();
}

/** Lets everything that is runnable now run. */
export function settleTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
