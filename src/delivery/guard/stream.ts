import { CastcallError, handled, isThenable, markHandled, OptionError, Ring, settle } from '../../base/index.js';
import { Source } from '../../behaviour/gen/request/index.js';
import type { Items, Puller } from '../../behaviour/gen/request/index.js';
import { systemStopped } from '../../process/kernel/index.js';
import { fenced, isOurs } from '../../process/record/index.js';
import type { Holding, Judge, Kernel, Process } from '../../process/record/index.js';
import { hold, letGo } from '../../router/names/index.js';
import { unwatch, watchSignal } from '../../router/request/index.js';
import type { Abortable, Watched } from '../../router/request/index.js';

/** Lasts until the stream has closed: rejects with what it failed with. */
export type Body = (number: number) => Promise<void>;

/** In what a stream runs: a limit, a breaker, a retry, as they run any function that takes its time. */
export interface Guard {
  /** Runs the body, more than once if it is a retry. */
  run(body: Body, signal: AbortSignal): Promise<unknown>;
  /** an item has come */
  item(): void;
  /** its reader leaves before the first item: that says nothing of the callee */
  left(): void;
  /** once the body is over it waits for nobody but us */
  readonly prompt: boolean;
}

/** In whose name a stream is read, and what opens it. */
export interface Opening {
  readonly verb: string;
  /** null for the program, which has no system */
  readonly kernel: Kernel | null;
  /** null for the outside */
  readonly owner: Process | null;
  /** ends the stream with its reason */
  readonly signal: AbortSignal | undefined;
  readonly open: (number: number, taken: number, signal: AbortSignal) => unknown;
}

class Wait<T> {
  resolve!: (value: T) => void;
  reject!: (error: unknown) => void;
  readonly promise: Promise<T> = new Promise<T>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });
}

type Result = IteratorResult<unknown, undefined>;
interface Failure {
  readonly error: unknown;
}

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/**
 * A stream of the user's, read in a guard. It is opened at the first `next()`, asked for one item at
 * a time, and never waited for: it ends with its source, with its reader, its signal, its process
 * or its system, and the guard hears of that at once. What opens it and what it gives is foreign.
 */
export class GuardedStream implements AsyncIterableIterator<unknown>, Puller, Holding, Abortable, Judge {
  /** items that the reader was given */
  taken = 0;
  private readonly readers = new Ring<Wait<Result>>();
  /** what the stream is opened with: fires when it ends in any way but its own */
  private readonly controller = new AbortController();
  /** what the guard waits for while the stream is open */
  private body: Wait<void> | null = null;
  private source: Source | null = null;
  private failure: Failure | null = null;
  private watched: Watched | null = null;
  /** the guard has let go */
  private ended: Promise<unknown> | null = null;
  private over = false;
  private asking = false;
  private moving = false;
  constructor(
    private readonly opening: Opening,
    private readonly guard: Guard,
  ) {}

  /* ---- the reader's side ---- */

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result> {
    const reader = new Wait<Result>();
    if (fenced(this.opening.owner)) this.reject(reader, this.zombie());
    else {
      this.readers.push(reader);
      if (this.ended === null && !this.over) this.begin();
      this.move();
    }
    return this.answer(reader.promise);
  }

  /** The reader breaks off: resolves when the guard has let go, whatever the source does about it. */
  return(): Promise<Result> {
    this.cut(null, atOnce);
    this.failure = null;
    const { ended, guard } = this;
    return this.answer(ended === null || !guard.prompt ? Promise.resolve(DONE) : ended.then(() => DONE));
  }

  ours(error: unknown): boolean {
    return isOurs(this.opening.owner, this.opening.signal ?? null, error);
  }

  private answer(promise: Promise<Result>): Promise<Result> {
    const { kernel } = this.opening;
    return kernel === null ? promise : kernel.answer(promise, this);
  }

  private reject(reader: Wait<Result>, error: unknown): void {
    if (this.ours(error)) markHandled(reader.promise);
    reader.reject(error);
  }

  /* ---- the guard's side ---- */

  private begin(): void {
    const { owner, kernel, signal } = this.opening;
    if (signal?.aborted === true) this.end({ error: signal.reason });
    else if (owner === null && kernel?.closed === true) this.end({ error: systemStopped() });
    else {
      if (owner !== null) hold(owner, this);
      else kernel?.stopHooks.add(this.stopped);
      if (signal !== undefined) this.watched = watchSignal(signal, this);
      const ran = new Wait<void>();
      this.ended = ran.promise;
      settle(this.guard.run((number) => this.open(number), this.controller.signal), () => {
        this.end(null);
        ran.resolve();
      }, (error) => {
        this.end({ error });
        ran.resolve();
      });
    }
  }

