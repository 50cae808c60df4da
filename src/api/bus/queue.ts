/* Work queues: each item goes to one consumer. */

import type { Backoff } from '../../base/index.js';
import type { AgentRef, Sends } from '../agent.js';
import type { MailboxLane, Overflow } from '../mailbox.js';
import type {
  AnyDefinition, CallEntryOf, CallName, CastEntryOf, CastName, StandardSchema, VerbArgs,
} from '../protocol.js';

/** Options of a queue, fixed by the first use of its name. Without any it is unbounded, and what is taken is done. */
export interface QueueOptions<T = unknown> {
  /** checks every item at its push; what it makes of the item is what consumers get */
  readonly schema?: StandardSchema<unknown, T> | undefined;
  /**
   * consumers get a lease in place of the item (`lease` in place of `pull`): it comes back when it
   * is not acknowledged within so many ms, from 1. Default: no leases
   */
  readonly leaseMs?: number | undefined;
  /** hand-outs of one item in all, from 1, default 5: when the last of them fails, the item is a dead letter */
  readonly attemptsMax?: number | undefined;
  /** waits before an item comes again whose `nack` names no delay, and before the next call of `consume` */
  readonly backoff?: Backoff | undefined;
  /** items that may wait (ready and delayed), from 1; default no bound. What comes back always has room */
  readonly capacity?: number | undefined;
  /**
   * what happens to a push that finds it full, default `reject`: it is refused (`reject`), its item
   * is dropped (`drop-newest`), the oldest of the lowest lane is (`drop-oldest`), or it waits for
   * room (`suspend`)
   */
  readonly overflow?: Overflow | undefined;
  /** of the items with one key only one is handed out at a time, in the order of their pushes */
  readonly orderByKey?: boolean | undefined;
  /** of the items with one key only one waits: the `last` one, in the place of the first, or the `first` one */
  readonly coalesce?: 'last' | 'first' | undefined;
  /**
   * what waits outlives the program: `push` resolves when the item is in the store of the system, and
   * its end is told when that is. Without a store it is `NO_STORE`. Default false
   */
  readonly durable?: boolean | undefined;
}

/** Options of `push`. */
export interface PushOptions {
  /** FIFO within each, strict between them; default `normal` */
  readonly lane?: MailboxLane | undefined;
  /** ms until it can be taken, from 0; default at once */
  readonly delayMs?: number | undefined;
  /** ms from 1, counted from when it is in the queue: what nobody has taken by then expires */
  readonly expiresInMs?: number | undefined;
  /** a text of 1 to 1,024 bytes; for queues with `orderByKey` or `coalesce` */
  readonly key?: string | undefined;
  /** ends the wait for room (`suspend`) with its reason */
  readonly signal?: AbortSignal | undefined;
  /** longest wait for room, ms, from 1; default 'infinity' */
  readonly timeoutMs?: number | 'infinity' | undefined;
}

/** What became of a push: `superseded` where `coalesce` keeps the first, `dropped` where a full queue drops. */
export type PushOutcome = 'queued' | 'dropped' | 'superseded';

/** Options of `pull` and `lease`. */
export interface PullOptions {
  /** ends the wait with its reason */
  readonly signal?: AbortSignal | undefined;
  /** longest wait, ms, from 1; default 'infinity' */
  readonly timeoutMs?: number | 'infinity' | undefined;
}

