import type { Host } from '../behaviour/gen/index.js';
import { busOf } from '../bus/index.js';
import type { Topic, TopicOptions, TopicStats } from '../api/bus/topic.js';
import { SystemOutward } from './outward.js';

/** The verbs of a system for what its agents share by name: topics. */
export class SystemBus extends SystemOutward {
  readonly #host: Host;

  /** @internal */
  constructor(host: Host) {
    super(host);
    this.#host = host;
  }

  /**
   * The topic of that name, or of all names that a pattern fits. Options are fixed by the first use
   * that gives any. Inside of a process use `self.topic`, so that subscriptions end with it.
   *
   * Errors: OptionError; `OPTIONS_CONFLICT` when the name has other options; `UNKNOWN_NAME` in a
   * strict system.
   *
   * @example
   * const news = system.topic<string>('news', { retain: true });
   * await news.publish('hello'); // => 0
   * const late = system.topic<string>('news').subscribe();
   * await late.next(); // => 'hello'
   * news.close();
   * await late.next(); // => undefined
   * @since 0.3.0
   */
  topic<T = unknown>(name: string, options?: TopicOptions<T>): Topic<T> {
    return busOf(this.#host).topic(name, options);
  }

  /** Figures of all topics that have users or options now, in the order of their making. */
  topics(): TopicStats[] {
    return busOf(this.#host).topics();
  }
}
