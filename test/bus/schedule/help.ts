import type { Schedule, ScheduledFunction, ScheduleStats, ScheduleTimes } from '../../../src/api/bus/schedule.js';
import type { System } from '../../../src/index.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { Recorder, testSystem } from '../../support/system.js';

/** A clock on the wall that goes with the other one, and may be set. */
export class WallEnv extends VirtualEnv {
  /** by how much it is ahead of the monotonic clock */
  ahead = Date.parse('2026-01-01T00:00:00Z') - 1_000;
  /** what `u32` gives, of 1 */
  luck = 0;
  override wall(): number {
    return this.ahead + Math.floor(this.now);
  }
  override u32(): number {
    return Math.floor(this.luck * 0xffff_ffff);
  }
  /** sets the clock on the wall */
  set(text: string): void {
    this.ahead = Date.parse(text) - this.now;
  }
}

export interface World {
  readonly env: WallEnv;
  readonly system: System;
  readonly log: Recorder;
  schedule(name: string, times: ScheduleTimes, job: unknown): Schedule;
  schedules(): ScheduleStats[];
}

/** A system on virtual time with schedules. */
export function world(): World {
  const env = new WallEnv();
  const log = new Recorder();
  const system = testSystem({ env, logger: log });
  return {
    env, system, log,
    schedule: (name, times, job) => system.schedule(name, times, job as ScheduledFunction),
    schedules: () => system.schedules(),
  };
}

/** A moment as a text without the year: `01-01 00:00:05`. */
export function clock(ms: number): string {
  return new Date(ms).toISOString().slice(5, 19).replace('T', ' ');
}
