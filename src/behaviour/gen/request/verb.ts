import type { AgentStream } from '../../../api/bus/stream.js';
import type { SentRequest } from '../../../router/request/index.js';

/** What a ref is asked for: the verb of one send. */
export const Verb = {
  Cast: 0, TryCast: 1, Put: 2, Call: 3, Request: 4, Deliver: 5, Stream: 6, Info: 7,
} as const;
export type Verb = (typeof Verb)[keyof typeof Verb];

/** What each verb gives. */
export interface Gives {
  readonly [Verb.Cast]: void;
  readonly [Verb.TryCast]: 'ok' | 'full' | 'dead';
  readonly [Verb.Put]: Promise<void>;
  readonly [Verb.Call]: Promise<unknown>;
  /** null when it was refused, which the listener has heard */
  readonly [Verb.Request]: SentRequest | null;
  readonly [Verb.Deliver]: Promise<unknown>;
  readonly [Verb.Stream]: AgentStream<unknown>;
  readonly [Verb.Info]: void;
}

/** Hears the response of a request that nobody waits for; stands in place of options. */
export interface Listener {
  readonly value: (value: unknown) => void;
  readonly failed: (error: unknown) => void;
}
