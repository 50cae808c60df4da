/* What a system is told, and what it tells of itself. */

import type { Env } from '../base/index.js';
import type { Down } from './messages.js';
import type { Status } from './inspect.js';
import type { Pid, Via } from './address.js';
import type { Account } from './mailbox.js';
import type { DeliveryDefaults, DeliveryStats } from './delivery.js';
import type { RetentionOptions } from './durable/retention.js';
import type { StoreSource } from './durable/store.js';
import type { Logger } from './reports.js';

/** Options of `createSystem`. */
export interface SystemOptions {
  /** the first part of every pid; default `castcall` */
  readonly name?: string | undefined;
  /**
   * `frozen` freezes plain payloads at the sender, 1,000 objects of each at most, so that a later
   * change throws there; default in development. `shared` passes them by reference; default
   * otherwise
   */
  readonly payloads?: 'shared' | 'frozen' | undefined;
  /** warnings, callers' stacks on call errors, frozen payloads; default: NODE_ENV is not `production` */
  readonly development?: boolean | undefined;
  /** pino, or anything of its shape; `false` for none; default pino at level `warn` on standard error */
  readonly logger?: Logger | false | undefined;
  /**
   * logs show what may be secret: all that errors carry, details of refusals, keys of deliveries,
   * arguments of tasks, states and events of machines; default false, which shows names, messages,
   * codes and stacks. For a machine of your own; it is logged at the start
   */
  readonly dangerouslyLogDetails?: boolean | undefined;
  /** live processes, default 1,048,576; a start above it fails with PROCESS_LIMIT */
  readonly processesMax?: number | undefined;
  /**
   * `report` adds one listener that logs promise rejections nobody handled, in place of Node's
   * crash; default `ignore`
   */
  readonly strays?: 'ignore' | 'report' | undefined;
  /**
   * SIGTERM and SIGINT drain and stop the system; the program ends by the same signal once all
   * systems with this option have stopped, and at once by a second one; default false
   */
  readonly handleSignals?: boolean | undefined;
  /**
   * the name of a topic or queue that was not given options before is an error, so that a typo makes none;
   * default false
   */
  readonly strict?: boolean | undefined;
  /**
   * defaults of deliveries; how many keys of exactly-once messages each destination remembers
   * (`dedupe`): default 10,000 for 24 hours after they were handled, with at most 64 MiB of replies
   * in the whole system (`replyBytesMax`); how many deliveries that are over `recentDeliveries`
   * tells (`recent`): from 0 to 100,000, default 0, which costs nothing
   */
  readonly delivery?: (DeliveryDefaults & { readonly recent?: number | undefined; readonly dedupe?: {
    readonly keysMax?: number | undefined;
    readonly ageMs?: number | undefined;
    readonly replyBytesMax?: number | undefined
  } | undefined }) | undefined;
  /**
   * letters kept, default 1,000, and bytes of their payloads, default 64 MiB with objects by
   * estimate. With a bound of your own texts and byte arrays are measured, other payloads by
   * `sizeOf`. A letter whose payload is larger, or cannot be measured, is counted and told, not
   * kept
   */
  readonly deadLetters?: { readonly capacity?: number | undefined; readonly capacityBytes?:
    | number | undefined; readonly sizeOf?: ((payload: unknown, op: string) => number) | undefined }
    | undefined;
  /**
   * what the program may take of the machine's memory, resident (as `process.memoryUsage.rss()` tells): from
   * `highWater` of it on (default 0.8) user messages are refused with OVERLOADED, low lanes first,
   * all of them shortly below it, until it is back below `lowWater` (default 0.7). Bound mailboxes
   * as well: what is queued is not given back. Default: no ceiling
   */
  readonly memory?:
    | {
      readonly ceilingBytes: number; readonly highWater?: number | undefined;
      readonly lowWater?: number | undefined;
    }
    | undefined;
  /**
   * what outlives the program: `sqlite(path)` of `castcall/store/sqlite`, or `memoryStore()` of
   * `castcall/store`, which outlives the system. Durable agents and durable deliveries need one;
   * nothing else pays for it. It is opened at once, and closed by `stop`
   */
  readonly store?: StoreSource | undefined;
  /** how much the store keeps of what is over: dead letters, and keys that were handled; wants a `store` */
  readonly retention?: RetentionOptions | undefined;
  /** clock, timers, scheduling and randomness; for simulations */
  readonly env?: Env | undefined;
}

/** What `system.stats()` tells: the conservation account of all user messages, and counts since the start. */
export interface SystemStats extends Account {
  /** live processes now */
  readonly processes: number;
  readonly spawned: number;
  readonly exited: number;
  /** abnormal ends */
  readonly crashes: number;
  /**
   * restarts by supervisors, each attempt of a group counted once, and workers of pools that
   * another was started for
   */
  readonly restarts: number;
  /** effects of dead incarnations that were fenced off */
  readonly zombies: number;
  /** replies that came after their call was over */
  readonly lateReplies: number;
  readonly callsFailed: number;
  /**
   * what calls, puts and deliveries have rejected with, by code: `{ NOPROC: 2, TIMEOUT: 1 }`. Those
   * promises end no program when nobody looks at them, so that this is where such failures are
   * seen; codes as of `tryCall`
   */
  readonly failures: Readonly<Partial<Record<string, number>>>;
  readonly deadLettersTotal: number;
  /**
   * messages refused because the program was near its memory ceiling; they are among `rejected`, or
   * were tried again
   */
  readonly shed: number;
  /** deliveries of the whole system */
  readonly delivery: DeliveryStats;
  /** the runtime's own messages (EXIT, DOWN, timers …): sent = handled + dropped + queued */
  readonly signals: { readonly sent: number; readonly handled: number; readonly dropped: number };
}

/** Options of `system.stop`. */
export interface SystemStopOptions {
  /** first wait until nothing is runnable and no handler is awaiting; default false */
  readonly drain?: boolean | undefined;
  /** ms for all of it, default 30,000; the last fifth is kept for the shutdown. What lives then is killed */
  readonly timeoutMs?: number | undefined;
}

/** What `system.stop` resolves to. */
export interface StopReport {
  /** false when `drain` was asked for and time ran out */
  readonly drained: boolean;
  /** processes that had to be killed because time ran out */
  readonly killed: number;
  /** messages that had not been started, counted as dead letters during the stop */
  readonly deadLettered: number;
}

/** One process in `system.tree()`; children are those it has started, oldest first. */
export interface TreeNode {
  readonly pid: Pid;
  readonly name: string | undefined;
  /** the id its supervisor knows it by */
  readonly id: string | undefined;
  readonly type: 'supervisor' | 'agent' | 'statem' | 'process';
  /** the definition's name */
  readonly definition: string;
  readonly status: Status;
  /** user messages queued */
  readonly mailbox: number;
  /** how often its supervisor has restarted it; 0 for a process without one */
  readonly restarts: number;
  readonly children: readonly TreeNode[];
}

/** What `system.monitor` returns. */
export interface Watch {
  /** resolves once, when the watched process has ended; `noproc` when nobody was there */
  readonly down: Promise<Down>;
  /** stops watching; `down` then never resolves */
  cancel(): void;
}

/** Whom a handle is of: a registered name, a name in another registry, a pid, or a ref. */
export type RefTarget = string | Via | { readonly pid: Pid | undefined };
