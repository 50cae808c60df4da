import type { AgentRef, CallOptions, CastOptions, SelfRef, Sends } from '../agent.js';
import type { DeliverOptions } from '../delivery.js';
import type {
  AnyDefinition, CallEntryOf, CallName, CastEntryOf, CastName, EntryOf, ReplyOf, VerbArgs,
} from '../protocol.js';
import type { CallFailure } from '../requests.js';
import type { GatherOptions } from './gather.js';
import type { Schedule, ScheduledFunction, ScheduleTimes } from './schedule.js';
import type { Queue, QueueOptions } from './queue.js';
import type {
  Complete, CompletedBy, InvokeInput, InvokeOptions, RequestName, Serves, ServiceDefinition, ServiceInput, ServiceItem,
  ServiceLoad, ServiceOperations, ServiceOutput, ServiceRequestOptions, ServiceStats, StartedWorkers, StreamedName,
} from './service.js';
import type { ShareOptions, SharedStream } from './stream.js';
import type { Topic, TopicOptions } from './topic.js';

/* The verbs of the bus, and those of their types that know what an agent takes. */

/* ---- schedules ---- */

type WithArgs<A, F, O> = A extends [payload: infer P, options?: infer _O]
  ? F & { readonly payload: P; readonly options?: O | undefined }
  : F & { readonly payload?: Payload<A>; readonly options?: O | undefined };
type Payload<A> = A extends [payload?: infer P, options?: infer _O] ? P | undefined : undefined;

/** A cast of an agent's operation at each time; over at once. */
export type ScheduledCast<D extends AnyDefinition> = {
  readonly [K in CastName<D>]: WithArgs<
    VerbArgs<CastEntryOf<D, K>, CastOptions>, { readonly to: AgentRef<D>; readonly cast: K }, CastOptions
  >
}[CastName<D>];

/** A call at each time; over with its reply, failed with its error. */
export type ScheduledCall<D extends AnyDefinition> = {
  readonly [K in CallName<D>]: WithArgs<
    VerbArgs<CallEntryOf<D, K>, CallOptions>, { readonly to: AgentRef<D>; readonly call: K }, CallOptions
  >
}[CallName<D>];

/** A delivery at each time; over with its outcome, failed unless it was handled. */
export type ScheduledDelivery<D extends AnyDefinition> = {
  readonly [K in CastName<D> | CallName<D>]: WithArgs<
    VerbArgs<EntryOf<D, K>, DeliverOptions>, { readonly to: AgentRef<D>; readonly deliver: K }, DeliverOptions
  >
}[CastName<D> | CallName<D>];

/** A cast of an agent to itself: `self.ref` does not know its operations. */
export interface ScheduledOwnCast {
  readonly to: SelfRef;
  readonly cast: string;
  readonly payload?: unknown;
  readonly options?: CastOptions | undefined;
}

/** What a schedule sends in place of calling a function; the ref is looked up at each time. */
export type ScheduledSend<D extends AnyDefinition> = ScheduledCast<D> | ScheduledCall<D> | ScheduledDelivery<D>;

/** The verb that makes schedules, of every process and of the system. */
export interface ScheduleVerbs {
  /**
   * Does something again and again under a name. The job is a function, called outside of every
   * process, or a send to an agent; a job that throws, rejects or fails is logged and counted, and
   * changes nothing. What a process makes ends with it.
   *
   * Errors: OptionError for what breaks its rule; `ALREADY_STARTED` for a name that is in use,
   * `NEVER_FIRES` for a cron expression without a time, `PEER_MISSING` when croner is not installed.
   *
   * @example
   * const Cleaner = defineAgent({ casts: { sweep: (self, room: string) => {} } });
   * const cleaner = system.start(Cleaner);
   * system.schedule('night', { cron: '30 2 * * *' }, { to: cleaner, cast: 'sweep', payload: 'hall' });
   * system.schedule('pulse', { everyMs: 5_000, overlap: 'skip' }, async ({ signal }) => { signal.throwIfAborted(); });
   * system.schedules().length; // => 2
   */
  schedule(name: string, times: ScheduleTimes, job: ScheduledFunction | ScheduledOwnCast): Schedule;
  schedule<D extends AnyDefinition>(name: string, times: ScheduleTimes, job: ScheduledSend<D>): Schedule;}

