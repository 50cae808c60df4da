import type { Rank } from '../../mailbox/index.js';
import type { Process } from '../../process/record/index.js';
import type { Op } from '../../mailbox/message/index.js';
import { Failure } from '../../router/dead-letter/index.js';
import type { Redelivery } from '../../router/dead-letter/index.js';
import type { DeadLetter, RetryRefusal } from '../../api/letters.js';
import type { Item } from './item.js';
import { PLAIN_PUSH } from './options.js';
import type { WorkQueue } from './work-queue.js';

/** An item that died: it is pushed again, with its lane and key and new attempts. */
export class PushRedelivery implements Redelivery {
  private readonly lane: Rank;
  private readonly key: string | null;
  readonly past: DeadLetter | null;
  readonly sender: Process | null;
  readonly facts: Redelivery['facts'];
  constructor(
    readonly op: Op,
    name: string,
    item: Item,
    /** the queue of that name now */
    private readonly find: () => WorkQueue | undefined,
  ) {
    const past = item.rare?.past ?? null;
    const failures = item.rare?.failures ?? [];
    const before = past?.attempts ?? 0;
    this.lane = item.lane;
    this.key = item.key;
    this.past = past;
    this.sender = item.rare?.from ?? null;
    this.facts = {
      verb: 'push',
      to: name,
      from: undefined,
      fromName: undefined,
      attempts: before + item.attempts,
      failures: past === null
        ? failures
        : [...past.failures, ...failures.map(({ attempt, reason }) => new Failure(before + attempt, reason))],
      guarantee: undefined,
      key: item.key ?? undefined,
    };
  }

  resend(payload: unknown, letter: DeadLetter): RetryRefusal | null {
    const queue = this.find();
    if (queue === undefined) return 'QUEUE_CLOSED';
    const key = queue.options.orderByKey || queue.options.coalesce !== null ? this.key : null;
    let item = payload;
    try {
      if (queue.op !== this.op) item = queue.checked(payload); // another queue of that name, with another schema
    } catch {
      return 'PROTOCOL_MISMATCH';
    }
    return queue.resend(item, { ...PLAIN_PUSH, lane: this.lane, key }, letter, this.sender);
  }
}
