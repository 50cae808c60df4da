import { DELAY_MAX_MS } from '../../base/index.js';
import { shownAs } from '../../base/text/index.js';
import { deliveriesOf, type RuntimeDefinition } from '../../behaviour/gen/index.js';
import type { Op } from '../../mailbox/message/index.js';
import type { Kernel, Process } from '../../process/record/index.js';
import type { Cell } from '../../router/names/index.js';
import type { AgentSubscription } from '../../api/bus/topic.js';
import type { DeliverOptions, Receipt } from '../../api/delivery.js';
import type { Cursor } from './cursor.js';
import { Feed, type Fed } from './feed.js';
import type { TopicLog } from './log.js';
import { Offer, Subscriber, type Subscribed } from './subscriber.js';

/** Deliveries that are on their way at once. */
const WINDOW = 64;

/** For whom, and as what, a durable subscription of an agent delivers. */
export interface Addressee {
  readonly addr: Cell;
  readonly definition: RuntimeDefinition;
  readonly op: Op;
}

/** Throws for an agent that takes no deliveries. */
export function forwardTerms(kernel: Kernel, to: Addressee, order: string): DeliverOptions {
  const { definition } = to;
  const { durable } = definition;
  const terms: DeliverOptions = {
    durable: true, guarantee: durable ? 'exactly-once' : 'at-least-once', order, expiresInMs: DELAY_MAX_MS,
  };
  deliveriesOf(kernel).checkOptions('deliver', to, terms);
  return terms;
}

/**
 * The durable subscription of an agent: each message becomes a stored delivery, whose row comes in the
 * transaction in which the cursor moves on.
 */
export class Forward extends Subscriber implements AgentSubscription, Fed {
  private readonly feed: Feed;
  /** deliveries on their way */
  private open = 0;
  /** @internal */
  readonly waits = true;
  /** @internal */
  constructor(
    kernel: Kernel, of: Subscribed, private readonly addressee: Addressee, private readonly terms: DeliverOptions,
    private readonly log: TopicLog, private readonly cursor: Cursor,
    private readonly start: () => number | Promise<number>,
  ) {
    super(kernel, of);
    this.feed = new Feed(kernel, log, this);
  }

  get to(): string {
    return this.addressee.addr.name;
  }

  /** @internal */
  get hasRoom(): boolean {
    return true;
  }
  /** @internal */
  get space(): number {
    return WINDOW - this.open;
  }

  /** @internal */
  begin(): void {
    this.feed.begin(this.start);
  }

  /** @internal */
  offer(_topic: string, message: unknown, _from: Process | null): Offer {
    if (this.end !== undefined) return Offer.Missed;
    const { giving } = this.log;
    if (!this.feed.takes(giving)) return Offer.Reached;
    try {
      this.give(message, giving);
    } catch {
      this.feed.back(giving);
    }
    return Offer.Reached;
  }

  /** @internal */
  give(message: unknown, offset: number): void {
    const { addressee: to, kernel } = this;
    let payload: unknown;
    try {
      payload = to.op.check === null ? message : to.op.check(message, null);
    } catch (error) {
      kernel.warnOnce(
        `topic ${this.topic} ${this.to} ${to.op.name}`,
        'a message of a topic does not fit the schema of the cast that it should come as, or is not allowed',
        { topic: this.topic, to: this.to, op: to.op.name, error },
      );
      this.cursor.put(offset + 1);
      this.flow.miss();
      return;
    }
    const accepted = deliveriesOf(kernel).deliver(to, to.op, payload, null, this.terms);
    this.cursor.put(offset + 1);
    this.flow.hand();
    this.open++;
    accepted.then(({ settled }: Receipt) => settled).then(this.over, (error: unknown) => this.fail(error));
  }

  private readonly over = (): void => {
    this.open--;
    this.feed.more();
  };

  /** @internal */
  lack(count: number): void {
    this.flow.miss(count);
    this.kernel.warn('messages of a durable topic were trimmed before they were delivered', {
      topic: this.topic, to: this.to, missed: count,
    });
  }

  /** @internal */
  fail(error: unknown): void {
    if (this.end !== undefined) return;
    this.kernel.warn('a durable subscription has ended: its store failed', { topic: this.topic, to: this.to, error });
    this.finish('failed');
  }

  protected get waiting(): number {
    return 0;
  }
  protected get there(): number {
    return 0;
  }
  protected abandoned(): void {
    // nothing is buffered
  }
  protected finished(): void {
    this.feed.stop();
  }
}

shownAs(Forward, ({ topic, to, end }) => `AgentSubscription(${topic} to ${to}${end === undefined ? '' : `: ${end}`})`);
