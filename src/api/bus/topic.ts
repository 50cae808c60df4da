/* Topics: what is published reaches every current subscriber. */

import type { StandardSchema } from '../protocol.js';

/** Options of a topic, fixed by the first use of its name that gives any. */
export interface TopicOptions<T = unknown> {
  /** what each message must fit; what the schema makes of it is what subscribers get; default anything */
  readonly schema?: StandardSchema<unknown, T> | undefined;
  /** every new subscriber gets the latest message first; default false */
  readonly retain?: boolean | undefined;
  /** so many of the latest messages are kept for subscribers that ask, from 0 to 100,000; default 0 */
  readonly replay?: number | undefined;
  /**
   * what is published is stored, and can be read from any offset, also in a later life of the program;
   * needs `createSystem({ store })`. Default false
   * @since 0.2.0
   */
  readonly durable?: boolean | undefined;
  /**
   * of a durable topic: how much of it is kept
   * @since 0.2.0
   */
  readonly retention?: TopicRetention | undefined;
}

/**
 * How much of a durable topic is kept: what is beyond one of these is removed, oldest first, when
 * something is published, and at the start. The latest message always stays.
 * @since 0.2.0
 */
export interface TopicRetention {
  /** messages, from 1 to 10,000,000; default 100,000. Each takes 8 bytes of memory, 24 beside the others */
  readonly max?: number | undefined;
  /** bytes of their rows, from 1; default no bound. A start reads all rows then, and with `ageMs` */
  readonly bytesMax?: number | undefined;
  /** ms of the wall clock since they were published, from 1; default no bound */
  readonly ageMs?: number | undefined;
}

/**
 * Where reading of a durable topic begins: with all that is kept, with what is committed from now on,
 * at an offset, or with what was published in the last so many ms of the wall clock.
 * @since 0.2.0
 */
export type TopicStart = 'earliest' | 'latest' | number | { readonly ageMs: number };

/**
 * What becomes of a message when a reader's buffer is full. `suspend`: it waits, and with it the
 * promise of its publisher. `drop-oldest`, `drop-newest`: one of them is lost, counted, and the
 * reader gets a TopicGap in its place. `disconnect`: the reader's subscription ends with an error.
 */
export type SlowReaderPolicy = 'suspend' | 'drop-oldest' | 'drop-newest' | 'disconnect';

/** Options of `topic.subscribe()`. */
export interface SubscribeOptions {
  /** messages that wait for the reader, from 1 to 1,000,000; default 1,024 */
  readonly buffer?: number | undefined;
  /** default `suspend` */
  readonly slow?: SlowReaderPolicy | undefined;
  /**
   * of `suspend`: ms after which a reader that takes nothing, while publishers wait for it, is
   * disconnected, so that it cannot stop the others; default 5,000; not of a durable topic, which nobody waits for
   */
  readonly stallMs?: number | 'infinity' | undefined;
  /** so many of the messages that the topic keeps come first, oldest first; default 0, with `retain` 1 */
  readonly replay?: number | undefined;
  /** what is read is a TopicMessage, which says where it was published; for wildcards. Default false */
  readonly withTopic?: boolean | undefined;
  /** its abort is `unsubscribe` */
  readonly signal?: AbortSignal | undefined;
  /**
   * of a durable topic: where it begins; default `latest`, with `retain` or `replay` so many before.
   * An offset from 0 that is trimmed begins with a TopicGap, one that is to come waits for it
   * @since 0.2.0
   */
  readonly from?: TopicStart | undefined;
  /**
   * of a durable topic: a name under which the store keeps how far this reader is. A later one of that
   * name, in this life or another, goes on behind what was acknowledged; then `from` means nothing.
   * One at a time has the name
   * @since 0.2.0
   */
  readonly durable?: string | undefined;
  /**
   * with `durable`: what it was given is acknowledged when it asks for more (`auto`, the default), or
   * by `acknowledge()` alone (`manual`)
   * @since 0.2.0
   */
  readonly acknowledge?: 'auto' | 'manual' | undefined;
}

/** Options of `topic.subscribe(agent)`. */
export interface AgentSubscribeOptions {
  /** the cast that the messages come as; default plain messages, which arrive in `info` */
  readonly cast?: string | undefined;
  /** as for a reader */
  readonly replay?: number | undefined;
  /** as for a reader */
  readonly withTopic?: boolean | undefined;
  /**
   * of a durable topic: as for a reader
   * @since 0.2.0
   */
  readonly from?: TopicStart | undefined;
  /**
   * of a durable topic, for an agent by its registered name, beside `cast`: each message becomes a
   * stored delivery to it, in the transaction in which the cursor of that name moves on. It is retried
   * and may become a dead letter as every delivery; a durable agent has its effect exactly once
   * @since 0.2.0
   */
  readonly durable?: string | undefined;
}

