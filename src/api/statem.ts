import type { ExitReason } from '../base/index.js';
import type { DeliveryContext, MessageProvenance } from './delivery.js';
import type { DurableOptions } from './durable/agent.js';
import type { Definition, SchemaOutput, StandardSchema } from './protocol.js';
import type { From, ProcessVerbs, SelfRef } from './agent.js';
import type { Ignore, NoReply, Refusal, Stop } from './returns.js';

/* ---- self ---- */

/** What `init` of a state machine has as `this`. */
export interface StatemInit extends ProcessVerbs {
  readonly ref: SelfRef;
  /** monotonic ms of the system's clock, for timeouts `{ at }` */
  now(): number;
  /** `return this.ignore()`: no process, no error */
  ignore(): Ignore;
  /** `return this.stop(reason)`: the start fails with that reason */
  stop(reason?: ExitReason): Stop<never>;
}

/** A state callback's first argument. */
export interface StatemSelf<S, D> extends ProcessVerbs {
  /** the current state; only a transition changes it */
  readonly state: S;
  /** an assignment is committed with the transition; a change in place is visible at once */
  data: D;
  readonly ref: SelfRef;
  /** the current call's reply address, for `replyTo` or `reply` later; undefined outside a call */
  readonly from: From | undefined;
  /**
   * ms until the caller of the current request gives up, 0 when it has; undefined when it waits for
   * ever, and outside of a call. It counts what that caller is itself called with: the least of all
   * limits on the way. Costs a look at the clock.
   */
  readonly remainingMs: number | undefined;
  /** the delivery whose event is handled now, to acknowledge it by hand; undefined for others; @since 0.2.0 */
  readonly delivery: DeliveryContext | undefined;
  /** where that delivery comes from; undefined for plain messages; @since 0.2.0 */
  readonly message: MessageProvenance | undefined;
  /** stay in this state: what an event without a result does, and a place for actions */
  keep(): Transition<never>;
  /** go to that state; to an equal one is the same as `keep` */
  next(state: S): Transition<never>;
  /** stay, and run the enter callback again */
  repeat(): Transition<never>;
  /** end the machine, `normal` by default; replies of this transition go out before terminate runs */
  stop(reason?: ExitReason): Transition<never>;
  /** an error to the caller, not a crash; the state is kept */
  refuse(code: string, details?: unknown): Refusal;
  /** the state is kept, the reply comes later */
  noreply(): NoReply;
  /** answers a call from anywhere; false when it was already over */
  reply(from: From, value: unknown): boolean;
  /** monotonic ms of the system's clock, for timeouts `{ at }` */
  now(): number;
}

/* ---- transitions ---- */

/** When a timeout is due: in so many ms; at that reading of `self.now()`; or what to do with a running one. */
export type When = number | 'infinity' | 'cancel' | 'update' | { readonly at: number };

/**
 * What a state callback decides: where to go, and actions in the order in which they are written. Made by
 * `self.keep`, `self.next`, `self.repeat` and `self.stop`, and returned (or thrown); one that is
 * not returned does nothing. Replies are sent in that order as soon as the callback has returned;
 * for `postpone`, `hibernate` and each timeout the last one wins.
 *
 * Errors: a wrong argument is an OptionError `BAD_ACTION` at the call.
 *
 * @example
 * const Turnstile = defineStatem({
 *   init: () => ({ state: 'locked', data: { coins: 0 } }),
 *   states: {
 *     locked: { calls: { coin(self) { self.data.coins++; return self.next('open').reply('thanks').stateTimeout(10_000); } } },
 *     open: { calls: { coin: () => 'no need' }, stateTimeout: (self) => self.next('locked') },
 *   },
 * });
 * const turnstile = system.start(Turnstile);
 * await turnstile.call('coin'); // => 'thanks'
 * await turnstile.call('coin'); // => 'no need'
 * @since 0.2.0
 */
