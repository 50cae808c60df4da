import type { Topic, TopicOptions } from './topic.js';

/** The verbs of every process for what agents share by name. */
export interface BusVerbs {
  /**
   * The topic of that name; subscriptions made with it belong to the process. Errors: OptionError;
   * `OPTIONS_CONFLICT` when the name has other options; `UNKNOWN_NAME` in a strict system.
   *
   * @example
   * const Reporter = defineAgent({
   *   init: () => [] as number[],
   *   calls: { read: (self) => self.state },
   *   casts: { watch(self) { self.topic<number>('prices').subscribe(self); } },
   *   info: (self, price) => { self.state.push(price as number); },
   * });
   * const reporter = system.start(Reporter);
   * reporter.cast('watch');
   * await reporter.call('read'); // => []
   * await system.topic('prices').publish(3);
   * await reporter.call('read'); // => [3]
   */
  topic<T = unknown>(name: string, options?: TopicOptions<T>): Topic<T>;
}
