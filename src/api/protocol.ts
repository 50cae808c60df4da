import type { Ignore, InitFailure, NoReply, Refusal, Stop } from './returns.js';

/* What a definition tells its refs: which operations there are, what each takes and what it gives. */

/** The state is what init returns, or resolves to. */
export type StateOf<R> = Exclude<Awaited<R>, Ignore | InitFailure | Stop<never>>;
/** What `defineAgent` returns; pass it to `child`, `start` and `ref`. */
export interface Definition<A extends unknown[], R, C, K> {
  readonly name: string;
  /** carries the types; there is nothing at run time */
  readonly types?: { readonly args: A; readonly made: R; readonly calls: C; readonly casts: K };
}

/** A definition whose protocol does not matter here. */
export type AnyDefinition = Definition<any, unknown, unknown, unknown>;

type Types<D extends AnyDefinition> = NonNullable<D['types']>;
/** What init of a definition returns. */
export type MadeBy<D extends AnyDefinition> = Types<D>['made'];
type HandlerOf<E> = E extends { readonly handle: infer H } ? H : E;
type AnyHandler = (self: never, ...rest: never[]) => unknown;

export type InitArgs<D extends AnyDefinition> = Types<D>['args'];
/**
 * Init arguments, then optionally options. An object behind optional parameters could be either,
 * and `init.length` tells nothing about those: where one of them may be an object, all arguments
 * are given and the options too (`{}` for none), or none.
 */
export type ArgsThen<A extends readonly unknown[], O> = 0 extends 1 & A ? A
  // One list, where it can be one: of two TypeScript says that the longer one is not met.
  : Optional<A> extends readonly [] ? [...init: A, options?: O]
    : MayBePlain<Optional<A>[number]> extends true ? Needed<A> | [...init: A, options: O] : [...A] | [...A, O];
type Needed<A extends readonly unknown[]> = A extends readonly [infer F, ...infer R] ? [F, ...Needed<R>] : [];
type Optional<A extends readonly unknown[]> = A extends readonly [unknown, ...infer R] ? Optional<R> : A;
type MayBePlain<T> = [T] extends [undefined] ? false
  : unknown extends T ? true
    : [Exclude<Extract<T, object>, readonly unknown[]
      | ((...args: never[]) => unknown)>] extends [never] ? false : true;
type IsStream<H> = H extends AnyHandler ? ([ReturnType<H>] extends [never]
  ? false
  : ReturnType<H> extends AsyncGenerator<unknown, unknown, never>
    | Generator<unknown, unknown, never> ? true : false) : false;
type NamesWhere<T, Stream extends boolean> = { [N in keyof T
  & string]: IsStream<HandlerOf<T[N]>> extends Stream ? N : never }[keyof T & string];

export type CallName<D extends AnyDefinition> = NamesWhere<Types<D>['calls'], false>;
export type StreamName<D extends AnyDefinition> = NamesWhere<Types<D>['calls'], true>;
export type CastName<D extends AnyDefinition> = keyof Types<D>['casts'] & string;
export type CallEntryOf<D extends AnyDefinition, N> = N extends keyof Types<D>['calls']
  ? Types<D>['calls'][N]
  : never;
export type CastEntryOf<D extends AnyDefinition, N> = N extends keyof Types<D>['casts']
  ? Types<D>['casts'][N]
  : never;

/** The entry of a cast, else of the call of that name. */
export type EntryOf<D extends AnyDefinition, N> = N extends keyof Types<D>['casts']
  ? Types<D>['casts'][N]
  : CallEntryOf<D, N>;
/** What the outcome of a delivery holds: the reply of a call. */
export type DeliverReply<D extends AnyDefinition, N> = N extends CastName<D>
  ? unknown
  : ReplyOf<CallEntryOf<D, N>>;

type PayloadOf<E> = E extends { readonly schema: infer T extends StandardSchema<unknown, unknown> }
  ? [payload: SchemaInput<T>]
  : E extends { readonly collect: number; readonly handle: (self: never, payloads: infer L) => unknown }
    ? L extends readonly (infer P)[] ? [payload: P] : never
    : HandlerOf<E> extends (self: never, ...rest: infer R) => unknown ? R : never;
/** The arguments of a verb after the operation: the payload as the handler declares it, then options. */
export type VerbArgs<E, O> = PayloadOf<E> extends []
  ? [payload?: undefined, options?: O]
  : PayloadOf<E> extends [infer P]
  ? [payload: P, options?: O]
  : PayloadOf<E> extends [(infer P)?] ? [payload?: P, options?: O] : never;

type Reply<R> = R extends Stop<infer V> ? V : R extends Refusal | NoReply ? never : R;
export type ReplyOf<E> = HandlerOf<E> extends AnyHandler ? Reply<Awaited<ReturnType<HandlerOf<E>>>> : never;
export type ItemOf<E> = HandlerOf<E> extends AnyHandler
  ? (ReturnType<HandlerOf<E>> extends AsyncGenerator<infer V, unknown, never>
    | Generator<infer V, unknown, never> ? V : never)
  : never;

/** The state of a definition's agents. */
export type StateIn<D extends AnyDefinition> = StateOf<Types<D>['made']>;

/** Where a handle leads; opaque. */
export interface HandlePlace {
  /** the name or pid, as errors call it */
  readonly title: string;
}

/**
 * What has a handle of its own kind, and no plain ref: a registry, a scope, an event manager, a
 * pool, a specification of a child, the class of a supervisor's handle. `system.ref(it, name)`
 * makes the handle.
 */
export interface HasHandle<H> {
  /** `system.ref` calls it */
  handleAt(place: HandlePlace): H;
}

/** How the payloads of an operation have changed, for messages that are kept for longer than a program runs. */
export interface PayloadVersion {
  /** of the payloads that it takes today: a whole number from 1, raised when they change; default 1 */
  readonly version?: number | undefined;
  /**
   * Called for a message that was written with an older version: returns what would be sent today, which is
   * checked by the schema. Needs a version from 2. What it throws is an UpcastError `UPCAST_FAILED`. Not async.
   */
  upcast?(payload: unknown, from: number): unknown;
}

/** The part of Standard Schema v1 that is used: zod, valibot, arktype and others implement it. */
export interface StandardSchema<In = unknown, Out = In> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Out> | Promise<StandardResult<Out>>;
    readonly types?: { readonly input: In; readonly output: Out } | undefined;
  };
}

export type StandardResult<
  Out,
> = { readonly value: Out; readonly issues?: undefined } | { readonly issues: readonly StandardIssue[] };

export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

export type SchemaInput<
  T,
> = T extends {
  readonly '~standard': { readonly types?: { readonly input: infer In } | undefined };
} ? In : never;

export type SchemaOutput<
  T,
> = T extends {
  readonly '~standard': { readonly types?: { readonly output: infer Out } | undefined };
} ? Out : never;