  private open(number: number): Promise<void> {
    const body = new Wait<void>();
    if (this.over) {
      body.resolve();
      return body.promise;
    }
    this.body = body;
    try {
      const items = this.opening.open(number, this.taken, this.controller.signal);
      if (isThenable(items)) {
        settle(items, (came) => this.opened(body, came), (error) => {
          if (this.body === body) this.broke(error);
        });
      } else this.opened(body, items);
    } catch (error) {
      if (this.body === body) this.broke(error);
    }
    return handled(body.promise);
  }

  /** One that comes too late is closed. */
  private opened(body: Wait<void>, items: unknown): void {
    let source: Source | null = null;
    try {
      source = Source.of(checkItems(this.opening.verb, items), this.warn);
    } catch (error) {
      if (this.body === body) this.broke(error);
    }
    if (this.body !== body) source?.close();
    else {
      this.source = source;
      this.move();
    }
  }

  /* ---- the source ---- */

  pulled(value: unknown): void {
    const { source } = this;
    if (!isThenable(value)) this.give(value);
    // A plain iterator of promises, as `for await` reads it.
    else settle(value, (came) => {
      if (this.source === source) this.give(came);
    }, (error) => {
      if (this.source !== source) return;
      source?.close();
      this.broke(error);
    });
  }

  exhausted(): void {
    this.shut()?.resolve();
  }

  broke(error: unknown): void {
    this.shut()?.reject(error);
  }

  private give(value: unknown): void {
    this.asking = false;
    this.taken++;
    this.guard.item();
    this.readers.shift().resolve({ done: false, value });
    this.move();
  }

  /** Asks for what is wanted; once it is over, tells those that wait. Never within itself. */
  private move(): void {
    if (this.moving) return;
    this.moving = true;
    while (this.readers.size > 0 && !this.asking && (this.over || this.source !== null)) {
      if (this.over) this.tell(this.readers.shift());
      else {
        this.asking = true;
        this.source?.pull(this);
      }
    }
    this.moving = false;
  }

  private tell(reader: Wait<Result>): void {
    const { failure } = this;
    this.failure = null;
    if (failure === null) reader.resolve(DONE);
    else this.reject(reader, failure.error);
  }

  /** The source is done with; what the guard waits for, unless that has been told. */
  private shut(): Wait<void> | null {
    const { body } = this;
    this.body = null;
    this.source = null;
    this.asking = false;
    return body;
  }

  /* ---- the end ---- */

  aborted(reason: unknown): void {
    this.cut({ error: reason }, atOnce);
  }

  /** Its process has ended: foreign code has no place in the midst of that. */
  release(): void {
    this.cut({ error: this.zombie() }, this.later);
  }

  private readonly stopped = (): void => this.cut({ error: systemStopped() }, this.later);
  private readonly later = (close: () => void): void => this.opening.kernel?.env.microtask(close);

  /** Ends it from our side: with an error, or because its reader has left. */
  private cut(failure: Failure | null, when: (close: () => void) => void): void {
    if (this.over) return;
    const { source } = this;
    const body = this.shut();
    if (failure === null && this.taken === 0) this.guard.left();
    this.end(failure);
    when(() => {
      source?.close();
      this.controller.abort(failure === null
        ? new DOMException('the reader of the stream has left', 'AbortError')
        : failure.error);
      if (failure === null) body?.resolve();
      else body?.reject(failure.error);
    });
  }

  /** It is over. Idempotent: the guard tells it as well. */
  private end(failure: Failure | null): void {
    if (this.over) return;
    const { owner, kernel } = this.opening;
    this.over = true;
    this.failure = failure;
    this.asking = false;
    unwatch(this.watched, kernel);
    if (owner !== null) letGo(owner, this);
    else kernel?.stopHooks.delete(this.stopped);
    this.move();
  }

  private zombie(): CastcallError {
    const { verb, owner } = this.opening;
    return new CastcallError('ZOMBIE', `${verb}: the process ${String(owner?.pid)} has ended`);
  }

  private readonly warn = (error: unknown): void =>
    this.opening.kernel?.warn(`the source of ${this.opening.verb} failed to close`, { error });
}

function atOnce(close: () => void): void {
  close();
}

/** A text can be looped over as well: letter by letter, which nobody means. */
function checkItems(verb: string, items: unknown): Items {
  if (typeof items === 'object' && items !== null && (Symbol.asyncIterator in items || Symbol.iterator in items)) {
    return items as Items;
  }
  throw new OptionError(
    `${verb} result`, items, 'something to loop over',
    'give an async generator, a stream, or a promise of one; for a value use run', 'NO_ITEMS',
  );
}
