import { delayMs, disown, isThenable, OptionError, parseOptions, readBackoff, z } from '../../base/index.js';
import type { Schedule } from '../../base/index.js';
import { fieldOf, printable, shownAs } from '../../base/text/index.js';
import { checkKeys, checkPayload, checkSchema } from '../../behaviour/gen/index.js';
import { readBreaker, readLimit } from '../../delivery/guard/index.js';
import type { ReadBreaker, ReadLimit } from '../../delivery/guard/index.js';
import type { BreakerOptions, LimitOptions } from '../../api/guards.js';
import type { StandardSchema } from '../../api/protocol.js';
import type {
  ServiceDefinition, ServiceOperations, ServiceRetry, ServiceSpec, ServiceWeigh, ServiceWeight,
} from '../../api/bus/service.js';
import { checkBusName } from '../core/index.js';

type AnySchema = StandardSchema<unknown, unknown>;

/** What a request of an operation weighs, before it begins and afterwards; null for what was not given. */
interface ReadWeights {
  readonly weight: ((payload: unknown) => unknown) | null;
  readonly weigh: ((answer: unknown, payload: unknown) => unknown) | null;
}

/** One operation, checked. */
export class Operation {
  constructor(
    readonly name: string,
    readonly stream: boolean,
    private readonly request: AnySchema,
    private readonly answer: AnySchema,
    readonly weights: ReadWeights,
  ) {}

  /** The payload as workers get it. Throws for what is none. */
  checkRequest(payload: unknown): unknown {
    return settledBy(checkPayload(this.name, this.request, payload), this.name);
  }

  /** The response, or the item, as callers get it. */
  checkAnswer(value: unknown): unknown {
    return settledBy(checkPayload(this.name, this.answer, value), this.name);
  }
}

function settledBy(value: unknown, op: string): unknown {
  if (!isThenable(value)) return value;
  disown(value);
  throw new OptionError(`schema of '${op}'`, 'a promise', 'a value', 'transform without await', 'ASYNC_SCHEMA');
}

export interface ReadRetry {
  readonly attemptsMax: number;
  /** null: at once */
  readonly backoff: Schedule | null;
  readonly when: ((error: unknown) => boolean) | null;
}

const TIMEOUT_MS = 30_000;
const CAPACITY = 10_000;
const ATTEMPTS_MAX = 3;
const COUNT = 'a whole number from 1';
export const count: z.ZodNumber = z.number({ error: COUNT }).int({ error: COUNT }).min(1, { error: COUNT });

const retrySchema: z.ZodType<ServiceRetry> = z.strictObject({
  attemptsMax: count.optional(),
  backoff: z.custom<NonNullable<ServiceRetry['backoff']>>().optional(),
  when: z.custom<NonNullable<ServiceRetry['when']>>(
    (value) => typeof value === 'function', { error: 'a function from error to boolean' },
  ).optional(),
}, { error: 'an object' });

const schema: z.ZodType<Omit<ServiceSpec<ServiceOperations>, 'operations'>> = z.strictObject({
  name: z.custom<string>(),
  operations: z.custom<ServiceOperations>(),
  timeoutMs: z.custom<number>().optional(),
  capacity: count.optional(),
  guarantee: z.enum(['at-most-once', 'at-least-once'], { error: "'at-most-once' or 'at-least-once'" }).optional(),
  retry: retrySchema.optional(),
  limit: z.custom<LimitOptions>().optional(),
  weight: z.custom<ServiceWeight<ServiceOperations>>().optional(),
  weigh: z.custom<ServiceWeigh<ServiceOperations>>().optional(),
  breaker: z.custom<BreakerOptions>().optional(),
}, { error: 'an object' });

/** ms of something that a promise waits for: never none, and never for ever. */
export function limitMs(where: string, value: unknown, fallback: number): number {
  if (value === undefined) return fallback;
  if (value === 0 || value === 'infinity' || value === Infinity) {
    throw new OptionError(
      where, value, 'a whole number of milliseconds from 1', 'who asks always gets an answer, in this time at most',
    );
  }
  return delayMs(where, value);
}

/** The run-time side of a definition. */
export class ServiceDefinitionImpl implements ServiceDefinition<ServiceOperations> {
  readonly name: string;
  readonly table: ReadonlyMap<string, Operation>;
  readonly timeoutMs: number;
  /** of a request without options */
  readonly plain: { readonly timeoutMs: number; readonly signal: undefined };
  readonly capacity: number;
  /** null: at most once */
  readonly retry: ReadRetry | null;
  readonly limit: ReadLimit | null;
  readonly breaker: ReadBreaker | null;
  constructor(given: ServiceSpec<ServiceOperations>) {
    const read = parseOptions('service', schema, given);
    const name = checkBusName('service.name', read.name);
    this.name = name;
    this.timeoutMs = limitMs('service.timeoutMs', read.timeoutMs, TIMEOUT_MS);
    this.plain = { timeoutMs: this.timeoutMs, signal: undefined };
    this.capacity = read.capacity ?? CAPACITY;
    this.retry = retryOf(read.guarantee, read.retry);
    this.limit = read.limit === undefined ? null : readLimit(`service ${name}`, read.limit);
    const weighs = this.limit !== null && this.limit.weightPerMinute !== Infinity;
    this.table = operationsOf(given, weighs);
    this.breaker = read.breaker === undefined ? null : readBreaker(`service ${name}`, read.breaker);
  }
}

