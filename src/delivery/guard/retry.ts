// The doorway of p-retry: retries around I/O and remote calls. Redelivery has its own schedule, on
// the deadline list. p-retry counts the attempts. The waits between them are ours: its own timer is
// Node's, which takes a delay of 2^31 ms for none, and has no part in virtual time; and it tells
// neither an abort nor a thrown non-error from a failed attempt.
import pRetry from 'p-retry';
import {
  adopt, backoffMs, Deadline, delayMs, disown, OptionError, parseOptions, readBackoff, z,
} from '../../base/index.js';
import type { Backoff, Schedule } from '../../base/index.js';
import { fieldOf, isA, isSignal } from '../../base/text/index.js';
import { isOurs, judged } from '../../process/record/index.js';
import type { Holding, Judge, Kernel, Process } from '../../process/record/index.js';
import { unwatch, watchSignal } from '../../router/request/index.js';
import type { Abortable, Watched } from '../../router/request/index.js';
import type { RetryOptions, RetryStreamOptions, StreamAttempt } from '../../api/guards.js';
import { checkResult } from './lazy.js';
import { ofProcess, ofProgram, ofSystem, type Owner } from './retry-owner.js';
import { GuardedStream } from './stream.js';

const ATTEMPTS_RULE = 'a whole number of attempts from 1';
/** looked at where it is read */
const ms = z.custom<number>();
const fields = {
  attemptsMax: z.number({ error: ATTEMPTS_RULE }).int({ error: ATTEMPTS_RULE }).min(1, { error: ATTEMPTS_RULE })
    .optional(),
  backoff: z.custom<Backoff>().optional(),
  signal: z.custom<AbortSignal>((value) => isSignal(value), {
    error: 'an AbortSignal',
  }).optional(),
  when: z.custom<(error: unknown) => boolean>(
    (value) => typeof value === 'function', { error: 'a function from error to boolean' },
  ).optional(),
  retryAfterMaxMs: ms.optional(),
  onRetry: z.custom<RetryOptions['onRetry']>(
    (value) => typeof value === 'function', { error: 'a function that takes { error, attempt, delayMs }' },
  ).optional(),
};
const schema: z.ZodType<RetryOptions> = z.strictObject(fields, { error: 'an object' });
const streamSchema: z.ZodType<RetryStreamOptions> = z.strictObject({
  ...fields, resume: z.boolean({ error: 'true or false' }).optional(),
}, { error: 'an object' });

interface ReadRetry {
  readonly attemptsMax: number;
  readonly schedule: Schedule;
  readonly signal: AbortSignal | undefined;
  readonly when: ((error: unknown) => boolean) | undefined;
  readonly retryAfterMaxMs: number;
  readonly onRetry: RetryOptions['onRetry'];
}

/** As of limits. */
const RETRY_AFTER_MAX_MS = 600_000;

/** Ms that an error, or the details of a refusal, ask to wait; 0 for none. Never throws. */
function askedMs(error: unknown): number {
  const ms = fieldOf(error, 'retryAfterMs') ?? fieldOf(fieldOf(error, 'details'), 'retryAfterMs');
  return typeof ms === 'number' && ms > 0 ? Math.ceil(ms) : 0;
}

function read(given: RetryOptions): ReadRetry {
  return readTerms('retry', parseOptions('retry', schema, given));
}

function readTerms(verb: string, read: RetryOptions): ReadRetry {
  const { attemptsMax = 5, backoff, signal, when, retryAfterMaxMs = RETRY_AFTER_MAX_MS, onRetry } = read;
  delayMs(`${verb}.retryAfterMaxMs`, retryAfterMaxMs);
  return {
    attemptsMax, schedule: readBackoff(`${verb}.backoff`, backoff), signal, when, retryAfterMaxMs,
    onRetry,
  };
}

/**
 * Runs `attempt` until it succeeds, with exponential backoff between attempts; rejects with the
 * last error. For calls to the outside (HTTP, files, LLMs) and for calls to agents that are being
 * restarted. The attempt gets its number, from 1. An error with a number `retryAfterMs`, also in
 * the `details` of a refusal, makes the wait at least so long (`retryAfterMaxMs`). An attempt may
 * throw anything, also what is no Error: it is tried again, and rejects, as it was thrown. Once the
 * signal has fired it rejects with the signal's reason, whatever the attempt that runs comes to;
 * `when` is not asked about that. An error of an attempt that nobody looks at is an unhandled
 * rejection; what `retry` itself decides (options, aborts) is none. Cost: about 6 µs a call on Node
 * 20: not for the path of a message.
 *
 * @example
 * let tries = 0;
 * await retry(() => { if (++tries < 3) throw new Error('not yet'); return tries; }, { backoff: { baseMs: 1 } }) // => 3
 * @since 0.1.0
 */
export function retry<T>(attempt: (number: number) => T | Promise<T>, options: RetryOptions = {}): Promise<T> {
  return judged(run(ofProgram(), attempt, () => read(options)), judgeOf(null, options));
}

/**
 * The same in the name of a process or of a system: it waits on the timers of the system, and ends
 * with its owner.
 */
export function retryFor<T>(
  kernel: Kernel, p: Process | null, attempt: (number: number) => T | Promise<T>, options: RetryOptions,
): Promise<T> {
  return judged(run(ownerOf(kernel, p), attempt, () => read(options)), judgeOf(p, options));
}

function ownerOf(kernel: Kernel, p: Process | null): Owner {
  return p === null ? ofSystem(kernel) : ofProcess(p);
}

