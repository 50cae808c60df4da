/* Services: named work that agents ask for and workers do, with typed operations. */

import type { Backoff } from '../../base/index.js';
import type { BreakerOptions, BreakerState, LimitOptions } from '../guards.js';
import type {
  AnyDefinition, CallEntryOf, CallName, InitArgs, ItemOf, ReplyOf, SchemaInput, SchemaOutput, StandardSchema,
  StreamName, VerbArgs,
} from '../protocol.js';

type AnySchema = StandardSchema<unknown, unknown>;

/** What one operation takes and gives: one `response`, or a stream of `item`s. Both ends are checked. */
export type ServiceOperation =
  | { readonly request: AnySchema; readonly response: AnySchema; readonly item?: undefined }
  | { readonly request: AnySchema; readonly item: AnySchema; readonly response?: undefined };

/** The operations of a service, by name. */
export type ServiceOperations = Readonly<Record<string, ServiceOperation>>;

/** When a request is tried again; with the guarantee at-least-once. */
export interface ServiceRetry {
  /** handings to a worker in all, from 1; default 3 */
  readonly attemptsMax?: number | undefined;
  /** waits between them; default none */
  readonly backoff?: Backoff | undefined;
  /** which failures are tried again; default those with the code EXIT: the worker has ended */
  readonly when?: ((error: unknown) => boolean) | undefined;
}

/** What `defineService` takes. */
export interface ServiceSpec<O extends ServiceOperations> {
  /** segments `[A-Za-z0-9_-]` joined by '.', such as `infer` or `storage.object` */
  readonly name: string;
  readonly operations: O;
  /** ms from 1 that a request may take, its waits and retries included; of a stream, one item. Default 30,000 */
  readonly timeoutMs?: number | undefined;
  /** requests that may wait for a worker, from 1; default 10,000 */
  readonly capacity?: number | undefined;
  /**
   * what becomes of a request whose worker ends: its caller hears the reason (`at-most-once`, the default), or
   * another worker gets it (`at-least-once`)
   */
  readonly guarantee?: 'at-most-once' | 'at-least-once' | undefined;
  /** needs the guarantee at-least-once */
  readonly retry?: ServiceRetry | undefined;
  /** how many requests may begin, or run at once, in all workers together; the others wait */
  readonly limit?: LimitOptions | undefined;
  /**
   * what requests weigh under the `weightPerMinute` of the limit, as far as it is known before they begin; of an
   * operation that is not named 1
   */
  readonly weight?: ServiceWeight<O> | undefined;
  /** what they have turned out to weigh: the rest comes back, or is owed by the requests that follow */
  readonly weigh?: ServiceWeigh<O> | undefined;
  /** opens when workers fail: requests are refused with BREAKER_OPEN then */
  readonly breaker?: BreakerOptions | undefined;
}

/**
 * What a request weighs, such as tokens of a model, by its payload as workers get it: a whole number from 0, at most
 * the `weightBurst` of the limit (OVERWEIGHT). What it throws is what whoever asks is told.
 */
export type ServiceWeight<O extends ServiceOperations> = {
  readonly [K in keyof O & string]?: ((payload: SchemaOutput<O[K]['request']>) => number) | undefined
};

/**
 * What a request has turned out to weigh, by its response, or by an item of its stream, of which the last counts;
 * undefined changes nothing. It may be more than `weightBurst`. What it throws is logged, and changes nothing.
 */
export type ServiceWeigh<O extends ServiceOperations> = {
  readonly [K in keyof O & string]?: (
    (answer: AnswerOf<O[K]>, payload: SchemaOutput<O[K]['request']>) => number | undefined
  ) | undefined
};
type AnswerOf<T extends ServiceOperation> =
  T extends { readonly response: AnySchema } ? SchemaOutput<T['response']> : SchemaOutput<T['item']>;

/** What `defineService` returns: the name of a service and the types of its operations. */
export interface ServiceDefinition<O extends ServiceOperations> {
  readonly name: string;
  /** carries the types; there is nothing at run time */
  readonly operations?: O;
}

