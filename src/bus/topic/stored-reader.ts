import { handled, Ring } from '../../base/index.js';
import { shownAs } from '../../base/text/index.js';
import type { ExitReason } from '../../base/index.js';
import type { Kernel, Process } from '../../process/record/index.js';
import { BusError } from '../core/index.js';
import { TopicMessage } from '../../api/bus/topic.js';
import type { DurableSubscription, SubscriptionEnd } from '../../api/bus/topic.js';
import type { Cursor } from './cursor.js';
import { Feed, type Fed } from './feed.js';
import type { TopicLog } from './log.js';
import { Reader, type ReadReader } from './reader.js';
import { Offer, type Subscribed } from './subscriber.js';

/** What a reader asks of a durable topic: checked. */
export interface StoredTerms {
  readonly log: TopicLog;
  readonly start: () => number | Promise<number>;
  /** null without a name */
  readonly cursor: Cursor | null;
  /** acknowledged by hand alone */
  readonly manual: boolean;
  /** it asked for something that may have gaps */
  readonly gaps: boolean;
}

/**
 * The messages of a durable topic for one reader. What its buffer has no room for stays in the store,
 * with `suspend`; nobody waits for it.
 */
export class StoredReader<T = unknown> extends Reader<T> implements DurableSubscription<T>, Fed {
  private readonly feed: Feed;
  /** of the message that it is given now */
  private at = -1;
  /** of those in its buffer, and of those handed out since the last look, when they are acknowledged */
  private readonly offsets: Ring<number> | null;
  private looked = 0;
  /** @internal */
  readonly waits: boolean;
  /** @internal */
  constructor(kernel: Kernel, of: Subscribed, options: ReadReader, private readonly terms: StoredTerms) {
    super(kernel, of, options);
    this.waits = options.slow === 'suspend';
    this.offsets = terms.cursor === null ? null : new Ring();
    this.feed = new Feed(kernel, terms.log, this);
  }

  /** @internal It is entered: it is given what it asked for. */
  begin(): void {
    this.feed.begin(this.terms.start);
  }

  /** @internal */
  override offer(topic: string, message: unknown, from: Process | null): Offer {
    if (this.end !== undefined) return Offer.Missed;
    const { giving } = this.terms.log;
    // It is behind, and reads it in its turn.
    if (!this.feed.takes(giving)) return Offer.Reached;
    this.note(giving);
    return super.offer(topic, message, from);
  }

  /** @internal */
  give(message: unknown, offset: number): void {
    this.note(offset);
    super.offer(this.topic, message, null);
  }

  private note(offset: number): void {
    this.at = offset;
    this.offsets?.push(offset);
  }

  /** @internal */
  override lack(count: number): void {
    if (this.terms.gaps) super.lack(count);
    else {
      this.flow.miss(count);
      this.finish('slow');
    }
  }

  protected override shape(topic: string, message: unknown): unknown {
    return this.of.withTopic ? new TopicMessage(topic, message, this.at) : message;
  }

  protected override slowError(): BusError {
    if (!this.waits) return super.slowError();
    return new BusError(
      'SLOW_READER', this.of.subject, 'the reader fell behind what the topic keeps; read faster, keep more '
        + "(retention), or subscribe with from: 'latest' to be told by a TopicGap",
    );
  }

  /* ---- who reads ---- */

  override next(): Promise<T | undefined> {
    this.moveOn();
    const asked = super.next();
    this.feed.more();
    return asked;
  }

  override nextBatch(max: number): Promise<T[]> {
    this.moveOn();
    const asked = super.nextBatch(max);
    this.feed.more();
    return asked;
  }

  override [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    const steps = super[Symbol.asyncIterator]();
    return {
      next: () => {
        this.moveOn();
        const asked = steps.next();
        this.feed.more();
        return asked;
      },
      return: () => (steps.return as NonNullable<typeof steps.return>)(),
    };
  }

  /** Who asks for more is done with what it was given. */
  private moveOn(): void {
    if (this.terms.cursor !== null && !this.terms.manual && this.end === undefined) this.settle(this.terms.cursor);
  }

  /** All that was handed out is done with. */
  private settle(cursor: Cursor): void {
    const offsets = this.offsets as Ring<number>;
    let last = -1;
    for (; this.looked < this.flow.taken; this.looked++) last = offsets.shift();
    if (last >= 0) cursor.move(last + 1);
  }

  acknowledge(): Promise<void> {
    const { terms: { cursor, log }, of: { subject } } = this;
    if (cursor === null || this.end !== undefined) return Promise.resolve();
    const unknown = (cause: unknown): never => {
      throw new BusError('UNKNOWN', subject, 'the store has failed: what was acknowledged may come again', { cause });
    };
    try {
      this.settle(cursor);
      cursor.write();
    } catch (error) {
      return handled(Promise.reject<void>(error));
    }
    return handled(log.whenOpen().then(() => log.durability.journal.flush()).catch(unknown));
  }

  protected override finished(end: SubscriptionEnd, reason: ExitReason): void {
    const { cursor, log } = this.terms;
    this.feed.stop();
    if (cursor !== null && log.durability.journal.state === 'open') cursor.writeIfTaken();
    super.finished(end, reason);
  }
}

shownAs(StoredReader, (it) => {
  const { buffered } = it.stats();
  return `Subscription(${it.topic}: ${it.end ?? `${buffered} buffered`})`;
});
