import type { AgentRef } from '../agent.js';
import type { DeliverCoalesce, DeliverOptions, OutcomeKind, Receipt } from '../delivery.js';
import type { AnyDefinition } from '../protocol.js';

/* Messages to agents by ref, address, name or tag, and what became of them. */

/** Whom a message is for: a ref, an address ref, a registered name, or a tag. */
export type MessageTarget = AgentRef<any> | string | { readonly tag: string };

/** Options of `system.message`, beside those of `deliver`. */
export interface MessageOptions extends Omit<DeliverOptions, 'coalesce'> {
  /** the operation, default `turn` */
  readonly op?: string | undefined;
  /**
   * the message is accepted, and nothing else: nobody is started for it, nothing is waited for. With a
   * key one such message of its key waits at most, see `coalesce` of `deliver`
   */
  readonly enqueue?: boolean | DeliverCoalesce | undefined;
  /**
   * ms from the call that the answer is waited for; then it is `enqueued`, and the message goes on; one that is not
   * accepted yet (its commit, a mailbox that suspends) rejects with a CallError `TIMEOUT`, and goes on as well;
   * default `infinity`
   */
  readonly timeoutMs?: number | 'infinity' | undefined;
  /**
   * when it fires, the message is taken back if it still waits: the answer is `cancelled`; else it goes on. One
   * that stands before a mailbox that suspends is taken back when it gets in
   */
  readonly signal?: AbortSignal | undefined;
}

interface Answered<R> {
  /** see `Receipt.id`; of one that waits for a tag: the tag, and its place there */
  readonly id: string;
  /** undefined for one that waits for a tag */
  readonly receipt: Receipt<R> | undefined;
}

/**
 * What became of a message, by what happened to it.
 * - `delivered`: its handler has succeeded; where it is stored, that is committed.
 * - `started`: it has started its agent, and its handler has begun; the end is its receipt's.
 * - `enqueued`: it was accepted, and nothing more is known.
 * - else: how it ended without that; the kinds of `DeliveryOutcome`.
 */
export type MessageAnswer<R = unknown> = Answered<R> & (
  | { readonly kind: 'delivered'; readonly reply: R; readonly attempts: number }
  | { readonly kind: 'started' }
  | { readonly kind: 'enqueued' }
  | { readonly kind: Exclude<OutcomeKind, 'handled'>; readonly reason: unknown }
);

/** What `system.message` with `stream: true` tells: chunks, and at last the answer. */
export type MessageEvent<R = unknown, C = unknown> =
  | { readonly kind: 'chunk'; readonly chunk: C; /** from 1: a later one begins anew */ readonly attempt: number }
  | MessageAnswer<R>;

/** Chunks as they are yielded, then the answer. */
export interface MessageStream<R = unknown, C = unknown> extends AsyncIterableIterator<MessageEvent<R, C>> {
  /** of the message itself; also without reading chunks */
  readonly answer: Promise<MessageAnswer<R>>;
}

/** A tag as `system.tags` tells it. */
export type TagInfo = { readonly tag: string; /** messages that wait for it */ readonly waiting: number } & (
  | { readonly state: 'bound'; /** the name or address */ readonly to: string; readonly definition: string }
  | {
    readonly state: 'grouped'; readonly to: string; readonly definition: string;
    /** all tags of its group, itself included */
    readonly tags: readonly string[];
  }
  | { readonly state: 'absent' }
);

/** What is changed by `bind` and `group`. */
export interface TagOptions {
  /** a tag that is bound to another target is moved; default false: `TAG_TAKEN` */
  readonly displace?: boolean | undefined;
}

/** Stable names of agents that may change, or are not there yet: `system.tags`. */
export interface Tags {
  /**
   * The tag leads to that name or address from now on; what waits for it goes there. With a store it
   * resolves once that is committed. Errors: an OptionError; `TAG_TAKEN`.
   */
  bind(tag: string, target: AgentRef<any>, options?: TagOptions): Promise<void>;
  /**
   * All of these tags lead to the agent that the first message to one of them starts at that
   * address; all are bound in the transaction in which that message is stored. Once they are bound,
   * it says what their definition is in this life. Errors: an OptionError; `TAG_TAKEN`.
   */
  group<D extends AnyDefinition>(
    tags: readonly string[], definition: D, address: string, options?: TagOptions,
  ): Promise<void>;
  /** The tag leads nowhere from now on; true when it led somewhere. */
  unbind(tag: string): Promise<boolean>;
  resolve(tag: string): Promise<TagInfo>;
  /** all that lead somewhere, or have messages waiting, by name */
  list(): Promise<readonly TagInfo[]>;
}
