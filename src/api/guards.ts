/*
 * What guards calls to the outside: circuit breakers, limits, retries. The types of the port
 * `guards`, which the delivery layer fills; one breaker and one limit per name and system, shared
 * by all its processes.
 */
import type { Backoff } from '../base/index.js';

/** What a breaker does with a call: let it through, fail it at once, or let some through to decide. */
export type BreakerState = 'closed' | 'open' | 'half-open';

/** Options of a breaker, fixed by the first use of its name. */
export interface BreakerOptions {
  /**
   * opens when at least this share of the calls that ended in the window has failed; above 0, at
   * most 1; default 0.5, off when only `failures` is given
   */
  readonly errorRate?: number | undefined;
  /** the rate counts from so many ended calls in the window on; default 10 */
  readonly volume?: number | undefined;
  /** the window of the rate, ms; it moves in ten steps; default 10,000 */
  readonly windowMs?: number | undefined;
  /** opens also after so many failures in a row; default never */
  readonly failures?: number | undefined;
  /** ms from opening until probes are let through; default 30,000 */
  readonly openMs?: number | undefined;
  /** calls that are let through half-open; all of them must succeed; default 1 */
  readonly probes?: number | undefined;
  /** a probe without an outcome after so many ms has failed; default 60,000 */
  readonly probeTimeoutMs?: number | 'infinity' | undefined;
  /**
   * whether a call that ended with this error has failed; default `isCalleeFailure`. What is no
   * failure is not counted at all
   */
  readonly isFailure?: ((error: unknown, signal: AbortSignal) => boolean) | undefined;
}

/** Options of `breaker.run`. */
export interface BreakerRunOptions {
  /**
   * given to the function; its abort is no failure of the callee. Default: `self.signal` in a
   * process, else one that never fires
   */
  readonly signal?: AbortSignal | undefined;
}

/** One change of state. */
export interface BreakerChange {
  readonly breaker: string;
  readonly from: BreakerState;
  readonly to: BreakerState;
  /** the error rate, failures in a row, `openMs` has passed, the outcome of probes, `open()` or `close()` */
  readonly cause: 'rate' | 'failures' | 'due' | 'probe' | 'manual';
}

/** What a breaker has counted since it was made. */
export interface BreakerStats {
  readonly name: string;
  readonly state: BreakerState;
  readonly successes: number;
  readonly failures: number;
  /** neither: aborted, of an agent that died, or what `isFailure` excludes */
  readonly ignored: number;
  /** failed fast */
  readonly rejected: number;
  /** calls that have not ended */
  readonly running: number;
  /** how often it went open */
  readonly opened: number;
  /** calls that ended in the window of the error rate, and those of them that failed */
  readonly window: { readonly calls: number; readonly failures: number };
  /** open: ms until a probe is let through, Infinity after `open('infinity')`; else 0 */
  readonly probeInMs: number;
}

/**
 * A circuit breaker: `closed` lets calls through, `open` fails them at once, `half-open` lets
 * `probes` through and decides by their outcome. It changes only when a call comes or ends, never
 * by a timer of its own; a call that began before the latest change changes nothing. The state is
 * that of the name, shared in one system, and gone with it.
 *
 * @example
 * const llm = system.breaker('llm', { failures: 2, openMs: 1_000 });
 * for (let n = 0; n < 2; n++) await llm.run(() => { throw new Error('503'); }).catch(() => {});
 * const error = await llm.run(() => 'answer').catch((error: BreakerOpenError) => error);
 * error instanceof BreakerOpenError && error.code; // => 'BREAKER_OPEN'
 * llm.close();
 * await llm.run(() => 'answer'); // => 'answer'
 */
