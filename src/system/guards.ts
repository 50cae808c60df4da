import type { AnyDefinition } from '../api/protocol.js';
import type { RecentQuery, SettledDelivery } from '../api/delivery.js';
import type {
  Breaker, BreakerOptions, BreakerStats, Limit, LimitOptions, LimitStats, RetryOptions, RetryStreamOptions,
  StreamAttempt,
} from '../api/guards.js';
import type { Host } from '../behaviour/gen/index.js';
import { balance } from '../delivery/group/index.js';
import type { BalanceOptions } from '../delivery/group/index.js';
import { guardsOf } from '../delivery/index.js';
import type { Balancer } from '../api/pool.js';

/**
 * The verbs of a system that the layer of delivery offers: sends with a guarantee, groups behind
 * one ref, and guards of calls to the outside, one breaker and one limit per name.
 */
export class SystemGuards {
  readonly #host: Host;

  /** @internal */
  constructor(host: Host) {
    this.#host = host;
  }

  /**
   * The circuit breaker of that name, made at its first use: options that are given later must be
   * the same. Its state is shared by all processes of the system. Errors: OptionError;
   * `OPTIONS_CONFLICT`.
   *
   * @example
   * const search = system.breaker('search', { errorRate: 0.5, volume: 20, openMs: 10_000 });
   * await search.run(async () => 'found'); // => 'found'
   * search.state; // => 'closed'
   * @since 0.2.0
   */
  breaker(name: string, options?: BreakerOptions): Breaker {
    return guardsOf(this.#host).breaker(name, options);
  }

  /**
   * The limit of that name, made at its first use, which must give options. Errors: as `breaker`.
   *
   * @example
   * const openai = system.limit('openai', { perMinute: 500, concurrency: 8 });
   * await openai.run(async () => 'answer'); // => 'answer'
   * openai.stats().started; // => 1
   * @since 0.2.0
   */
  limit(name: string, options?: LimitOptions): Limit {
    return guardsOf(this.#host).limit(name, options);
  }

  /**
   * `retry` of the package, in the name of the system: it waits on the clock of the system, which
   * `castcall/testing` can make virtual, and ends with it: SYSTEM_STOPPED, and no further attempt.
   * Inside of a process use `self.retry`.
   *
   * @example
   * let tries = 0;
   * await system.retry((number) => {
   *   if (++tries < 3) throw new Error('not yet');
   *   return number;
   * }, { backoff: { baseMs: 1 } }); // => 3
   * @since 0.2.0
   */
  retry<T>(attempt: (number: number) => T | Promise<T>, options?: RetryOptions): Promise<T> {
    return guardsOf(this.#host).retry(attempt, options);
  }

  /**
   * `retryStream` of the package, in the name of the system: it waits on the clock of the system,
   * and ends with it: SYSTEM_STOPPED. Inside of a process use `self.retryStream`.
   *
   * @example
   * async function* model(number: number) { if (number < 2) throw new Error('503'); yield 'frogs'; }
   * const words = [];
   * for await (const word of system.retryStream(model, { backoff: { baseMs: 1 } })) words.push(word);
   * words // => ['frogs']
   * @since 0.2.0
   */
  retryStream<T>(attempt: StreamAttempt<T>, options?: RetryStreamOptions): AsyncIterableIterator<T> {
    return guardsOf(this.#host).retryStream(attempt, options);
  }

  /** Figures of all breakers, in the order of their making. */
  breakers(): BreakerStats[] {
    return guardsOf(this.#host).breakers();
  }

  /** Figures of all limits, in the order of their making. */
  limits(): LimitStats[] {
    return guardsOf(this.#host).limits();
  }

  /**
   * Several agents of one definition behind one ref: each send goes to one of those that live,
   * chosen by `strategy`. It is no process and needs no end. Members are those given, those that
   * `join`, or those of a process group.
   *
   * Errors: an OptionError for a bad option; `BAD_COMBINATION` for options that exclude each other.
   *
   * @example
   * const Worker = defineAgent({ init: (n: number) => n, calls: { number: (self) => self.state } });
   * const workers = system.balance(Worker, { members: [system.start(Worker, 1), system.start(Worker, 2)] });
   * await workers.call('number'); // => 1
   * await workers.call('number'); // => 2
   * workers.join(system.start(Worker, 3)); // => true
   * await workers.call('number'); // => 3
   * @since 0.2.0
   */
  balance<D extends AnyDefinition, G = string>(definition: D, options: BalanceOptions<D, G> = {}): Balancer<D> {
    return balance(this.#host, definition, options);
  }

  /**
   * The latest deliveries that are over, newest first, of all that
   * `createSystem({ delivery: { recent } })` keeps; none unless it was set. Those with the
   * guarantee at-most-once leave no record. A record holds its reason, never a payload or a reply.
   * O(records kept). Errors: an OptionError for a bad query.
   *
   * @example
   * const other = createSystem({ delivery: { recent: 100 } });
   * const Worker = defineAgent({ calls: { double: (self, n: number) => n * 2 } });
   * other.start(Worker, { name: 'w' });
   * const receipt = await other.ref(Worker, 'w').deliver('double', 21);
   * await receipt.settled;
   * other.recentDeliveries({ to: 'w', limit: 1 }).map(({ op, kind, attempts }) => ({ op, kind, attempts })) // => [{ op: 'double', kind: 'handled', attempts: 1 }]
   * await other.stop();
   * @since 0.2.0
   */
  recentDeliveries(query: RecentQuery = {}): SettledDelivery[] {
    return this.#host.deliveries?.listRecent(query) ?? [];
  }
}
