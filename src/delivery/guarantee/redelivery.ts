import type { FailedAttempt } from '../../api/delivery.js';
import type { Terms } from '../../behaviour/gen/outward/index.js';
import type { Op } from '../../mailbox/message/index.js';
import type { Address, Process } from '../../process/record/index.js';
import { Failure } from '../../router/dead-letter/index.js';
import type { PastLetter, Redelivery } from '../../router/dead-letter/index.js';
import { addressName } from '../../router/request/index.js';
import type { DeadLetter, LetterFailure, RetryRefusal } from '../../api/letters.js';
import type { Stored } from './store/stored.js';

/** What is told of a delivery that died. */
interface Died {
  readonly op: Op;
  readonly target: Address;
  readonly caller: Process | null;
  readonly attempts: number;
  readonly failures: readonly FailedAttempt[];
  readonly terms: Terms;
  readonly key: string | null;
  readonly past: PastLetter | null;
  /** of a stored one */
  readonly rare: {
    readonly stored: Pick<Stored, 'letter' | 'edited' | 'discarded'> | null;
    readonly headers: DeadLetter['headers'] | null;
  } | null;
}

/** Starts and failures of a delivery, through all retries of its dead letter. */
export function attemptsOf(
  { attempts, failures, past }: Pick<Died, 'attempts' | 'failures' | 'past'>,
): { readonly attempts: number; readonly failures: readonly LetterFailure[] } {
  if (past === null) return { attempts, failures };
  const later = failures.map(({ attempt, reason }) => new Failure(past.attempts + attempt, reason));
  return { attempts: past.attempts + attempts, failures: [...past.failures, ...later] };
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

  get past(): PastLetter | null {
    return this.message.past;
  }

  get facts(): Redelivery['facts'] {
    const { target, caller, terms, key, rare } = this.message;
    return {
      verb: 'deliver',
      to: addressName(target),
      from: caller?.pid,
      fromName: caller?.name?.name,
      ...attemptsOf(this.message),
      guarantee: terms.guarantee,
      key: key ?? undefined,
      headers: rare?.headers ?? undefined,
      seq: seqOf(this.stored),
    };
  }

  private get stored(): Pick<Stored, 'letter' | 'edited' | 'discarded'> | null {
    const { rare } = this.message;
    return rare === null ? null : rare.stored;
  }

  edit(payload: unknown, { reason, at }: DeadLetter): number | undefined {
    const { stored } = this;
    stored?.edited(payload, reason, at);
    return seqOf(stored);
  }

  discard(): void {
    this.stored?.discarded();
  }

  resend(payload: unknown, letter: DeadLetter): RetryRefusal | null {
    return this.again.resend(this.message, payload, payload !== this.payload, letter);
  }
}

function seqOf(stored: Pick<Stored, 'letter'> | null): number | undefined {
  return stored === null || stored.letter < 0 ? undefined : stored.letter;
}
