import { OptionError, unknownKey } from '../../base/index.js';
import { Kind, Op, type OpRun } from '../../mailbox/index.js';
import type { Behaviour, Process } from '../../process/index.js';
import type { ExitReason } from '../../base/index.js';
import type {
  AgentStatus, CheckedHandler, Definition, Handler, InitSelf, Operations, Self, StateOf,
} from '../../api/agent.js';
import type { DeliveryDefaults } from '../../api/delivery.js';
import type { SchemaOutput, StandardSchema } from '../../api/schema.js';
import { agentBehaviour } from './agent.js';
import { STANDARD, termsOf } from '../gen/outward/delivery-options.js';
import { RuntimeDefinition } from '../gen/runtime.js';
import { AgentSelf } from '../gen/self.js';
import { checkPayload } from '../gen/schema.js';

/** The callbacks of an agent, as `defineAgent` takes them. */
export interface AgentSpec<A extends unknown[], R, C, K, PC, PK> {
  /** shown in trees, reports and errors; default `agent` */
  readonly name?: string;
  /** exit signals become Exit messages, and `terminate` also runs at a supervisor's shutdown (GS-37) */
  readonly trapExit?: boolean;
  /**
   * makes the state; sync or async; its arguments are given to `child` or `start`. `this` is the agent, without state
   */
  readonly init?: (this: InitSelf, ...args: A) => R;
  /** requests: what a handler returns is the reply; an `async *` handler is a stream */
  readonly calls?: Operations<C, StateOf<R>, PC>;
  readonly casts?: Operations<K, StateOf<R>, PK>;
  /** everything else: Down, Exit, Timeout, timers, plain sends (GS-34) */
  readonly info?: (self: Self<StateOf<R>>, message: unknown) => unknown;
  /** what `self.continue(what)` asked for, before any queued message (GS-25) */
  readonly continue?: (self: Self<StateOf<R>>, what: unknown) => unknown;
  /** runs while the agent is still alive and named: on a crash, a stop, and, when trapping, at shutdown */
  readonly terminate?: (self: Self<StateOf<R>>, reason: ExitReason) => unknown;
  /**
   * converts the state for new code, asked by `sys.codeChange` while suspended: returns the new state, a throw leaves
   * the old one (GS-43)
   */
  readonly codeChange?: (self: Self<StateOf<R>>, from: unknown, extra: unknown) => StateOf<R>;
  /**
   * what `getStatus` and reports may show of the state, the message, the reason and the log; return the same keys
   * (GS-42)
   */
  readonly formatStatus?: (status: AgentStatus<StateOf<R>>) => AgentStatus;
  /** defaults of deliveries to its agents */
  readonly delivery?: DeliveryDefaults;
}

/** The run-time side of an agent's definition. */
export class AgentDefinition extends RuntimeDefinition {
  readonly behaviour: Behaviour = agentBehaviour(this);
  constructor(
    name: string,
    trapExit: boolean,
    init: ((this: unknown, ...args: unknown[]) => unknown) | null,
    readonly info: OpRun | null,
    readonly proceed: OpRun | null,
    terminate: OpRun | null,
    readonly codeChange: ((self: never, from: unknown, extra: unknown) => unknown) | null,
    readonly formatStatus: ((status: never) => unknown) | null,
    calls: object | undefined,
    casts: object | undefined,
    readonly delivery: DeliveryDefaults | undefined,
  ) {
    super(name, trapExit, init, terminate, table(name, 'calls', calls), table(name, 'casts', casts));
  }

  instance(p: Process): AgentSelf {
    return new AgentSelf(p);
  }
}

const KEYS: ReadonlySet<string> = new Set([
  'name', 'trapExit', 'init', 'calls', 'casts', 'info', 'continue', 'terminate', 'codeChange', 'formatStatus',
  'delivery',
]);

/**
 * Defines an agent: its state, its operations and its life cycle. Everything is inferred from the handlers; write no
 * generic. Agents that call each other in a cycle annotate the return types of those handlers.
 *
 * Errors: an unknown key or a callback that is no function is an OptionError at once.
 *
 * @example
 * const Counter = defineAgent({
 *   init: (start: number) => ({ n: start }),
 *   calls: { value: (self) => self.state.n },
 *   casts: { add(self, by: number) { self.state.n += by; } },
 * });
 * const counter = system.start(Counter, 40);
 * counter.cast('add', 2);
 * await counter.call('value') // => 42
 * @since 0.1.0
 */
export function defineAgent<
  A extends unknown[] = [], R = undefined, C = Record<never, never>, K = Record<never, never>,
  PC = Record<never, never>, PK = Record<never, never>,
