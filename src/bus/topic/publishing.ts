import { unwatch, watchSignal } from '../../router/request/index.js';
import type { Abortable, Watched } from '../../router/request/index.js';
import type { Kernel } from '../../process/record/index.js';
import type { TopicState } from './state.js';

/** A publish that some readers have no room for yet. */
export class Publishing implements Abortable {
  /** readers that it still stands in line for, and one while it is offered to them */
  left = 1;
  /** those that it has reached */
  reachedSoFar = 0;
  readonly promise: Promise<number>;
  private resolve!: (reached: number) => void;
  private reject!: (reason: unknown) => void;
  private watched: Watched | null = null;
  constructor(
    private readonly kernel: Kernel,
    private readonly state: TopicState,
  ) {
    this.promise = new Promise<number>((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    state.waiting++;
  }

  watch(signal: AbortSignal): void {
    this.watched = watchSignal(signal, this);
  }

  /** So many had room for it at once. */
  reach(count: number): void {
    this.reachedSoFar += count;
  }

  /** One of those readers has it, or will never have it. */
  decided(reached: boolean): void {
    if (reached) this.reachedSoFar++;
    if (--this.left > 0) return;
    this.state.waiting--;
    unwatch(this.watched, this.kernel);
    this.resolve(this.reachedSoFar);
    this.state.leave();
  }

  /** It is waited for no longer; it stays in its lines, and counts until it has left them. */
  aborted(reason: unknown): void {
    this.reject(reason);
  }
}