/** Operations with one response. */
export type RequestName<O extends ServiceOperations> = {
  [K in keyof O & string]: O[K] extends { readonly response: AnySchema } ? K : never
}[keyof O & string];
/** Operations with a stream of items. */
export type StreamedName<O extends ServiceOperations> = Exclude<keyof O & string, RequestName<O>>;
export type ServiceInput<O extends ServiceOperations, K extends keyof O> = SchemaInput<O[K]['request']>;
export type ServiceOutput<O extends ServiceOperations, K extends keyof O> = SchemaOutput<O[K]['response']>;
export type ServiceItem<O extends ServiceOperations, K extends keyof O> = SchemaOutput<O[K]['item']>;

/* ---- workers ---- */

type Taken<D extends AnyDefinition, K> = VerbArgs<CallEntryOf<D, K>, unknown>[0];
type Takes<D extends AnyDefinition, O extends ServiceOperations, K extends keyof O> =
  [SchemaOutput<O[K]['request']>] extends [Taken<D, K>] ? true : false;
type Gives<D extends AnyDefinition, O extends ServiceOperations, K extends keyof O> =
  O[K] extends { readonly response: AnySchema }
    ? (K extends CallName<D> ? [ReplyOf<CallEntryOf<D, K>>] extends [SchemaInput<O[K]['response']>] ? true : false
      : false)
    : (K extends StreamName<D> ? [ItemOf<CallEntryOf<D, K>>] extends [SchemaInput<O[K]['item']>] ? true : false
      : false);

/** The operations that agents of `D` lack, or whose payload, reply or items are others; never when it serves all. */
export type Unserved<D extends AnyDefinition, O extends ServiceOperations> = {
  [K in keyof O & string]: Takes<D, O, K> extends true ? (Gives<D, O, K> extends true ? never : K) : K
}[keyof O & string];
/** Nothing more for a definition that serves all operations; what no value is for any other. */
export type Serves<D extends AnyDefinition, O extends ServiceOperations> =
  [Unserved<D, O>] extends [never] ? unknown : { readonly 'does not serve': Unserved<D, O> };

/** Workers that the service starts and supervises: one that crashes is started again. */
export interface StartedWorkers<D extends AnyDefinition> {
  readonly start: D;
  /** init arguments of each */
  readonly args?: InitArgs<D> | undefined;
  /** at the start, from 0; default 1 */
  readonly count?: number | undefined;
}

/** How much a service has to do: what `scale` is told. */
export interface ServiceLoad {
  /** requests that wait */
  readonly depth: number;
  /** ms for which the oldest of them has waited; 0 without any */
  readonly oldestMs: number;
  /** the share of the places of its workers that are taken, 0 to 1; 1 without any worker */
  readonly utilisation: number;
  /** workers that live; for `scale` those that there are to be, also those that are starting */
  readonly workers: number;
}

/** Options of `request` and `stream`. */
export interface ServiceRequestOptions {
  /** ms from 1; default that of the service */
  readonly timeoutMs?: number | undefined;
  /** ends the wait with its reason; the signal of the worker's handler fires */
  readonly signal?: AbortSignal | undefined;
}

/** What a service has counted since it was made, and has now. */
export interface ServiceStats extends ServiceLoad {
  readonly name: string;
  /** `responded + failed + timedOut + cancelled + refused + waiting + running`, at every moment */
  readonly requested: number;
  readonly responded: number;
  /** the worker ended, refused, or gave what is no response */
  readonly failed: number;
  readonly timedOut: number;
  /** by a signal, the end of who asked, a consumer that left; what was running when it was closed */
  readonly cancelled: number;
  /** SERVICE_FULL, SERVICE_CLOSED, NO_WORKERS, BREAKER_OPEN, SYSTEM_STOPPED */
  readonly refused: number;
  readonly waiting: number;
  readonly running: number;
  /** handings to a worker after the first of a request */
  readonly retried: number;
  /** answers that came when nobody waited any more, also second ones */
  readonly late: number;
  /** undefined without a breaker */
  readonly breaker: BreakerState | undefined;
  /** nothing is taken any more: `close()`, or the system has stopped */
  readonly closed: boolean;
}

/* ---- invoke ---- */

