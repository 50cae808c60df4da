import type { DeadLetter, Redelivery, RetryRefusal } from '../../router/index.js';
import { Failure, titleOf } from '../../router/index.js';
import type { Delivered } from './delivered.js';

/** Sends a delivery again that has ended as a dead letter. */
export interface Resender {
  resend(old: Delivered, payload: unknown, edited: boolean, letter: DeadLetter): RetryRefusal | null;
}

/** A delivery that died: it goes out again with its terms, key and order. */
export class GuaranteedRedelivery implements Redelivery {
  constructor(
    private readonly message: Delivered,
    private readonly resender: Resender,
    /** as it died */
    private readonly payload: unknown,
  ) {}

  get op(): Delivered['op'] {
    return this.message.op;
  }

  get past(): DeadLetter | null {
    return this.message.past;
  }

  get facts(): Redelivery['facts'] {
    const { target, caller, attempts, failures, terms, key, past } = this.message;
    const before = past === null ? 0 : past.attempts;
    const all = past === null
      ? failures
      : [...past.failures, ...failures.map(({ attempt, reason }) => new Failure(before + attempt, reason))];
    return {
      verb: 'deliver',
      to: titleOf(target),
      from: caller?.pid,
      fromName: caller?.name?.name,
      attempts: before + attempts,
      failures: all,
      guarantee: terms.guarantee,
      key: key ?? undefined,
    };
  }

  resend(payload: unknown, letter: DeadLetter): RetryRefusal | null {
    return this.resender.resend(this.message, payload, payload !== this.payload, letter);
  }
}
