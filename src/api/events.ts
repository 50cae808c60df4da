import type { ExitReason } from '../base/index.js';
import type { Definition, HasHandle, ReplyOf, StateOf, VerbArgs } from './protocol.js';
import type { Pid } from './address.js';
import type { AgentRef, CallOptions, ProcessVerbs, StopOptions } from './agent.js';
import type { Refusal } from './returns.js';

/** Why a handler ends: what its `terminate` is told. */
export type HandlerEnd =
  /** by `deleteHandler`, with its arguments */
  | { readonly because: 'deleted'; readonly args: unknown }
  /** by a swap, with the arguments for the old handler */
  | { readonly because: 'swapped'; readonly args: unknown }
  /** by its own `self.remove()` */
  | { readonly because: 'removed' }
  /** the manager ends */
  | { readonly because: 'stopped'; readonly reason: ExitReason }
  /** the process that supervises it has ended */
  | { readonly because: 'adder_ended'; readonly reason: ExitReason }
  /** one of its callbacks threw */
  | { readonly because: 'crashed'; readonly reason: ExitReason };

/** What `init` has as `this`. */
export interface HandlerInit extends ProcessVerbs {
  readonly id: unknown;
  /**
   * set when it takes the place of another: what that one's `terminate` returned, or
   * `{ found: false }` when it was not there
   */
  readonly swapped: { readonly found: boolean; readonly result: unknown } | undefined;
  /** `return this.refuse(code)`: it is not installed */
  refuse(code: string, details?: unknown): Refusal;
  /** the whole manager hibernates */
  hibernate(): void;
}

/**
 * The first argument of a handler's callbacks. It lives in the manager's process: the process verbs
 * are the manager's.
 */
export interface HandlerSelf<S> extends HandlerInit {
  /** an assignment is committed when the callback returns; a change in place is visible at once */
  state: S;
  /** removes this handler when the callback has returned */
  remove(): void;
  /**
   * puts another handler in this one's place when the callback has returned; `args` go to this
   * one's `terminate`
   */
  swap<H extends AnyEventHandler>(args: unknown, to: HandlerKey<H>, ...init: HandlerArgs<H>): void;
}

/** The callbacks of an event handler, as `defineEventHandler` takes them. */
export interface EventHandlerSpec<A extends unknown[], R, C> {
  /** shown in lists and reports; default `handler` */
  readonly name?: string;
  readonly init?: (this: HandlerInit, ...args: A) => R;
  /** every event that the manager is notified of */
  readonly event?: (self: HandlerSelf<StateOf<R>>, event: never) => unknown;
  /** requests to this handler alone */
  readonly calls?: C & HandlerTable<StateOf<R>>;
  /** every other message of the manager: Down, Exit, timers, plain sends */
  readonly info?: (self: HandlerSelf<StateOf<R>>, message: unknown) => unknown;
  /** what it returns goes to whoever deleted the handler, or to the `init` of the one that takes its place */
  readonly terminate?: (self: HandlerSelf<StateOf<R>>, why: HandlerEnd) => unknown;
  /** converts the state for new code; asked only while the manager is suspended */
  readonly codeChange?: (self: HandlerSelf<StateOf<R>>, from: unknown, extra: unknown) => unknown;
  /** what may be shown of the state */
  readonly formatStatus?: (state: StateOf<R>) => unknown;
}

type HandlerTable<S> = Readonly<Record<string, (self: HandlerSelf<S>, payload: never) => unknown>>;

/** What `defineEventHandler` returns. It is its own key; `as(id)` is the key of one of several. */
export interface EventHandler<A extends unknown[], R, C> {
  readonly name: string;
  as(id: unknown): HandlerId<EventHandler<A, R, C>>;
  /** carries the types; there is nothing at run time */
  readonly types?: { readonly args: A; readonly made: R; readonly calls: C };
}

/** A handler installed under an id. */
export interface HandlerId<H> {
  readonly handler: H;
  readonly id: unknown;
}

