import { nearest, z } from '../../base/index.js';
import { fieldOf, isA, printable } from '../../base/text/index.js';
import type { ServiceMessage } from '../../api/bus/service.js';
import { BusError } from '../core/index.js';

const id = z.string({ error: 'a text' }).min(1, { error: 'a text that is not empty' })
  .max(256, { error: 'a text of at most 256 characters' });
const NAME = 'segments [A-Za-z0-9_-] joined by \'.\'';
const name = z.string({ error: NAME }).max(255, { error: NAME })
  .regex(/^[A-Za-z0-9_-]{1,128}(?:\.[A-Za-z0-9_-]{1,128})*$/, { error: NAME });
const COUNT = 'a whole number from 0';
const whole = z.number({ error: COUNT }).int({ error: COUNT }).min(0, { error: COUNT });
const MS = 'a number of ms from 0';
/** of objects within a payload */
const DEPTH_MAX = 100;

const head = { id, submission: id, session: id, sequence: whole, parent: id.nullable(), operation: id };
const sender = z.strictObject({ by: id });
const work = z.strictObject({
  by: id, backend: z.string({ error: 'a text' }),
  durationMs: z.number({ error: MS }).min(0, { error: MS }), attempts: whole,
});
const error = z.strictObject({ code: id, message: z.string({ error: 'a text' }) });
/** looked at by `offenceOf` */
const payload = z.unknown().optional();

/** The four messages of the protocol, as strict schemas. */
const SCHEMAS: Readonly<Record<ServiceMessage['type'], z.ZodObject>> = {
  invoke: z.strictObject({
    type: z.literal('invoke'), ...head, agent: id, payload, state: id.optional(), diagnostics: sender,
  }),
  request: z.strictObject({ type: z.literal('request'), ...head, service: name, payload, diagnostics: sender }),
  response: z.strictObject({
    type: z.literal('response'), ...head, parent: id, service: name, payload, error: error.optional(),
    diagnostics: work,
  }),
  complete: z.strictObject({
    type: z.literal('complete'), ...head, parent: id, agent: id, payload, state: id.optional(),
    error: error.optional(), diagnostics: work,
  }),
};

/**
 * A message of the protocol from what JSON made of it. Anything else is refused: a field that is missing, one too
 * many, or with another value; a response or Complete without the message that it answers; a failure with a payload.
 *
 * Errors: BusError `INVALID_MESSAGE`, which names the field.
 *
 * @example
 * const message = parseMessage({
 *   type: 'request', id: 'm2', submission: 'm1', session: 's1', sequence: 1, parent: 'm1', service: 'infer',
 *   operation: 'chat', payload: { prompt: 'hi' }, diagnostics: { by: 'agent' },
 * });
 * message.type; // => 'request'
 * parseMessage(encodeMessage(message)).id; // => 'm2'
 * @since 0.2.0
 */
export function parseMessage(value: unknown): ServiceMessage {
  const type = fieldOf(value, 'type');
  if (typeof type !== 'string' || !Object.hasOwn(SCHEMAS, type)) {
    throw invalid('message.type', type, `one of ${Object.keys(SCHEMAS).join(', ')}`);
  }
  const schema = SCHEMAS[type as ServiceMessage['type']];
  try {
    const result = schema.safeParse(value);
    if (!result.success) throw offence(type, schema, value, result.error.issues[0]);
    return checked(type, result.data);
  } catch (thrown) {
    if (isA(thrown, BusError)) throw thrown;
    throw new BusError('INVALID_MESSAGE', type, 'it cannot be read', { cause: thrown }); // by a getter of it
  }
}

function checked(type: string, message: Record<string, unknown>): ServiceMessage {
  const where = offenceOf(`${type}.payload`, message['payload'], []);
  if (where !== null) {
    throw new BusError(
      'INVALID_MESSAGE', where, 'expected a JSON value, at most 100 deep, that does not contain itself',
    );
  }
  if (message['error'] !== undefined && message['payload'] !== undefined) {
    throw invalid(`${type}.payload`, message['payload'], 'none beside error');
  }
  return message as object as ServiceMessage;
}

/**
 * The JSON of a message: a plain object that `parseMessage` takes back as it was. A payload of `undefined` is left
 * out; what JSON cannot hold as it is (a date, a bigint, NaN, a function) is refused.
 *
 * Errors: BusError `INVALID_MESSAGE`, which names the field.
 *
 * @example
 * const Greeter = defineAgent({ calls: { invoke: (self, name: string) => ({ text: `hello ${name}` }) } });
 * const complete = await system.invoke(system.start(Greeter), 'ann');
 * const json = JSON.stringify(encodeMessage(complete));
 * parseMessage(JSON.parse(json)).session === complete.session; // => true
 * @since 0.2.0
 */
export function encodeMessage(message: ServiceMessage): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(message as object)) {
    if (value !== undefined) fields[key] = value;
  }
  return { ...parseMessage(fields) };
}

/** Where it holds what JSON cannot hold as it is; null when it does not. */
function offenceOf(where: string, value: unknown, within: readonly unknown[]): string | null {
  if (value === undefined) return within.length === 0 ? null : where;
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return null;
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0) ? null : where;
  if (typeof value !== 'object' || within.includes(value) || within.length === DEPTH_MAX) return where;
  const proto: unknown = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && proto !== Object.prototype && proto !== null) return where;
  if (fieldOf(value, 'toJSON') !== undefined) return where;
  const inner = [...within, value];
  const keys = Array.isArray(value) ? [...value.keys()].map(String) : Object.keys(value);
  for (const key of keys) {
    const found = offenceOf(`${where}.${key}`, (value as Record<string, unknown>)[key], inner);
    if (found !== null) return found;
  }
  return null;
}

function offence(type: string, schema: z.ZodObject, value: unknown, issue: z.core.$ZodIssue | undefined): BusError {
  const path = (issue?.path ?? []).map(String);
  if (issue?.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? '';
    const at = [type, ...path, key].join('.');
    const known = path.length === 0 ? Object.keys(schema.shape) : [];
    const like = nearest(key, known);
    return new BusError('INVALID_MESSAGE', at, `no such field${like === undefined ? '' : `; did you mean ${like}?`}`);
  }
  return invalid([type, ...path].join('.'), fieldAt(value, path), ruleOf(issue?.message ?? 'another value'));
}

function ruleOf(message: string): string {
  return /^Invalid input: expected (.*?)(?:, received .*)?$/.exec(message)?.[1] ?? message;
}

function fieldAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, key) => fieldOf(at, key), value);
}

function invalid(where: string, value: unknown, rule: string): BusError {
  return new BusError('INVALID_MESSAGE', where, `got ${printable(value)}, expected ${rule}`);
}
