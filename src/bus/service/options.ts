import { delayMs, OptionError, parseOptions, z } from '../../base/index.js';
import { isOfThisCopy } from '../../base/text/index.js';
import { checkArgs, checkKeys, checkSignal, runtimeOf } from '../../behaviour/gen/index.js';
import type { RefBase } from '../../behaviour/gen/request/index.js';
import type { Kernel } from '../../process/record/index.js';
import type { AnyDefinition } from '../../api/protocol.js';
import type { ServiceLoad, ServiceRequestOptions } from '../../api/bus/service.js';
import { count, limitMs, type ServiceDefinitionImpl } from './definition.js';
import { checkServes, checkWorker } from './seats.js';

/** Workers to start. */
export interface ReadStarted {
  readonly start: AnyDefinition;
  readonly args: readonly unknown[];
  readonly count: number;
}

/** Options of a service, complete. */
export interface ReadService {
  readonly workers: readonly RefBase[];
  /** null when its workers are given */
  readonly started: ReadStarted | null;
  readonly concurrency: number;
  readonly graceMs: number;
  readonly scale: ((load: ServiceLoad) => number) | null;
  readonly scaleEveryMs: number;
  readonly workersMax: number;
}

const CONCURRENCY = 1;
const GRACE_MS = 1_000;
const SCALE_EVERY_MS = 1_000;
const WORKERS_MAX = 16;
const STARTED_KEYS = ['start', 'args', 'count'];

/** Of a service that nobody has given workers. */
export const PLAIN: ReadService = {
  workers: [], started: null, concurrency: CONCURRENCY, graceMs: GRACE_MS, scale: null, scaleEveryMs: SCALE_EVERY_MS,
  workersMax: WORKERS_MAX,
};

interface Given {
  readonly workers?: unknown;
  readonly concurrency?: number | undefined;
  readonly graceMs?: number | undefined;
  readonly scale?: ((load: ServiceLoad) => number) | undefined;
  readonly scaleEveryMs?: number | undefined;
  readonly workersMax?: number | undefined;
}

const schema: z.ZodType<Given> = z.strictObject({
  workers: z.custom<unknown>().optional(),
  concurrency: count.optional(),
  graceMs: z.custom<number>().optional(),
  scale: z.custom<NonNullable<Given['scale']>>(
    (value) => typeof value === 'function', { error: 'a function from load to a number of workers' },
  ).optional(),
  scaleEveryMs: z.custom<number>().optional(),
  workersMax: count.optional(),
}, { error: 'an object' });

export function readService(kernel: Kernel, definition: ServiceDefinitionImpl, given: object): ReadService {
  const read = parseOptions('service', schema, given);
  const list = Array.isArray(read.workers);
  const started = list || read.workers === undefined ? null : readStarted(definition, read.workers);
  const workersMax = read.workersMax ?? WORKERS_MAX;
  if (started === null && (read.scale !== undefined || read.workersMax !== undefined)) {
    throw new OptionError(
      `service.${read.scale === undefined ? 'workersMax' : 'scale'}`, read.scale ?? read.workersMax,
      'workers to start beside it', 'workers: { start: Definition, args, count }', 'BAD_COMBINATION',
    );
  }
  if (started !== null && started.count > workersMax) {
    throw new OptionError('service.workers.count', started.count, `at most workersMax, ${workersMax}`);
  }
  const refs = list ? (read.workers as unknown[]) : [];
  return {
    workers: refs.map((ref, at) => checkWorker(`service.workers.${at}`, ref, kernel, definition)),
    started,
    concurrency: read.concurrency ?? CONCURRENCY,
    graceMs: read.graceMs === undefined ? GRACE_MS : delayMs('service.graceMs', read.graceMs),
    scale: read.scale ?? null,
    scaleEveryMs: limitMs('service.scaleEveryMs', read.scaleEveryMs, SCALE_EVERY_MS),
    workersMax,
  };
}

function readStarted(definition: ServiceDefinitionImpl, given: unknown): ReadStarted {
  const where = 'service.workers';
  if (typeof given !== 'object' || given === null || isOfThisCopy(given)) {
    throw new OptionError(where, given, 'an array of refs, or { start: Definition, args, count }');
  }
  checkKeys(where, given, STARTED_KEYS);
  const { start, args = [], count: number = 1 } = given as Partial<ReadStarted>;
  const made = runtimeOf(start as AnyDefinition);
  if (!Array.isArray(args)) throw new OptionError(`${where}.args`, args, 'an array of init arguments');
  if (!Number.isInteger(number) || number < 0) throw new OptionError(`${where}.count`, number, 'a whole number from 0');
  checkServes(`${where}.start`, made, definition);
  checkArgs(where, args, made);
  return { start: start as AnyDefinition, args, count: number };
}

export interface ReadRequest {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

export function readRequest(
  verb: string, given: ServiceRequestOptions | undefined, definition: ServiceDefinitionImpl,
): ReadRequest {
  if (given === undefined) return definition.plain;
  checkKeys(verb, given, ['timeoutMs', 'signal']);
  return {
    timeoutMs: limitMs(`${verb}.timeoutMs`, given.timeoutMs, definition.timeoutMs),
    signal: checkSignal(verb, given.signal),
  };
}
