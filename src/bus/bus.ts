import { shownAs } from '../base/text/index.js';
import type { Host } from '../behaviour/gen/index.js';
import { Phase } from '../process/record/index.js';
import type { Kernel, Process } from '../process/record/index.js';
import type { Sends } from '../api/agent.js';
import type { GatherOptions } from '../api/bus/gather.js';
import type { Queue, QueueOptions, QueueStats } from '../api/bus/queue.js';
import type {
  Complete, InvokeOptions, ServiceDefinition, ServiceOperations, ServiceStats, Submission,
} from '../api/bus/service.js';
import type { Schedule, ScheduleStats, ScheduleTimes } from '../api/bus/schedule.js';
import type { SharedStream, ShareOptions } from '../api/bus/stream.js';
import type { Topic, TopicOptions, TopicStats } from '../api/bus/topic.js';
import type { BusVerbs, GatherResult, Service } from '../api/bus/verbs.js';
import type { AnyDefinition } from '../api/protocol.js';
import { gather } from './gather/index.js';
import { QueueImpl, Queues } from './queue/index.js';
import { Schedules } from './schedule/index.js';
import { invoke, ServiceImpl, Services } from './service/index.js';
import { share } from './stream/index.js';
import { TopicImpl, Topics } from './topic/index.js';

/** What agents of one system share by name. */
class Bus {
  readonly kernel: Kernel;
  readonly schedules: Schedules;
  readonly topics: Topics;
  readonly queues: Queues;
  readonly services: Services;
  constructor(host: Host, strict: boolean) {
    this.kernel = host.kernel;
    this.schedules = new Schedules(host);
    this.topics = new Topics(host, strict);
    this.queues = new Queues(host, strict);
    this.services = new Services(host, strict);
  }
}

/**
 * Fills the port: `self.topic` and the others, and the same verbs of the system. What it returns is
 * called once there is a store: what outlives the program goes on.
 */
export function offerBus(host: Host, strict: boolean): () => void {
  const bus = new Bus(host, strict);
  host.extensions.set('bus', (p) => new BusVerbsImpl(bus, p));
  return () => bus.schedules.recover();
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

  gather<D extends AnyDefinition, V>(
    refs: readonly Sends<D>[], op: string, payload?: unknown, options?: GatherOptions,
  ): Promise<GatherResult<D, V>> {
    return gather(this.#bus.kernel, this.#p, refs, op, payload, options);
  }

  schedule(name: string, times: ScheduleTimes, job: unknown): Schedule {
    return this.#bus.schedules.start(this.#p, name, times, job);
  }

  schedules(): ScheduleStats[] {
    return this.#bus.schedules.list();
  }

  cancelSchedule(name: string): boolean {
    return this.#bus.schedules.cancel(name);
  }

  topic<T = unknown>(name: string, options?: TopicOptions<T>): Topic<T> {
    return new TopicImpl<T>(this.#bus.topics, this.#p, name, options);
  }

  topics(): TopicStats[] {
    return this.#bus.topics.stats();
  }

  /** Of one that has ended it is a queue of its own, whose verbs reject: it fixes nobody's options (P16). */
  queue<T = unknown>(name: string, options?: QueueOptions<T>): Queue<T> {
    const lives = this.#p === null || this.#p.phase !== Phase.Dead;
    return new QueueImpl<T>(this.#bus.queues.open(name, options, lives), this.#p);
  }

  queues(): QueueStats[] {
    return this.#bus.queues.stats();
  }

  /** Of one that has ended it does nothing, as of a queue. */
  service<O extends ServiceOperations>(definition: ServiceDefinition<O>, options?: object): Service<O> {
    const lives = this.#p === null || this.#p.phase !== Phase.Dead;
    const { services } = this.#bus;
    return new ServiceImpl<O>(services, services.open(definition, options, lives), this.#p);
  }

  services(): ServiceStats[] {
    return this.#bus.services.stats();
  }

  submission(id: string): Submission | undefined {
    return this.#bus.services.submission(id);
  }

  invoke<T>(ref: unknown, input: unknown, options?: InvokeOptions): Promise<Complete<T>> {
    const { kernel, services } = this.#bus;
    return invoke(kernel, services.hops, this.#p, ref, input, options) as Promise<Complete<T>>;
  }

  share<T>(source: Iterable<T> | AsyncIterable<T>, options?: ShareOptions): SharedStream<T> {
    return share(this.#bus.kernel, this.#p, source, options);
  }
}

shownAs(BusVerbsImpl, () => 'BusVerbs');
