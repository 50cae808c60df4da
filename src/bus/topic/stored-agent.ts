import type { ExitReason } from '../../base/index.js';
import type { Kernel, Process } from '../../process/record/index.js';
import { TopicMessage } from '../../api/bus/topic.js';
import type { SubscriptionEnd } from '../../api/bus/topic.js';
import { AgentSubscriber, type Reception } from './agent.js';
import { Feed, type Fed } from './feed.js';
import type { TopicLog } from './log.js';
import { Offer, type Subscribed } from './subscriber.js';

/** The messages of a durable topic for an agent's mailbox: what that refuses is lost for it. */
export class StoredAgent extends AgentSubscriber implements Fed {
  private readonly feed: Feed;
  private at = -1;
  /** @internal */
  readonly space: number = Infinity;
  /** @internal */
  readonly waits = false;
  /** @internal */
  constructor(
    kernel: Kernel, of: Subscribed, reception: Reception, private readonly log: TopicLog,
    private readonly start: () => number | Promise<number>,
  ) {
    super(kernel, of, reception);
    this.feed = new Feed(kernel, log, this);
  }

  /** @internal */
  begin(): void {
    this.feed.begin(this.start);
  }

  /** @internal */
  override offer(topic: string, message: unknown, from: Process | null): Offer {
    if (this.end !== undefined) return Offer.Missed;
    const { giving } = this.log;
    if (!this.feed.takes(giving)) return Offer.Reached;
    this.at = giving;
    return super.offer(topic, message, from);
  }

  /** @internal */
  give(message: unknown, offset: number): void {
    this.at = offset;
    super.offer(this.topic, message, null);
  }

  /** @internal */
  fail(error: unknown): void {
    this.kernel.warn('a durable topic cannot be read', { topic: this.topic, to: this.to, error });
    this.finish('failed');
  }

  protected override shape(topic: string, message: unknown): unknown {
    return this.of.withTopic ? new TopicMessage(topic, message, this.at) : message;
  }

  protected override finished(end: SubscriptionEnd, reason: ExitReason): void {
    this.feed.stop();
    super.finished(end, reason);
  }
}