export interface Transition<out R> {
  /** carries the type of the reply; there is nothing at run time */
  readonly replies?: R;
  readonly kind: 'transition';
  /** answers the call that is being handled */
  reply<V>(value: V): Transition<R | V>;
  /** answers a call that was left unanswered before; to one that is over it does nothing */
  replyTo(from: From, value: unknown): this;
  /** an error to the caller of the call that is being handled */
  refuse(code: string, details?: unknown): this;
  /** the event comes again after the next change of state, before any event from outside */
  postpone(on?: boolean): this;
  /** an event of any type, to be handled before everything that is queued; it is not checked by a schema */
  nextEvent(event: InsertedEvent): this;
  /** an event that only the machine itself can make */
  internal(content?: unknown): this;
  /** the event timeout: due unless any event comes first; 0 is due before any event from outside */
  timeout(when: When, content?: unknown): this;
  /** the state timeout: due unless the state changes first; set with a change it belongs to the new state */
  stateTimeout(when: When, content?: unknown): this;
  /** a timeout of that name, due whatever happens, unless it is set anew or cancelled */
  genericTimeout(name: string, when: When, content?: unknown): this;
  /** a hint: give spare storage back when nothing is queued after this */
  hibernate(on?: boolean): this;
  /** other callbacks from now on, those of the enter call included; the protocol of the refs stays */
  changeModule(definition: AnyStatem): this;
  /** the same, to be undone by `popModule` */
  pushModule(definition: AnyStatem): this;
  /**
   * back to the callbacks before the last `pushModule`; ends the machine with BAD_ACTION when there
   * are none
   */
  popModule(): this;
}

/* ---- events ---- */

/** What happened, as `handle` sees it and as `nextEvent` takes it. */
export type StatemEvent<C = AnyOperations, K = AnyOperations> =
  | { readonly [N in keyof C
  & string]: { readonly type: 'call'; readonly op: N; readonly payload: OperationOutput<
    C[N]
  >; readonly from: From } }[keyof C & string]
  | { readonly [N in keyof K & string]: {
    readonly type: 'cast';
    readonly op: N;
    readonly payload: OperationOutput<K[N]>
  } }[keyof K & string]
  | { readonly type: 'info'; readonly message: unknown }
  | { readonly type: 'internal'; readonly content: unknown }
  | { readonly type: 'timeout'; readonly content: unknown }
  | { readonly type: 'stateTimeout'; readonly content: unknown }
  | { readonly type: 'genericTimeout'; readonly name: string; readonly content: unknown };

/** What `nextEvent` takes: any event, of any type. */
export type InsertedEvent =
  | { readonly type: 'call'; readonly op: string; readonly payload?: unknown; readonly from: From }
  | { readonly type: 'cast'; readonly op: string; readonly payload?: unknown }
  | { readonly type: 'info'; readonly message: unknown }
  | { readonly type: 'internal' | 'timeout' | 'stateTimeout'; readonly content?: unknown }
  | { readonly type: 'genericTimeout'; readonly name: string; readonly content?: unknown };

/** What a callback for anything but a call returns: nothing (stay), or a transition. */
export type Outcome = void | Transition<unknown> | Promise<void | Transition<unknown>>;

/* ---- definitions with one table of handlers per state ---- */

/** A handler of a call or cast; a call's plain result is the reply, with the state kept. */
export type OpHandler<S, D, R> = (self: StatemSelf<S, D>, payload: never) => R;

/** The callbacks of one state. What a state does not handle is looked up in `common`. */
export interface StateSpec<S, D> {
  /** runs when the state is entered, before any event: also the initial one, with `from` equal to it */
  enter?(self: StatemSelf<S, D>, from: S): Outcome;
  readonly calls?: Readonly<Record<string, OpHandler<S, D, unknown>>>;
  readonly casts?: Readonly<Record<string, OpHandler<S, D, Outcome>>>;
  /** Down, Exit, sendAfter messages, plain sends; without a handler they are dropped with a warning */
  info?(self: StatemSelf<S, D>, message: unknown): Outcome;
  /** events inserted by `internal(content)`; nobody else can send one */
  internal?(self: StatemSelf<S, D>, content: unknown): Outcome;
  /** the event timeout: no event came in time */
  timeout?(self: StatemSelf<S, D>, content: unknown): Outcome;
  /** the state timeout: the state did not change in time */
  stateTimeout?(self: StatemSelf<S, D>, content: unknown): Outcome;
  /** generic timeouts by name */
  readonly timeouts?: Readonly<Record<string, (self: StatemSelf<S, D>, content: never) => Outcome>>;
}

