import { callError } from '../../base/index.js';
import type { DeliveryOutcome, OutcomeKind } from '../../api/delivery.js';
import { ended, handedOver, held, rejected, released, type Op } from '../../mailbox/index.js';
import type { Address, Kernel, Process } from '../../process/index.js';
import { titleOf, type Router } from '../../router/index.js';
import { Counters } from './statistics.js';
import type { Digest } from './digest.js';
import { State, type Delivered } from './delivered.js';
import type { Expiries } from './expiry.js';
import type { Resender } from './redelivery.js';
import type { Recent } from './history.js';
import { RetryQueue } from './retry-queue.js';
import { Ledger, Past, type KeyRecord, type Memory } from './ledger.js';

/** What all destinations of a system share. */
export interface Post extends Resender {
  readonly kernel: Kernel;
  readonly router: Router;
  readonly memory: Memory;
  readonly expiries: Expiries;
  readonly counters: Counters;
  /** every message that is in no mailbox now */
  readonly held: Set<Delivered>;
  /** those whose messages are tried again soon */
  readonly retrying: Set<RetryQueue>;
  /** null while no records are kept */
  readonly recent: Recent | null;
  readonly closed: boolean;
}

/**
 * In whose account a message is (design §3): that of its mailbox while it is there or with the handler, that of the
 * outside while it is held. Each step here moves it in one go, and keeps the numbers of the destination and of the
 * system.
 */
export abstract class Account {
  readonly kernel: Kernel;
  readonly counters: Counters = new Counters();
  readonly keys: Ledger;
  protected readonly all: Counters;
  protected readonly waiting: RetryQueue = new RetryQueue(this);
  constructor(protected readonly delivery: Post) {
    this.kernel = delivery.kernel;
    this.keys = new Ledger(delivery.memory);
    this.all = delivery.counters;
  }

  get idle(): boolean {
    const { pending, inTransit, running } = this.counters;
    return pending + inTransit + running === 0 && this.keys.idle(this.kernel.env.mono());
  }

  accepted(d: Delivered): void {
    this.counters.accepted++;
    if ((++this.all.accepted & 63) === 0 || this.delivery.recent !== null) d.rarely().sampled = this.kernel.env.mono();
  }

  queued(): void {
    this.counters.inTransit++;
    this.all.inTransit++;
  }

  protected hold(d: Delivered): void {
    held(this.kernel.outside);
    this.counters.pending++;
    this.all.pending++;
    d.state = State.Held;
    this.delivery.held.add(d);
    d.moved();
  }

  protected release(d: Delivered): void {
    released(this.kernel.outside);
    this.counters.pending--;
    this.all.pending--;
    this.delivery.held.delete(d);
  }

  /** One that was accepted stands in line before its mailbox, which has it in its account: it is still pending. */
  inLine(change: 1 | -1): void {
    this.counters.pending += change;
    this.all.pending += change;
  }

  /**
   * The same message once more: the first one's outcome is the answer (P21). Throws when the key was given to another
   * message.
   */
  duplicate(first: KeyRecord, target: Address, op: Op, payload: unknown, digest: Digest | null): Delivered | Past {
    const { counters, all } = this;
    if (!first.fits(op, payload, digest)) {
      counters.conflicts++;
      all.conflicts++;
      throw callError('KEY_CONFLICT', { target: titleOf(target), op: op.name, details: first.key });
    }
    counters.duplicatesSuppressed++;
    all.duplicatesSuppressed++;
    return first.message ?? new Past(first.outcome as DeliveryOutcome, op, titleOf(target));
  }

  begun(d: Delivered): void {
    const { counters, all } = this;
    counters.inTransit--;
    all.inTransit--;
    counters.running++;
    all.running++;
    counters.delivered++;
    all.delivered++;
    if (d.attempts > 1) {
      counters.retried++;
      all.retried++;
    }
  }

  acknowledged(d: Delivered): void {
    this.counters.running--;
    this.all.running--;
    this.counters.acknowledged++;
    this.all.acknowledged++;
    if (d.sampled >= 0) {
      const ms = this.kernel.env.mono() - d.sampled;
      this.counters.sample(ms);
      this.all.sample(ms);
    }
  }

  /** Its agent has ended before the process of its own had its first turn: its handler has not been started. */
  protected unbegun(d: Delivered): void {
    this.counters.delivered--;
    this.all.delivered--;
    if (d.attempts === 1) return;
    this.counters.retried--;
    this.all.retried--;
  }

  /** The same while its agent lives: as if its turn had not come. */
  protected unclaim(d: Delivered): void {
    this.unbegun(d);
    d.attempts--;
    d.rarely().undone++;
    d.state = State.Queued;
    this.counters.running--;
    this.all.running--;
    this.queued();
  }

  /** Takes a message that has run out of the account of its mailbox. */
  protected withdraw(d: Delivered, crashed: boolean): void {
    this.untake(d, crashed);
    d.dropLimit();
    this.counters.running--;
    this.all.running--;
  }

  /** The same for one whose turn has come: it has been, or is about to be, counted there as handled. */
  protected untake(d: Delivered, crashed: boolean): void {
    const { ext } = d.callee;
    handedOver(d.callee.box(), crashed ? 'crashed' : 'handled');
    if (ext !== null && ext.deferred !== null) ext.deferred.delete(d);
  }

  abstract flush(): boolean;
  abstract leaveLine(d: Delivered, outcome: 'dropped' | 'expired', kind: OutcomeKind): void;

  /**
   * Its sender takes it back from where it waits. In a mailbox it keeps its place until its turn comes, as what has
   * expired does.
   */
  cancel(d: Delivered): void {
    this.counters.cancelled++;
    this.all.cancelled++;
    if (d.waiter !== null) return this.leaveLine(d, 'dropped', 'cancelled');
    if (d.state === State.Held) {
      this.release(d);
      ended(this.kernel.outside, 'dropped');
    } else {
      d.lapsed = true;
      d.cold().skipAbandoned = true;
      this.leaveMailbox();
    }
    this.countLost('dropped');
    d.conclude('cancelled', undefined, 'cancelled', undefined);
    this.waiting.left();
  }

  protected countLost(outcome: 'dropped' | 'expired'): void {
    this.counters[outcome]++;
    this.all[outcome]++;
  }

  protected leaveMailbox(): void {
    this.counters.inTransit--;
    this.all.inTransit--;
  }

  protected refuse(p: Process): false {
    rejected(p.box(), 'rejected');
    return false;
  }
}