export interface Breaker {
  readonly name: string;
  readonly state: BreakerState;
  /**
   * Calls `fn` unless the breaker is open; resolves and rejects as it does. Errors:
   * BreakerOpenError (`BREAKER_OPEN`) with `fn` not called; the reason of a signal that has fired
   * before; `ZOMBIE` for a process that has ended. These end no program when nobody looks; an error
   * of `fn` that nobody looks at is an unhandled rejection. Cost: two to three calls to an agent;
   * outside of a process 10 µs more when `fn` declares a parameter, for its signal.
   */
  run<T>(fn: (signal: AbortSignal) => T | PromiseLike<T>, options?: BreakerRunOptions): Promise<T>;
  /**
   * The same for what gives items, one after the other: `fn` opens a generator, a stream of an SDK,
   * of an agent, or promises one, at the first `next()`. Its end is a success, its error a failure;
   * a reader that leaves early makes a success of it when it had an item, else nothing. The time
   * limit of a probe begins anew with each item. The signal of `fn` fires also when the reader
   * leaves. Wrong arguments are thrown; errors of the first `next()` are those of `run`, and
   * `NO_ITEMS`. Cost: about 25 µs a stream and 0.5 µs an item.
   *
   * @example
   * async function* model(prompt: string) { yield* prompt.split(' '); }
   * const words = [];
   * for await (const word of system.breaker('llm').stream(() => model('to be'))) words.push(word);
   * words // => ['to', 'be']
   */
  stream<T>(
    fn: (signal: AbortSignal) => Streamable<T> | PromiseLike<Streamable<T>>, options?: BreakerRunOptions,
  ): AsyncIterableIterator<T>;
  /** the same function behind the breaker */
  wrap<A extends readonly unknown[], T>(fn: (...args: A) => T | PromiseLike<T>): (...args: A) => Promise<T>;
  /** opens it, or keeps it open, for `forMs` from now, default `openMs`; 'infinity' until `close()` */
  open(forMs?: number | 'infinity'): void;
  /** closes it and forgets the window and the failures in a row */
  close(): void;
  stats(): BreakerStats;
  /**
   * tells every change once, in order, after it is done; returns the way to stop. What a listener
   * throws is logged
   */
  watch(listener: (change: BreakerChange) => void): () => void;
}

/** What gives items, one after the other. */
export type Streamable<T> = AsyncIterable<T> | Iterable<T | PromiseLike<T>>;

/**
 * Options of a limit, fixed by the first use of its name; at least one of `perMinute`,
 * `weightPerMinute` and `concurrency`.
 */
export interface LimitOptions {
  /** starts a minute, evenly spread: in any T ms at most `burst + perMinute * T / 60,000`; default no limit */
  readonly perMinute?: number | undefined;
  /** starts at once after a pause; default one second's worth of `perMinute`, at least 1 */
  readonly burst?: number | undefined;
  /**
   * weight of the calls that start in a minute, evenly spread, as tokens of a model: in any T ms at
   * most `weightBurst + weightPerMinute * T / 60,000`; default no limit
   */
  readonly weightPerMinute?: number | undefined;
  /** weight that starts at once after a pause, and of one call at most; default one minute's worth */
  readonly weightBurst?: number | undefined;
  /** calls that run at the same time; default no limit */
  readonly concurrency?: number | undefined;
  /**
   * longest pause, ms, that the `retryAfterMs` of an error can begin; a longer one is cut to it,
   * and logged; default 600,000 (ten minutes)
   */
  readonly retryAfterMaxMs?: number | undefined;
}

/** Options of `limit.run`. */
export interface LimitRunOptions {
  /**
   * given to the function; ends the wait with its reason. Default: `self.signal` in a process, else
   * one that never fires
   */
  readonly signal?: AbortSignal | undefined;
  /** longest wait for its turn, ms; the call itself is not limited; default 60,000 */
  readonly timeoutMs?: number | 'infinity' | undefined;
  /** what it weighs under `weightPerMinute`, a whole number from 0, as far as it is known; default 1 */
  readonly weight?: number | undefined;
}