/** What `init` makes; `actions` are run before the first event, a `postpone` among them is ignored. */
export interface Initial<S, D> {
  readonly state: S;
  readonly data: D;
  readonly actions?: Transition<unknown>;
}
export type Made<
  S,
> = Initial<S, unknown> | Ignore | Stop<never> | PromiseLike<Initial<S, unknown> | Ignore | Stop<never>>;
export type DataOf<
  R,
> = Awaited<R> extends infer I
  ? (I extends { readonly state: unknown; readonly data: infer D } ? D : never)
  : never;
export type MachineState<
  R,
> = Awaited<R> extends infer I
  ? (I extends { readonly state: infer S; readonly data: unknown } ? S : never)
  : never;

/** What a machine looks like to others: in reports, `sys` and `formatStatus`. */
export interface StatemStatus {
  readonly state: unknown;
  readonly data: unknown;
  /** the event that is being handled; undefined between events */
  readonly event: InsertedEvent | undefined;
  /** events that come before any from outside, next first */
  readonly queue: readonly InsertedEvent[];
  /** oldest first */
  readonly postponed: readonly InsertedEvent[];
  readonly timeouts: readonly { readonly type:
    | 'timeout' | 'stateTimeout' | 'genericTimeout'; readonly name?: string; readonly content: unknown }[];
  /** why it ends, in a crash report */
  readonly reason?: ExitReason;
}

/** Whether the machines of a definition are stored, and how: as for agents, without a log. */
export type DurableMachine = boolean | Pick<DurableOptions, 'version' | 'migrate' | 'formerly' | 'crashesMax'>;

/** What `codeChange` returns; `module` switches the callbacks, and with them the callback mode. */
export interface Converted {
  readonly state: unknown;
  readonly data: unknown;
  readonly module?: AnyStatem;
}

export interface StatemLife<S, D, Z = unknown> {
  /**
   * its machines outlive the program: at the end of each event state, data, running timeouts and inserted
   * events are one commit, and what the event has sent leaves with it. Needs a system with a store, and a
   * registered name for each machine. Default false
   */
  readonly durable?: Z;
  /**
   * of a durable machine, in place of init and of the enter call, for each incarnation but the first:
   * state, data and timeouts are as they were stored
   */
  restored?(self: StatemSelf<S, D>): unknown;
  /** shown in trees, reports and errors; default `statem` */
  readonly name?: string;
  /** exit signals become Exit messages, and `terminate` also runs at a supervisor's shutdown */
  readonly trapExit?: boolean;
  /**
   * runs while the machine is still alive and named: on a crash with the state and data before the
   * failed event, on a stop, and, when trapping, at shutdown
   */
  terminate?(self: StatemSelf<S, D>, reason: ExitReason): unknown;
  /** hides or shortens what reports and `sys` show; a throw shows the unformatted status without data */
  formatStatus?(status: StatemStatus): StatemStatus;
  /**
   * converts state and data after new code was loaded, while suspended; `from` as the caller of
   * codeChange gave it
   */
  codeChange?(
    from: unknown, old: { readonly state: unknown; readonly data: unknown }, extra: unknown,
  ): Converted;
}

/** The callbacks of a machine whose states are names with a table of handlers each. */
export interface StatesSpec<
  A extends unknown[], N extends string, R, T, M, X, Z = unknown,
> extends StatemLife<NoInfer<N>, DataOf<R>, Z> {
  /** makes the first state and the data; sync or async. `this` is the machine, without state */
  readonly init: (this: StatemInit, ...args: A) => R;
  /** payloads that are checked at the ref, by operation: any Standard Schema */
  readonly schemas?: X;
  readonly states: (StateTables<N, DataOf<R>> & T) | StateTables<N, DataOf<R>>;
  /** for events that the current state does not handle */
  readonly common?: M & StateSpec<NoInfer<N>, DataOf<R>>;
}

/** TypeScript before 5.7 finds no `self` for the handlers in an intersection with T; so `states` is a union. */
type StateTables<N extends string, D> = { readonly [K in N]: StateSpec<N, D> };

