import { shownAs } from '../base/text/index.js';
import type { Host } from '../behaviour/gen/index.js';
import type { Process } from '../process/record/index.js';
import type { Topic, TopicOptions, TopicStats } from '../api/bus/topic.js';
import type { BusVerbs } from '../api/bus/verbs.js';
import { TopicImpl, Topics } from './topic/index.js';

/** What agents of one system share by name. */
class Bus {
  readonly topics: Topics;
  constructor(host: Host, strict: boolean) {
    this.topics = new Topics(host, strict);
  }
}

/** Fills the port: `self.topic`, and the same verbs of the system. */
export function offerBus(host: Host, strict: boolean): void {
  const bus = new Bus(host, strict);
  host.extensions.set('bus', (p) => new BusVerbsImpl(bus, p));
}

/** The verbs of the outside. */
export function busOf(host: Host): BusVerbsImpl {
  return host.extensions.get('bus')?.(null, null) as BusVerbsImpl;
}

/** The verbs of one process, or of the outside. */
export class BusVerbsImpl implements BusVerbs {
  readonly #bus: Bus;
  readonly #p: Process | null;
  constructor(bus: Bus, p: Process | null) {
    this.#bus = bus;
    this.#p = p;
  }

  topic<T = unknown>(name: string, options?: TopicOptions<T>): Topic<T> {
    return new TopicImpl<T>(this.#bus.topics, this.#p, name, options);
  }

  topics(): TopicStats[] {
    return this.#bus.topics.stats();
  }
}

shownAs(BusVerbsImpl, () => 'BusVerbs');
