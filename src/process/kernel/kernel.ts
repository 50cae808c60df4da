import { Deadlines, OptionError, Ring } from '../../base/index.js';
import type { AsyncContext, Env, ExitReason } from '../../base/index.js';
import { shownAs } from '../../base/text/index.js';
import { auditAccounts, Meter, SignalAccount, Totals } from '../../mailbox/index.js';
import type { Histogram } from '../../mailbox/index.js';
import type { Op } from '../../mailbox/message/index.js';
import { Failures, judged, ProcessTable, Run, Traces } from '../record/index.js';
import type {
  Behaviour, Counts, DeliveryPort, Faults, Gate, Judge, Kernel, Owed, Ports, Process, Tap, Watchdog,
} from '../record/index.js';
import type { Account } from '../../api/mailbox.js';
import type { Report } from '../../api/reports.js';
import { Accounts } from './accounts.js';
import { Ceiling, type CeilingLimits } from './ceiling.js';
import { abortAll, exitProcess } from './exit.js';
import { Scheduler } from './scheduler.js';

/** meters of definitions without a process that are kept */
const SPARE_METERS = 64;

export interface KernelOptions {
  readonly env: Env;
  /** distinguishes pids of systems; ends in a dot */
  readonly prefix: string;
  readonly processesMax: number;
  readonly frozen: boolean;
  readonly development: boolean;
  readonly ports: Ports;
  /** the memory that the program may take; null for any */
  readonly memory: CeilingLimits | null;
  /** false when nobody reads crash reports: then none is built */
  readonly reporting: boolean;
  /** reports may show payloads, and what errors carry beside their text */
  readonly details: boolean;
}

/** Default of `processesMax`. */
export const PROCESS_LIMIT: number = 1_048_576;

/** What is asked of a system that has stopped. */
export function systemStopped(): OptionError {
  return new OptionError('system', 'stopped', 'a running system', 'create a new one', 'SYSTEM_STOPPED');
}

/** See `record/kernel.ts`. */
export class KernelImpl implements Kernel {
  readonly env: Env;
  readonly prefix: string;
  readonly scheduler: Scheduler;
  readonly deadlines: Deadlines;
  readonly live: ProcessTable<Process> = new ProcessTable();
  current: Process | null = null;
  watched: boolean;
  attended: boolean;
  readonly frozen: boolean;
  readonly development: boolean;
  readonly audited: boolean;
  readonly reporting: boolean;
  readonly details: boolean;
  tap: Tap | null = null;
  gate: Gate | null = null;
  faults: Faults | null = null;
  watchdog: Watchdog | null = null;
  readonly ceiling: Ceiling | null;
  delivery: DeliveryPort | null = null;
  private readonly warned = new Set<string>();
  readonly context: AsyncContext | null;
  readonly traces: Traces | null;
  readonly exitHooks: ((p: Process, reason: ExitReason) => void)[] = [];
  readonly stopHooks: Set<() => void> = new Set();
  heir: ((p: Process) => Process | null) | null = null;
  onDrainBegin: (() => void) | null = null;
  onDrainEnd: (() => void) | null = null;
  draining = false;
  wallAt = -1;
  parked = 0;
  waitingForQuiet = false;
  stopper: Process | null = null;
  closed = false;
  readonly past: Totals = new Totals();
  readonly outside: Account = new Totals();
  readonly accounts: Accounts = new Accounts(this);
  readonly signals: SignalAccount = new SignalAccount();
  readonly counts: Counts = {
    spawned: 0, exited: 0, crashes: 0, restarts: 0, zombies: 0, lateReplies: 0, callsFailed: 0, shed: 0,
  };
  readonly failures: Failures;
  readonly exits: Ring<Owed> = new Ring<Owed>();
  fanning = false;
  host: unknown = null;
  private readonly meters = new Map<Behaviour, Meter>();
  /** those that no live process uses, the longest unused first */
  private readonly spareMeters = new Map<Behaviour, Meter>();
  private readonly ports: Ports;
  private readonly processesMax: number;
  private lastNumber = 0;

  constructor(options: KernelOptions) {
    this.env = options.env;
    this.prefix = options.prefix;
    this.processesMax = options.processesMax;
    this.frozen = options.frozen;
    this.ceiling = options.memory === null ? null : new Ceiling(this, options.memory);
    this.attended = this.ceiling !== null;
    this.watched = options.frozen || this.attended;
    this.development = options.development;
    this.audited = options.development || options.env.chooser !== null;
    if (this.audited) auditAccounts();
    this.context = options.development ? options.env.context() : null;
    this.ports = options.ports;
    this.failures = new Failures(options.ports.warn);
    this.reporting = options.reporting;
    this.details = options.details;
    this.scheduler = new Scheduler(this);
    this.traces = options.development ? new Traces(this.scheduler) : null;
    this.deadlines = new Deadlines(this.env, this.scheduler.poke);
  }

  /** The number of a new process; refuses above the limit and after the stop. */
  nextNumber(): number {
    if (this.live.size >= this.processesMax) {
      throw new OptionError(
        'processesMax', this.live.size + 1, `at most ${this.processesMax} live processes`,
        'raise processesMax of createSystem, or let processes end', 'PROCESS_LIMIT',
      );
    }
    if (this.closed) throw systemStopped();
    return ++this.lastNumber;
  }