/** The callbacks of a machine with one handler for everything; its states are any values. */
export interface HandleSpec<
  A extends unknown[], R, C, K, Z = unknown,
> extends StatemLife<MachineState<R>, DataOf<R>, Z> {
  readonly init: (this: StatemInit, ...args: A) => R;
  /** the requests it takes: `operation<Payload>().replies<Reply>()`, or `operation(schema)` */
  readonly calls?: C;
  readonly casts?: K;
  /** as a state's `enter` */
  enter?(self: StatemSelf<MachineState<R>, DataOf<R>>, from: MachineState<R>): Outcome;
  /** handles every event; a call is answered by `reply` of a transition, by `refuse`, or later */
  handle(
    self: StatemSelf<MachineState<R>, DataOf<R>>, event: StatemEvent<C, K>,
  ): Outcome | Refusal | NoReply | Promise<Refusal | NoReply>;
}

/* ---- operations of a machine with one handler ---- */

/** A declared operation: the payload that senders give, the one that `handle` gets, and the reply. */
export interface Operation<In, Out, R> {
  readonly schema: StandardSchema<unknown, unknown> | null;
  readonly operation: { readonly input: In; readonly output: Out; readonly reply: R } | null;
  /** declares the type of the reply; there is nothing at run time */
  replies<Reply>(): Operation<In, Out, Reply>;
}
/** Declared operations by name. */
export type AnyOperations = Readonly<Record<string, Operation<unknown, unknown, unknown>>>;
type OperationOutput<O> = O extends { readonly operation: { readonly output: infer Out } | null }
  ? Out
  : unknown;

/* ---- the protocol, inferred ---- */

/** A machine that another may become by `changeModule`; its protocol does not matter there. */
export interface AnyStatem {
  readonly name: string;
  readonly machine?: unknown;
}

/** What `defineStatem` returns; pass it to `child`, `start` and `ref`. */
export interface StatemDefinition<A extends unknown[], R, C, K> extends Definition<A, R, C, K>, AnyStatem {
  readonly machine?: R;
}

/** Each operation as the ref sees it: the payload that every handler accepts, the replies of all of them. */
type Merged<H> = (self: unknown, ...payload: MergedPayload<H>) => MergedReply<H>;
type Tail<H> = H extends (self: never, ...rest: infer R) => unknown ? R : never;
type Demands<H> = H extends unknown ? ([] extends Tail<H> ? never : true) : never;
type PayloadOfAll<H> = [H] extends [(self: never, payload: infer P) => unknown] ? P : never;
type MergedPayload<H> = [Demands<H>] extends [never]
  ? ([Tail<H>] extends [[]] ? [] : [payload?: PayloadOfAll<H>])
  : [payload: PayloadOfAll<H>];
type ReplyIn<R> = R extends Transition<infer V> ? V : R extends Refusal | NoReply ? never : R;
type MergedReply<H> = H extends (self: never, ...rest: never[]) => infer R ? ReplyIn<Awaited<R>> : never;

type TablesOf<
  T, M, Kind extends 'calls' | 'casts',
> = T[keyof T] | M extends infer U ? (U extends { readonly [X in Kind]: infer O } ? O : never) : never;
type NamesOf<U> = U extends unknown ? keyof U & string : never;
type HandlersOf<U, N> = U extends unknown ? (N extends keyof U ? U[N] : never) : never;
type WithSchema<H, X, N> = N extends keyof X
  ? { readonly schema: X[N]; readonly handle: (self: unknown, payload: SchemaOutput<X[N]>) => MergedReply<H> }
  : Merged<H>;
type Protocol<U, X> = { readonly [N in NamesOf<U>]: WithSchema<HandlersOf<U, N>, X, N> };

export type StatesCalls<T, M, X> = Protocol<TablesOf<T, M, 'calls'>, X>;
export type StatesCasts<T, M, X> = Protocol<TablesOf<T, M, 'casts'>, X>;

/** The same for declared operations. */
export type DeclaredOps<
  C,
> = { readonly [N in keyof C & string]: C[N] extends Operation<infer In, unknown, infer R> ? (unknown extends In
  ? (self: unknown, payload?: unknown) => R
  : [In] extends [void] ? (self: unknown) => R : (self: unknown, payload: In) => R) : never };