/**
 * What a handler returns to an `invoke` beside its payload: a hash of the state that it left, made by the
 * agent and never looked at here.
 *
 * @example
 * const done = new Completion({ text: 'hello' }, { state: 'sha256-3f' });
 * done.payload; // => { text: 'hello' }
 * done.state; // => 'sha256-3f'
 * @since 0.2.0
 */
export class Completion<T> {
  readonly state: string | undefined;
  constructor(readonly payload: T, options: { readonly state?: string | undefined } = {}) {
    this.state = options.state;
  }
}

/** What an invoke of that call completes with. */
export type CompletedBy<E> = ReplyOf<E> extends infer R ? (R extends Completion<infer T> ? T : R) : never;

/** Options of `invoke`. */
export interface InvokeOptions<K extends string = string> {
  /** the call of the agent; default `invoke` */
  readonly op?: K | undefined;
  /** ms from 1; default 30,000 */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** which conversation it belongs to, `[A-Za-z0-9_-]{1,128}`; default one of its own, or that of the outer invoke */
  readonly session?: string | undefined;
  /** the hash of the state that it begins with, 1 to 256 characters */
  readonly state?: string | undefined;
}

/** What `invoke` takes as its input. */
export type InvokeInput<D extends AnyDefinition, K> =
  [K] extends [never] ? never : VerbArgs<CallEntryOf<D, K>, unknown>[0];
/* ---- the protocol ---- */

/** What all messages of the protocol have. */
export interface MessageHead {
  readonly id: string;
  /** the id of the first message of it all: an invoke, or a request outside of any */
  readonly submission: string;
  readonly session: string;
  /** place in the submission: 0 its invoke, 1 its first request; that of an answer is its question's */
  readonly sequence: number;
  /** the id of the message that caused it, or that it answers; null for the first */
  readonly parent: string | null;
}

/** Who sent it: the name of a process, else its pid, or `outside`. */
export interface SenderDiagnostics {
  readonly by: string;
}

/** Who did it, and at what cost. */
export interface WorkDiagnostics extends SenderDiagnostics {
  /** the definition of who did it */
  readonly backend: string;
  /** ms from the question to its answer */
  readonly durationMs: number;
  /** handings to a worker */
  readonly attempts: number;
}

/** Why there is no payload. */
export interface MessageFailure {
  readonly code: string;
  readonly message: string;
}

/** A harness asks an agent. */
export interface Invoke extends MessageHead {
  readonly type: 'invoke';
  readonly agent: string;
  readonly operation: string;
  readonly payload?: unknown;
  readonly state?: string | undefined;
  readonly diagnostics: SenderDiagnostics;
}

/** An agent asks a service. */
export interface ServiceRequest extends MessageHead {
  readonly type: 'request';
  readonly service: string;
  readonly operation: string;
  readonly payload?: unknown;
  readonly diagnostics: SenderDiagnostics;
}

/** A service answers: `parent` is its request. */
export interface ServiceResponse extends MessageHead {
  readonly type: 'response';
  readonly parent: string;
  readonly service: string;
  readonly operation: string;
  readonly payload?: unknown;
  readonly error?: MessageFailure | undefined;
  readonly diagnostics: WorkDiagnostics;
}

/** An agent has done what it was asked: `parent` is its invoke. */
export interface Complete<T = unknown> extends MessageHead {
  readonly type: 'complete';
  readonly parent: string;
  readonly agent: string;
  readonly operation: string;
  readonly payload: T;
  readonly state?: string | undefined;
  readonly error?: MessageFailure | undefined;
  readonly diagnostics: WorkDiagnostics;
}

/** Any of the four. */
export type ServiceMessage = Invoke | ServiceRequest | ServiceResponse | Complete;

/** A message as it is recorded: without its payload. */
export type RecordedMessage =
  | Omit<Invoke, 'payload'> | Omit<ServiceRequest, 'payload'> | Omit<ServiceResponse, 'payload'>
  | Omit<Complete, 'payload'>;

/** One hop, with those that it caused, in the order in which they happened. */
export interface SubmissionNode {
  readonly message: RecordedMessage;
  readonly children: readonly SubmissionNode[];
}

/** What is known of a submission. */
export interface Submission {
  readonly id: string;
  readonly session: string;
  /** its first message; and those whose cause has been forgotten */
  readonly roots: readonly SubmissionNode[];
}
