/* Streams: a call with many replies, and one stream that many read. */

import type { SubscribeOptions, Subscription, SubscriptionStats, TopicGap } from './topic.js';

/** Options of `stream`. */
export interface StreamOptions {
  /** ms to wait for each item, default 5,000; 'infinity' waits forever */
  readonly timeoutMs?: number | 'infinity' | undefined;
  /**
   * items that are on their way at most: the one that is asked for, and those made ahead of it. From
   * 1 (default: each is made when it is asked for) to 1,000,000; with 64 the handler begins at once,
   * and runs on until 63 items lie ready. It goes on when half of them are read
   */
  readonly credit?: number | undefined;
  /**
   * bytes of the items that lie ready, from 1; default no bound. The handler makes none ahead while
   * there are as many: texts and byte arrays are measured, objects estimated. Costs a look at each
   */
  readonly creditBytes?: number | undefined;
  /**
   * ms without demand after which the handler is cancelled, so that a forgotten reader cannot hold
   * an agent's turn; default 30,000, 'infinity' for never. Counted anew with each item that is asked
   * for; of a stream with credit that lay ready, it may take twice as long
   */
  readonly itemTimeoutMs?: number | 'infinity' | undefined;
  /** cancels the stream: what lies ready is dropped, the next item rejects with the signal's reason */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `collect`. */
export interface CollectOptions {
  /** items at most, from 0 to 10,000,000; default 100,000 */
  readonly max?: number | undefined;
}

/** Options of `toEvents`. */
export interface StreamEventOptions {
  /** the `event` field of each; default none, which browsers take as `message` */
  readonly event?: string | undefined;
  /** each event has the number of its item as its `id`; default false */
  readonly id?: boolean | undefined;
}

/**
 * The items of a stream, for one reader. It ends with the handler; with the error that ended it, the
 * death of the agent among them, after what was made before; or with its reader, which cancels the
 * handler: by `break`, `return()`, its own end, a timeout or a signal. What lies ready is dropped
 * then. An error is told once; then the stream has ended.
 *
 * @example
 * const Counter = defineAgent({
 *   calls: { async *count(self, to: number) { for (let n = 1; n <= to; n++) yield n; } },
 * });
 * const counter = system.start(Counter);
 * await counter.stream('count', 3).collect(); // => [1, 2, 3]
 * await counter.stream('count', 3, { credit: 64 }).first(); // => 1
 * const items = counter.stream('count', 1_000);
 * for await (const n of items) if (n === 2) break;
 * items.sequence; // => 2
 */
export interface AgentStream<T> extends AsyncIterableIterator<T> {
  /** number of the item that was taken last, from 1; 0 before the first */
  readonly sequence: number;
  /**
   * The next item. Errors: CallError (`EXIT` when the handler or its agent ended, `REFUSED`,
   * `TIMEOUT`, `NOPROC`, `ZOMBIE`, those of a full mailbox); the reason of the signal; a TypeError
   * while another one is waited for.
   */
  next(): Promise<IteratorResult<T, undefined>>;
  /** Cancels the handler. Idempotent. */
  return(): Promise<IteratorResult<T, undefined>>;
  /**
   * All items that are still to come. Errors: as `next`; `STREAM_TOO_LONG` when there are more than
   * `max`, which cancels the handler.
   */
  collect(options?: CollectOptions): Promise<T[]>;
  /** The next item, then the handler is cancelled. Errors: as `next`; `STREAM_EMPTY` when there is none. */
  first(): Promise<T>;
  /**
   * As a web stream of items, each made when it is pulled; its cancellation cancels the handler. For
   * Node: `Readable.from(stream)`, or `Readable.fromWeb(stream.toReadable(), { objectMode: true })`.
   */
  toReadable(): ReadableStream<T>;
  /**
   * As server-sent events: `new Response(stream.toEvents(), { headers: { 'content-type': 'text/event-stream' } })`.
   * A text is sent as it is, with as many `data` lines as it has; anything else as JSON. A failure is an
   * event `error` with its code, and the end; an item that is no JSON is one as well. A client that goes
   * away cancels the handler.
   */
  toEvents(options?: StreamEventOptions): ReadableStream<Uint8Array>;
}

/** Options of `share`. */
export interface ShareOptions {
  /** so many of the latest items are kept for readers that come late, from 0 to 100,000; default 0 */
  readonly replay?: number | undefined;
}

/** Options of a reader of a shared stream: those of a topic's, with its policies. */
export type StreamReaderOptions = Omit<SubscribeOptions, 'withTopic' | 'from' | 'durable' | 'acknowledge'>;

/** What a shared stream has counted. */
export interface SharedStreamStats {
  /** items that its source has given */
  readonly items: number;
  /** readers that it has now */
  readonly readers: number;
  /** items kept for who comes late */
  readonly kept: number;
  /** the source waits for slow readers */
  readonly waiting: boolean;
  readonly ended: boolean;
}

/** One reader's account; at every moment `sent = taken + dropped + deadLettered + buffered`. */
export type StreamReaderStats = Omit<SubscriptionStats, 'topic'>;

/**
 * The items of a shared stream for one reader, in their order. It ends as its source does, with the
 * same error; what is buffered by then is read before. Otherwise as a topic's Subscription: leaving
 * a `for await` loop over it unsubscribes.
 */
export interface StreamReader<T> extends Omit<Subscription<T>, 'topic' | 'stats'> {
  stats(): StreamReaderStats;
}

/**
 * One stream that many read, each at its own pace. It begins with its first reader, and asks its
 * source for the next item when every reader that waits (`suspend`) has room. It ends with its
 * source, with the last of its readers, which cancels the source, and with its owner: the process
 * whose `self.share` made it. A reader that comes after the end gets what is kept, and the end.
 *
 * @example
 * const Counter = defineAgent({ calls: { *count(self, to: number) { for (let n = 1; n <= to; n++) yield n; } } });
 * const shared = system.share(system.start(Counter).stream('count', 3), { replay: 2 });
 * const [one, two] = [shared.subscribe(), shared.subscribe()];
 * await one.nextBatch(1); // => [1]
 * for await (const n of two) if (n === 3) break;
 * const late = shared.subscribe();
 * await late.nextBatch(10); // => [2, 3]
 */
export interface SharedStream<T> extends AsyncIterable<T> {
  /**
   * One reader more, from now on, after the items that are kept (`replay`: at most so many of them).
   * Of a shared stream that was bound with `self.bind` it ends with that process. Errors: OptionError;
   * BusError `ZOMBIE`.
   */
  subscribe(
    options: StreamReaderOptions & { readonly slow: 'drop-oldest' | 'drop-newest' },
  ): StreamReader<T | TopicGap>;
  subscribe(options?: StreamReaderOptions): StreamReader<T>;
  stats(): SharedStreamStats;
}
