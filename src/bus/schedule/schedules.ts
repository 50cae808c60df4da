import { OptionError } from '../../base/index.js';
import { fenced } from '../../process/record/index.js';
import type { Kernel, Process } from '../../process/record/index.js';
import type { Schedule, ScheduleStats, ScheduleTimes } from '../../api/bus/schedule.js';
import { BusError, checkBusName } from '../core/index.js';
import { readJob } from './job.js';
import { readSchedule } from './options.js';
import { ScheduleImpl, type Table } from './schedule.js';

/** The schedules of one system, by name. */
export class Schedules implements Table {
  private readonly active = new Map<string, ScheduleImpl>();
  constructor(readonly kernel: Kernel) {
    kernel.stopHooks.add(() => {
      for (const one of [...this.active.values()]) {
        one.end(new BusError('SYSTEM_STOPPED', `schedule '${one.name}'`, 'the system has stopped'));
      }
    });
  }

  /** @param owner the process with which it ends; null for the system */
  start(owner: Process | null, given: string, times: ScheduleTimes, job: unknown): Schedule {
    const name = checkBusName('schedule', given);
    const where = `schedule '${name}'`;
    if (fenced(owner)) {
      throw new BusError('ZOMBIE', where, `the process ${(owner as Process).pid} has ended`);
    }
    const asked = readSchedule(this.kernel.env, name, times);
    const read = readJob(where, job, owner);
    if (this.active.has(name)) {
      throw new OptionError(
        where, name, 'a name that no active schedule has', 'cancel that one first, or use another name',
        'ALREADY_STARTED',
      );
    }
    if (this.kernel.closed) throw new BusError('SYSTEM_STOPPED', where, 'the system has stopped');
    const made = new ScheduleImpl(this, asked, read, owner);
    this.active.set(name, made);
    return made;
  }

  list(): ScheduleStats[] {
    return [...this.active.values()].map((one) => one.stats());
  }

  ended(schedule: ScheduleImpl): void {
    this.active.delete(schedule.name);
  }
}
