import type { CallError, CallErrorCode, OptionError } from '../base/index.js';
import type { AnyDefinition, CallEntryOf, CallName, ReplyOf, VerbArgs } from './protocol.js';
import type { Pid } from './address.js';
import type { AgentRef, Sends } from './agent.js';

/** A request that was sent and is not waited for; `self.requests` takes its response. */
export interface RequestId<V> {
  /** who may wait for it */
  readonly owner: Pid;
  readonly op: string;
  /** carries the type of the reply; there is nothing at run time */
  readonly types?: { readonly value: V };
}

/** The response to a request: the reply, or why there is none; a CallError as `call` rejects with. */
export type Response<V> = { readonly ok: true; readonly value: V }
  | { readonly ok: false; readonly error: unknown };

/** How long to wait: relative or absolute, not both. */
export interface ResponseWait {
  /** ms from now, default 5,000; 'infinity' waits forever */
  readonly timeoutMs?: number | 'infinity' | undefined;
  /** until this reading of `system.monotonic()`; one that has passed looks once */
  readonly atMs?: number | undefined;
}

/** Options of the verbs over a collection. */
export interface CollectionWait extends ResponseWait {
  /** takes the request out of the collection (default), or leaves it there, where it never answers again */
  readonly delete?: boolean | undefined;
}

/** A response with the label of its request. */
export interface LabelledResponse<L> {
  readonly response: Response<unknown>;
  readonly label: L;
}

/** Requests with labels, waited for together; made by `self.requests.collection()`. */
export interface RequestCollection<L> {
  readonly size: number;
  /** adds a request; a second time is an error */
  add(request: RequestId<unknown>, label: L): void;
  /** oldest first */
  toList(): readonly (readonly [RequestId<unknown>, L])[];
}

/**
 * OTP's send_request: several calls at once, without waiting for each. Only the sender may take a response. One
 * that nobody waits for arrives in `info` or `receive` as a RequestAnswer; `check` says whose it is.
 */
export interface RequestVerbs {
  /** sends a call and does not wait; never throws for what the callee is or does: that is an error response */
  send<D extends AnyDefinition, K extends CallName<D>>(
    ref: Sends<D>, op: K, ...args: VerbArgs<CallEntryOf<D, K>, never>
  ): RequestId<ReplyOf<CallEntryOf<D, K>>>;
  /** the response, or 'timeout'; after that the request is still live and may be waited for again */
  wait<V>(request: RequestId<V>, options?: ResponseWait): Promise<Response<V> | 'timeout'>;
  /** the same, but a timeout abandons the request: a later reply is dropped */
  receive<V>(request: RequestId<V>, options?: ResponseWait): Promise<Response<V> | 'timeout'>;
  /** whether a message is the response to this request: takes it, or leaves the message alone */
  check<V>(message: unknown, request: RequestId<V>): Response<V> | 'no_reply';
  collection<L>(): RequestCollection<L>;
  /** the first response to any of them; 'no_request' at once when there is none */
  waitAny<L>(
    collection: RequestCollection<L>, options?: CollectionWait,
  ): Promise<LabelledResponse<L> | 'timeout' | 'no_request'>;
  /** the same, but a timeout abandons all of them */
  receiveAny<L>(
    collection: RequestCollection<L>, options?: CollectionWait,
  ): Promise<LabelledResponse<L> | 'timeout' | 'no_request'>;
  checkAny<L>(
    message: unknown, collection: RequestCollection<L>, options?: { readonly delete?: boolean | undefined },
  ): LabelledResponse<L> | 'no_reply' | 'no_request';
}

/** What `multiCall` resolves to: each ref is in one of the two, in the order in which the refs were given. */
export interface MultiCallResult<D extends AnyDefinition, V> {
  readonly replies: { readonly ref: AgentRef<D>; readonly value: V }[];
  /** who did not answer, and why: the error of its `tryCall` */
  readonly bad: { readonly ref: AgentRef<D>; readonly error: CallFailure }[];
}

/** Codes of a CallError that only `system.sys(…)` rejects with. */
export type SysCode = 'CALLBACK_FAILED' | 'UNKNOWN_SYSTEM_MSG' | 'NO_SYS';

/** Codes of the OptionErrors of a call. */
export type CallOptionCode = 'BAD_OPTION' | 'UNKNOWN_OPTION' | 'ASYNC_SCHEMA' | 'NOT_DELIVERABLE';

/**
 * The error of a `tryCall`, by its `code`: a CallError, or the OptionError of a mistake in the call
 * itself. What `call` rejects with and is neither is the `reason` of one, and its `cause`:
 * `ABORTED` for a signal's reason, `REPLY_FAILED` for what a reply that is a promise, or a schema,
 * has thrown.
 *
 * @example
 * const Desk = defineAgent({ calls: { lend: (self, days: number) => days > 7 ? self.refuse('TOO_LONG', 7) : 'ok' } });
 * const result = await system.start(Desk).tryCall('lend', 9);
 * let said = '';
 * if (!result.ok) {
 *   switch (result.error.code) {
 *     case 'REFUSED': said = result.error.refusal; break;
 *     case 'CALL_CYCLE': said = result.error.path.join(); break;
 *     case 'BAD_OPTION': said = result.error.option; break;
 *     default: said = result.error.message;
 *   }
 * }
 * said; // => 'TOO_LONG'
 * @since 0.2.0
 */
export type CallFailure =
  | (CallError & { readonly code: 'REFUSED'; readonly refusal: string })
  | (CallError & { readonly code: 'CALL_CYCLE'; readonly path: readonly string[] })
  | (CallError & { readonly code: Exclude<CallErrorCode, 'REFUSED' | 'CALL_CYCLE' | SysCode> })
  | (OptionError & { readonly code: CallOptionCode });

/** What `tryCall` resolves to: the reply, or the error of a call that failed. */
export type CallResult<V> =
  | { readonly ok: true; readonly value: V }
  | { readonly ok: false; readonly error: CallFailure };
