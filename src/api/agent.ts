import type { ExitReason } from '../base/index.js';
import type {
  AnyDefinition, ArgsThen, CallEntryOf, CallName, CastEntryOf, CastName, DeliverReply, EntryOf,
  InitArgs, ItemOf, MadeBy, PayloadVersion, ReplyOf, SchemaOutput, StandardSchema, StateIn,
  StreamName, VerbArgs,
} from './protocol.js';
import type { AgentStream, StreamOptions } from './bus/stream.js';
import type { BusVerbs } from './bus/verbs.js';
import type { MonitorRef, Pid, Target, Via } from './address.js';
import type {
  DeliverOptions, DeliveryContext, DeliveryStats, MessageProvenance, Receipt,
} from './delivery.js';
import type { DurableVerbs } from './durable/steps.js';
import type { ProcessLevel } from './inspect.js';
import type { MailboxOptions, MailboxStats, MailboxLane } from './mailbox.js';
import type { GuardVerbs } from './guards.js';
import type { KernelVerbs } from './process.js';
import type { CallResult, RequestVerbs } from './requests.js';
import type { Ignore, InitFailure, NoReply, Refusal, Stop } from './returns.js';
import type { DebugOption, Sys, SysCallbacks, SysLink } from './sys.js';
import type { LaunchVerbs, TaskVerbs } from './tasks.js';

/* ---- options of the verbs ---- */

/** What every send may ask for. */
export interface LaneOptions {
  /** lane of the mailbox, default `normal`; strict between lanes, FIFO within one */
  readonly lane?: MailboxLane | undefined;
  /** a message still queued after so many ms is not handled, but counted as expired */
  readonly expiresInMs?: number | undefined;
}

/** Options of `cast` and `tryCast`. */
export interface CastOptions extends LaneOptions {
  /**
   * a queued message of the same operation and key is replaced in its place (`keep: 'last'`, the default), or keeps
   * its place and this one goes (`'first'`); the one that goes counts as superseded. A key has 1 to 1,024 bytes
   */
  readonly coalesce?: string | { readonly key: string; readonly keep?: 'last' | 'first' | undefined } | undefined;
}

