import { OptionError } from '../../base/index.js';
import type { Host, RuntimeDefinition } from '../../behaviour/gen/index.js';
import { type Durability, durabilityOf } from '../../delivery/durable/index.js';
import { fenced } from '../../process/record/index.js';
import type { Kernel, Process, TurnPart } from '../../process/record/index.js';
import type { Schedule, ScheduleStats, ScheduleTimes } from '../../api/bus/schedule.js';
import { BusError, checkBusName } from '../core/index.js';
import { type ReadJob, readJob } from './job.js';
import { decodeSchedule, Keeper, type StoredRules, type StoredTimes } from './keeper.js';
import { readSchedule, type ReadSchedule } from './options.js';
import { ScheduleImpl, type Table } from './schedule.js';
import { afterCommit, StoredDelivery, storedSend } from './stored-job.js';

/** Schedules that have ended by themselves whose names are remembered over lives. */
const OVER_MAX = 10_000;

/** The schedules of one system, by name. */
export class Schedules implements Table {
  readonly kernel: Kernel;
  private readonly active = new Map<string, ScheduleImpl>();
  /** those of earlier lives that nobody has made again */
  private readonly recovered = new Set<ScheduleImpl>();
  constructor(private readonly host: Host) {
    const { kernel } = host;
    this.kernel = kernel;
    kernel.stopHooks.add(() => {
      for (const one of [...this.active.values()]) {
        one.end(new BusError('SYSTEM_STOPPED', `schedule '${one.name}'`, 'the system has stopped'), false);
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
    const known = this.active.get(name);
    if (known !== undefined && !(asked.durable && this.recovered.has(known))) {
      throw new OptionError(
        where, name, 'a name that no active schedule has', 'cancel that one first, or use another name',
        'ALREADY_STARTED',
      );
    }
    if (this.kernel.closed) throw new BusError('SYSTEM_STOPPED', where, 'the system has stopped');
    if (asked.durable) return this.startDurable(owner, where, asked, read, known);
    const made = new ScheduleImpl(this, asked, read.job, owner, null);
    this.active.set(name, made);
    return made;
  }

  list(): ScheduleStats[] {
    return [...this.active.values()].map((one) => one.stats());
  }

  /** False when no schedule has that name. */
  cancel(given: string): boolean {
    const name = checkBusName('cancelSchedule', given);
    return this.active.get(name)?.cancel() ?? this.dropStored(name);
  }

  /** One of an earlier life that nobody has made again: only its record is left. */
  private dropStored(name: string): boolean {
    const durability = durabilityOf(this.kernel);
    return durability?.ready === true && durability.journal.state === 'open' && durability.timers.drop(name);
  }

  ended(schedule: ScheduleImpl): void {
    this.recovered.delete(schedule);
    if (this.active.get(schedule.name) === schedule) this.active.delete(schedule.name);
  }

  /* ---- those that outlive the program ---- */

  private startDurable(
    maker: Process | null, where: string, asked: ReadSchedule, read: ReadJob, known: ScheduleImpl | undefined,
  ): Schedule {
    const { name } = asked;
    const durability = durabilityOf(this.kernel);
    if (durability === null) {
      throw new OptionError(
        `${where}.durable`, true, 'a system with a store', 'createSystem({ store: sqlite(path) })', 'NO_STORE',
      );
    }
    const made = this.make(durability, where, asked, read, maker);
    known?.end(new BusError('CANCELLED', where, 'it was made again'), false);
    this.active.set(name, made.schedule);
    const turn = maker === null || maker.ext === null ? null : maker.ext.turn;
    const begin = (): void => made.schedule.begin(made.keeper.record);
    if (turn !== null && turn.open) {
      const forget = (): void => { if (!this.active.has(name)) this.dropStored(name); };
      turn.keep(new Made(made.schedule, made.keeper.bytes, begin, forget, () => this.recoverOne(durability, name, [])));
    } else if (durability.ready) begin();
    else this.whenReady(durability, made.schedule, begin);
    return made.schedule;
  }

  private whenReady(durability: Durability, schedule: ScheduleImpl, begin: () => void): void {
    durability.whenReady().then(() => {
      if (schedule.active) begin();
      // It was cancelled before: so is what an earlier life has left.
      else if (!this.kernel.closed && !this.active.has(schedule.name)) durability.timers.drop(schedule.name);
    }).catch((error: unknown) => {
      this.kernel.warn('a durable schedule does not run: its store failed', { schedule: schedule.name, error });
    });
  }

  private make(
    durability: Durability, where: string, asked: ReadSchedule, { job, delivery }: ReadJob, maker: Process | null,
  ): { readonly schedule: ScheduleImpl; readonly keeper: Keeper } {
    const { kernel, host: { router } } = this;
    const send = delivery === null ? null : storedSend(where, delivery, maker);
    const stored = send === null ? null
      : new StoredDelivery(kernel, router, send, delivery?.to.definition as RuntimeDefinition);
    const { times, rules } = asked.asked;
    const keeper = new Keeper(
      durability, asked.name, times, rules, send, stored === null ? () => true : stored.ready,
    );
    const own = stored === null ? afterCommit(durability, job) : stored.job;
    return { schedule: new ScheduleImpl(this, asked, own, null, keeper), keeper };
  }

  /** Those of earlier lives go on, as far as their job is stored. */
  recover(): void {
    const durability = durabilityOf(this.kernel);
    if (durability === null) return;
    durability.whenReady().then(() => {
      const over: [name: string, at: number][] = [];
      for (const name of durability.timers.keys()) this.recoverOne(durability, name, over);
      over.sort(([, a], [, b]) => a - b);
      for (const [name] of over.slice(0, -OVER_MAX)) durability.timers.drop(name);
    }).catch(() => undefined); // told by the store
  }

  /** @param over the names of those that have ended by themselves, which are not done again */
  private recoverOne(durability: Durability, name: string, over: [name: string, at: number][]): void {
    const { kernel } = this;
    if (kernel.closed || this.active.has(name)) return;
    try {
      const record = decodeSchedule(durability.timers.get(name) as Uint8Array);
      const { times, rules, send, dueAt, waiting, savedAt } = record;
      if (dueAt === null && waiting.length === 0) {
        over.push([name, savedAt]);
        return;
      }
      if (send === null) return;
      const asked = readSchedule(kernel.env, name, givenOf(times, rules));
      const stored = new StoredDelivery(kernel, this.host.router, send, null);
      const keeper = new Keeper(durability, name, times, rules, send, stored.ready);
      const made = new ScheduleImpl(this, asked, stored.job, null, keeper);
      this.active.set(name, made);
      this.recovered.add(made);
      made.begin(record);
    } catch (error) {
      kernel.warn('a stored schedule cannot go on; it stays in the store', { schedule: name, error });
    }
  }
}

/** A durable schedule that is made in a turn of a durable agent: it is there with the commit of that one. */
class Made implements TurnPart {
  constructor(
    private readonly schedule: ScheduleImpl,
    readonly bytes: number,
    private readonly begin: () => void,
    /** it was cancelled meanwhile: so is what an earlier life has left */
    private readonly forget: () => void,
    /** what it took the place of goes on */
    private readonly restore: () => void,
  ) {}
  joins(): void {
    if (this.schedule.active) this.begin();
    else this.forget();
  }
  committed(): void {
    // its record tells
  }
  uncommitted(): void {
    // the store has failed: nothing runs any more
  }
  dropped(): void {
    const { schedule } = this;
    const subject = `schedule '${schedule.name}'`;
    schedule.end(new BusError('CANCELLED', subject, 'the handler that made it has failed'), false);
    this.restore();
  }
}

/** What was asked for, once more. */
function givenOf(times: StoredTimes, rules: StoredRules): ScheduleTimes {
  const { everyMs, cron, timeZone, at } = times;
  const { waitingMax, missedMax, timesMax, overlap, missed, jitterMs } = rules;
  const common = {
    overlap, missed, jitterMs, durable: true,
    ...(overlap === 'queue' ? { waitingMax } : {}), ...(missed === 'all' ? { missedMax } : {}),
  };
  if (at !== null) return { ...common, at };
  const counted = { ...common, ...(timesMax === null ? {} : { timesMax }) };
  if (cron !== null) return { ...counted, cron, ...(timeZone === null ? {} : { timeZone }) };
  return { ...counted, everyMs: everyMs as number };
}
