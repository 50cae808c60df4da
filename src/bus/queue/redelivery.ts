import type { Rank } from '../../mailbox/index.js';
import type { Process } from '../../process/record/index.js';
import type { Op } from '../../mailbox/message/index.js';
import { Failure } from '../../router/dead-letter/index.js';
import type { PastLetter, Redelivery } from '../../router/dead-letter/index.js';
import type { DeadLetter, RetryRefusal } from '../../api/letters.js';
import type { Item, ItemRow } from './item.js';
import { PLAIN_PUSH } from './options.js';
import type { WorkQueue } from './work-queue.js';

/** An item that died: it is pushed again, with its lane and key and new attempts. */
export class PushRedelivery implements Redelivery {
  readonly lane: Rank;
  readonly key: string | null;
  readonly past: PastLetter | null;
  readonly sender: Process | null;
  readonly facts: Redelivery['facts'];
  /** of the letter of an item that had one */
  private readonly row: ItemRow | null;
  constructor(
    readonly op: Op,
    name: string,
    item: Item,
    /** the queue of that name now */
    private readonly find: () => WorkQueue | undefined,
  ) {
    const past = item.rare?.past ?? null;
    this.lane = item.lane;
    this.key = item.key;
    this.past = past;
    this.sender = item.rare?.from ?? null;
    this.row = item.rare?.letter ?? null;
    this.facts = {
      verb: 'push',
      to: name,
      from: undefined,
      fromName: undefined,
      ...triesOf(item),
      guarantee: undefined,
      key: item.key ?? undefined,
      seq: item.rare?.letter?.seq,
    };
  }

  edit(payload: unknown): number | undefined {
    return this.row?.edit(payload);
  }

  discard(): void {
    this.row?.discard();
  }

  resend(payload: unknown, letter: DeadLetter): RetryRefusal | null {
    return pushedAgain(this.find(), payload, this, letter, this.row);
  }
}

/** What is known of an item that died; its operation is null when it was of an earlier life. */
interface DeadItem {
  readonly op: Op | null;
  readonly lane: Rank;
  readonly key: string | null;
  readonly sender: Process | null;
}

/** Attempts of an item and how they failed, through all retries of its letter. */
export function triesOf({ attempts, rare }: Item): Pick<Redelivery['facts'], 'attempts' | 'failures'> {
  const failures = rare?.failures ?? [];
  const past = rare?.past ?? null;
  if (past === null) return { attempts, failures };
  const before = past.attempts;
  return {
    attempts: before + attempts,
    failures: [...past.failures, ...failures.map(({ attempt, reason }) => new Failure(before + attempt, reason))],
  };
}

/** Into the queue that has the name now; the row of its letter goes in the transaction of the push. */
export function pushedAgain(
  queue: WorkQueue | undefined, payload: unknown, of: DeadItem, letter: DeadLetter, row: ItemRow | null,
): RetryRefusal | null {
  if (queue === undefined) return 'QUEUE_CLOSED';
  const { options: { orderByKey, coalesce, durable } } = queue;
  // One that is not durable would lose at the next end what is kept now.
  if (row !== null && !durable) return 'PROTOCOL_MISMATCH';
  const key = orderByKey || coalesce !== null ? of.key : null;
  let item = payload;
  try {
    if (queue.op !== of.op) item = queue.checked(payload); // another queue of that name, with another schema
  } catch {
    return 'PROTOCOL_MISMATCH';
  }
  const refusal = queue.resend(item, { ...PLAIN_PUSH, lane: of.lane, key }, letter, of.sender);
  if (refusal === null && row !== null) row.release();
  return refusal;
}