shownAs(ServiceDefinitionImpl, (it) => `Service(${it.name})`);

function retryOf(guarantee: string | undefined, given: ServiceRetry | undefined): ReadRetry | null {
  if (guarantee !== 'at-least-once') {
    if (given === undefined) return null;
    throw new OptionError(
      'service.retry', given, 'none with the guarantee at-most-once',
      "add guarantee: 'at-least-once' when an operation may be done twice", 'BAD_COMBINATION',
    );
  }
  return {
    attemptsMax: given?.attemptsMax ?? ATTEMPTS_MAX,
    backoff: given?.backoff === undefined ? null : readBackoff('service.retry.backoff', given.backoff),
    when: given?.when ?? null,
  };
}

/** The functions of `weight` or `weigh`, by operation. */
function weightsOf(where: string, given: unknown, ops: readonly string[], weighs: boolean): Map<string, unknown> {
  if (given === undefined) return new Map();
  if (!weighs) {
    const fix = 'limit: { weightPerMinute } says how much weight may begin in a minute';
    throw new OptionError(where, printable(given), 'a limit with weightPerMinute beside it', fix, 'BAD_COMBINATION');
  }
  checkKeys(where, given as object, ops);
  const all = new Map<string, unknown>(Object.entries(given as object));
  for (const [op, fn] of all) {
    if (fn !== undefined && typeof fn !== 'function') throw new OptionError(`${where}.${op}`, fn, 'a function');
  }
  return all;
}

function operationsOf(spec: ServiceSpec<ServiceOperations>, weighs: boolean): ReadonlyMap<string, Operation> {
  const where = 'service.operations';
  const given: unknown = spec.operations;
  const names = typeof given === 'object' && given !== null ? Object.keys(given) : [];
  if (names.length === 0) {
    throw new OptionError(where, given, 'an object with at least one operation', 'name → { request, response }');
  }
  const weight = weightsOf('service.weight', spec.weight, names, weighs);
  const weigh = weightsOf('service.weigh', spec.weigh, names, weighs);
  return new Map(names.map((name) => {
    const weights = { weight: weight.get(name) ?? null, weigh: weigh.get(name) ?? null } as ReadWeights;
    return [name, operationOf(`${where}.${name}`, name, fieldOf(given, name), weights)];
  }));
}

function operationOf(where: string, name: string, given: unknown, weights: ReadWeights): Operation {
  checkKeys(where, given as object, ['request', 'response', 'item']);
  const [request, response, item] = ['request', 'response', 'item'].map((field) => fieldOf(given, field));
  checkSchema(`${where}.request`, request);
  if ((response === undefined) === (item === undefined)) {
    throw new OptionError(
      where, printable(given), 'either response or item',
      'response for one answer, item for a stream of them', 'BAD_COMBINATION',
    );
  }
  const answer = response ?? item;
  checkSchema(`${where}.${response === undefined ? 'item' : 'response'}`, answer);
  return new Operation(name, item !== undefined, request, answer, weights);
}

/**
 * Defines a service: a name, its typed operations, and how its requests are treated. Any Standard Schema
 * will do. Who does the work is said by `system.service(definition, { workers })`.
 *
 * Errors: an OptionError for what breaks its rule; `BAD_NAME`; `BAD_COMBINATION` for `retry` without
 * at-least-once, and for an operation that has both `response` and `item`, or neither.
 *
 * @example
 * const Infer = defineService({
 *   name: 'infer',
 *   operations: { chat: { request: z.object({ prompt: z.string() }), response: z.object({ text: z.string() }) } },
 *   timeoutMs: 10_000,
 * });
 * const Model = defineAgent({
 *   calls: { chat: (self, { prompt }: { prompt: string }) => ({ text: `re: ${prompt}` }) },
 * });
 * system.service(Infer, { workers: [system.start(Model)] });
 * await system.service(Infer).request('chat', { prompt: 'hi' }); // => { text: 're: hi' }
 * @since 0.2.0
 */
export function defineService<const O extends ServiceOperations>(spec: ServiceSpec<O>): ServiceDefinition<O> {
  return new ServiceDefinitionImpl(spec) as ServiceDefinition<ServiceOperations> as ServiceDefinition<O>;
}

/** Refuses what `defineService` has not made. */
export function definitionOf(given: unknown): ServiceDefinitionImpl {
  if (given instanceof ServiceDefinitionImpl) return given;
  throw new OptionError('service', given, 'what defineService returned', 'pass the definition, not its name');
}