/**
 * `retry` for what gives items, one after the other: an async generator, the stream of an SDK, of an
 * agent. `attempt` opens it, with its number, from 1, the count of items that the reader has been
 * given, and a signal that fires when the reader leaves. Nothing is asked for before the first
 * `next()`. It is opened anew only when it fails before its first item: afterwards the reader would
 * see items twice. With `resume: true` it is opened anew after any failure, and `attempt` goes on
 * behind the items `taken`. `attemptsMax` counts all attempts of the stream; the other options and
 * errors are those of `retry`. Cost: about 25 µs a stream and 0.5 µs an item.
 *
 * @example
 * async function* model(number: number) { if (number < 3) throw new Error('503'); yield 'to'; yield 'be'; }
 * const words = [];
 * for await (const word of retryStream(model, { backoff: { baseMs: 1 } })) words.push(word);
 * words // => ['to', 'be']
 * @since 0.2.0
 */
export function retryStream<T>(
  attempt: StreamAttempt<T>, options: RetryStreamOptions = {},
): AsyncIterableIterator<T> {
  return retryStreamFor(null, null, attempt, options);
}

/** The same in the name of a process or of a system, null for neither. */
export function retryStreamFor<T>(
  kernel: Kernel | null, p: Process | null, attempt: StreamAttempt<T>, options: RetryStreamOptions,
): AsyncIterableIterator<T> {
  if (typeof attempt !== 'function') throw new OptionError('retryStream.attempt', attempt, 'a function');
  const given = parseOptions('retryStream', streamSchema, options);
  const terms = readTerms('retryStream', given);
  const when = (error: unknown): boolean =>
    (given.resume === true || stream.taken === 0) && (terms.when === undefined || terms.when(error));
  const stream = new GuardedStream({ verb: 'retryStream', kernel, owner: p, signal: terms.signal, open: attempt }, {
    run: (body, signal) =>
      run(kernel === null ? ofProgram() : ownerOf(kernel, p), body, () => ({ ...terms, signal, when })),
    item: () => undefined,
    left: () => undefined,
    prompt: false,
  });
  return stream as AsyncIterableIterator<T>;
}

/** Who says which of its rejections are ours. */
export function judgeOf(owner: Process | null, options: RetryOptions): Judge {
  const given = fieldOf(options, 'signal');
  const signal = isSignal(given) ? given : null;
  return { ours: (error) => isOurs(owner, signal, error) };
}

async function run<T>(
  owner: Owner, attempt: (number: number) => T | Promise<T>, terms: () => ReadRetry,
): Promise<T> {
  if (typeof attempt !== 'function') throw new OptionError('retry.attempt', attempt, 'a function');
  const attempts = new Attempts(owner, attempt, terms());
  try {
    return await pRetry((number) => attempts.make(number), {
      retries: attempts.options.attemptsMax - 1,
      minTimeout: 0,
      factor: 1,
      shouldRetry: ({ error, attemptNumber }) => attempts.goesOn(error, attemptNumber),
    });
  } catch (error) {
    throw isA(error, Failed) || isA(error, Ended) ? error.value : error;
  }
}

/** What an attempt threw, whatever it was: p-retry gives up at once on a TypeError and on what is no Error. */
class Failed extends Error {
  constructor(readonly value: unknown) {
    super('an attempt failed');
  }
}

/** There is no further attempt, for a reason of any type that is not the attempt's own. */
class Ended extends Error {
  constructor(readonly value: unknown) {
    super('no further attempt');
  }
}

class Attempts<T> {
  constructor(
    private readonly owner: Owner,
    private readonly attempt: (number: number) => T | Promise<T>,
    readonly options: ReadRetry,
  ) {}

  async make(number: number): Promise<T> {
    this.check();
    let value: T;
    try {
      value = await adopt(this.attempt(number));
    } catch (error) {
      this.check();
      throw new Failed(error);
    }
    this.check();
    try {
      checkResult('retry', value);
    } catch (error) {
      throw new Ended(error);
    }
    return value;
  }

  /** Whether a failed attempt is followed by another; resolves when that is due, or found to be pointless. */
  async goesOn(error: unknown, number: number): Promise<boolean> {
    if (!isA(error, Failed)) return false;
    const { when, schedule, signal, retryAfterMaxMs, onRetry } = this.options;
    if (when !== undefined && !(await adopt(when(error.value)))) return false;
    const asked = Math.min(retryAfterMaxMs, askedMs(error.value));
    const ms = Math.max(asked, backoffMs(schedule, number, this.owner.env.u32() / 0x1_0000_0000));
    if (onRetry !== undefined
      && !this.over) disown(onRetry({ error: error.value, attempt: number, delayMs: ms }));
    if (ms > 0 && !this.over) await new Pause(this.owner, signal, ms).done;
    return true;
  }

  private get over(): boolean {
    return this.options.signal?.aborted === true || this.owner.ended();
  }

  private check(): void {
    const { owner, options: { signal } } = this;
    if (owner.ended()) throw new Ended(owner.reason());
    if (signal !== undefined && signal.aborted) throw new Ended(signal.reason);
  }
}

/** The time between two attempts. What ends it early is found by the next attempt, before it is made. */
class Pause extends Deadline implements Abortable, Holding {
  readonly done: Promise<void>;
  private wakeUp!: () => void;
  private readonly watched: Watched | null;
  constructor(
    private readonly owner: Owner,
    signal: AbortSignal | undefined,
    ms: number,
  ) {
    super();
    this.done = new Promise<void>((resolve) => {
      this.wakeUp = resolve;
    });
    owner.begin(this, ms);
    this.watched = signal === undefined ? null : watchSignal(signal, this);
  }
  expire(): void {
    this.end();
  }
  aborted(): void {
    this.end();
  }
  release(): void {
    this.end();
  }
  private end(): void {
    unwatch(this.watched, this.owner.kernel);
    this.owner.end(this);
    this.wakeUp();
  }
}
