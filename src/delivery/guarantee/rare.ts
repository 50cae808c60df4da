import { Deadline } from '../../base/index.js';
import type { Deadlines } from '../../base/index.js';
import type { Headers } from '../../behaviour/gen/outward/index.js';
import type { RequestExtra } from '../../router/request/index.js';
import type { DeliveryOutcome, FailedAttempt, ReceiptState } from '../../api/delivery.js';
import type { ChunkReader } from './pending/chunks.js';
import type { Slot } from './pending/slot.js';
import type { PastLetter } from '../../router/dead-letter/index.js';
import type { AcceptanceWait } from './wait/acceptance-wait.js';
import type { Stored } from './store/stored.js';
import type { State } from './states.js';
import type { DeliveryWaiter } from './wait/waiter.js';

export const NO_FAILURES: readonly FailedAttempt[] = [];

/** A message that is handled in the turn of another one. */
export interface Joined {
  readonly state: State;
}

const NO_JOINED: readonly Joined[] = [];

/** What most messages never need: made with the first that does. */
export class Rare {
  /** see `Exit.kept` */
  static readonly kept: Rare = new Rare(0.5);
  extra: RequestExtra | null = null;
  failures: readonly FailedAttempt[] = NO_FAILURES;
  /** starts that do not count as attempts */
  undone = 0;
  /** monotonic ms of the acceptance when it is a sampled one, else -1 */
  sampled: number;
  /** key of the messages that are handled one after the other */
  order: string | null = null;
  /** how it reaches a turn that runs; null: it waits for its own */
  mode: 'interrupt' | 'steer' | null = null;
  /** what travels beside the payload */
  headers: Headers | null = null;
  /** who reads what a stream handler yields for it */
  reader: ChunkReader | null = null;
  /** it starts nobody where nobody lives */
  quiet = false;
  /** of one of an earlier life: who sent it, and when, wall clock */
  sender: string | null = null;
  sentAt = -1;
  /** wall clock of the first look at where it comes from in this attempt */
  begunAt = -1;
  /** messages that its turn handles with it */
  joined: readonly Joined[] = NO_JOINED;
  /** of the messages of its key, it is the one that waits */
  slot: Slot | null = null;
  /** the back-off that it waits in */
  wait: Deadline | null = null;
  /** limits the attempt that runs */
  limit: AckLimit | null = null;
  /** who waits for it to be accepted */
  acceptance: AcceptanceWait | null = null;
  /** its place in line before a full mailbox */
  waiter: DeliveryWaiter | null = null;
  /** it has ended an agent */
  crashed = false;
  /** its attempt has begun, and it waits in its state machine for another state */
  postponed = false;
  /** the start of its handler, by `starts`, that has answered it in a turn whose end is still to come; -1 for none */
  answering = -1;
  /** the process of its own that handles it, because its operation is concurrent, has not had its first turn */
  ahead = false;
  /** its row in the store */
  stored: Stored | null = null;
  /** the dead letter that it was before */
  past: PastLetter | null = null;
  /** who waits for the outcome */
  promised: Promise<DeliveryOutcome> | null = null;
  onOutcome: ((outcome: DeliveryOutcome) => void) | null = null;
  watchers: Set<(state: ReceiptState) => void> | null = null;

  /** @param sampled fractions of ms, as `kept` has them */
  constructor(sampled: number = -1) {
    this.sampled = sampled;
  }

  dropTimers(deadlines: Deadlines): void {
    if (this.wait !== null) deadlines.remove(this.wait);
    if (this.limit !== null) deadlines.remove(this.limit);
    this.wait = null;
    this.limit = null;
  }

  tell(state: ReceiptState): void {
    for (const fn of this.watchers ?? []) fn(state);
  }

  /** It is over. */
  tellEnd(outcome: DeliveryOutcome): void {
    if (this.watchers !== null) this.tell(outcome.kind);
    if (this.onOutcome !== null) this.onOutcome(outcome);
    this.onOutcome = null;
  }
}

/** Ends the agent whose handler takes longer than `ackTimeoutMs`; its signal fires first. */
export class AckLimit extends Deadline {
  constructor(private readonly message: { overran(): void }) {
    super();
  }
  expire(): void {
    this.message.overran();
  }
}

/** Waits out a back-off. */
export class BackOff extends Deadline {
  constructor(private readonly message: { backedOff(): void }) {
    super();
  }
  expire(): void {
    this.message.backedOff();
  }
}
