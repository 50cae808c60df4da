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
}

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
   * disconnected, so that it cannot stop the others; default 5,000
   */
  readonly stallMs?: number | 'infinity' | undefined;
  /** so many of the messages that the topic keeps come first, oldest first; default 0, with `retain` 1 */
  readonly replay?: number | undefined;
  /** what is read is a TopicMessage, which says where it was published; for wildcards. Default false */
  readonly withTopic?: boolean | undefined;
  /** its abort is `unsubscribe` */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `topic.subscribe(agent)`. */
export interface AgentSubscribeOptions {
  /** the cast that the messages come as; default plain messages, which arrive in `info` */
  readonly cast?: string | undefined;
  /** as for a reader */
  readonly replay?: number | undefined;
  /** as for a reader */
  readonly withTopic?: boolean | undefined;
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
   */
  publish(message: T, options?: PublishOptions): Promise<number>;
  /**
   * The same without a wait: how many it has reached, or `'full'` when it had to wait, and nobody
   * has it. Errors are thrown.
   */
  tryPublish(message: T): number | 'full';
  /**
   * From now on, for one reader. With `self.topic` the subscription belongs to the process and ends
   * with it: what it had buffered becomes dead letters. Errors: OptionError.
   */
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
  /** Ends all its subscriptions and forgets what it keeps. */
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
