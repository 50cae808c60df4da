import type { FailedAttempt } from '../../api/delivery.js';
import type { Terms } from '../../behaviour/gen/outward/index.js';
import type { Op } from '../../mailbox/message/index.js';
import type { Address, Process } from '../../process/record/index.js';
import { Failure } from '../../router/dead-letter/index.js';
import type { Redelivery } from '../../router/dead-letter/index.js';
import { addressName } from '../../router/request/index.js';
import type { DeadLetter, RetryRefusal } from '../../api/letters.js';

/** What is told of a delivery that died. */
interface Died {
  readonly op: Op;
  readonly target: Address;
  readonly caller: Process | null;
  readonly attempts: number;
  readonly failures: readonly FailedAttempt[];
  readonly terms: Terms;
  readonly key: string | null;
  readonly past: DeadLetter | null;
}

/** A delivery that died: it goes out again with its terms, key and order. */
export class GuaranteedRedelivery<M extends Died> implements Redelivery {
  constructor(
    private readonly message: M,
    private readonly again: {
      resend(old: M, payload: unknown, edited: boolean, letter: DeadLetter): RetryRefusal | null;
    },
    /** as it died */
    private readonly payload: unknown,
  ) {}

  get op(): Op {
    return this.message.op;
  }

  get sender(): Process | null {
    return this.message.caller;
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
      to: addressName(target),
      from: caller?.pid,
      fromName: caller?.name?.name,
      attempts: before + attempts,
      failures: all,
      guarantee: terms.guarantee,
      key: key ?? undefined,
    };
  }

  resend(payload: unknown, letter: DeadLetter): RetryRefusal | null {
    return this.again.resend(this.message, payload, payload !== this.payload, letter);
  }
}
