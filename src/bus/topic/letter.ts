import { Kind, Op } from '../../mailbox/message/index.js';
import type { Process } from '../../process/record/index.js';
import type { Redelivery } from '../../router/dead-letter/index.js';

/** A message of a topic that its subscriber left behind: the subscription is over, nobody can have it again. */
export class TopicRedelivery implements Redelivery {
  readonly past = null;
  readonly op: Op;
  constructor(
    topic: string,
    private readonly owner: Process,
    /** who published it, when that one wants to hear of it */
    readonly sender: Process | null,
  ) {
    this.op = new Op(Kind.Cast, topic, null, null, false);
  }

  get facts(): Redelivery['facts'] {
    const { owner } = this;
    return {
      verb: 'publish', to: owner.name?.name ?? owner.pid, from: undefined, fromName: undefined, attempts: 0,
      failures: [], guarantee: undefined, key: undefined,
    };
  }

  resend(): 'NOPROC' {
    return 'NOPROC';
  }
}
