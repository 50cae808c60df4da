import type { AsyncContext, Deadlines, Env, ExitReason, Ring } from '../../base/index.js';
import type { Mailbox, Meter, Rank, SignalAccount, Totals } from '../../mailbox/index.js';
import type { Op } from '../../mailbox/message/index.js';
import type { Account } from '../../api/mailbox.js';
import type { Report } from '../../api/reports.js';
import type { Failures } from './failures.js';
import type { Judge } from './judge.js';
import type { DeliveryPort, Faults, Gate, Tap } from './ports.js';
import type { Behaviour, Process } from './process.js';
import type { ProcessTable } from './table.js';
import type { Traces } from './traces.js';

/*
 * What the rooms of `process`, and the folders above, know of the kernel: the contracts that
 * `process/kernel` and `process/inspect` implement. A record names its kernel by them, so that no
 * room is named by one below it.
 */

/** Done at the beginning of a turn of the event loop. */
export interface TurnJob {
  turn(): void;
}

/** The run queue. */
export interface Scheduler {
  /** runnable processes */
  readonly size: number;
  /** turns of the event loop so far */
  readonly turns: number;
  /** Makes an idle process runnable. */
  enqueue(p: Process): void;
  /** Promises a drain even when nothing is runnable, so that fresh deadlines get stamped. */
  readonly poke: () => void;
  /**
   * The answer of a verb that may come without a drain: at once, or, when the turn is used up, not
   * before the next one. Such verbs return through here, so that no loop that awaits them holds up
   * timers and I/O (P8). With a judge, a rejection that is not ours surfaces when nobody looks at
   * it.
   */
  paced<T>(answer: Promise<T>, judge?: Judge | null): Promise<T>;
  /** Does it at the beginning of the next turn of the event loop. */
  nextTurn(job: TurnJob): void;
  /**
   * A handler comes to rest after an await: what that makes runnable needs no microtask of its own,
   * see `resumed`.
   */
  resuming(): void;
  /** Drains what became runnable since `resuming`, in the microtask that resumed the handler. */
  resumed(): void;
}

/** The account of all user messages of a system. */
export interface Accounts {
  /** mailboxes that are counted one by one */
  readonly inUse: number;
  /** The mailbox of a process, opened if it has none of its own, and in use unless the process has ended. */
  enter(p: Process): Mailbox;
  /** Its process has just ended: it is in no account until it is added to the past. */
  leave(p: Process): void;
  /** Sum over live and past mailboxes and sends that reached none. O(mailboxes in use). */
  totals(): Totals;
  /** The same without what is kept: every mailbox is added up. For checks. O(processes). */
  recount(): Totals;
  /** Puts every mailbox to rest that can be, at once. O(mailboxes in use). */
  settle(): void;
}

/** The memory ceiling of a program (P11). */
export interface Ceiling {
  /** Whether a user message must not be queued now. */
  refuses(rank: Rank, op: Op, payload: unknown): boolean;
  /** Whether that is the message that was refused last: its sender asks why. */
  refused(op: Op, payload: unknown): boolean;
  /** For the error of that sender. */
  readonly bound: string;
}

/** Who looks at long handlers and long queues. */
export interface Watchdog {
  join(p: Process): void;
  /** A user message is about to be queued. */
  accepted(p: Process): void;
  /** The queue of `p` has become shorter. */
  taken(p: Process, queued: number): void;
  handle(p: Process, op: Op, payload: unknown, from: unknown): unknown;
  stop(): void;
}

/** What an ended process still owes: one exit signal per link, one DOWN per monitor. */
export interface Owed {
  readonly links: Iterator<Process> | null;
  readonly p: Process;
  readonly reason: ExitReason;
}

export interface Counts {
  spawned: number;
  exited: number;
  crashes: number;
  restarts: number;
  zombies: number;
  lateReplies: number;
  callsFailed: number;
  shed: number;
}

