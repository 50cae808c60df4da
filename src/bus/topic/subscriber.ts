import type { ExitReason } from '../../base/index.js';
import type { Holding, Kernel, Process } from '../../process/record/index.js';
import { hold, letGo } from '../../router/names/index.js';
import { TopicMessage } from '../../api/bus/topic.js';
import type { AnySubscription, SubscriptionEnd, SubscriptionStats } from '../../api/bus/topic.js';
import { Flow } from './flow.js';

/** What became of a message that was published to a subscriber. */
export const Offer = { Missed: 0, Reached: 1, Waits: 2 } as const;
export type Offer = (typeof Offer)[keyof typeof Offer];

/** What a subscription is of. */
export interface Subscribed {
  /** the topic, or the pattern */
  readonly name: string;
  /** what its errors call it */
  readonly subject: string;
  readonly withTopic: boolean;
  /** the process that it ends with; null for the outside */
  readonly owner: Process | null;
  /** takes the subscription out of its topic */
  readonly leave: (one: Subscriber) => void;
}

/** One subscription; who has it, and how, the two kinds say. */
export abstract class Subscriber implements AnySubscription, Holding {
  /** @internal */
  readonly flow: Flow = new Flow();
  end: SubscriptionEnd | undefined = undefined;
  /** @internal */
  constructor(
    protected readonly kernel: Kernel,
    protected readonly of: Subscribed,
  ) {
    if (of.owner !== null) hold(of.owner, this);
  }

  get topic(): string {
    return this.of.name;
  }

  /** @internal Whether a message would find room. */
  abstract get hasRoom(): boolean;
  /** @internal One message more. */
  abstract offer(topic: string, message: unknown, from: Process | null): Offer;
  /** Those who wait for its messages are told. */
  protected abstract finished(end: SubscriptionEnd, reason: ExitReason): void;
  /** Its owner has ended after it: what is still there becomes dead letters. */
  protected abstract abandoned(reason: ExitReason): void;
  /** messages that a publisher waits for */
  protected abstract get waiting(): number;

  unsubscribe(): void {
    this.finish('unsubscribed');
  }

  [Symbol.dispose](): void {
    this.unsubscribe();
  }

  /** @internal Its owner has ended. */
  release(_p: Process, reason: ExitReason): void {
    if (this.end === undefined) this.finish('owner', reason);
    else {
      this.abandoned(reason);
      this.audit();
    }
  }

  /** @internal */
  finish(end: SubscriptionEnd, reason?: ExitReason): void {
    if (this.end !== undefined) return;
    this.end = end;
    const { of } = this;
    this.finished(end, reason);
    of.leave(this);
    this.forgetOwner();
    this.audit();
  }

  /** Nothing is left that would become dead letters at the end of its owner. */
  protected forgetOwner(): void {
    const { owner } = this.of;
    if (owner !== null && this.end !== undefined && this.there === 0) letGo(owner, this);
  }

  stats(): SubscriptionStats {
    const { sent, taken, dropped, deadLettered, buffered, peak } = this.flow;
    return { topic: this.topic, sent, taken, dropped, deadLettered, buffered, waiting: this.waiting, peak };
  }

  protected shape(topic: string, message: unknown): unknown {
    return this.of.withTopic ? new TopicMessage(topic, message) : message;
  }

  /** messages that are there */
  protected abstract get there(): number;

  /** In development and in simulations the account is held against what is there. */
  protected audit(): void {
    if (this.kernel.audited) this.flow.check(this.there);
  }
}
