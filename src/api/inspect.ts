import type { Pid } from './address.js';
import type { MailboxStats } from './mailbox.js';

/* What `system.inspect` and `system.watchdog` tell. */

/**
 * What a process is doing: `waiting` is a handler that awaits or a plain process whose body does,
 * in `receive` too; `queued` has its turn coming, `idle` is an agent without a message, `suspended`
 * takes none, `hibernated` is one that has been idle for `hibernateAfterMs` or has asked for it,
 * and has given its spare storage back.
 */
export type Status =
  | 'suspended' | 'idle' | 'hibernated' | 'queued' | 'running' | 'waiting' | 'starting'
  | 'terminating' | 'exited';

/** Scheduling levels by name. */
export type ProcessLevel = 'low' | 'normal' | 'high' | 'max';

/** What the checks of a supervised process have found, see `health` of `child`. */
export interface HealthInfo {
  readonly state: 'unknown' | 'healthy' | 'unhealthy';
  /** checks that are over */
  readonly checks: number;
  /** failures in a row until now */
  readonly failures: number;
  /** why the latest check failed; undefined after one that did not */
  readonly reason: unknown;
}

/** What `system.inspect(pid)` tells of one process; a copy, taken now. */
export interface ProcessInfo {
  readonly pid: Pid;
  readonly name: string | undefined;
  readonly label: string | undefined;
  readonly behaviour: string;
  /** what it was started with: the definition of an agent, the name of a plain process's body */
  readonly initialCall: string;
  readonly status: Status;
  /** the operation that is being handled */
  readonly op: string | undefined;
  readonly parent: Pid | undefined;
  /** inherited from the spawner, undefined unless somebody has set one */
  readonly groupLeader: Pid | undefined;
  /** names or pids, nearest first */
  readonly ancestors: readonly string[];
  readonly links: readonly Pid[];
  readonly monitors: readonly Pid[];
  readonly monitoredBy: readonly Pid[];
  readonly trapExit: boolean;
  readonly level: ProcessLevel;
  readonly sensitive: boolean;
  /** messages handled so far; only grows */
  readonly reductions: number;
  readonly mailbox: MailboxStats;
  /** undefined unless its supervisor checks it */
  readonly health: HealthInfo | undefined;
}

/**
 * A queued message as `inspect` shows it: a plain message as it is, a request to an agent with its
 * operation.
 */
export type QueuedMessage = unknown;

/**
 * The items that `system.inspect(target, items)` knows: those of a whole ProcessInfo, and some that cost more.
 */
export interface ProcessItems extends ProcessInfo {
  /** what waits, in the order in which it will be looked at; hidden by `sensitive` */
  readonly messages: readonly QueuedMessage[];
  /** a copy of the process dictionary; hidden by `sensitive` */
  readonly dictionary: ReadonlyMap<unknown, unknown>;
  /** everything that is not yet received, signals too */
  readonly messageQueueLength: number;
  /** bytes of the runtime's own records for it, an estimate; V8 does not tell what its state takes */
  readonly memory: number;
  /** whom it has suspended, and how often */
  readonly suspending: readonly { readonly pid: Pid; readonly count: number }[];
}

/** What `system.watchdog` looks for; without a key that kind is not watched. */
export interface WatchdogOptions {
  /**
   * queues: `long` and more user messages waiting is an event, and so is `short` and fewer after
   * that; `short` is below `long`
   */
  readonly queue?: { readonly long: number; readonly short: number } | undefined;
  /** handlers: ms on the thread, in one go, from which on a handler is an event */
  readonly handlerMs?: number | undefined;
  /**
   * the event loop: whole ms from 50 that it may stand still. A thread watches it: within 50 ms
   * more a line is on standard error, while it still stands, with the process that runs and its
   * stack; the listener is told when it goes on
   */
  readonly stallMs?: number | undefined;
}

/** What a watchdog tells. */
export type WatchdogEvent =
  | { readonly kind:
    | 'queue-long'
    | 'queue-short'; readonly pid: Pid; readonly name: string | undefined; readonly queued: number }
  | { readonly kind: 'handler-long'; readonly pid: Pid; readonly name:
    | string | undefined; readonly behaviour: string; readonly op: string; readonly ms: number }
  | StallEvent;

/** The event loop stood still. Process and stack are undefined where they could not be told. */
export interface StallEvent {
  readonly kind: 'stall';
  readonly pid: Pid | undefined;
  readonly name: string | undefined;
  readonly behaviour: string | undefined;
  readonly op: string | undefined;
  /** how long, as the thread saw it: up to 20 ms less than it was */
  readonly ms: number;
  /** what the main thread was doing, innermost first */
  readonly stack: readonly string[] | undefined;
}
