/* What balancers and pools are told, and what they tell: agents behind one ref. */

import type { Pid } from './address.js';
import type { HealthOptions, Shutdown } from './supervisor.js';
import type { MailboxOptions } from './mailbox.js';
import type { AgentRef, Sends } from './agent.js';
import type { AnyDefinition } from './protocol.js';

/** How a balancer chooses. */
export type BalanceStrategy =
  | 'round-robin' | 'least-loaded' | 'two-choices' | 'random' | 'fastest' | 'consistent-hash' | 'weighted';

/** A member with its share under `weighted`. */
export interface WeightedMember<D extends AnyDefinition> {
  readonly ref: AgentRef<D>;
  /** a whole number from 1 */
  readonly weight: number;
}

/**
 * Agents of one definition behind one ref, made by `system.balance`. Every send goes to one member
 * that lives; without any a cast is a dead letter, `tryCast` says `dead`, everything else rejects
 * with NOPROC.
 */
export interface Balancer<D extends AnyDefinition> extends Sends<D> {
  readonly strategy: BalanceStrategy;
  /**
   * Adds a member, or gives one that is there another weight (from 1, only under `weighted`); false
   * when it was there, or is a process that has ended. Errors: an OptionError for what is no ref of
   * that definition, and when members come from a group
   */
  join(ref: AgentRef<D>, options?: { readonly weight?: number | undefined }): boolean;
  /**
   * takes a member out: no message goes to it afterwards, what it has queued it handles; false when
   * it was none
   */
  leave(ref: AgentRef<D>): boolean;
  /** the members that live now: refs by pid or by name as they joined, in the order in which they did */
  members(): AgentRef<D>[];
  stats(): BalanceStats;
}

/** What `balancer.stats()` tells. */
export interface BalanceStats {
  readonly strategy: BalanceStrategy;
  /** messages that a member was chosen for, also members that have left */
  readonly picks: number;
  /** messages that found no member */
  readonly nobody: number;
  readonly members: readonly BalanceMemberStats[];
}

/** What `balancer.stats()` tells of one member. */
export interface BalanceMemberStats {
  /** name, else pid */
  readonly target: string;
  readonly alive: boolean;
  readonly weight: number;
  readonly picks: number;
  /** queued, being handled, and to be replied to later; 0 while it does not live */
  readonly load: number;
  /**
   * of `fastest`: the moving average of its reply times, which halves every 10 s without a new one;
   * undefined when nothing is known
   */
  readonly averageMs: number | undefined;
}

/** Options of `pool`, after the init arguments of its workers. */
export interface PoolOptions {
  /** workers that are always there, default 2 (or `max`, if that is less) */
  readonly min?: number | undefined;
  /**
   * workers at most, those that start and those that are just ending among them; default 10 (or
   * `min`, if that is more)
   */
  readonly max?: number | undefined;
  /** ms without work after which a worker above `min` is ended, `'infinity'` for never; default 300,000 */
  readonly idleMs?: number | 'infinity' | undefined;
  /**
   * the start of the pool waits for `min` workers, and fails with them; false starts them behind
   * it. Default true
   */
  readonly warmUp?: boolean | undefined;
  /** ms that the init of a worker may take, default 30,000 */
  readonly startTimeoutMs?: number | undefined;
  /**
   * unexpected ends and failed starts of workers allowed within `periodMs`; one more ends the pool.
   * Default 3 for each of `max`
   */
  readonly intensity?: number | undefined;
  /** ms, default 5,000 */
  readonly periodMs?: number | undefined;
  /** of each worker */
  readonly mailbox?: MailboxOptions | undefined;
  /** the time a worker gets to end, default 5,000 ms */
  readonly shutdown?: Shutdown | undefined;
  /**
   * checks of each worker while it lives, as of a child; default none. With `onUnhealthy: 'unbalance'` sends and
   * checkouts pass over one that is unhealthy, with `'restart'` another takes its place
   */
  readonly health?: HealthOptions | undefined;
  /** registered name of the pool, default its id */
  readonly name?: string | undefined;
}

/** Options of `pool.checkout`. */
export interface CheckoutOptions {
  /** ms to wait for a worker, or 'infinity'; default 5,000 */
  readonly timeoutMs?: number | 'infinity' | undefined;
  /** ends the wait: it rejects with the signal's reason */
  readonly signal?: AbortSignal | undefined;
}

/**
 * A worker that is checked out: a ref of it, until its release or its end. Afterwards nobody lives
 * there (NOPROC).
 */
export interface PooledRef<D extends AnyDefinition> extends AgentRef<D>, AsyncDisposable {
  /** gives it back; the next who waits gets it. Again: nothing happens */
  release(): void;
}

/**
 * A pool by name or pid. What is sent to it goes to the least loaded worker that nobody has checked
 * out (of all, when all are), and makes the pool grow when that one is busy. While no worker lives
 * sends end as those of a balancer without members. Deliveries are the pool's: they outlive a
 * worker that ends, and wait for one where none lives. Keys and order keys hold for the whole pool.
 */
export interface PoolRef<D extends AnyDefinition> extends Sends<D> {
  /** of the pool's supervisor; undefined while there is none */
  readonly pid: Pid | undefined;
  /**
   * A worker of one's own, and well, until `release`, the end of a `using` block, or the end of the process
   * that asked. First come, first served. Rejects with PoolExhaustedError after `timeoutMs`, with a
   * CallError NOPROC or EXIT when there is no pool or it ends, with the signal's reason, and with
   * what a start of a worker failed with when there is no other worker
   */
  checkout(options?: CheckoutOptions): Promise<PooledRef<D>>;
  /**
   * the same around a function: released when it has settled. An error of `fn` that nobody looks at
   * is an unhandled rejection
   */
  run<T>(fn: (worker: PooledRef<D>) => T | PromiseLike<T>, options?: CheckoutOptions): Promise<T>;
  /** all zero while there is no pool */
  stats(): PoolStats;
}

/** What `pool.stats()` tells. */
export interface PoolStats {
  /** workers that live and take work */
  readonly size: number;
  /** of these: checked out, or with something before them */
  readonly busy: number;
  readonly idle: number;
  readonly checkedOut: number;
  readonly starting: number;
  /** checkouts that wait */
  readonly waiting: number;
  /** workers that were started above `min` */
  readonly grown: number;
  /** workers that were ended because they were idle */
  readonly shrunk: number;
  /** workers that ended abnormally */
  readonly crashed: number;
}
