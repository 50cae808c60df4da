import type { Topic, TopicOptions } from '../../../api/bus/topic.js';
import type { BusVerbs } from '../../../api/bus/verbs.js';

/** The verbs of every self for what agents share by name; the layer of the bus offers them. */
export abstract class SharedVerbs implements BusVerbs {
  /** What a layer above offers this process under that name. */
  abstract extension(name: string): unknown;

  private get bus(): BusVerbs {
    return this.extension('bus') as BusVerbs;
  }

  topic<T = unknown>(name: string, options?: TopicOptions<T>): Topic<T> {
    return this.bus.topic(name, options);
  }
}
