// The doorway of zod: every option object of the public API is checked here, where it enters.
import { z } from 'zod';
import { nearest, OptionError } from './errors.js';
import { printable } from './text/index.js';

export { z };

/**
 * Checks `value` against a strict schema and throws one OptionError that names the first offence,
 * its rule and the fix.
 */
export function parseOptions<T>(where: string, schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  if (issue === undefined) throw new OptionError(where, value, 'valid options');
  throw explain(where, schema, value, issue);
}

function explain(where: string, schema: z.ZodType, value: unknown, issue: z.core.$ZodIssue): OptionError {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? '';
    const known = knownKeys(schema, issue.path);
    const at = [where, ...path, key].join('.');
    const inner = valueAt(value, [...issue.path, key]);
    return unknownKey(at, key, inner, known);
  }
  return new OptionError([where, ...path].join('.'), valueAt(value, issue.path), ruleOf(issue.message));
}

/** What options were called once, and are called now, where there is one of that name. */
const RENAMED: ReadonlyMap<string, readonly string[]> = new Map([
  ['priority', ['lane', 'level', 'urgent']],
  ['concurrent', ['concurrency']],
  ['baseMs', ['backoff']],
  ['factor', ['backoff']],
  ['maxMs', ['backoff']],
  ['jitter', ['backoff']],
]);

/** The error of a key that nobody knows, with the nearest one that is known; `what` a key stands for. */
export function unknownKey(
  at: string, key: string, value: unknown, known: readonly string[], what: 'option' | 'callback' = 'option',
): OptionError {
  const now = RENAMED.get(key)?.find((one) => known.includes(one));
  const near = nearest(key, known);
  const all = known.length === 0
    ? 'remove it'
    : `known ${what === 'option' ? 'options' : 'keys'}: ${known.join(', ')}`;
  const fix = now !== undefined
    ? `it is called ${now} now; ${all}` : near === undefined ? all : `did you mean ${near}? ${all}`;
  return new OptionError(at, value, `no such ${what}`, fix, 'UNKNOWN_OPTION');
}

/** zod's own sentence names the rule and repeats the value: only the rule is wanted. */
function ruleOf(message: string): string {
  return /^Invalid input: expected (.*?)(?:, received .*)?$/.exec(message)?.[1] ?? message;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at: unknown = value;
  for (const key of path) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = (at as Record<PropertyKey, unknown>)[key];
  }
  return at;
}

function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let at: unknown = schema;
  for (const key of path) at = shapeOf(at)?.[String(key)];
  return Object.keys(shapeOf(at) ?? {});
}

function shapeOf(schema: unknown): Record<string, unknown> | undefined {
  let at = schema as { shape?: Record<string, unknown>; unwrap?: () => unknown } | undefined;
  while (at !== undefined && at.shape === undefined
    && typeof at.unwrap === 'function') at = at.unwrap() as typeof at;
  return at?.shape;
}

/** The largest delay that is accepted, in ms: a hundred years. Longer is a mistake, 'infinity' says forever. */
export const DELAY_MAX_MS = 3_155_760_000_000;

/** A delay in whole ms (TI-11); throws where it enters. */
export function delayMs(where: string, value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= DELAY_MAX_MS) return value;
  throw new OptionError(where, value, 'a whole number of milliseconds from 0', Number.isNaN(value)
    ? 'NaN usually comes from arithmetic with undefined'
    : 'round it, or use a longer unit');
}

/** The ms from now until a reading of the monotonic clock, 0 when that is over. */
export function msUntil(where: string, at: unknown, now: () => number): number {
  const left = typeof at === 'number' ? Math.ceil(at - now()) : NaN;
  if (left <= DELAY_MAX_MS) return Math.max(0, left);
  throw new OptionError(
    where, at, 'a reading of system.monotonic() in ms', 'add the delay to system.monotonic()',
  );
}

/** A timeout: whole ms, or 'infinity' as -1. */
export function timeoutMs(where: string, value: unknown, fallback: number): number {
  if (value === undefined) return fallback;
  if (value === 'infinity') return -1;
  if (value === Infinity) {
    throw new OptionError(
      where, value, "a whole number of milliseconds from 0, or 'infinity'", "write 'infinity' to wait forever",
    );
  }
  return delayMs(where, value);
}

/**
 * One name, one set of options, whoever asks for it. Two texts of one function count as one function,
 * since handlers write theirs inline, and so do two objects with the same fields.
 */
export function sameOptions<O extends object>(kind: string, name: string, known: O, given: O): void {
  for (const key of Object.keys(known) as (keyof O & string)[]) {
    const [before, now] = [known[key], given[key]];
    if (alike(before, now)) continue;
    throw new OptionError(
      `${kind}.${key}`, now, `what ${kind} '${name}' was made with, ${before === null ? 'none' : printable(before)}`,
      'one name, one set of options: give them once, or use another name', 'OPTIONS_CONFLICT',
    );
  }
}

function alike(before: unknown, now: unknown): boolean {
  if (before === now) return true;
  if (typeof before === 'function') return typeof now === 'function' && String(before) === String(now);
  if (typeof before !== 'object' || typeof now !== 'object' || before === null || now === null) return false;
  const [fields, others] = [Object.entries(before), Object.entries(now)];
  return fields.length > 0 && fields.length === others.length
    && fields.every(([field, value], at) => others[at]?.[0] === field && others[at]?.[1] === value);
}
