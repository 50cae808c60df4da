import { awaitable, CastcallError, markHandled, OptionError } from '../../base/index.js';
import { fenced, isOurs } from '../../process/record/index.js';
import type { Judge, Kernel, Process } from '../../process/record/index.js';
import type { LimitPermit } from '../../api/guards.js';
import { checkResult } from './lazy.js';

/**
 * Of functions that declare no parameter for a signal, outside of every process: it never fires,
 * and keeps no listener.
 */
const NEVER: AbortSignal = Object.defineProperties(new AbortController().signal, {
  addEventListener: { value: () => undefined },
  onabort: { get: () => null, set: () => undefined },
});

interface Signalled {
  readonly signal: AbortSignal;
}

/** A function of the user's; only a limit has a permit for it. */
export type Guarded = (signal: AbortSignal, permit: LimitPermit) => unknown;

/** Who asks: a process, or the outside. */
export class Asker {
  /** null when it is the process's own: a breaker that outlives its agent holds no state of it (P35) */
  private readonly self: Signalled | null;
  constructor(readonly p: Process | null, self: Signalled | null, readonly kernel: Kernel) {
    this.self = p !== null && p.self === self ? null : self;
  }

  /** undefined for the outside, which has none, and for the dead */
  get own(): AbortSignal | undefined {
    const { self, p } = this;
    return (self ?? (p === null ? null : (p.self as Signalled | null)))?.signal;
  }
}

/**
 * One run of a function of the user's behind a limit or a breaker. Its promise settles as the
 * function does.
 */
export abstract class Run implements Judge {
  private done: Promise<unknown> | null = null;
  private marked = false;
  /** null for one that never fires */
  signal: AbortSignal | null = null;
  /** what the function is given beside its signal */
  protected permit: LimitPermit | undefined = undefined;
  constructor(
    private readonly asker: Asker,
    protected readonly fn: Guarded,
  ) {}

  start(verb: string, given: object | undefined): Promise<unknown> {
    const done = this.go(verb, given);
    this.done = done;
    if (this.marked) markHandled(done);
    return this.asker.kernel.answer(done, this);
  }

  ours(error: unknown): boolean {
    return isOurs(this.asker.p, this.signal, error);
  }

  /** Reads the options of a run or of a stream; returns their signal. */
  abstract read(verb: string, given: object | undefined): AbortSignal | undefined;
  /** an item of a stream has come */
  item(): void {}
  /** the reader of a stream leaves before the first item */
  left(): void {}
  /** Throws when the call may not be made; resolves, or answers null, when its turn has come. */
  protected abstract enter(owner: Process | null): Promise<void> | null;
  /** The call is made now; throws when it may not any more. */
  protected begin(): void {}
  /** the function has returned, and what it promised has come */
  protected abstract ended(): void;
  protected abstract failed(error: unknown): void;

  protected get told(): AbortSignal {
    return this.signal ?? NEVER;
  }

  private async go(verb: string, given: object | undefined): Promise<unknown> {
    const { asker, fn } = this;
    let called = false;
    try {
      this.signal = this.read(verb, given) ?? asker.own ?? null;
      if (typeof fn !== 'function') throw new OptionError(verb, fn, 'a function');
      if (fenced(asker.p)) {
        throw new CastcallError('ZOMBIE', `${verb}: the process ${(asker.p as Process).pid} has ended`);
      }
      this.signal?.throwIfAborted();
      const turn = this.enter(asker.p);
      if (turn !== null) await turn;
      this.begin();
      called = true;
      const value = fn(
        this.signal ?? (fn.length === 0 ? NEVER : new AbortController().signal), this.permit as LimitPermit,
      );
      const later = awaitable(value);
      const came = later === null ? value : await later;
      if (typeof came === 'object') checkResult(verb, came);
      this.ended();
      return came;
    } catch (error) {
      if (called) this.failed(error);
      if (this.ours(error)) this.mark();
      throw error;
    }
  }

  private mark(): void {
    if (this.done === null) this.marked = true;
    else markHandled(this.done);
  }
}