/** What a function at a limit is given beside its signal. */
export interface LimitPermit {
  /** what its call weighs, as was said last */
  readonly weight: number;
  /**
   * Corrects the weight once it is known, also after the call: what was too much comes back, what
   * was too little is owed by the calls that follow. The last correction counts; it may be more than
   * `weightBurst`. Errors: OptionError; `BAD_COMBINATION` when the limit has no `weightPerMinute`.
   */
  weigh(weight: number): void;
}

/** What a limit has counted since it was made. */
export interface LimitStats {
  readonly name: string;
  readonly running: number;
  readonly waiting: number;
  readonly started: number;
  /** of the calls that started, as corrected; 0 without `weightPerMinute` */
  readonly weight: number;
  /** weight that may start now; below 0 when corrections owe more; Infinity without `weightPerMinute` */
  readonly weightFree: number;
  /** waits that ended by `timeoutMs` */
  readonly timedOut: number;
  /** waits that ended by an abort or by the death of the agent */
  readonly withdrawn: number;
  /** ms that a pause has left */
  readonly pausedMs: number;
}

/**
 * A limit on how often, and how many at once: a token bucket and a count of slots under one name.
 * Who waits is served in the order of arrival, and agents take turns when one has many calls
 * waiting. A slot comes back when the call has ended or its agent has died. Pauses and counts are
 * those of the name, shared in one system, and gone with it.
 *
 * @example
 * const openai = system.limit('openai', { perMinute: 600, concurrency: 2 });
 * let most = 0;
 * await Promise.all([1, 2, 3, 4].map(() => openai.run(async () => { most = Math.max(most, openai.stats().running); })));
 * most // => 2
 * const tokens = system.limit('tokens', { weightPerMinute: 60_000, weightBurst: 2_000 });
 * await tokens.run((_signal, permit) => permit.weigh(1_530), { weight: 1_200 });
 * tokens.stats().weight; // => 1_530
 */
export interface Limit {
  readonly name: string;
  /**
   * Calls `fn` in its turn; resolves and rejects as it does. An error with a number `retryAfterMs`
   * also pauses the limit for so long, at most `retryAfterMaxMs`. Errors, with `fn` not called:
   * LimitTimeoutError (`LIMIT_TIMEOUT`), the reason of the signal, `ZOMBIE` when the process has
   * ended, `SYSTEM_STOPPED`, `OVERWEIGHT` for a weight that never fits. These end no program when
   * nobody looks; an error of `fn` that nobody looks at is an unhandled rejection. Cost: about one
   * call to an agent; outside of a process 10 µs more when `fn` declares a parameter, for its
   * signal.
   */
  run<T>(
    fn: (signal: AbortSignal, permit: LimitPermit) => T | PromiseLike<T>, options?: LimitRunOptions,
  ): Promise<T>;
  /**
   * The same for what gives items, one after the other: `fn` opens a generator, a stream of an SDK,
   * of an agent, or promises one, in its turn, which is asked for at the first `next()`. The slot
   * is given back when the stream has closed: by its end, its error, its reader (`break`,
   * `return()`), the signal, the death of its process, the stop of the system. A reader that takes
   * no more must leave. The signal of `fn` fires also when the reader leaves. Wrong arguments are
   * thrown; errors of the first `next()` are those of `run`, and `NO_ITEMS`. Cost: about 25 µs a
   * stream and 0.5 µs an item.
   *
   * @example
   * async function* model(prompt: string) { yield* prompt.split(' '); }
   * const slots = system.limit('openai', { concurrency: 1 });
   * const seen = [];
   * for await (const word of slots.stream(() => model('to be'))) seen.push(word, slots.stats().running);
   * seen // => ['to', 1, 'be', 1]
   * slots.stats().running; // => 0
   */
  stream<T>(
    fn: (signal: AbortSignal, permit: LimitPermit) => Streamable<T> | PromiseLike<Streamable<T>>,
    options?: LimitRunOptions,
  ): AsyncIterableIterator<T>;
  /** the same function behind the limit */
  wrap<A extends readonly unknown[], T>(fn: (...args: A) => T | PromiseLike<T>): (...args: A) => Promise<T>;
  /**
   * starts nothing for `ms` from now; a longer pause that is running stays. What an error may not
   * ask for, you may: it is logged
   */
  pause(ms: number): void;
  /** ends the pause that is running; calls that fail with `retryAfterMs` later begin a new one */
  resume(): void;
  stats(): LimitStats;
}