>(
  spec: AgentSpec<A, R, C, K, PC, PK>,
): Definition<A, R, C, K> {
  if (!isObject(spec)) {
    throw new OptionError('defineAgent', spec, 'an object of callbacks', 'defineAgent({ init, calls, casts, … })');
  }
  for (const key of Object.keys(spec)) {
    if (KEYS.has(key)) continue;
    throw unknownKey(`defineAgent.${key}`, key, (spec as Record<string, unknown>)[key], [...KEYS], 'callback');
  }
  checkFields(spec);
  if (spec.delivery !== undefined) termsOf('defineAgent.delivery', spec.delivery, STANDARD);
  const name = spec.name ?? 'agent';
  for (const key of ['init', 'info', 'continue', 'terminate', 'codeChange', 'formatStatus'] as const) {
    const value: unknown = spec[key];
    if (value !== undefined && typeof value !== 'function') {
      throw new OptionError(`defineAgent.${key}`, value, 'a function');
    }
  }
  const made = new AgentDefinition(
    name, spec.trapExit ?? false, (spec.init ?? null) as never, (spec.info ?? null), (spec.continue ?? null),
    (spec.terminate ?? null), spec.codeChange ?? null, spec.formatStatus ?? null, spec.calls, spec.casts, spec.delivery,
  );
  return made;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function checkFields(
  spec: { readonly name?: unknown; readonly trapExit?: unknown; readonly calls?: unknown; readonly casts?: unknown },
): void {
  if (spec.name !== undefined && typeof spec.name !== 'string') {
    throw new OptionError('defineAgent.name', spec.name, 'a text');
  }
  if (spec.trapExit !== undefined && typeof spec.trapExit !== 'boolean') {
    throw new OptionError('defineAgent.trapExit', spec.trapExit, 'true or false');
  }
  for (const key of ['calls', 'casts'] as const) {
    if (spec[key] !== undefined && !isObject(spec[key])) {
      throw new OptionError(`defineAgent.${key}`, spec[key], 'an object of handlers by operation');
    }
  }
}

/**
 * A handler whose payload is checked at the ref, by any Standard Schema (zod, valibot, arktype …): senders see the
 * schema's input type, the handler its output. A payload that does not fit never reaches the agent: `call` rejects,
 * `tryCast` throws, `cast` counts it as rejected. Cost: one validation per message.
 *
 * Prefer the entry `{ schema, handle }`, which is the same and types `self.state`. Inside `on` the state is untyped
 * (`any`): TypeScript infers a call inside of an object for itself, before the state of that object is known.
 *
 * @example
 * const Desk = defineAgent({
 *   init: () => ({ sum: 0 }),
 *   calls: {
 *     add: { schema: z.object({ by: z.number() }), handle: (self, { by }) => (self.state.sum += by) },
 *     twice: on(z.number(), (self, n) => n * 2),
 *   },
 * });
 * const desk = system.start(Desk);
 * await desk.call('add', { by: 2 }) // => 2
 * await desk.call('twice', 4) // => 8
 * @since 0.1.0
 */
export function on<T extends StandardSchema<unknown, unknown>, R>(
  schema: T,
   
  handle: (self: Self<any>, payload: SchemaOutput<T>) => R,
  options: { readonly concurrent?: boolean } = {},
): CheckedHandler<T, R> {
  checkSchema('on.schema', schema);
  if (typeof handle !== 'function') throw new OptionError('on.handle', handle, 'a function');
  return { schema, handle, concurrent: options.concurrent };
}

interface RawEntry {
  readonly schema?: StandardSchema<unknown, unknown>;
  readonly handle: Handler<unknown>;
  readonly concurrent?: boolean;
}

const ENTRY_KEYS: ReadonlySet<string> = new Set(['schema', 'concurrent', 'handle']);

function checkSchema(where: string, schema: unknown): void {
  const given = (schema as { '~standard'?: { validate?: unknown } } | null | undefined)?.['~standard'];
  if (typeof given?.validate !== 'function') {
    throw new OptionError(where, schema, 'a Standard Schema v1', 'zod 3.24+, valibot 1 and arktype 2 schemas are');
  }
}

// A Map, so that `constructor` and `__proto__` are unknown operations like any other.
function table(agent: string, kind: 'calls' | 'casts', entries: object | undefined): Map<string, Op> {
  const ops = new Map<string, Op>();
  if (entries === undefined) return ops;
  for (const name of Object.keys(entries)) {
    const given: unknown = (entries as Record<string, unknown>)[name];
    const entry = (typeof given === 'function' ? { handle: given } : given) as Partial<RawEntry> | null;
    if (typeof entry?.handle !== 'function') {
      throw new OptionError(
        `${agent}.${kind}.${name}`, given, 'a handler function, on(schema, handler), or { concurrent, handle }',
      );
    }
    for (const key of Object.keys(entry)) {
      if (ENTRY_KEYS.has(key)) continue;
      throw unknownKey(
        `${agent}.${kind}.${name}.${key}`, key, (entry as Record<string, unknown>)[key], [...ENTRY_KEYS],
      );
    }
    if (entry.schema !== undefined) checkSchema(`${agent}.${kind}.${name}.schema`, entry.schema);
    ops.set(name, operation(kind, name, entry as RawEntry));
  }
  return ops;
}

function operation(kind: 'calls' | 'casts', name: string, entry: RawEntry): Op {
  const { schema, handle } = entry;
  const streams = handle.constructor.name === 'AsyncGeneratorFunction'
    || handle.constructor.name === 'GeneratorFunction';
  if (streams && kind === 'casts') {
    throw new OptionError(`casts.${name}`, 'a generator', 'a function', 'streams are calls: move it to calls');
  }
  if (streams && entry.concurrent === true) {
    throw new OptionError(
      `calls.${name}.concurrent`, true, 'false for a stream handler',
      'a stream holds its agent\'s turn; start an agent per stream instead',
    );
  }
  const what = kind === 'casts' ? Kind.Cast : streams ? Kind.Stream : Kind.Call;
  const check = schema === undefined ? null : (payload: unknown): unknown => checkPayload(name, schema, payload);
  return new Op(what, name, handle, check, entry.concurrent ?? false);
}
