import { Rank } from '../../mailbox/index.js';
import { Kind } from '../../mailbox/message/index.js';
import type { Op } from '../../mailbox/message/index.js';
import type { Address, Behaviour, Process } from '../../process/record/index.js';
import { acceptWith, admits, refusalOf } from '../../process/send/index.js';
import type { Redelivery } from '../dead-letter/index.js';
import { ViaAddress } from '../names/index.js';
import type { DeadLetter, LetterVerb, RetryRefusal } from '../../api/letters.js';
import { CallRequest } from './request.js';
import { senderOf, addressName } from './title.js';

const VERBS: Partial<Record<Kind, LetterVerb>> = {
  [Kind.Cast]: 'cast', [Kind.Call]: 'call', [Kind.Stream]: 'stream',
};
const NOBODY: Promise<unknown> = Promise.resolve();
const nothing = (): void => undefined;

/** A send, cast or call that died: it goes out again as the same, in the normal lane. */
export class PlainRedelivery implements Redelivery {
  readonly past = null;
  private readonly from: Process | null;
  constructor(
    private readonly target: Address,
    readonly op: Op,
    /** what its owner must run; null for a plain message, which anybody takes */
    private readonly behaviour: Behaviour | null,
    from: unknown,
  ) {
    this.from = senderOf(from);
  }

  /** The caller of a call has had its error. */
  get sender(): Process | null {
    return this.op.kind === Kind.Call || this.op.stream ? null : this.from;
  }

  get facts(): Redelivery['facts'] {
    const { target, op, from: sender } = this;
    return {
      verb: VERBS[op.kind] ?? 'send',
      to: addressName(target),
      from: sender?.pid,
      fromName: sender?.name?.name,
      attempts: 0,
      failures: [],
      guarantee: undefined,
      key: undefined,
    };
  }

  resend(payload: unknown, _letter: DeadLetter): RetryRefusal | null {
    const { target, op, behaviour } = this;
    if (behaviour === null && target instanceof ViaAddress && target.via.provider.send !== undefined) {
      return sendVia(target, payload);
    }
    const p = target.owner;
    if (p === null) return 'NOPROC';
    if (p.kernel.closed) return 'SYSTEM_STOPPED';
    if (behaviour !== null && p.behaviour !== behaviour) return 'PROTOCOL_MISMATCH';
    if (op.stream) return 'STREAM';
    if (!admits(p, Rank.Normal, op, payload, false)) return refused(p, op, payload);
    // The caller of a call has had its answer: nobody waits for this one.
    const from =
      op.kind === Kind.Call ? new CallRequest(null, p, op, target, -1, NOBODY, nothing, nothing) : this.from;
    return acceptWith(p, Rank.Normal, op, payload, from, -1) ? null : refused(p, op, payload);
  }
}

function refused(p: Process, op: Op, payload: unknown): RetryRefusal {
  return refusalOf(p, op, payload) as RetryRefusal;
}

function sendVia({ via: { provider, key } }: ViaAddress, message: unknown): RetryRefusal | null {
  try {
    provider.send?.(key, message);
    return null;
  } catch {
    return 'NOPROC';
  }
}
