import { OptionError } from '../../base/index.js';
import { checkFunctions, checkKnown, checkLife, checkSchema } from '../gen/index.js';
import { durableTerms, STANDARD, termsOf } from '../gen/outward/index.js';
import { ServerDefinition } from '../gen/server/index.js';
import type { Definition, PayloadVersion, SchemaOutput, StandardSchema } from '../../api/protocol.js';
import type { CheckedHandler, Self } from '../../api/agent.js';
import type { AgentSpec, Durable, MadeDurably } from '../../api/definition.js';

/*
 * The contract of an agent (OTP's gen_server). One callback runs at a time, in the agent's own
 * process; a promise that it returns is awaited before the next one.
 *
 *   start ─▶ init(...args) ─▶ state
 *   a call ─▶ calls[op](self, payload) ─▶ the reply, self.refuse(…), self.noreply() or self.stop(…)
 *   a stream ─▶ calls[op], a generator ─▶ an item for each one that is asked for
 *   a cast ─▶ casts[op](self, payload)
 *   self.continue(what) ─▶ continue(self, what), before any queued message
 *   Down, Exit, Timeout, timers, plain sends ─▶ info(self, message)
 *   sys.codeChange ─▶ codeChange(self, from, extra);  what is shown ─▶ formatStatus(status)
 *   a throw, a stop, the parent's exit ─▶ terminate(self, reason) ─▶ ended
 */

const CALLBACKS = [
  'init', 'info', 'continue', 'terminate', 'codeChange', 'formatStatus', 'allow', 'restored',
] as const;
const KEYS = ['name', 'trapExit', 'undeliverable', 'calls', 'casts', 'delivery', 'durable', ...CALLBACKS];

/**
 * Defines an agent: its state, its operations and its life cycle. Everything is inferred from the
 * handlers; write no generic. Agents that call each other in a cycle annotate the return types of
 * those handlers.
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
  PC = Record<never, never>, PK = Record<never, never>, const T extends Durable = false,
>(
  spec: AgentSpec<A, R, C, K, PC, PK, T>,
): Definition<A, MadeDurably<R, T>, C, K> {
  if (!isObject(spec)) {
    throw new OptionError(
      'defineAgent', spec, 'an object of callbacks', 'defineAgent({ init, calls, casts, … })',
    );
  }
  checkKnown('defineAgent', spec, KEYS);
  checkFields(spec);
  if (spec.delivery !== undefined) termsOf('defineAgent.delivery', spec.delivery, STANDARD);
  checkFunctions('defineAgent', spec, CALLBACKS);
  return new ServerDefinition({ ...spec, name: spec.name ?? 'agent', stored: durableTerms('defineAgent', spec) });
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function checkFields(
  spec: {
    readonly name?: unknown; readonly trapExit?: unknown; readonly calls?: unknown;
    readonly casts?: unknown; readonly undeliverable?: unknown;
  },
): void {
  checkLife('defineAgent', spec);
  if (spec.undeliverable !== undefined && typeof spec.undeliverable !== 'boolean') {
    throw new OptionError('defineAgent.undeliverable', spec.undeliverable, 'true or false');
  }
  for (const key of ['calls', 'casts'] as const) {
    if (spec[key] !== undefined && !isObject(spec[key])) {
      throw new OptionError(`defineAgent.${key}`, spec[key], 'an object of handlers by operation');
    }
  }
}

/**
 * A handler whose payload is checked at the ref, by any Standard Schema (zod, valibot, arktype …):
 * senders see the schema's input type, the handler its output. A payload that does not fit never
 * reaches the agent: `call` rejects, `tryCast` throws, `cast` counts it as rejected. Cost: one
 * validation per message.
 *
 * Prefer the entry `{ schema, handle }`, which is the same and types `self.state`. Inside `on` the
 * state is untyped (`any`): TypeScript infers a call inside of an object for itself, before the
 * state of that object is known.
 *
 * `version` and `upcast` of an entry, or in the options of `on`, say how payloads have changed: of a message that
 * was kept by an older program `upcast(payload, from)` makes what would be sent today.
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
  options: PayloadVersion & { readonly concurrent?: boolean } = {},
): CheckedHandler<T, R> {
  checkSchema('on.schema', schema);
  if (typeof handle !== 'function') throw new OptionError('on.handle', handle, 'a function');
  const { concurrent, version, upcast } = options;
  return { schema, handle, concurrent, version, ...(upcast === undefined ? {} : { upcast }) };
}