  /** Whether a process of this system has, or had, that pid. */
  issued(pid: string): boolean {
    const { prefix } = this;
    const n = pid.startsWith(prefix) && /^[1-9]\d*$/.test(pid.slice(prefix.length))
      ? Number(pid.slice(prefix.length))
      : 0;
    return n > 0 && n <= this.lastNumber;
  }

  byPid(pid: string): Process | undefined {
    if (!pid.startsWith(this.prefix)) return undefined;
    const p = this.live.get(Number(pid.slice(this.prefix.length)));
    return p !== undefined && p.pid === pid ? p : undefined;
  }

  /**
   * The wall clock: of this turn's latest look at a clock while processes run in a drain, so that
   * messages need not read it.
   */
  wallNow(): number {
    if (!this.draining) return this.env.wall();
    if (this.wallAt < 0) this.wallAt = this.env.wall();
    return this.wallAt;
  }

  /** Ends a process at once; a method, so that the signal code below the pipeline can call it. */
  end(p: Process, reason: ExitReason): void {
    exitProcess(p, reason);
  }

  deadLetter(to: Process, op: Op, payload: unknown, from: unknown, reason: ExitReason): void {
    this.ports.deadLetter(to, op, payload, from, reason);
  }

  report(report: Report): void {
    this.ports.report(report);
  }

  warn(message: string, fields: Readonly<Record<string, unknown>>): void {
    this.ports.warn(message, fields);
  }

  /** The same at most once per key. */
  warnOnce(key: string, message: string, fields: Readonly<Record<string, unknown>>): void {
    if (this.warned.has(key)) return;
    this.warned.add(key);
    this.ports.warn(message, fields);
  }

  /**
   * The answer of a verb: paced, and in development its failure has the caller's frames; nobody has
   * to look at it, unless there is a judge who says that it is not ours.
   */
  answer<T>(promise: Promise<T>, judge: Judge | null = null): Promise<T> {
    if (judge === null) return this.scheduler.paced(this.traced(promise));
    return this.scheduler.paced(
      this.traces === null ? promise : judged(promise, this.traces.judge(judge)), judge,
    );
  }

  /** The same for one that comes with a drain. */
  traced<T>(promise: Promise<T>): Promise<T> {
    return this.traces === null ? promise : this.traces.follow(promise);
  }

  setTap(tap: Tap | null): void {
    this.tap = tap;
    this.watch();
  }

  setGate(gate: Gate | null): void {
    this.gate = gate;
    this.watch();
  }

  setFaults(faults: Faults | null): void {
    this.faults = faults;
    this.watch();
  }

  setWatchdog(watchdog: Watchdog | null): void {
    this.watchdog = watchdog;
    this.watch();
  }

  private watch(): void {
    this.attended = this.ceiling !== null || this.tap !== null || this.gate !== null || this.faults !== null
      || this.watchdog !== null;
    this.watched = this.frozen || this.attended;
  }

  meterOf(behaviour: Behaviour): Meter {
    let meter = this.meters.get(behaviour);
    if (meter === undefined) {
      meter = this.newMeter();
      this.meters.set(behaviour, meter);
    }
    if (meter.users++ === 0) this.spareMeters.delete(behaviour);
    return meter;
  }

  /**
   * A process that has used it has ended. A meter takes 290 kB: those of definitions without
   * processes are kept for restarts, but not all.
   */
  leaveMeter(behaviour: Behaviour, meter: Meter): void {
    if (--meter.users > 0 || this.meters.get(behaviour) !== meter) return;
    this.spareMeters.set(behaviour, meter);
    if (this.spareMeters.size <= SPARE_METERS) return;
    for (const [longest] of this.spareMeters) {
      this.spareMeters.delete(longest);
      this.meters.delete(longest);
      return;
    }
  }

  newMeter(): Meter {
    const histogram = (): Histogram => this.env.histogram();
    return new Meter(histogram(), histogram());
  }

  /**
   * The parent's shutdown has arrived at a trapping process: its signals fire now, its terminate
   * runs in its turn.
   */
  warnShutdown(p: Process, reason: ExitReason): void {
    const ext = p.cold();
    ext.shutdown = { reason };
    abortAll(ext, reason);
  }

  /**
   * The last handler, `init` or body that was waited for may just have come to rest: whoever waits
   * looks again.
   */
  rested(): void {
    if (this.waitingForQuiet) this.scheduler.poke();
  }

  /** Nothing runnable, nothing parked, no death still to be told. */
  get quiet(): boolean {
    const own = this.stopper !== null && this.stopper.run === Run.Parked ? 1 : 0;
    return this.scheduler.size === 0 && this.parked <= own && this.exits.size === 0;
  }

  /** Sum over live and past mailboxes and sends that reached none (design §3). O(mailboxes in use). */
  totals(): Totals {
    return this.accounts.totals();
  }
}

shownAs(KernelImpl, (it) => `Kernel(${it.prefix.slice(0, -1)})`);
