import { Deadline } from '../../base/index.js';
import { fieldOf } from '../../base/text/index.js';
import type { Standing } from '../../base/text/index.js';
import { Phase } from '../../process/record/index.js';
import type { Holding, Kernel, Process } from '../../process/record/index.js';
import { hold, letGo } from '../../router/names/index.js';
import { unwatch, watchSignal } from '../../router/request/index.js';
import type { Abortable, Watched } from '../../router/request/index.js';
import type { BusError } from '../core/index.js';
import type { PullTerms } from './options.js';

/** What waits for items, in the line of its queue. */
export interface Taker extends Standing<Taker> {
  /** Whether it may be given one now; when not, it has left the line by itself. */
  ready(): boolean;
  /** It has left the line, and gets the item that is next. */
  take(): void;
  /** It is over before it got one: the system has stopped; it has left the line. */
  refuse(error: unknown): void;
  /** The same when the queue is closed, and empty. */
  close(error: unknown): void;
}

/** What a wait asks of its queue. */
export interface WaitQueue {
  readonly kernel: Kernel;
  /** Takes a wait out of its line. */
  leave(wait: Wait): void;
  /** `subject` of errors */
  readonly title: string;
  failed(code: 'TIMEOUT' | 'ZOMBIE', verb: string, what: string): BusError;
}

/** Somebody who waits at a queue, under a signal, a time limit, and the life of a process. */
export abstract class Wait extends Deadline implements Abortable, Holding {
  private watched: Watched | null = null;
  private over = false;
  /** monotonic ms; -1 without a limit. A timer may be late, and who has waited too long gets nothing */
  private dueAt = -1;
  constructor(
    protected readonly queue: WaitQueue,
    readonly owner: Process | null,
    private readonly terms: PullTerms,
    private readonly verb: string,
  ) {
    super();
  }

  /** It stands in its line from now on; its signal has not fired. */
  begin(): void {
    const { owner, terms, queue: { kernel } } = this;
    if (owner !== null) hold(owner, this);
    if (terms.signal !== null) this.watched = watchSignal(terms.signal, this);
    if (terms.timeoutMs < 0) return;
    this.dueAt = kernel.env.mono() + terms.timeoutMs;
    kernel.deadlines.add(this, terms.timeoutMs);
  }

  /** Whether whoever waits is still there; when not, the wait has ended. */
  ready(): boolean {
    const { owner, terms: { signal }, dueAt } = this;
    if (owner !== null && owner.phase === Phase.Dead) this.release(owner);
    else if (fieldOf(signal, 'aborted') === true) this.aborted(fieldOf(signal, 'reason'));
    else if (dueAt >= 0 && this.queue.kernel.env.mono() >= dueAt) this.expire();
    return !this.over;
  }

  aborted(reason: unknown): void {
    this.withdraw(reason);
  }

  expire(): void {
    this.withdraw(this.queue.failed('TIMEOUT', this.verb, `nothing within ${this.terms.timeoutMs} ms`));
  }

  release(p: Process): void {
    this.withdraw(this.queue.failed('ZOMBIE', this.verb, `the process ${p.pid} has ended`));
  }

  refuse(error: unknown): void {
    this.end();
    this.reject(error);
  }

  protected abstract reject(error: unknown): void;

  protected end(): void {
    const { kernel } = this.queue;
    this.over = true;
    kernel.deadlines.remove(this);
    unwatch(this.watched, kernel);
    if (this.owner !== null) letGo(this.owner, this);
  }

  private withdraw(error: unknown): void {
    if (this.over) return;
    this.queue.leave(this);
    this.refuse(error);
  }
}
