// The doorway of p-retry: retries around I/O and remote calls. Redelivery has its own schedule, on the deadline list.
import pRetry from 'p-retry';
import { delayMs, OptionError, parseOptions, z } from '../base/index.js';
import type { RetryOptions } from '../behaviour/index.js';

const ATTEMPTS_RULE = 'a whole number of attempts from 1';
const FACTOR_RULE = 'a finite number from 1';
const schema: z.ZodType<RetryOptions> = z.strictObject({
  attemptsMax: z.number({ error: ATTEMPTS_RULE }).int({ error: ATTEMPTS_RULE }).min(1, { error: ATTEMPTS_RULE }).optional(),
  baseMs: z.unknown().optional(),
  factor: z.number({ error: FACTOR_RULE }).min(1, { error: FACTOR_RULE }).optional(),
  maxMs: z.unknown().optional(),
  jitter: z.boolean({ error: 'true or false' }).optional(),
  signal: z.custom<AbortSignal>((value) => value instanceof AbortSignal, { error: 'an AbortSignal' }).optional(),
  when: z.custom<(error: unknown) => boolean>((value) => typeof value === 'function', { error: 'a function from error to boolean' }).optional(),
}, { error: 'an object' }) as never;

/**
 * Runs `attempt` until it succeeds, with exponential backoff between attempts; rejects with the last error. For calls
 * to the outside (HTTP, files, LLMs) and for calls to agents that are being restarted. The attempt gets its number, from 1.
 * Cost: about 6 µs a call on Node 20: not for the path of a message.
 *
 * @example
 * let tries = 0;
 * await retry(() => { if (++tries < 3) throw new Error('not yet'); return tries; }, { baseMs: 1 }) // => 3
 * @since 0.1.0
 */
export async function retry<T>(attempt: (number: number) => T | Promise<T>, options: RetryOptions = {}): Promise<T> {
  if (typeof attempt !== 'function') throw new OptionError('retry.attempt', attempt, 'a function');
  const { attemptsMax = 5, baseMs = 100, factor = 2, maxMs = 30_000, jitter = true, signal, when } = parseOptions('retry', schema, options);
  delayMs('retry.baseMs', baseMs);
  if (delayMs('retry.maxMs', maxMs) < baseMs) throw new OptionError('retry.maxMs', maxMs, `at least baseMs (${baseMs})`, 'raise maxMs or lower baseMs');
  try {
    return await pRetry((number) => wrapped(attempt, number), {
      retries: attemptsMax - 1,
      minTimeout: baseMs,
      maxTimeout: maxMs,
      factor,
      randomize: jitter,
      ...(signal === undefined ? {} : { signal }),
      ...(when === undefined ? {} : { shouldRetry: ({ error }: { readonly error: unknown }) => when(thrownOf(error)) }),
    });
  } catch (error) {
    throw thrownOf(error);
  }
}

/** What an attempt threw, whatever it was: p-retry gives up at once on a TypeError and on what is no Error. */
class Thrown extends Error {
  constructor(readonly value: unknown) {
    super('an attempt failed');
  }
}

async function wrapped<T>(attempt: (number: number) => T | Promise<T>, number: number): Promise<T> {
  try {
    return await attempt(number);
  } catch (error) {
    throw new Thrown(error);
  }
}

function thrownOf(error: unknown): unknown {
  return error instanceof Thrown ? error.value : error;
}
