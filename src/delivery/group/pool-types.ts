import type { AnyDefinition } from '../../api/protocol.js';
import type { Pid } from '../../api/address.js';
import type { AgentRef, Sends } from '../../api/agent.js';

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
   * A worker of one's own until `release`, the end of a `using` block, or the end of the process
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