/** Options of `retry`. */
export interface RetryOptions {
  /** attempts in total, from 1; default 5 */
  readonly attemptsMax?: number | undefined;
  /**
   * the waits between attempts; default 100 ms, doubled each time, at most 30,000, shortened by up
   * to a half
   */
  readonly backoff?: Backoff | undefined;
  /** ends the wait, and prevents further attempts; `self.retry` takes `self.signal` by default */
  readonly signal?: AbortSignal | undefined;
  /**
   * whether what an attempt threw is worth another one; default everything is. What `when` throws
   * is what `retry` rejects with
   */
  readonly when?: ((error: unknown) => boolean) | undefined;
  /**
   * longest wait, ms, that an error's `retryAfterMs` can ask for; a longer one is cut to it;
   * default 600,000 (ten minutes)
   */
  readonly retryAfterMaxMs?: number | undefined;
  /**
   * told of each failed attempt that is followed by another, before the wait; what it throws is
   * what `retry` rejects with
   */
  readonly onRetry?: ((failure: RetryFailure) => void) | undefined;
}

/** Options of `retryStream`. */
export interface RetryStreamOptions extends RetryOptions {
  /**
   * whether an attempt that fails behind its first item is followed by another, which goes on
   * behind the items taken; default false
   */
  readonly resume?: boolean | undefined;
}

/** Opens a stream: its number, from 1, the count of items that its reader was given before, its signal. */
export type StreamAttempt<T> = (
  number: number, taken: number, signal: AbortSignal,
) => Streamable<T> | PromiseLike<Streamable<T>>;

/** An attempt of `retry` that failed and is followed by another. */
export interface RetryFailure {
  /** what it threw */
  readonly error: unknown;
  /** its number, from 1 */
  readonly attempt: number;
  /** ms until the next one */
  readonly delayMs: number;
}

/** The verbs of every process that guard its calls to the outside. */
export interface GuardVerbs {
  /**
   * The breaker of that name, made at its first use. Errors: OptionError; `OPTIONS_CONFLICT` when
   * the name has other options.
   *
   * @example
   * const Writer = defineAgent({ calls: { write: (self, topic: string) => self.breaker('llm').run(async () => `about ${topic}`) } });
   * await system.start(Writer).call('write', 'frogs'); // => 'about frogs'
   * system.breaker('llm').stats().successes; // => 1
   */
  breaker(name: string, options?: BreakerOptions): Breaker;
  /**
   * The limit of that name, made at its first use, which must give options. Errors: as `breaker`.
   *
   * @example
   * const Writer = defineAgent({ calls: { write: (self, topic: string) => self.limit('openai', { perMinute: 60 }).run(async () => `about ${topic}`) } });
   * await system.start(Writer).call('write', 'frogs'); // => 'about frogs'
   */
  limit(name: string, options?: LimitOptions): Limit;
  /**
   * `retry` of `castcall`, ended by `self.signal` unless another signal is given, and by the end of
   * the process, with its exit reason. It waits on the timers of the system.
   */
  retry<T>(attempt: (number: number) => T | Promise<T>, options?: RetryOptions): Promise<T>;
  /**
   * `retryStream` of `castcall`, ended by `self.signal` unless another signal is given, and by the
   * end of the process, with `ZOMBIE`. It waits on the timers of the system.
   */
  retryStream<T>(attempt: StreamAttempt<T>, options?: RetryStreamOptions): AsyncIterableIterator<T>;
}
