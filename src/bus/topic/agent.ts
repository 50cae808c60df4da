import { Rank } from '../../mailbox/index.js';
import { TIMER } from '../../mailbox/message/index.js';
import type { Op } from '../../mailbox/message/index.js';
import type { ExitReason } from '../../base/index.js';
import { shownAs } from '../../base/text/index.js';
import { Process } from '../../process/record/index.js';
import type { Address, Behaviour, DeadAddress, Kernel } from '../../process/record/index.js';
import { accept, admits, pushSignal } from '../../process/send/index.js';
import type { Router } from '../../router/index.js';
import { hold, letGo } from '../../router/names/index.js';
import { addressName } from '../../router/request/index.js';
import { TopicGap } from '../../api/bus/topic.js';
import type { AgentSubscription, SubscriptionEnd, SubscriptionStats } from '../../api/bus/topic.js';
import { Offer, Subscriber, type Subscribed } from './subscriber.js';

/** How an agent gets what is published. */
export interface Reception {
  readonly addr: Address;
  /** the process it ends with, when it was named by that; null for a name, which lives on */
  readonly process: Process | DeadAddress | null;
  readonly op: Op;
  /** what its owner must run for that cast; null for a plain message, which anybody takes */
  readonly behaviour: Behaviour | null;
  readonly router: Router;
}

/** The messages of a topic for one agent: its buffer is its mailbox, and its policy is the mailbox's. */
export class AgentSubscriber extends Subscriber implements AgentSubscription {
  private missed = 0;
  /** taken since the flow was looked at: one counter, in the object that is at hand */
  private accepted = 0;
  private readonly addr: Address;
  private readonly op: Op;
  private readonly behaviour: Behaviour | null;
  private readonly plain: boolean;
  /** @internal */
  constructor(kernel: Kernel, of: Subscribed, private readonly reception: Reception) {
    super(kernel, of);
    const { process } = reception;
    this.addr = reception.addr;
    this.op = reception.op;
    this.behaviour = reception.behaviour;
    this.plain = reception.op.check === null && !of.withTopic;
    if (process instanceof Process && process.owner !== null && process !== of.owner) hold(process, this);
  }

  /** @internal The process that it would end with has ended. */
  get gone(): boolean {
    const { process } = this.reception;
    return process !== null && process.owner === null;
  }

  get to(): string {
    return addressName(this.reception.addr);
  }

  /** @internal */
  get hasRoom(): boolean {
    return true;
  }

  /** @internal */
  offer(topic: string, message: unknown, from: Process | null): Offer {
    const { addr, op, behaviour } = this;
    const p = addr.owner;
    if (this.plain && this.missed === 0 && this.end === undefined && p !== null
      && (behaviour === null || p.behaviour === behaviour)) {
      if (!accept(p, op, message, from)) return this.miss();
      this.accepted++;
      return Offer.Reached;
    }
    return this.offerSlowly(topic, message, from);
  }

  private offerSlowly(topic: string, message: unknown, from: Process | null): Offer {
    const { flow, addr, op, behaviour } = this;
    if (this.end !== undefined) return Offer.Missed;
    const payload = this.shape(topic, message);
    const p = addr.owner;
    if (p === null || (behaviour !== null && p.behaviour !== behaviour)) return this.bury(payload, from);
    const checked = op.check === null ? payload : this.checked(op.check, payload, from);
    if (checked === UNFIT) return this.miss();
    if (this.missed > 0 && admits(p, Rank.Normal, op, checked, false)) this.tellGap(p);
    if (!accept(p, op, checked, from)) return this.miss();
    flow.hand();
    return Offer.Reached;
  }

  /** @internal So many were gone before they came to it. */
  lack(count: number): void {
    this.flow.miss(count);
    this.missed += count;
  }

  private miss(): Offer {
    this.flow.miss();
    this.missed++;
    return Offer.Missed;
  }

  /**
   * The gap comes in front of the next message that the mailbox takes, as one of the runtime's own:
   * it needs no room, so that it is never in the way of that message.
   */
  private tellGap(p: Process): void {
    const gap = new TopicGap(this.missed);
    this.missed = 0;
    pushSignal(p, TIMER, gap, null);
  }

  private bury(payload: unknown, from: Process | null): Offer {
    const { addr, op, behaviour } = this;
    const { router } = this.reception;
    this.flow.bury();
    router.dead(addr, op, behaviour, payload, from, addr.owner === null ? 'noproc' : 'protocol_mismatch');
    return Offer.Missed;
  }

  private checked(
    check: (payload: unknown, from: unknown) => unknown, payload: unknown, from: Process | null,
  ): unknown {
    try {
      return check(payload, from);
    } catch (error) {
      const fields = { topic: this.topic, to: this.to, op: this.reception.op.name, error };
      this.kernel.warnOnce(
        `topic ${this.topic} ${this.to} ${this.reception.op.name}`,
        'a message of a topic does not fit the schema of the cast that it should come as, or is not allowed', fields,
      );
      return UNFIT;
    }
  }

  override stats(): SubscriptionStats {
    this.flow.hand(this.accepted);
    this.accepted = 0;
    return super.stats();
  }

  protected get waiting(): number {
    return 0;
  }

  protected get there(): number {
    return 0;
  }

  protected abandoned(): void {}

  protected finished(_end: SubscriptionEnd, _reason: ExitReason): void {
    const { reception: { process }, of } = this;
    if (process instanceof Process && process !== of.owner) letGo(process, this);
  }
}

const UNFIT: unique symbol = Symbol('unfit');

shownAs(AgentSubscriber, ({ topic, to, end }) =>
  `AgentSubscription(${topic} to ${to}${end === undefined ? '' : `: ${end}`})`);
