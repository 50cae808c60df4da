import type { Standing } from '../../base/text/index.js';
import type { Process } from '../../process/record/index.js';
import type { PushOutcome } from '../../api/bus/queue.js';
import type { PushTerms } from './options.js';
import { Wait, type WaitQueue } from './wait.js';

/** What a push comes to, when it comes to that at once. */
export const OUTCOMES: Readonly<Record<PushOutcome, Promise<PushOutcome>>> = {
  queued: Promise.resolve('queued'),
  dropped: Promise.resolve('dropped'),
  superseded: Promise.resolve('superseded'),
};

/** A push that waits for room. */
export class Pusher extends Wait implements Standing<Pusher> {
  prior: Pusher | null = null;
  next: Pusher | null = null;
  readonly promise: Promise<PushOutcome>;
  private resolve!: (outcome: PushOutcome | Promise<PushOutcome>) => void;
  private fail!: (error: unknown) => void;
  constructor(
    queue: WaitQueue,
    owner: Process | null,
    readonly payload: unknown,
    readonly asked: PushTerms,
    /** who hears of its death */
    readonly from: Process | null,
  ) {
    super(queue, owner, asked, 'push');
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.fail = reject;
    });
  }

  /** There is room: the item comes in now. */
  come(outcome: PushOutcome | Promise<PushOutcome>): void {
    this.end();
    this.resolve(outcome);
  }

  protected reject(error: unknown): void {
    this.fail(error);
  }
}
