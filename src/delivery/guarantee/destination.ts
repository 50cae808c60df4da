import { callError, UNUSED } from '../../base/index.js';
import type { Terms } from '../../behaviour/gen/outward/index.js';
import type { Op } from '../../mailbox/message/index.js';
import type { Address, Behaviour, Kernel, Mail, Process } from '../../process/record/index.js';
import type { Router } from '../../router/index.js';
import { addressName } from '../../router/request/index.js';
import type { DeliveryOutcome } from '../../api/delivery.js';
import type { DeadLetter, RetryRefusal } from '../../api/letters.js';
import { again, flush } from './accept.js';
import { Ledger, Past, type KeyRecord, type Memory } from './dedupe/ledger.js';
import { Windows, type Window } from './dedupe/window.js';
import type { Digest } from './dedupe/words.js';
import type { Expiries } from './expiry.js';
import type { Recent } from './history.js';
import type { Message } from './message.js';
import { Orders } from './order-keys.js';
import { RetryQueue } from './retry-queue.js';
import type { Recovered } from './store/stored.js';
import { Counters } from './statistics.js';

/**
 * Where messages go: a registered name through all its owners, or one process. What is known of it:
 * the messages that wait for it, what has been handled there, and the numbers. What happens to a
 * message: see states.ts.
 */
export class Destination implements Mail {
  readonly kernel: Kernel;
  readonly counters: Counters = new Counters();
  /** those of the system */
  readonly all: Counters;
  readonly keys: Ledger;
  readonly orders: Orders<Message> = new Orders();
  readonly waiting: RetryQueue<Message> = new RetryQueue(this);
  /** those that wait under a coalescing key, by its slot; null while none ever has */
  slots: Map<string, Message> | null = null;
  /** of the latest message */
  latest: Route | null = null;
  /** what waits from earlier lives */
  recovered: Recovered<Message> | null = null;
  /** messages so far */
  arrivals = 0;
  private windows: Windows | null = null;
  constructor(readonly shared: Shared) {
    this.kernel = shared.kernel;
    this.keys = new Ledger(shared.memory);
    this.all = shared.counters;
  }

  windowOf(sender: Process | null): Window {
    return (this.windows ??= new Windows()).of(sender);
  }

  /** The next attempt of a held message, now. */
  again(d: Message): void {
    again(this, d);
  }

  /** Gives what waits to its owners; true when nothing waits any more. */
  flush(): boolean {
    return flush(this);
  }

  arrived(p: Process): void {
    flush(this);
    if (this.recovered !== null) this.recovered.arrived(p);
  }

  /** Nothing of a process is kept that has ended. */
  left(): void {
    this.latest = null;
  }

  get idle(): boolean {
    const { pending, inTransit, running } = this.counters;
    return pending + inTransit + running === 0 && this.recovered === null && this.keys.idle(this.kernel.env.mono());
  }

  /**
   * The same message once more: the first one's outcome is the answer (P21). Throws when the key
   * was given to another message.
   */
  duplicate(
    first: KeyRecord, target: Address, op: Op, payload: unknown, digest: Digest | null,
  ): Message | Past {
    const { counters, all } = this;
    if (!first.fits(op, payload, digest)) {
      counters.conflicts++;
      all.conflicts++;
      throw callError('KEY_CONFLICT', { target: addressName(target), op: op.name, details: first.key });
    }
    counters.duplicatesSuppressed++;
    all.duplicatesSuppressed++;
    return (first.message as Message | null) ?? new Past(first.outcome as DeliveryOutcome, op, addressName(target));
  }
}

/** What all destinations of a system share. */
export interface Shared {
  readonly kernel: Kernel;
  readonly router: Router;
  readonly memory: Memory;
  readonly expiries: Expiries;
  readonly counters: Counters;
  /** every message that is in no mailbox now, to end them all when the system stops */
  readonly held: Set<Message>;
  /** those whose messages are tried again soon */
  readonly retrying: Set<RetryQueue<Message>>;
  /** null unless the system keeps records */
  readonly recent: Recent | null;
  /** the system has stopped */
  readonly closed: boolean;
  /** what stores messages, see `MessageStore`; null without a store */
  readonly store: { payloadOf(name: string, d: Message): Promise<void> | null } | null;
  /** Sends a delivery again that has ended as a dead letter. */
  resend(old: Message, payload: unknown, edited: boolean, letter: DeadLetter): RetryRefusal | null;
}

/** What messages of one operation, for one process of one destination, have in common; they share it. */
export class Route {
  /** see `Exit.kept` */
  static readonly kept: Route = new Route(
    UNUSED, UNUSED, UNUSED, UNUSED, UNUSED, null,
  );
  constructor(
    readonly to: Destination,
    readonly op: Op,
    readonly target: Address,
    /** of the definition that the destination must have */
    readonly behaviour: Behaviour,
    readonly terms: Terms,
    /** who has them; null until they have met a process */
    readonly callee: Process | null,
  ) {}
}

/** The route of a message: most have that of the one before. */
export function routeOf(
  to: Destination, op: Op, target: Address, behaviour: Behaviour, terms: Terms, callee: Process | null,
): Route {
  const { latest } = to;
  if (latest !== null && latest.callee === callee && latest.op === op && latest.terms === terms
    && latest.target === target && latest.behaviour === behaviour) return latest;
  return (to.latest = new Route(to, op, target, behaviour, terms, callee));
}
