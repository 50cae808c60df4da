import type { Host } from '../behaviour/gen/index.js';
import { busOf } from '../bus/index.js';
import type { Sends } from '../api/agent.js';
import type { GatherOptions } from '../api/bus/gather.js';
import type { Queue, QueueOptions, QueueStats } from '../api/bus/queue.js';
import type {
  Complete, CompletedBy, InvokeInput, InvokeOptions, ServiceDefinition, ServiceOperations, ServiceStats, Submission,
} from '../api/bus/service.js';
import type { Schedule, ScheduledFunction, ScheduleStats, ScheduleTimes } from '../api/bus/schedule.js';
import type { GatherResult, ScheduledOwnCast, ScheduledSend, Service, ServiceOptions } from '../api/bus/verbs.js';
import type { AnyDefinition, CallEntryOf, CallName, ReplyOf, VerbArgs } from '../api/protocol.js';
import type { SharedStream, ShareOptions } from '../api/bus/stream.js';
import type { Topic, TopicOptions, TopicStats } from '../api/bus/topic.js';
import { SystemGuards } from './guards.js';

/** The verbs of a system for what its agents share by name: topics, queues, schedules; and `gather`. */
export class SystemBus extends SystemGuards {
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
   * @since 0.2.0
   */
  topic<T = unknown>(name: string, options?: TopicOptions<T>): Topic<T> {
    return busOf(this.#host).topic(name, options);
  }

  /** Figures of all topics that have users or options now, in the order of their making. */
  topics(): TopicStats[] {
    return busOf(this.#host).topics();
  }

  /**
   * Does something again and again under a name: at an interval, or at the local times of a cron
   * expression. The job is a function, called outside of every process, or a send to an agent. A
   * job that throws, rejects or fails is logged and counted, and changes nothing. Inside of a
   * process use `self.schedule`, so that it ends with it.
   *
   * Errors: OptionError for what breaks its rule; `ALREADY_STARTED` for a name that is in use,
   * `NEVER_FIRES` for a cron expression without a time, `PEER_MISSING` when croner is not
   * installed; `SYSTEM_STOPPED`.
   *
   * @example
   * let runs = 0;
   * const pulse = system.schedule('pulse', { everyMs: 2, timesMax: 3 }, async () => { runs++; });
   * while (pulse.active) await new Promise((resolve) => setTimeout(resolve, 1));
   * runs; // => 3
   * const night = system.schedule('night', { cron: '30 2 * * *', timeZone: 'Europe/Berlin' }, () => {});
   * night.cancel(); // => true
   * @since 0.2.0
   */
  schedule(name: string, times: ScheduleTimes, job: ScheduledFunction | ScheduledOwnCast): Schedule;
  schedule<D extends AnyDefinition>(name: string, times: ScheduleTimes, job: ScheduledSend<D>): Schedule;
  schedule(name: string, times: ScheduleTimes, job: unknown): Schedule {
    return busOf(this.#host).schedule(name, times, job);
  }

  /** Figures of all active schedules, in the order of their making. */
  schedules(): ScheduleStats[] {
    return busOf(this.#host).schedules();
  }

  /**
   * Cancels the schedule of that name, as `Schedule.cancel` does; also a durable one that an earlier
   * life has made, once `system.store.ready` has resolved. False when there is none. Errors:
   * OptionError `BAD_NAME`.
   *
   * @example
   * system.schedule('tide', { everyMs: 60_000 }, () => {});
   * system.cancelSchedule('tide'); // => true
   * system.cancelSchedule('tide'); // => false
   * @since 0.2.0
   */
  cancelSchedule(name: string): boolean {
    return busOf(this.#host).cancelSchedule(name);
  }

  /**
   * Asks several agents the same at once, and resolves as soon as a quorum has replied; rejects as
   * soon as it cannot be reached any more. The rest is taken back: their signals fire, and a later
   * reply is dropped and counted. Inside of a process use `self.gather`.
   *
   * Errors: GatherError (`GATHER_FAILED`) with all branches; the reason of the signal; an
   * OptionError for what breaks its rule.
   *
   * @example
   * const Node = defineAgent({ init: (n: number) => n, calls: { read: (self) => self.state } });
   * const nodes = [7, 8, 9].map((n) => system.start(Node, n));
   * const { values } = await system.gather(nodes, 'read', undefined, { quorum: 2, timeoutMs: 1_000 });
   * values; // => [7, 8]
   * @since 0.2.0
   */
  gather<D extends AnyDefinition, K extends CallName<D>>(
    refs: readonly Sends<D>[], op: K, ...args: VerbArgs<CallEntryOf<D, K>, GatherOptions>
  ): Promise<GatherResult<D, ReplyOf<CallEntryOf<D, K>>>> {
    const [payload, options] = args as readonly [unknown?, GatherOptions?];
    return busOf(this.#host).gather(refs, op, payload, options);
  }

  /**
   * The queue of that name: each item goes to one consumer. Options are fixed by its first use.
   * Inside of a process use `self.queue`, so that its waits and leases end with it.
   *
   * Errors: OptionError; `OPTIONS_CONFLICT` when the name has other options; `UNKNOWN_NAME` in a
   * strict system.
   *
   * @example
   * const jobs = system.queue<string>('jobs', { leaseMs: 30_000 });
   * await jobs.push('dig');
   * const lease = await jobs.lease();
   * lease.item; // => 'dig'
   * await lease.ack();
   * jobs.stats().acked; // => 1
   * @since 0.2.0
   */
  queue<T = unknown>(name: string, options?: QueueOptions<T>): Queue<T> {
    return busOf(this.#host).queue(name, options);
  }

  /** Figures of all queues that are not closed and empty, in the order of their making. */
  queues(): QueueStats[] {
    return busOf(this.#host).queues();
  }

  /**
   * The service of that definition: agents ask for its operations, workers do them. Options say who
   * works for it, and are fixed by the first use that gives any; refs that are given later join.
   * Inside of a process use `self.service`, so that requests end with it, and are recorded with what
   * it does.
   *
   * Errors: OptionError; `OPTIONS_CONFLICT` for other options, or another definition of that name;
   * `UNKNOWN_OPERATION` for a worker that lacks one; `UNKNOWN_NAME` in a strict system.
   *
   * @example
   * const Embed = defineService({
   *   name: 'embed', operations: { text: { request: z.string(), response: z.array(z.number()) } },
   * });
   * const Model = defineAgent({ calls: { text: (self, text: string) => [text.length] } });
   * const embed = system.service(Embed, { workers: { start: Model, count: 2 } });
   * await embed.request('text', 'hello'); // => [5]
   * embed.stats().responded; // => 1
   * @since 0.2.0
   */
  service<O extends ServiceOperations, D extends AnyDefinition = never>(
    definition: ServiceDefinition<O>, options?: ServiceOptions<O, D>,
  ): Service<O> {
    return busOf(this.#host).service(definition, options);
  }

  /** Figures of all services, in the order of their making. */
  services(): ServiceStats[] {
    return busOf(this.#host).services();
  }

  /**
   * Asks an agent, and resolves to the Complete of the protocol: its reply, with ids, sequence and
   * diagnostics. What the agent asks of services and agents meanwhile, in its own name (`self`), is
   * recorded as part of the submission.
   *
   * Errors: as a call, also TIMEOUT after `timeoutMs` (30,000); the reason of the signal.
   *
   * @example
   * const Greeter = defineAgent({
   *   calls: { invoke: (self, name: string) => new Completion(`hello ${name}`, { state: 'sha256-3f' }) },
   * });
   * const complete = await system.invoke(system.start(Greeter, { name: 'greeter' }), 'ann', { timeoutMs: 1_000 });
   * complete.payload; // => 'hello ann'
   * complete.state; // => 'sha256-3f'
   * complete.diagnostics.by; // => 'greeter'
   * @since 0.2.0
   */
  invoke<D extends AnyDefinition, K extends CallName<D> = CallName<D> & 'invoke'>(
    ref: Sends<D>, input: InvokeInput<D, K>, options?: InvokeOptions<K>,
  ): Promise<Complete<CompletedBy<CallEntryOf<D, K>>>> {
    return busOf(this.#host).invoke(ref, input, options);
  }

  /**
   * The hops of a submission, as a tree of messages without their payloads; undefined when it is not
   * known, or no longer: the latest 4,096 hops of the system are. O(hops).
   *
   * @example
   * const Echo = defineService({ name: 'echo', operations: { say: { request: z.string(), response: z.string() } } });
   * const Worker = defineAgent({ calls: { say: (self, text: string) => text } });
   * system.service(Echo, { workers: [system.start(Worker)] });
   * const Agent = defineAgent({ calls: { invoke: (self, text: string) => self.service(Echo).request('say', text) } });
   * const complete = await system.invoke(system.start(Agent), 'hi');
   * const [invoke] = system.submission(complete.submission)?.roots ?? [];
   * const hops = invoke?.children ?? [];
   * hops.map(({ message, children }) => [message.type, children.length]); // => [['request', 1], ['complete', 0]]
   * @since 0.2.0
   */
  submission(id: string): Submission | undefined {
    return busOf(this.#host).submission(id);
  }

  /**
   * One stream that many read, each at its own pace, with the policies of topics and a bounded
   * replay for who comes late. Inside of a process use `self.share`, so that it ends with it.
   *
   * Errors: OptionError.
   *
   * @example
   * const Model = defineAgent({ calls: { async *words() { yield 'to'; yield 'be'; } } });
   * const shared = system.share(system.start(Model).stream('words'), { replay: 10 });
   * await shared.subscribe().nextBatch(1); // => ['to']
   * const late: string[] = [];
   * for await (const word of shared) late.push(word);
   * late; // => ['to', 'be']
   * @since 0.2.0
   */
  share<T>(source: Iterable<T> | AsyncIterable<T>, options?: ShareOptions): SharedStream<T> {
    return busOf(this.#host).share(source, options);
  }
}