/** Options of the loops `items` and `leases`. */
export interface LoopOptions {
  /** ends the loop with its reason */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `nack`. */
export interface NackOptions {
  /** ms until it can be taken again, from 0; default as `backoff` of the queue says, else at once */
  readonly delayMs?: number | undefined;
  /** why, for the dead letter that it may become; default `nacked` */
  readonly reason?: unknown;
}

/**
 * An item that one consumer has until it is acknowledged, given back, or the lease ends: by time, or
 * with the life of the consumer. Its verbs reject with LEASE_LOST (a BusError) once it has ended:
 * the item is somebody else's by then.
 */
export interface Lease<T = unknown> {
  readonly item: T;
  /** the number of the item in its queue, the same at each attempt */
  readonly id: number;
  /** hand-outs of the item so far, from 1 */
  readonly attempt: number;
  /** grows with each lease of the queue: a store that refuses a lower one than it has seen fences out late writers */
  readonly token: number;
  /** fires when the lease is lost, before anybody else gets the item; never once it was acknowledged */
  readonly signal: AbortSignal;
  /** the work is done */
  ack(): Promise<void>;
  /** the attempt has failed: the item comes again, or is a dead letter after the last one */
  nack(options?: NackOptions): Promise<void>;
  /** no attempt will succeed: the item is a dead letter now, with that reason */
  reject(reason?: unknown): Promise<void>;
  /** the lease ends so many ms from now, from 1; default `leaseMs` of the queue */
  extend(ms?: number): Promise<void>;
  /** `await using`: gives the item back when it has not been acknowledged */
  [Symbol.asyncDispose](): Promise<void>;
}

/** What a queue has counted since it was made, and holds now. */
export interface QueueStats {
  readonly name: string;
  /** its items are in the store: `ready`, `delayed`, `leased` and `ending` of them are */
  readonly durable: boolean;
  /**
   * at every moment `pushed + recovered` are `acked + dropped + deadLettered + expired + superseded + unknown + stored
   * + ready + delayed + leased + ending`; what is not durable has only 0 in `recovered`, `unknown`, `stored`, `ending`
   */
  readonly pushed: number;
  /** that earlier lives of the program have left in the store */
  readonly recovered: number;
  readonly acked: number;
  readonly dropped: number;
  readonly deadLettered: number;
  readonly expired: number;
  readonly superseded: number;
  /** a write of the store has failed: they may be there or not, and come again or not */
  readonly unknown: number;
  /** left in the store to a later life, by the stop of the system or because they cannot be read */
  readonly stored: number;
  /** can be taken, or wait for their key */
  readonly ready: number;
  readonly delayed: number;
  readonly leased: number;
  /** over, and the store has yet to write it */
  readonly ending: number;
  /** of those that are ready, how many nobody has asked for yet: they are in the store alone */
  readonly unread: number;
  /** pushes that were refused or withdrawn: no part of `pushed` */
  readonly refused: number;
  /** how often an item came back from a consumer */
  readonly returned: number;
  /** leases that ended by time or with their consumer */
  readonly lost: number;
  /** pulls that wait for an item, and consumers with a free place */
  readonly waiting: number;
  /** pushes that wait for room, or for the store */
  readonly pushing: number;
  /** ms for which the one that waits longest could have been taken; 0 when none waits */
  readonly oldestMs: number;
  readonly closed: boolean;
}

/** Calls of `D` that take such an item. */
export type CallTaking<D extends AnyDefinition, T> = {
  [N in CallName<D>]: [T] extends [VerbArgs<CallEntryOf<D, N>, unknown>[0]] ? N : never
}[CallName<D>];
/** Casts of `D` that take such an item, or a lease of it. */
export type CastTaking<D extends AnyDefinition, T> = {
  [N in CastName<D>]: [T] extends [VerbArgs<CastEntryOf<D, N>, unknown>[0]] ? N
    : [Lease<T>] extends [VerbArgs<CastEntryOf<D, N>, unknown>[0]] ? N : never
}[CastName<D>];

/** Options of `consume`: a call or a cast. */
export type ConsumeOptions<D extends AnyDefinition, T> = {
  /** items that its agents have at the same time, from 1; default 1 */
  readonly concurrency?: number | undefined;
} & ({
  /** the item is done when this call is answered; a call that fails is a failed attempt */
  readonly call: CallTaking<D, T>;
  readonly cast?: undefined;
  /** of one call, from 1; default `leaseMs` of the queue, else 60,000 */
  readonly timeoutMs?: number | 'infinity' | undefined;
} | {
  /** the agent gets the item, which is done once it is in the mailbox; of a queue with leases, the lease */
  readonly cast: CastTaking<D, T>;
  readonly call?: undefined;
  readonly timeoutMs?: undefined;
});

/** Agents that consume a queue, until `stop`. */
export interface QueueConsumer {
  /** items that its agents have now */
  readonly running: number;
  /** it takes nothing any more: it was stopped, its agent or its owner has ended, or the queue has */
  readonly stopped: boolean;
  /** takes nothing more; what its agents have goes on. Resolves when that has come to an end */
  stop(): Promise<void>;
}

/**
 * A queue of work: each item to exactly one consumer, FIFO within a lane. One per name and system;
 * what waits in it outlives consumers. A consumer that goes away while it waits (abort, timeout,
 * death, a loop that is left) takes nothing along.
 *
 * @example
 * const mails = system.queue<string>('mails');
 * await mails.push('to alice');
 * await mails.push('to bob', { lane: 'high' });
 * await mails.pull(); // => 'to bob'
 * await mails.pull(); // => 'to alice'
 */
export interface Queue<T = unknown> extends AsyncIterable<T> {
  readonly name: string;
  /** items that wait: ready and delayed */
  readonly size: number;
  /**
   * Resolves when the item is in the queue, or dropped by its policy. Errors: a BusError
   * `QUEUE_FULL`, `QUEUE_CLOSED`, `OVERLOADED` (`memory.ceilingBytes` of the system: low lanes first),
   * `INVALID_PAYLOAD`, `TIMEOUT`, `ZOMBIE`; `SYSTEM_STOPPED`; the
   * reason of the signal; an OptionError, also for a promise in place of an item. Of a durable queue,
   * which has the item once it is committed: a StoreError (`STORE_FULL`, `STORE_FAILED`), then it is
   * not there; `UNKNOWN` when nobody knows; `NOT_STORABLE` with the path to what cannot be stored. In a
   * turn of a durable agent (`self.queue`) it resolves at once, and the item goes with its commit.
   */
  push(item: T, options?: PushOptions): Promise<PushOutcome>;
  /**
   * The next item, which is done with that: at most once. Of a queue without `leaseMs`. Errors: a
   * BusError `TIMEOUT`, `QUEUE_CLOSED` once a closed queue is empty, `ZOMBIE`; `SYSTEM_STOPPED`; the
   * reason of the signal; an OptionError.
   */
  pull(options?: PullOptions): Promise<T>;
  /**
   * A lease of the next item: at least once. Of a queue with `leaseMs`. A process holds its leases
   * (`self.queue`): with its end they come back at once. Errors: as `pull`.
   *
   * @example
   * const jobs = system.queue<string>('jobs', { leaseMs: 30_000, attemptsMax: 3 });
   * await jobs.push('train');
   * const first = await jobs.lease();
   * await first.nack({ reason: 'no room' });
   * const again = await jobs.lease();
   * [again.item, again.attempt]; // => ['train', 2]
   * await again.ack();
   */
  lease(options?: PullOptions): Promise<Lease<T>>;
  /** `for await (const item of queue)`, with a signal: `pull` after `pull`, until the queue is closed and empty */
  items(options?: LoopOptions): AsyncIterableIterator<T>;
  /** the same with `lease` */
  leases(options?: LoopOptions): AsyncIterableIterator<Lease<T>>;
  /**
   * Agents take the items, at most `concurrency` at a time: one agent by pid or name, a pool, a
   * balancer. Whoever is not there, or has no room, gets nothing: that is no attempt. Ends with the
   * process that asked for it (`self.queue`), and with an agent that is meant by its pid.
   *
   * @example
   * const Trainer = defineAgent({ calls: { train: (self, model: string) => `trained ${model}` } });
   * const models = system.queue<string>('models', { leaseMs: 60_000 });
   * const consumer = models.consume(system.start(Trainer), { call: 'train', concurrency: 2 });
   * await models.push('frogs');
   * await consumer.stop();
   * models.stats().acked; // => 1
   */
  consume<D extends AnyDefinition>(ref: AgentRef<D> | Sends<D>, options: ConsumeOptions<D, T>): QueueConsumer;
  stats(): QueueStats;
  /**
   * Takes nothing more in: pushes that wait are refused with QUEUE_CLOSED. What is in the queue is
   * consumed as before; once there is nothing, waiting pulls are told, loops end, and the name is free.
   */
  close(): void;
}
