import type {
  AgentRef, AnyDefinition, Breaker, BreakerOptions, BreakerStats, CallName, CastName, DeliverOptions, DeliverReply, EntryOf, Host, Limit, LimitOptions, LimitStats, Receipt, VerbArgs,
} from '../behaviour/index.js';
import { outwardOf } from '../delivery/index.js';

/** The verbs of a system that the layer of delivery offers: sends with a guarantee, and guards of calls to the outside, one breaker and one limit per name. */
export class SystemOutward {
  readonly #host: Host;

  /** @internal */
  constructor(host: Host) {
    this.#host = host;
  }

  /**
   * The circuit breaker of that name, made at its first use: options that are given later must be the same. Its state is
   * shared by all processes of the system. Errors: OptionError; `OPTIONS_CONFLICT`.
   *
   * @example
   * const search = system.breaker('search', { errorRate: 0.5, volume: 20, openMs: 10_000 });
   * await search.run(async () => 'found'); // => 'found'
   * search.state; // => 'closed'
   * @since 0.2.0
   */
  breaker(name: string, options?: BreakerOptions): Breaker {
    return outwardOf(this.#host).breaker(name, options);
  }

  /**
   * The limit of that name, made at its first use, which must give options. Errors: as `breaker`.
   *
   * @example
   * const openai = system.limit('openai', { perMinute: 500, concurrent: 8 });
   * await openai.run(async () => 'answer'); // => 'answer'
   * openai.stats().started; // => 1
   * @since 0.2.0
   */
  limit(name: string, options?: LimitOptions): Limit {
    return outwardOf(this.#host).limit(name, options);
  }

  /** Figures of all breakers, in the order of their making. */
  breakers(): BreakerStats[] {
    return outwardOf(this.#host).breakers();
  }

  /** Figures of all limits, in the order of their making. */
  limits(): LimitStats[] {
    return outwardOf(this.#host).limits();
  }

  /** `ref.deliver`, for those who have a ref in one hand and an operation in the other. */
  deliver<D extends AnyDefinition, K extends CastName<D> | CallName<D>>(ref: AgentRef<D>, op: K, ...args: VerbArgs<EntryOf<D, K>, DeliverOptions>): Promise<Receipt<DeliverReply<D, K>>> {
    return ref.deliver(op, ...args);
  }
}
