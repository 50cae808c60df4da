import type { Sends } from '../../../api/agent.js';
import type { GatherOptions } from '../../../api/bus/gather.js';
import type { Schedule, ScheduleTimes } from '../../../api/bus/schedule.js';
import type { Queue, QueueOptions } from '../../../api/bus/queue.js';
import type { Complete, InvokeOptions, ServiceDefinition, ServiceOperations } from '../../../api/bus/service.js';
import type { SharedStream, ShareOptions } from '../../../api/bus/stream.js';
import type { Topic, TopicOptions } from '../../../api/bus/topic.js';
import type { BusVerbs, GatherResult, Service } from '../../../api/bus/verbs.js';
import type { LaunchVerbs, SubAgent } from '../../../api/tasks.js';
import type { AnyDefinition } from '../../../api/protocol.js';

/** What the layer of the bus offers: the same verbs, whose types have been looked at. */
export interface BusPort extends Pick<BusVerbs, 'topic' | 'queue' | 'share'> {
  schedule(name: string, times: ScheduleTimes, job: unknown): Schedule;
  gather<D extends AnyDefinition, V>(
    refs: readonly Sends<D>[], op: string, payload?: unknown, options?: GatherOptions,
  ): Promise<GatherResult<D, V>>;
  service<O extends ServiceOperations>(definition: ServiceDefinition<O>, options?: object): Service<O>;
  invoke<T>(ref: unknown, input: unknown, options?: InvokeOptions): Promise<Complete<T>>;
}

type Launch = <D extends AnyDefinition, R>(definition: D, job: object) => SubAgent<D, R>;

/** The verbs of every self that layers above offer: for what agents share by name, and for sub-agents. */
export abstract class SharedVerbs implements BusVerbs, LaunchVerbs {
  /** What a layer above offers this process under that name. */
  abstract extension(name: string): unknown;

  private get bus(): BusPort {
    return this.extension('bus') as BusPort;
  }

  topic<T = unknown>(name: string, options?: TopicOptions<T>): Topic<T> {
    return this.bus.topic(name, options);
  }

  schedule(name: string, times: ScheduleTimes, job: unknown): Schedule {
    return this.bus.schedule(name, times, job);
  }

  gather<D extends AnyDefinition, V>(
    refs: readonly Sends<D>[], op: string, payload?: unknown, options?: GatherOptions,
  ): Promise<GatherResult<D, V>> {
    return this.bus.gather(refs, op, payload, options);
  }

  queue<T = unknown>(name: string, options?: QueueOptions<T>): Queue<T> {
    return this.bus.queue(name, options);
  }

  launch<D extends AnyDefinition, R>(definition: D, job: object): SubAgent<D, R> {
    return (this.extension('launch') as Launch)<D, R>(definition, job);
  }

  service<O extends ServiceOperations>(definition: ServiceDefinition<O>, options?: object): Service<O> {
    return this.bus.service(definition, options);
  }

  invoke<T>(ref: unknown, input: unknown, options?: InvokeOptions): Promise<Complete<T>> {
    return this.bus.invoke(ref, input, options);
  }

  share<T>(source: Iterable<T> | AsyncIterable<T>, options?: ShareOptions): SharedStream<T> {
    return this.bus.share(source, options);
  }
}
