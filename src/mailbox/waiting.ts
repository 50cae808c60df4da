import type { Rank } from './mailbox.js';
import type { Op } from './message/index.js';

/** A send that waits for room under the policy `suspend`. */
export abstract class Waiter {
  prior: Waiter | null = null;
  next: Waiter | null = null;
  /** it stands in a line */
  waits = false;
  /** what it will take of a bound in bytes */
  bytes = 0;
  constructor(
    readonly rank: Rank,
    readonly op: Op,
    readonly payload: unknown,
    readonly from: unknown,
    /** monotonic ms after which the message must not be handled, or -1 */
    readonly expiresAt: number,
  ) {}
  /** its sender has been told how it ended */
  abstract readonly over: boolean;
  /** There is room, and it is out of the line and of the account: it queues its message now. */
  abstract enter(): void;
  /** Its message is queued. */
  abstract entered(): void;
  /** Its message never will be; `EXIT` carries the reason of the receiver. */
  abstract refused(code: string, reason?: unknown): void;
}

/** The sends that wait for room in one mailbox, first come, first served; see `waited` in `account.ts`. */
export class Waiting {
  head: Waiter | null = null;
  private tail: Waiter | null = null;
  size = 0;

  push(waiter: Waiter): void {
    const { tail } = this;
    waiter.waits = true;
    waiter.prior = tail;
    if (tail === null) this.head = waiter;
    else tail.next = waiter;
    this.tail = waiter;
    this.size++;
  }

  /** False when it is not in the line any more. */
  remove(waiter: Waiter): boolean {
    if (!waiter.waits) return false;
    const { prior, next } = waiter;
    if (prior === null) this.head = next;
    else prior.next = next;
    if (next === null) this.tail = prior;
    else next.prior = prior;
    waiter.waits = false;
    waiter.prior = null;
    waiter.next = null;
    this.size--;
    return true;
  }
}