/** Options of `put`. */
export interface PutOptions extends LaneOptions {
  /** ms to wait for room, default 5,000; then it fails with TIMEOUT and nothing was queued; 'infinity' waits forever */
  readonly timeoutMs?: number | 'infinity' | undefined;
  /** ends the wait: the promise rejects with the signal's reason, nothing was queued */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `call` and `tryCall`. */
export interface CallOptions extends LaneOptions, Pick<DeliverOptions, 'guarantee' | 'key' | 'order'
  | 'attemptsMax' | 'ackTimeoutMs' | 'backoff' | 'onError'> {
  /** ms until the call fails with TIMEOUT, default 5,000; 'infinity' waits forever */
  readonly timeoutMs?: number | 'infinity' | undefined;
  /** aborts the call, in the turn in which it was made by the end of that turn: the promise rejects with the signal's
   * reason, the callee's `self.signal` fires */
  readonly signal?: AbortSignal | undefined;
  /** a request whose caller gave up while it was queued is not handled; default false (Erlang's rule) */
  readonly skipAbandoned?: boolean | undefined;
}

/** Options of an agent's start. */
export interface StartOptions {
  /** registered name, or a name in another registry (`via`) */
  readonly name?: string | Via | undefined;
  readonly mailbox?: MailboxOptions | undefined;
  /** `full` gives this agent histograms of its own (about 40 KB); default `sampled`, shared per definition */
  readonly stats?: 'sampled' | 'full' | undefined;
  /** free text shown by `inspect` */
  readonly label?: string | undefined;
  /** scheduling level from init on, default `normal`; `self.flag('level', …)` changes it */
  readonly level?: ProcessLevel | undefined;
  /** debug functions that are on from the first event; others can be turned on later, with `system.sys(ref)` */
  readonly debug?: readonly DebugOption[] | undefined;
  /**
   * ms that an asynchronous init may take, default no limit; then the agent is killed and the start fails with
   * `timeout`
   */
  readonly timeoutMs?: number | undefined;
  /**
   * ms without a message after which it hibernates, default never: the mailbox gives its spare storage back, `inspect`
   * shows the status `hibernated`, any message wakes it. Costs a deadline set back per message; after a handler that
   * awaits it may take up to twice as long
   */
  readonly hibernateAfterMs?: number | undefined;
}

/* ---- self ---- */

/** What `self.bind` takes: refs, handles that send, streams of tasks. */
export type Bindable = { readonly pid: Pid | undefined } | { send(message: unknown): void } | AsyncIterable<unknown>;

/** The verbs that every process has. */
export interface ProcessVerbs extends KernelVerbs, GuardVerbs, BusVerbs, LaunchVerbs {
  call<D extends AnyDefinition, K extends CallName<D>>(
    ref: Sends<D>, op: K, ...args: VerbArgs<CallEntryOf<D, K>, CallOptions>
  ): Promise<ReplyOf<CallEntryOf<D, K>>>;
  /** a call that never rejects: see `tryCall` of a ref */
  tryCall<D extends AnyDefinition, K extends CallName<D>>(
    ref: Sends<D>, op: K, ...args: VerbArgs<CallEntryOf<D, K>, CallOptions>
  ): Promise<CallResult<ReplyOf<CallEntryOf<D, K>>>>;
  cast<D extends AnyDefinition, K extends CastName<D>>(
    ref: Sends<D>, op: K, ...args: VerbArgs<CastEntryOf<D, K>, CastOptions>
  ): void;
  /** a cast that tells: see `tryCast` of a ref */
  tryCast<D extends AnyDefinition, K extends CastName<D>>(
    ref: Sends<D>, op: K, ...args: VerbArgs<CastEntryOf<D, K>, CastOptions>
  ): 'ok' | 'full' | 'dead';
  /** a cast that waits for room: see `put` of a ref */
  put<D extends AnyDefinition, K extends CastName<D>>(
    ref: Sends<D>, op: K, ...args: VerbArgs<CastEntryOf<D, K>, PutOptions>
  ): Promise<void>;
  /** a send with a guarantee; see AgentRef.deliver */
  deliver<D extends AnyDefinition, K extends CastName<D> | CallName<D>>(
    ref: Sends<D>, op: K, ...args: VerbArgs<EntryOf<D, K>, DeliverOptions>
  ): Promise<Receipt<DeliverReply<D, K>>>;
  /** a call with many replies: see `stream` of a ref */
  stream<D extends AnyDefinition, K extends StreamName<D>>(
    ref: Sends<D>, op: K, ...args: VerbArgs<CallEntryOf<D, K>, StreamOptions>
  ): AgentStream<ItemOf<CallEntryOf<D, K>>>;
  /** the same ref, or handle, or stream of tasks, with this process as its sender, also after an await */
  bind<R extends Bindable>(ref: R): R;
  /** functions in processes of their own, and their results */
  readonly task: TaskVerbs;
  /** several calls at once, their responses taken one by one */
  readonly requests: RequestVerbs;
  /** an agent, linked to this process; returns or throws like `system.start` */
  start<D extends AnyDefinition>(definition: D, ...args: StartArgs<D>): Started<D>;
  /**
   * an agent that is not linked to this process but watched by it, in one step: its Down tells the
   * real reason, never `noproc`, and of a start that fails there is none
   */
  startMonitored<D extends AnyDefinition>(definition: D, ...args: StartArgs<D>): StartedMonitored<D>;
  /** the system messages of another process: suspend, look at and replace its state, watch it */
  sys<D extends AnyDefinition>(ref: AgentRef<D>): Sys<StateIn<D>>;
  sys(target: Target): Sys;
}

/** Options of `receive` and `receiveBatch`. */
export interface ReceiveOptions {
  /** ms to wait, default for ever */
  readonly timeoutMs?: number | undefined;
  /** ends the wait: it rejects with the signal's reason, and what comes afterwards stays queued for the next receive */
  readonly signal?: AbortSignal | undefined;
}

/** The self of a plain process. */
export interface ProcessSelf extends ProcessVerbs {
  readonly ref: ProcessRef;
  /** the oldest message that matches; waits for one; what does not match stays, in order */
  receive<M>(match: (message: unknown) => message is M): Promise<M>;
  receive(match?: (message: unknown) => boolean): Promise<unknown>;
  /**
   * the same, undefined when none came within `timeoutMs`; 0 looks through the whole queue first. `signal`: see
   * ReceiveOptions
   */
  receive<M>(
    match: (message: unknown) => message is M,
    options: ReceiveOptions & { readonly timeoutMs: number },
  ): Promise<M | undefined>;
  receive<M>(match: (message: unknown) => message is M, options: { readonly signal: AbortSignal }): Promise<M>;
  receive(match: ((message: unknown) => boolean) | undefined, options: ReceiveOptions): Promise<unknown>;
  /**
   * what is queued, oldest first, at most `max` (default 100); waits for a first one, and is empty
   * when none came within `timeoutMs`
   */
  receiveBatch(options?: ReceiveOptions & { readonly max?: number | undefined }): Promise<unknown[]>;
  /** makes this process answer system messages */
  joinSys<S>(callbacks: SysCallbacks<S>): SysLink;
  /** gives spare storage back and resolves once any message is queued, at once when one is; it is not taken */
  hibernate(): Promise<void>;
}

/** What `init` has as `this`: everything of self but the state it is about to make. */
export interface InitSelf extends ProcessVerbs {
  readonly ref: SelfRef;
  /** the address that it is started at; undefined for one that has none; @since 0.2.0 */
  readonly address: string | undefined;
  /** runs the definition's `continue` before any queued message */
  continue(what?: unknown): void;
  /** a Timeout arrives in `info` unless a message comes within `ms` after the return of this handler */
  timeout(ms: number): void;
  /** the same with a message of one's own */
  timeout(ms: number, message: unknown): void;
  /** `return this.ignore()`: no process, no error */
  ignore(): Ignore;
  /** `return this.stop(reason)`: the start fails with that reason, `normal` by default */
  stop(reason?: ExitReason): Stop<never>;
  /** `return this.error(reason)`: the same, but the process ends with `normal`: no report */
  error(reason: ExitReason): InitFailure;
  /** a hint: this agent will be idle for long */
  hibernate(): void;
}

/** A handler's first argument. */
export interface Self<S> extends ProcessVerbs, DurableVerbs {
  /** an assignment is committed when the handler returns; a change in place is visible at once */
  state: S;
  readonly ref: SelfRef;
  /** the address that this agent lives at: `system.address`; undefined for one that has none; @since 0.2.0 */
  readonly address: string | undefined;
  /** the current call's reply address, for `reply` later; undefined outside a call */
  readonly from: From | undefined;
  /**
   * ms until the caller of the current request gives up, 0 when it has; undefined when it waits for
   * ever, and outside of a call. It counts what that caller is itself called with: the least of all
   * limits on the way. Costs a look at the clock.
   */
  readonly remainingMs: number | undefined;
  /** the delivery that is handled now, to acknowledge it by hand; undefined for plain messages */
  readonly delivery: DeliveryContext | undefined;
  /** where the delivery that is handled now comes from; undefined for plain messages; @since 0.2.0 */
  readonly message: MessageProvenance | undefined;
  /**
   * The payloads of steering messages (`deliver` with `mode: 'steer'`) that have come for this delivery, oldest
   * first; none in its later attempts. They settle as it does. O(messages in the lane `high`). @since 0.2.0
   */
  steer<P = unknown>(): readonly P[];
  /** an error to the caller, not a crash; return (or throw) it: on its own it does nothing */
  refuse(code: string, details?: unknown): Refusal;
  /** the reply comes later */
  noreply(): NoReply;
  /** answers a call from anywhere; false when it was already over */
  reply(from: From, value: unknown): boolean;
  /** ends this agent after this message, `normal` by default; outside of its handlers as its next message */
  stop(reason?: ExitReason): Stop<never>;
  /** the same with a last reply, sent after terminate has run */
  stop<R>(reason: ExitReason, reply: R): Stop<R>;
  continue(what?: unknown): void;
  /** a Timeout arrives in `info` unless a message comes within `ms`; a system message begins it anew */
  timeout(ms: number): void;
  /** the same with a message of one's own: system messages do not touch it, and 0 comes before what is queued */
  timeout(ms: number, message: unknown): void;
  /** a hint: this agent will be idle for long, give its spare storage back */
  hibernate(): void;
}

/** The ref of the agent itself, untyped, because a definition cannot name its own type. */
export interface SelfRef {
  readonly pid: Pid;
  cast(op: string, payload?: unknown, options?: CastOptions): void;
  send(message: unknown): void;
}

/** Where the reply of a call goes; opaque. */
export interface From {
  readonly settled: boolean;
}

/* ---- definitions ---- */

export type Handler<S> = (self: Self<S>, payload: never) => unknown;

/**
 * A handler with settings. `schema` checks the payload at the ref (any Standard Schema; the handler
 * gets its output); `concurrent` runs it beside the agent, in a linked process with a copy of the
 * state.
 */
export interface Entry<S, P> extends PayloadVersion {
  readonly schema?: StandardSchema<unknown, P> | undefined;
  readonly concurrent?: boolean | undefined;
  /**
   * the handler gets an array: payloads of up to so many deliveries (2 to 1,000) that stand next in its
   * mailbox, and what it says is said of all. Not with `schema` or `concurrent`. @since 0.2.0
   */
  readonly collect?: number | undefined;
  readonly handle: (self: Self<S>, payload: Given<P>) => unknown;
}
/** Without a schema the handler's own annotation decides. */
type Given<P> = unknown extends P ? never : P;
/** What `on(schema, handler)` makes: the same, with an untyped state (see `on`). */
export interface CheckedHandler<T, R> extends PayloadVersion {
  readonly schema: T;
  readonly concurrent?: boolean | undefined;
   