/* ---- gather ---- */

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
   * const Replica = defineAgent({
   *   init: (n: number) => n, calls: { read: (self) => self.state < 3 ? self.state : self.refuse('STALE') },
   * });
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

/* ---- services ---- */

/** Options of `system.service`: who does the work. Fixed by the first use that gives any. */
export interface ServiceOptions<O extends ServiceOperations, D extends AnyDefinition> {
  /**
   * refs of agents, pools or balancers whose calls have the names of the operations; or what to start. One by
   * name is a worker whenever somebody has the name
   */
  readonly workers?: readonly (Sends<D> & Serves<D, O>)[] | (StartedWorkers<D> & Serves<D, O>) | undefined;
  /** requests that one worker has at the same time, from 1; default 1 */
  readonly concurrency?: number | undefined;
  /**
   * ms for which requests wait while no worker lives and one may come back (by name, or restarted); afterwards,
   * and when none can, they fail with NO_WORKERS. Default 1,000
   */
  readonly graceMs?: number | undefined;
  /**
   * how many workers there shall be, asked each `scaleEveryMs` and when a request begins to wait; needs
   * workers to start. What it throws is logged, and changes nothing
   */
  readonly scale?: ((load: ServiceLoad) => number) | undefined;
  /** ms from 1 between two questions; default 1,000 */
  readonly scaleEveryMs?: number | undefined;
  /** more are never started, from 1; default 16 */
  readonly workersMax?: number | undefined;
}

/** A service, as one process or the outside uses it. */
export interface Service<O extends ServiceOperations> {
  readonly name: string;
  /**
   * What a worker answers. Rejects with a ServiceError, with BreakerOpenError, or with the reason of the
   * signal: always within `timeoutMs`.
   */
  request<K extends RequestName<O>>(
    operation: K, payload: ServiceInput<O, K>, options?: ServiceRequestOptions,
  ): Promise<ServiceOutput<O, K>>;
  /**
   * The items of a worker, one handled for each one asked for; it has its place until the end. `timeoutMs`
   * is for each item, and for a consumer that asks for none. What goes wrong is told by `next()`.
   */
  stream<K extends StreamedName<O>>(
    operation: K, payload: ServiceInput<O, K>, options?: ServiceRequestOptions,
  ): AsyncIterableIterator<ServiceItem<O, K>>;
  /** Adds a worker; false when it is one already, or has ended. */
  join<D extends AnyDefinition>(worker: Sends<D> & Serves<D, O>): boolean;
  /** It gets nothing more; what it has, it answers. False when it is none. */
  leave<D extends AnyDefinition>(worker: Sends<D>): boolean;
  /**
   * Ends the service: its name is free at once, also for another definition. Who waits, and who has a worker, is
   * told `SERVICE_CLOSED`; the signals of handlers fire. Later requests by its handles are refused with the same.
   * Resolves when the workers that it has started have ended, by their shutdown rule; so one of them does not
   * wait for it. Workers that were given live on. Idempotent. Errors: `ZOMBIE` for a process that has ended.
   *
   * @example
   * const text = { request: z.string(), response: z.number() };
   * const Embed = defineService({ name: 'embed', operations: { text } });
   * const Model = defineAgent({ calls: { text: (self, text: string) => text.length } });
   * const embed = system.service(Embed, { workers: { start: Model } });
   * await embed.request('text', 'hello'); // => 5
   * await embed.close();
   * await embed.request('text', 'hi').catch((error: ServiceError) => error.code); // => 'SERVICE_CLOSED'
   * system.services().length; // => 0
   */
  close(): Promise<void>;
  stats(): ServiceStats;
}