/** All processes of one system, and what they share. Knows no behaviour, no names, no replies. */
export interface Kernel {
  readonly env: Env;
  readonly prefix: string;
  readonly scheduler: Scheduler;
  readonly deadlines: Deadlines;
  /** live processes by number */
  readonly live: ProcessTable<Process>;
  /** the process whose code is running synchronously right now */
  current: Process | null;
  /** payloads are frozen or somebody watches: sends take the longer road */
  readonly watched: boolean;
  /** the same for something other than frozen payloads: also a send of what cannot be frozen takes it */
  readonly attended: boolean;
  readonly frozen: boolean;
  readonly development: boolean;
  /** the counters are checked as they move: in development, and in simulations */
  readonly audited: boolean;
  readonly reporting: boolean;
  readonly details: boolean;
  readonly tap: Tap | null;
  readonly gate: Gate | null;
  readonly faults: Faults | null;
  readonly watchdog: Watchdog | null;
  readonly ceiling: Ceiling | null;
  delivery: DeliveryPort | null;
  /** development only: which process an async continuation belongs to */
  readonly context: AsyncContext | null;
  /** development only: who asked for what fails */
  readonly traces: Traces | null;
  /** port: releases names, groups and locks of an ending process */
  readonly exitHooks: ((p: Process, reason: ExitReason) => void)[];
  /** port: what lives in the name of the system ends with it, after all processes */
  readonly stopHooks: Set<() => void>;
  /** port of addresses: who takes what was on its way to a process that has ended; null for nobody */
  heir: ((p: Process) => Process | null) | null;
  onDrainBegin: (() => void) | null;
  onDrainEnd: (() => void) | null;
  /** between the beginning and the end of a drain */
  draining: boolean;
  /** the wall clock as of the scheduler's latest look at the other one; -1 until somebody asks */
  wallAt: number;
  /** parked handlers now */
  parked: number;
  /** somebody wants to know when nothing is runnable or parked */
  waitingForQuiet: boolean;
  /** the process whose handler stops the system: it is not waited for while that handler is parked */
  stopper: Process | null;
  /** accepts no new process once the system has stopped */
  closed: boolean;
  /** the account of mailboxes whose processes have ended */
  readonly past: Totals;
  /** the account of sends that reached no mailbox */
  readonly outside: Account;
  /** those of all other mailboxes */
  readonly accounts: Accounts;
  readonly signals: SignalAccount;
  readonly counts: Counts;
  readonly failures: Failures;
  /** ends that are still to be told */
  readonly exits: Ring<Owed>;
  fanning: boolean;
  /** port: what `self` offers beyond the kernel; the behaviour layer knows its type */
  host: unknown;
  /** The number of a new process; refuses above the limit and after the stop. */
  nextNumber(): number;
  /** Whether a process of this system has, or had, that pid. */
  issued(pid: string): boolean;
  byPid(pid: string): Process | undefined;
  /** The wall clock: of this turn's latest look at a clock while processes run in a drain. */
  wallNow(): number;
  /** Ends a process at once. */
  end(p: Process, reason: ExitReason): void;
  deadLetter(to: Process, op: Op, payload: unknown, from: unknown, reason: ExitReason): void;
  report(report: Report): void;
  warn(message: string, fields: Readonly<Record<string, unknown>>): void;
  /** The same at most once per key. */
  warnOnce(key: string, message: string, fields: Readonly<Record<string, unknown>>): void;
  /**
   * The answer of a verb: paced, and in development its failure has the caller's frames; nobody has
   * to look at it, unless there is a judge who says that it is not ours.
   */
  answer<T>(promise: Promise<T>, judge?: Judge | null): Promise<T>;
  /** The same for one that comes with a drain. */
  traced<T>(promise: Promise<T>): Promise<T>;
  setTap(tap: Tap | null): void;
  setGate(gate: Gate | null): void;
  setFaults(faults: Faults | null): void;
  setWatchdog(watchdog: Watchdog | null): void;
  meterOf(behaviour: Behaviour): Meter;
  /** A process that has used it has ended. */
  leaveMeter(behaviour: Behaviour, meter: Meter): void;
  newMeter(): Meter;
  /**
   * The parent's shutdown has arrived at a trapping process: its signals fire now, its terminate
   * runs in its turn.
   */
  warnShutdown(p: Process, reason: ExitReason): void;
  /**
   * The last handler, `init` or body that was waited for may just have come to rest: whoever waits
   * looks again.
   */
  rested(): void;
  /** Nothing runnable, nothing parked, no death still to be told. */
  readonly quiet: boolean;
  /** Sum over live and past mailboxes and sends that reached none. O(mailboxes in use). */
  totals(): Totals;
}