  readonly handle: (self: Self<any>, payload: SchemaOutput<T>) => R;
}
/**
 * The operations of an agent: C is inferred from what is given, P is what the schemas make.
 * TypeScript before 5.7 takes this form alone: P is inferred from the schemas and nothing else, for
 * from the handlers it reports a type that references itself; and the second half of the union
 * gives the handlers their `self`, for it finds none in an intersection.
 */
export type Operations<C, S, P> = (C & Schemas<P> & Table<S, P>) | Table<S, P>;
type Table<S, P> = { readonly [N in keyof NoInfer<P>]: Handler<S> | Entry<S, NoInfer<P>[N]> };
type Schemas<P> = { readonly [N in keyof P]: { readonly schema?: StandardSchema<unknown, P[N]> | undefined } };

/** init arguments, then optionally the options */
export type StartArgs<D extends AnyDefinition> = ArgsThen<InitArgs<D>, StartOptions>;

/** The ref, or the promise of it when init is asynchronous. */
export type Started<D extends AnyDefinition> = MadeBy<D> extends PromiseLike<unknown>
  ? Promise<AgentRef<D>>
  : AgentRef<D>;

/** An agent and the monitor on it, made in one step by `startMonitored`. */
export interface MonitoredAgent<D extends AnyDefinition> {
  readonly ref: AgentRef<D>;
  readonly monitor: MonitorRef;
}
/** Both, or the promise of them when init is asynchronous. */
export type StartedMonitored<D extends AnyDefinition> = MadeBy<D> extends PromiseLike<unknown>
  ? Promise<MonitoredAgent<D>>
  : MonitoredAgent<D>;

/* ---- refs ---- */

/** Options of `stop`. */
export interface StopOptions {
  /** ms to wait for the end, default 'infinity' */
  readonly timeoutMs?: number | 'infinity' | undefined;
}

/**
 * A typed address of an agent, by pid or by name; by name it survives restarts.
 *
 * @example
 * const Counter = defineAgent({ init: () => ({ n: 0 }), calls: { value: (self) => self.state.n }, casts: { add(self, by: number) { self.state.n += by; } } });
 * const counter = system.start(Counter, { mailbox: { capacity: 1 } });
 * counter.tryCast('add', 1); // => 'ok'
 * counter.tryCast('add', 1); // => 'full'
 * const result = await counter.tryCall('value'); // => { ok: false, error: new CallError('MAILBOX_FULL', { target: counter.pid, op: 'value', bound: 'capacity 1' }) }
 * await counter.call('value'); // => 1
 * counter.stats().mailbox.rejected; // => 2
 * @since 0.1.0
 */
export interface AgentRef<D extends AnyDefinition> extends Sends<D> {
  /** undefined while nobody owns the name */
  readonly pid: Pid | undefined;
  /**
   * closes the mailbox of the incarnation that lives now: later sends are refused (`tryCast` returns `dead`, calls and
   * puts reject with MAILBOX_CLOSED, casts are counted as rejected), what is queued is handled,
   * puts that wait fail. Signals pass; `stop` afterwards ends it. Nothing when nobody is there
   */
  close(): void;
  /** of the incarnation that lives now */
  stats(): AgentStats;
  /**
   * ends it after what is queued before, through `terminate`; `normal` by default. Rejects when it
   * ended for another reason
   */
  stop(reason?: ExitReason, options?: StopOptions): Promise<void>;
}

/** What can be sent to: a single agent (AgentRef), or a group of them behind one ref (Balancer, PoolRef). */
export interface Sends<D extends AnyDefinition> {
  /** carries the type; there is nothing at run time */
  readonly of?: D;
  /** fire and forget: never throws, never waits; a refusal is counted, a send to nobody is a dead letter */
  cast<K extends CastName<D>>(op: K, ...args: VerbArgs<CastEntryOf<D, K>, CastOptions>): void;
  /** the same, telling; throws for a wrong operation, payload or option */
  tryCast<K extends CastName<D>>(
    op: K, ...args: VerbArgs<CastEntryOf<D, K>, CastOptions>
  ): 'ok' | 'full' | 'dead';
  /**
   * a cast that waits for room, first come, first served, where the mailbox is bounded with
   * `overflow: 'suspend'`: resolves once it is queued. Rejects with a CallError: TIMEOUT when no
   * room came in 5,000 ms, EXIT with the receiver's reason when that ended, CALLING_SELF to
   * oneself, CALL_CYCLE; MAILBOX_FULL under other policies. Then nothing was queued.
   */
  put<K extends CastName<D>>(op: K, ...args: VerbArgs<CastEntryOf<D, K>, PutOptions>): Promise<void>;
  /**
   * a send with a guarantee, at-least-once by default: resolves with its receipt once it is
   * accepted; rejects with a CallError or OptionError when it is not
   */
  deliver<K extends CastName<D> | CallName<D>>(
    op: K, ...args: VerbArgs<EntryOf<D, K>, DeliverOptions>
  ): Promise<Receipt<DeliverReply<D, K>>>;
  /** asks and waits, 5,000 ms by default; rejects with a CallError, or with the reason of an aborted signal */
  call<K extends CallName<D>>(
    op: K, ...args: VerbArgs<CallEntryOf<D, K>, CallOptions>
  ): Promise<ReplyOf<CallEntryOf<D, K>>>;
  /** the same, never rejects: the error of a failure has a code, by which its type narrows; see CallFailure */
  tryCall<K extends CallName<D>>(
    op: K, ...args: VerbArgs<CallEntryOf<D, K>, CallOptions>
  ): Promise<CallResult<ReplyOf<CallEntryOf<D, K>>>>;
  /** a call with many replies, each made when it is asked for, or ahead (`credit`); throws for an unknown operation */
  stream<K extends StreamName<D>>(
    op: K, ...args: VerbArgs<CallEntryOf<D, K>, StreamOptions>
  ): AgentStream<ItemOf<CallEntryOf<D, K>>>;
  /** a plain message; arrives in `info` */
  send(message: unknown): void;
}

/** The address of a plain process. */
export interface ProcessRef {
  readonly pid: Pid;
  readonly alive: boolean;
  send(message: unknown): void;
  stats(): AgentStats;
  stop(reason?: ExitReason, options?: StopOptions): Promise<void>;
}

/** What `ref.stats()` tells: of the incarnation that lives now; all zero while nobody owns the name. */
export interface AgentStats {
  readonly alive: boolean;
  readonly mailbox: MailboxStats;
  /** to this destination, through all incarnations that had its name */
  readonly delivery: DeliveryStats;
}
