import type { Sends } from '../agent.js';
import type { AnyDefinition, CallEntryOf, CallName, ReplyOf, VerbArgs } from '../protocol.js';
import type { CallFailure } from '../requests.js';

/* One question to many agents at once. */

/** How many replies are enough: a number from 1, one, more than half, or all. */
export type Quorum = number | 'any' | 'majority' | 'all';

/** Options of `gather`. */
export interface GatherOptions {
  /** how many replies are enough, at most as many as there are branches; default `all` */
  readonly quorum?: Quorum | undefined;
  /** from now until the quorum must be reached, ms from 1, or 'infinity'; default 5,000 */
  readonly timeoutMs?: number | 'infinity' | undefined;
  /** takes all branches back, and the gather rejects with its reason */
  readonly signal?: AbortSignal | undefined;
}

/**
 * What became of one branch: the reply, or why there is none, as of `tryCall`. `ABORTED` is one that
 * was not waited for any more.
 */
export type GatherBranch<D extends AnyDefinition, V> =
  | { readonly ref: Sends<D>; readonly ok: true; readonly value: V }
  | { readonly ref: Sends<D>; readonly ok: false; readonly error: CallFailure };

/** What `gather` resolves to: there are as many replies as its quorum asks for. */
export interface GatherResult<D extends AnyDefinition, V> {
  /** the replies that made the quorum, in the order of the refs */
  readonly values: V[];
  /** one for each ref, in their order */
  readonly branches: GatherBranch<D, V>[];
}

/** The verb that asks many, of every process and of the system. */
export interface GatherVerbs {
  /**
   * Asks all of them the same at once, and resolves as soon as the quorum has replied; rejects as
   * soon as it cannot be reached any more. Then the rest is taken back: their signals fire, and a
   * later reply is dropped and counted. A name is looked up now; one ref given twice is two
   * branches.
   *
   * Errors: GatherError (`GATHER_FAILED`) with all branches; the reason of the signal; `ZOMBIE` for
   * a process that has ended; an OptionError for what breaks its rule.
   *
   * @example
   * const Replica = defineAgent({ init: (n: number) => n, calls: { read: (self) => self.state < 3 ? self.state : self.refuse('STALE') } });
   * const replicas = [1, 2, 3].map((n) => system.start(Replica, n));
   * const { values } = await system.gather(replicas, 'read', undefined, { quorum: 'majority' });
   * values; // => [1, 2]
   * const error = await system.gather(replicas, 'read').catch((error: GatherError) => error);
   * error instanceof GatherError && error.branches.map((one) => one.ok); // => [true, true, false]
   */
  gather<D extends AnyDefinition, K extends CallName<D>>(
    refs: readonly Sends<D>[], op: K, ...args: VerbArgs<CallEntryOf<D, K>, GatherOptions>
  ): Promise<GatherResult<D, ReplyOf<CallEntryOf<D, K>>>>;
}