/** Options of `publish`. */
export interface PublishOptions {
  /** ends the wait for slow readers, not the publication: who has room has it, the others get it in their turn */
  readonly signal?: AbortSignal | undefined;
}

/** Why a subscription has ended; `failed`: of a reader of a shared stream, with the error of its source. */
export type SubscriptionEnd = 'unsubscribed' | 'closed' | 'slow' | 'owner' | 'stopped' | 'failed';

/**
 * What was published to one subscription; at every moment
 * `sent = taken + dropped + deadLettered + buffered`.
 */
export interface SubscriptionStats {
  /** the topic, or the pattern */
  readonly topic: string;
  /** messages published to it, with those that were replayed */
  readonly sent: number;
  /** read, or accepted by the agent's mailbox */
  readonly taken: number;
  /** lost by its policy, or refused by the agent's mailbox */
  readonly dropped: number;
  /** buffered when its owner died, or for an agent that has ended */
  readonly deadLettered: number;
  /** not read yet, with those that publishers wait for */
  readonly buffered: number;
  /** of those buffered: beyond its buffer, a publisher waits for each */
  readonly waiting: number;
  /** most that it has had buffered */
  readonly peak: number;
}

/** What both kinds of subscriptions are. */
export interface AnySubscription extends Disposable {
  /** the topic, or the pattern */
  readonly topic: string;
  /** undefined while it lasts */
  readonly end: SubscriptionEnd | undefined;
  /** Nothing more is published to it. Idempotent. */
  unsubscribe(): void;
  stats(): SubscriptionStats;
}

/**
 * The messages of a topic for one reader, in the order of their publication. It ends when it is
 * unsubscribed, its topic is closed, its owner (the process that subscribed) has ended or the
 * system stops; what is buffered by then can still be read, except by an owner that has ended.
 *
 * Leaving a `for await` loop over it unsubscribes. Several readers share the messages, in the order
 * of their asking.
 */
export interface Subscription<T> extends AnySubscription, AsyncIterable<T> {
  /**
   * The next message; undefined at the end. Errors: BusError `SLOW_READER` once, after what was
   * buffered, when it was disconnected; `ZOMBIE` for an owner that has ended.
   */
  next(): Promise<T | undefined>;
  /** From one to `max` messages, as soon as there is one; none at the end. Errors: as `next`. */
  nextBatch(max: number): Promise<T[]>;
}

/**
 * What `subscribe({ durable })` gives: a Subscription whose place is kept in the store.
 * @since 0.2.0
 */
export interface DurableSubscription<T> extends Subscription<T> {
  /**
   * All that it was given so far is done with, and comes never again; resolves once that is committed.
   * Errors: BusError `UNKNOWN` when the store has failed.
   */
  acknowledge(): Promise<void>;
}

/** The messages of a topic for one agent. It ends as a Subscription does, and when the agent ends. */
export interface AgentSubscription extends AnySubscription {
  /** name, else pid, of the agent */
  readonly to: string;
}

/** What a topic has counted since it was made. */
export interface TopicStats {
  readonly name: string;
  readonly subscribers: number;
  /** messages published */
  readonly published: number;
  /** publishes refused: TOPIC_FULL, or `tryPublish` with a reader that has no room */
  readonly rejected: number;
  /** publishes that wait for slow readers */
  readonly waiting: number;
  /** messages kept for those who subscribe later */
  readonly kept: number;
  /**
   * of a durable topic, what is stored of it
   * @since 0.2.0
   */
  readonly stored?: StoredTopicStats | undefined;
}

/**
 * What is stored of a durable topic. At every moment
 * `recovered + published + storing + unknown = rows + trimmed`, with the `published` of its TopicStats.
 * @since 0.2.0
 */
export interface StoredTopicStats {
  /** messages that are kept, with those that are being stored */
  readonly rows: number;
  /** the first offset that is kept; `nextOffset` when there is none */
  readonly firstOffset: number;
  /** the offset of the next message */
  readonly nextOffset: number;
  /** of earlier lives */
  readonly recovered: number;
  /** not committed yet */
  readonly storing: number;
  /** the store failed: they may be there or not */
  readonly unknown: number;
  /** removed for its retention, in this life */
  readonly trimmed: number;
  /** of the rows, where `retention.bytesMax` counts them; else undefined */
  readonly bytes: number | undefined;
}

/**
 * A topic: what is published reaches every current subscriber, each in the order of publication. It
 * needs no making and no end: it vanishes with its last user, unless it keeps messages (`retain`,
 * `replay`) or was given a schema; then it stays until `close`.
 *
 * A name has segments `[A-Za-z0-9_-]` joined by dots. Whom a pattern names (`orders.*.created`,
 * `orders.**`) can only be subscribed to: `*` stands for one segment, `**` at the end for all that
 * begins with what is before it, and that itself.
 *
 * @example
 * const prices = system.topic<number>('prices');
 * const reader = prices.subscribe();
 * await prices.publish(3); // => 1
 * await prices.publish(4);
 * await reader.nextBatch(10); // => [3, 4]
 * prices.close();
 * await reader.next(); // => undefined
 */