/** An event handler whose protocol does not matter here. */
export type AnyEventHandler = EventHandler<any, unknown, unknown>;
/** By what a handler is added, called and deleted. */
export type HandlerKey<H extends AnyEventHandler> = H | HandlerId<H>;

type HandlerTypes<H extends AnyEventHandler> = NonNullable<H['types']>;
export type HandlerArgs<H extends AnyEventHandler> = HandlerTypes<H>['args'];
export type HandlerCallName<H extends AnyEventHandler> = keyof HandlerTypes<H>['calls'] & string;
type HandlerEntry<
  H extends AnyEventHandler, N,
> = N extends keyof HandlerTypes<H>['calls'] ? HandlerTypes<H>['calls'][N] : never;

/** One row of `whichHandlers`. */
export interface HandlerInfo {
  readonly handler: AnyEventHandler;
  /** undefined when it was added without one */
  readonly id: unknown;
}

/** The type of `EventManager`. */
export interface EventManagerDefinition
  extends Definition<[], object, Record<never, never>, Record<never, never>>, HasHandle<EventManagerRef> {}

/**
 * The handle of an event manager; made by `system.ref(EventManager, name)`. Requests wait 5,000 ms
 * unless told otherwise, and reject with a CallError: `REFUSED` with the refusal
 * `module_not_found`, `bad_module`, `init_failed`, `handler_crashed`, `terminate_failed` or
 * `no_adder`, or as every call does.
 */
export interface EventManagerRef<E = unknown> {
  readonly pid: Pid | undefined;
  readonly ref: AgentRef<EventManagerDefinition>;
  /** tells every handler, newest first; never throws, also when nobody is there */
  notify(event: E): void;
  /** the same; resolves when every handler has handled it */
  syncNotify(event: E, options?: CallOptions): Promise<void>;
  /**
   * installs a handler in front of the others; the same key may be added again. Refused with `init_failed`
   */
  addHandler<H extends AnyEventHandler>(key: HandlerKey<H>, ...init: HandlerArgs<H>): Promise<void>;
  /**
   * the same, supervised by the calling process: it goes when that ends, and its end is told to
   * that as a HandlerExit
   */
  addSupHandler<H extends AnyEventHandler>(key: HandlerKey<H>, ...init: HandlerArgs<H>): Promise<void>;
  /**
   * removes the newest handler of that key; resolves to what its `terminate` returned. Refused with
   * `module_not_found`
   */
  deleteHandler(key: HandlerKey<AnyEventHandler>, args?: unknown): Promise<unknown>;
  /** puts `to` in front in place of `from`; whoever supervised `from` supervises `to` */
  swapHandler<H extends AnyEventHandler>(
    from: HandlerKey<AnyEventHandler>, args: unknown, to: HandlerKey<H>, ...init: HandlerArgs<H>
  ): Promise<void>;
  /** the same, supervised by the calling process */
  swapSupHandler<H extends AnyEventHandler>(
    from: HandlerKey<AnyEventHandler>, args: unknown, to: HandlerKey<H>, ...init: HandlerArgs<H>
  ): Promise<void>;
  /**
   * asks one handler. Refused with `bad_module` when it is not installed, `handler_crashed` when it
   * crashed and is gone
   */
  call<H extends AnyEventHandler, N extends HandlerCallName<H>>(
    key: HandlerKey<H>, op: N, ...args: VerbArgs<HandlerEntry<H, N>, CallOptions>
  ): Promise<ReplyOf<HandlerEntry<H, N>>>;
  /** what is installed, newest first */
  whichHandlers(): Promise<HandlerInfo[]>;
  /** ends the manager after what is queued before; every handler is told `stopped` */
  stop(reason?: ExitReason, options?: StopOptions): Promise<void>;
}

/** One handler as `system.sys(manager)` shows it, newest first. */
export interface HandlerState {
  readonly handler: AnyEventHandler;
  readonly id: unknown;
  readonly state: unknown;
}
