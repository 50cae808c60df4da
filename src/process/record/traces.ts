import { CastcallError } from '../../base/index.js';
import { fieldOf, isA } from '../../base/text/index.js';
import type { Judge } from './judge.js';

/** So many promises of one turn of the event loop remember who asked, in development; each takes some µs. */
export const TRACES_PER_TURN = 64;

const BEYOND =
  `\n    (no frames: in each turn of the event loop the first ${TRACES_PER_TURN} promises remember their caller)`;

/** The frames of who asked; they become text when they are read. */
export interface Trace {
  readonly stack?: string;
}

const { then } = Promise.prototype;

/**
 * Development only: what fails later gets the frames of its caller, because an error that is made
 * in a drain has none of them. A stack takes longer than ten calls, so that only the first of a
 * turn have one; what comes after says so.
 */
export class Traces {
  private left = TRACES_PER_TURN;
  private turn = -1;
  private readonly told = new WeakSet<object>();
  constructor(
    /** knows the turn of the event loop */
    private readonly scheduler: { readonly turns: number },
  ) {}

  /** Whether the next one may remember its caller. */
  get due(): boolean {
    if (this.turn !== this.scheduler.turns) {
      this.turn = this.scheduler.turns;
      this.left = TRACES_PER_TURN;
    }
    return this.left > 0;
  }

  /** The frames above `entry`, which is on the stack; null when there are no more for this turn. */
  take(entry: (...args: never[]) => unknown): Trace | null {
    if (!this.due) return null;
    this.left--;
    const made: Trace = {};
    Error.captureStackTrace(made, entry);
    return made;
  }

  /**
   * What a promise of ours rejects with gets the frames of who is given it; it counts as handled.
   * Returns it.
   */
  follow<T>(promise: Promise<T>): Promise<T> {
    const trace = this.take(this.follow);
    void then.call(
      promise, undefined,
      trace === null ? this.addNone : (error: unknown) => this.add(error, trace),
    );
    return promise;
  }

  /** The same for a promise with a judge, who also adds the frames. */
  judge(judge: Judge): Judge {
    const trace = this.take(this.judge);
    return {
      ours: (error) => {
        this.add(error, trace);
        return judge.ours(error);
      },
    };
  }

  /** Once per error, and to those of ours only. Never throws. */
  add(error: unknown, trace: Trace | null): void {
    if (!isA(error, CastcallError) || this.told.has(error)) return;
    this.told.add(error);
    const own = stackOf(error);
    if (own === null) return;
    const frames = framesOf(trace);
    if (frames === BEYOND && own.includes('\n    at ')) return;
    // what is frozen keeps the stack it has
    Reflect.defineProperty(
      error, 'stack', { value: own + frames, writable: true, configurable: true, enumerable: false },
    );
  }

  private readonly addNone = (error: unknown): void => this.add(error, null);
}

function framesOf(trace: Trace | null): string {
  if (trace === null) return BEYOND;
  const text = String(trace.stack);
  const first = text.indexOf('\n');
  return first < 0 ? '' : text.slice(first);
}

/** Null when it does not let it be read. */
function stackOf(error: Error): string | null {
  const stack = fieldOf(error, 'stack');
  return typeof stack === 'string' ? stack : null;
}