export interface Topic<T> {
  readonly name: string;
  /**
   * Gives it to every subscriber; resolves to how many it has reached, once the slow ones among
   * them (`suspend`) have room. Readers with room have it at once. Errors: BusError `TOPIC_FULL`
   * when 1,024 publishes of the topic wait already, `INVALID_PAYLOAD` for what does not fit, a
   * promise or undefined, `ZOMBIE`; nobody has it then. The reason of the signal. OptionError for a
   * pattern, and `SYSTEM_STOPPED`. Nobody has to look at them.
   *
   * Of a durable topic nobody has it before it is committed, and then the promise resolves; in a
   * turn of a durable agent it is a part of the commit of that turn, and resolves at once, to the
   * number of subscribers. Errors besides: OptionError `NOT_STORABLE`, with the path in the message;
   * StoreError `STORE_FULL`, `STORE_FAILED`; BusError `UNKNOWN` when the write failed.
   */
  publish(message: T, options?: PublishOptions): Promise<number>;
  /**
   * The same without a wait: how many it has reached, or `'full'` when it had to wait, and nobody
   * has it. Errors are thrown; of a durable topic, whose commit takes time, `BAD_COMBINATION`.
   */
  tryPublish(message: T): number | 'full';
  /**
   * From now on, for one reader. With `self.topic` the subscription belongs to the process and ends
   * with it: what it had buffered becomes dead letters. Errors: OptionError; `ALREADY_STARTED` for
   * the name of a durable one that somebody has.
   */
  subscribe(
    options: SubscribeOptions & { readonly durable: string; readonly withTopic: true },
  ): DurableSubscription<TopicMessage<T> | TopicGap>;
  subscribe(options: SubscribeOptions & { readonly durable: string }): DurableSubscription<T | TopicGap>;
  subscribe(
    options: SubscribeOptions & { readonly from: TopicStart; readonly withTopic: true },
  ): Subscription<TopicMessage<T> | TopicGap>;
  subscribe(options: SubscribeOptions & { readonly from: TopicStart }): Subscription<T | TopicGap>;
  subscribe(options: SubscribeOptions & { readonly withTopic: true;
    readonly slow: 'drop-oldest' | 'drop-newest' }): Subscription<TopicMessage<T> | TopicGap>;
  subscribe(options: SubscribeOptions & { readonly withTopic: true }): Subscription<TopicMessage<T>>;
  subscribe(
    options: SubscribeOptions & { readonly slow: 'drop-oldest' | 'drop-newest' },
  ): Subscription<T | TopicGap>;
  subscribe(options?: SubscribeOptions): Subscription<T>;
  /**
   * From now on, for an agent, by ref, pid or name: its buffer is its mailbox, with its policy; what
   * that refuses is counted, and a TopicGap comes in `info` before the next message. By name it
   * means whoever has the name. Errors: OptionError; a CallError `UNKNOWN_OPERATION` for a cast that
   * its definition does not have.
   */
  subscribe(agent: TopicTarget, options?: AgentSubscribeOptions): AgentSubscription;
  /**
   * Of a durable topic: forgets how far the reader of that name is. False when the store has none;
   * resolves once it is committed. Errors: `ALREADY_STARTED` while somebody has the name, BusError
   * `UNKNOWN`, OptionError.
   * @since 0.2.0
   */
  forget(durable: string): Promise<boolean>;
  /** Ends all its subscriptions and forgets what it keeps in memory; what is stored stays. */
  close(): void;
  stats(): TopicStats;
}

/** Who is subscribed: a ref, a pid or a name. */
export type TopicTarget = string | { readonly pid: unknown };

/**
 * A message and where it was published: what `withTopic` gives.
 *
 * @example
 * const reader = system.topic<number>('orders.*').subscribe({ withTopic: true });
 * await system.topic<number>('orders.eu').publish(7);
 * const message = await reader.next();
 * [message?.topic, message?.message]; // => ['orders.eu', 7]
 * reader.unsubscribe();
 * @since 0.2.0
 */
export class TopicMessage<T = unknown> {
  constructor(
    readonly topic: string,
    readonly message: T,
    /** its place in a durable topic: from 0, each one more than that of the message before */
    readonly offset?: number,
  ) {}
}

/**
 * Stands for messages that a slow subscriber has missed.
 *
 * @example
 * const topic = system.topic<number>('ticks');
 * const reader = topic.subscribe({ buffer: 1, slow: 'drop-oldest' });
 * for (const tick of [1, 2, 3]) await topic.publish(tick);
 * await reader.nextBatch(2); // => [new TopicGap(2), 3]
 * reader.unsubscribe();
 * @since 0.2.0
 */
export class TopicGap {
  constructor(readonly missed: number) {}
}
