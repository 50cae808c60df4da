import { OptionError } from '../../base/index.js';
import { Kind, Op } from '../../mailbox/message/index.js';
import { checkFunctions, checkPayload, checkSchema } from '../gen/index.js';
import type { MadeDurably } from '../../api/definition.js';
import type {
  AnyOperations, DeclaredOps, DurableMachine, HandleSpec, Made, Operation, StatemDefinition, StatesCalls,
  StatesCasts, StatesSpec,
} from '../../api/statem.js';
import type { StandardSchema } from '../../api/protocol.js';
import { checkObject, checkSpecKeys } from './check.js';
import { statemBehaviour } from './statem.js';
import { StatemRuntime, StateTable, type Callback, type GivenState } from './runtime.js';

/**
 * Defines a state machine, OTP's gen_statem with a table of handlers for each state. The protocol
 * is inferred: an operation exists when some state handles it, its payload is what all of its
 * handlers accept, its reply any of theirs.
 *
 * Handlers return nothing (the state is kept), a transition
 * (`self.next('open').stateTimeout(5_000)`), or, for a call, plain data: the reply, with the state
 * kept. They may be async; events wait meanwhile. An event that neither the state nor `common`
 * handles ends the machine with `UNHANDLED_EVENT`, as a missing clause would; only an unhandled
 * `info` is a warning. In what order a transition does its work is written in
 * docs/semantics/statem.md.
 *
 * Errors: a wrong definition is an OptionError at once.
 *
 * @example
 * const Door = defineStatem({
 *   init: (code: string) => ({ state: 'locked', data: { code, wrong: 0 } }),
 *   states: {
 *     locked: {
 *       calls: {
 *         enter(self, code: string) {
 *           if (code === self.data.code) return self.next('open').reply(true);
 *           self.data.wrong++;
 *           return false;
 *         },
 *       },
 *     },
 *     open: { enter: (self) => self.keep().stateTimeout(10_000), stateTimeout: (self) => self.next('locked'), calls: { enter: () => true } },
 *   },
 *   common: { calls: { where: (self) => self.state } },
 * });
 * const door = system.start(Door, '1234');
 * await door.call('enter', '0000') // => false
 * await door.call('enter', '1234') // => true
 * await door.call('where') // => 'open'
 * @since 0.2.0
 */
export function defineStatem<
  A extends unknown[], N extends string, R extends Made<N>, T = Record<never, never>, M = Record<
    never, never
  >, X extends Readonly<Record<string, StandardSchema<unknown, unknown>>> = Record<never, never>,
  const Z extends DurableMachine = false,
>(
  spec: StatesSpec<A, N, R, T, M, X, Z>,
): StatemDefinition<A, MadeDurably<R, Z>, StatesCalls<T, M, X>, StatesCasts<T, M, X>> {
  const given = checkSpecKeys(
    'defineStatem', spec,
    [
      'name', 'trapExit', 'init', 'terminate', 'formatStatus', 'codeChange', 'durable', 'restored', 'schemas', 'states',
      'common',
    ],
  );
  checkObject('defineStatem.states', given.states);
  const states = Object.entries(given.states ?? {});
  if (states.length === 0) throw new OptionError('defineStatem.states', given.states, 'at least one state');
  const common = checkState('defineStatem.common', given.common ?? {});
  const all = [common];
  const tables = new Map<string, StateTable>();
  for (const [name, state] of states) {
    const checked = checkState(`defineStatem.states.${name}`, state);
    all.push(checked);
    tables.set(name, tableFrom(name, checked, common));
  }
  const schemas = new Map(Object.entries(given.schemas ?? {}));
  const calls = operations(Kind.Call, all.flatMap((state) => Object.keys(state.calls ?? {})), schemas);
  const casts = operations(Kind.Cast, all.flatMap((state) => Object.keys(state.casts ?? {})), schemas);
  for (const name of schemas.keys()) {
    if (!calls.has(name) && !casts.has(name)) {
      throw new OptionError(`defineStatem.schemas.${name}`, name, 'an operation that some state handles');
    }
  }
  const made = new StatemRuntime(given, { tables, handle: null, enter: null }, calls, casts, statemBehaviour);
  return made;
}

/**
 * Defines a state machine with one handler for all events, OTP's `handle_event_function` mode: its
 * states are any values, equal when they look equal, and its operations are declared with
 * {@link operation}. Everything else is as for `defineStatem`.
 *
 * @example
 * type Job = { at: 'idle' } | { at: 'busy'; left: number };
 * const Worker = defineStatemHandler({
 *   init: () => ({ state: { at: 'idle' } as Job, data: null }),
 *   calls: { state: operation<void>().replies<Job>() },
 *   casts: { start: operation<number>() },
 *   handle(self, event) {
 *     if (event.type === 'call') return self.keep().reply(self.state);
 *     if (event.type !== 'cast') return;
 *     if (self.state.at === 'busy') return self.keep().postpone();
 *     return self.next({ at: 'busy', left: event.payload });
 *   },
 * });
 * const worker = system.start(Worker);
 * worker.cast('start', 3);
 * await worker.call('state') // => { at: 'busy', left: 3 }
 * @since 0.2.0
 */
export function defineStatemHandler<
  A extends unknown[], R extends Made<
    unknown
  >, C extends AnyOperations = Record<never, never>, K extends AnyOperations = Record<never, never>,
  const Z extends DurableMachine = false,