/** The verbs of services, of every process and of the system. */
export interface ServiceVerbs {
  /**
   * The service of that definition: agents ask for its operations, workers do them. Options say who
   * works for it, and are fixed by the first use that gives any; refs that are given later join. What
   * a process asks for ends with it.
   *
   * Errors: OptionError; `OPTIONS_CONFLICT` for other options, or another definition of that name;
   * `UNKNOWN_OPERATION` for a worker that lacks one; `UNKNOWN_NAME` in a strict system.
   *
   * @example
   * const Embed = defineService({
   *   name: 'embed', operations: { text: { request: z.string(), response: z.array(z.number()) } },
   * });
   * const Model = defineAgent({ calls: { text: (self, text: string) => [text.length] } });
   * system.service(Embed, { workers: { start: Model, count: 2 } });
   * const Indexer = defineAgent({
   *   calls: { index: async (self, text: string) => (await self.service(Embed).request('text', text)).length },
   * });
   * await system.start(Indexer).call('index', 'hello'); // => 1
   */
  service<O extends ServiceOperations, D extends AnyDefinition = never>(
    definition: ServiceDefinition<O>, options?: ServiceOptions<O, D>,
  ): Service<O>;
  /**
   * Asks an agent, and resolves to the Complete of the protocol: its reply, with ids, sequence and
   * diagnostics. What the agent asks of services and agents meanwhile, in its own name (`self`), is
   * recorded as part of the submission; an invoke within an invoke belongs to the same one.
   *
   * Errors: as a call, also TIMEOUT after `timeoutMs` (30,000); the reason of the signal.
   *
   * @example
   * const Greeter = defineAgent({ calls: { invoke: (self, name: string) => `hello ${name}` } });
   * const complete = await system.invoke(system.start(Greeter), 'ann', { session: 's1' });
   * complete.payload; // => 'hello ann'
   * complete.session; // => 's1'
   */
  invoke<D extends AnyDefinition, K extends CallName<D> = CallName<D> & 'invoke'>(
    ref: Sends<D>, input: InvokeInput<D, K>, options?: InvokeOptions<K>,
  ): Promise<Complete<CompletedBy<CallEntryOf<D, K>>>>;
}

/* ---- all of them ---- */

/** The verbs of every process for what agents share by name. */
export interface BusVerbs extends GatherVerbs, ScheduleVerbs, ServiceVerbs {
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
  /**
   * The queue of that name; waits, leases and consumers made with it belong to the process, and end
   * with it. Errors: OptionError; `OPTIONS_CONFLICT` when the name has other options; `UNKNOWN_NAME`
   * in a strict system.
   *
   * @example
   * const Worker = defineAgent({
   *   init: () => [] as string[],
   *   calls: {
   *     async work(self) {
   *       const lease = await self.queue<string>('jobs').lease();
   *       await lease.ack();
   *       return lease.item;
   *     },
   *   },
   * });
   * await system.queue<string>('jobs', { leaseMs: 5_000 }).push('dig');
   * await system.start(Worker).call('work'); // => 'dig'
   */
  queue<T = unknown>(name: string, options?: QueueOptions<T>): Queue<T>;
  /**
   * One stream that many read; it ends with the process. Readers that are made with
   * `self.bind(shared)` end with theirs. Errors: OptionError.
   *
   * @example
   * const Model = defineAgent({ calls: { *words() { yield 'to'; yield 'be'; } } });
   * const model = system.start(Model);
   * const Desk = defineAgent({ calls: { open: (self) => self.share(self.stream(model, 'words')) } });
   * const shared = await system.start(Desk).call('open');
   * const words: string[] = [];
   * for await (const word of shared) words.push(word);
   * words; // => ['to', 'be']
   */
  share<T>(source: Iterable<T> | AsyncIterable<T>, options?: ShareOptions): SharedStream<T>;
}