>(spec: HandleSpec<A, R, C, K, Z>): StatemDefinition<A, MadeDurably<R, Z>, DeclaredOps<C>, DeclaredOps<K>> {
  const given = checkSpecKeys(
    'defineStatemHandler', spec,
    [
      'name', 'trapExit', 'init', 'terminate', 'formatStatus', 'codeChange', 'durable', 'restored', 'calls', 'casts',
      'enter', 'handle',
    ],
  );
  checkFunctions('defineStatemHandler', given, ['enter']);
  if (typeof given.handle !== 'function') {
    throw new OptionError('defineStatemHandler.handle', given.handle, 'a function of self and event');
  }
  const made = new StatemRuntime(
    given, { tables: null, handle: given.handle, enter: given.enter ?? null },
    declared('calls', Kind.Call, given.calls), declared('casts', Kind.Cast, given.casts), statemBehaviour,
  );
  return made;
}

/**
 * Declares an operation of `defineStatemHandler`: the type of its payload, or a schema (any
 * Standard Schema) that checks it at the ref; `.replies<Reply>()` declares what a call is answered
 * with.
 *
 * @example
 * const Lamp = defineStatemHandler({
 *   init: () => ({ state: 'off' as 'off' | 'on', data: null }),
 *   calls: { set: operation(z.enum(['off', 'on'])).replies<string>() },
 *   handle: (self, event) => event.type === 'call' ? self.next(event.payload).reply(`was ${self.state}`) : undefined,
 * });
 * await system.start(Lamp).call('set', 'on') // => 'was off'
 * @since 0.2.0
 */
export function operation<P = unknown>(): Operation<P, P, unknown>;
export function operation<In, Out>(schema: StandardSchema<In, Out>): Operation<In, Out, unknown>;
export function operation(schema?: StandardSchema<unknown, unknown>): Operation<never, unknown, unknown> {
  if (schema !== undefined) checkSchema('operation', schema);
  return new Declared(schema ?? null);
}

/** What an event runs is its state's. */
const BY_STATE = (): undefined => undefined;

class Declared {
  readonly operation = null;
  constructor(readonly schema: StandardSchema<unknown, unknown> | null) {}
  replies(): this {
    return this;
  }
}

const STATE_CALLBACKS = ['enter', 'info', 'internal', 'timeout', 'stateTimeout'] as const;
const STATE_TABLES = ['calls', 'casts', 'timeouts'] as const;

function checkState(where: string, state: GivenState): GivenState {
  checkSpecKeys(where, state, [...STATE_CALLBACKS, ...STATE_TABLES]);
  checkFunctions(where, state, STATE_CALLBACKS);
  for (const kind of STATE_TABLES) {
    if (state[kind] !== undefined) checkObject(`${where}.${kind}`, state[kind]);
    for (const [name, run] of Object.entries(state[kind] ?? {})) {
      if (typeof run !== 'function') {
        throw new OptionError(
          `${where}.${kind}.${name}`, run, 'a function', 'schemas go to `schemas`, by operation',
        );
      }
      if (run.constructor.name.endsWith('GeneratorFunction')) {
        throw new OptionError(
          `${where}.${kind}.${name}`, 'a generator', 'a function',
          'streams are for agents: let the machine start one',
        );
      }
    }
  }
  return state;
}

function tableFrom(name: string, state: GivenState, common: GivenState): StateTable {
  const merged = (kind: 'calls' | 'casts' | 'timeouts'): Map<string, Callback> =>
    new Map([...Object.entries(common[kind] ?? {}), ...Object.entries(state[kind] ?? {})]);
  const one = (kind: (typeof STATE_CALLBACKS)[number]): Callback | null => state[kind] ?? common[kind] ?? null;
  return new StateTable(
    name, one('enter'), merged('calls'), merged('casts'), merged('timeouts'), one('info'), one('internal'),
    one('timeout'), one('stateTimeout'),
  );
}

function operations(
  kind: typeof Kind.Call | typeof Kind.Cast, names: readonly string[],
  schemas: ReadonlyMap<string, StandardSchema<unknown, unknown>>,
): Map<string, Op> {
  const ops = new Map<string, Op>();
  for (const name of names) if (!ops.has(name)) ops.set(
    name, operationOf(kind, name, schemas.get(name) ?? null),
  );
  return ops;
}

function declared(
  table: 'calls' | 'casts', kind: typeof Kind.Call | typeof Kind.Cast, given: AnyOperations | undefined,
): Map<string, Op> {
  const where = `defineStatemHandler.${table}`;
  if (given !== undefined) checkObject(where, given);
  const ops = new Map<string, Op>();
  for (const [name, one] of Object.entries(given ?? {})) {
    if (!(one instanceof Declared)) {
      throw new OptionError(`${where}.${name}`, one, 'operation<Payload>() or operation(schema)');
    }
    ops.set(name, operationOf(kind, name, one.schema));
  }
  return ops;
}

function operationOf(
  kind: typeof Kind.Call | typeof Kind.Cast, name: string, schema: StandardSchema<unknown, unknown> | null,
): Op {
  if (schema !== null) checkSchema(`schema of '${name}'`, schema);
  return new Op(
    kind, name, BY_STATE, schema === null ? null : (payload) => checkPayload(name, schema, payload),
    false,
  );
}
