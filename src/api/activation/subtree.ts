import type { Pid } from '../address.js';

/** One address, as `list` of a subtree shows it. */
export interface AddressInfo {
  readonly address: string;
  /** name of its definition; undefined for one with messages of an earlier life that nobody has claimed */
  readonly definition: string | undefined;
  /** of who lives there; undefined where nobody does */
  readonly pid: Pid | undefined;
  /** deliveries that are queued, running, held, or waiting in the store */
  readonly pending: number;
}

/** What became of one address in `deliverAll`. */
export interface WakeStep {
  readonly address: string;
  /** `resident`: somebody lives there already; `unknown`: its definition is not registered in this life */
  readonly result: 'woken' | 'resident' | 'failed' | 'unknown';
  /** why its start has failed; of an unknown one an error `NOT_ACTIVATED` */
  readonly reason: unknown;
  /** addresses that are done, and all */
  readonly done: number;
  readonly total: number;
}

/** Options of `deliverAll`. */
export interface DeliverAllOptions {
  /** starts at once, from 1; default 128 */
  readonly concurrency?: number | undefined;
  /** told of each address when it is done */
  readonly progress?: ((step: WakeStep) => void) | undefined;
}

/** What came of `deliverAll`, in numbers of addresses. */
export interface DeliverAllReport {
  readonly woken: number;
  readonly resident: number;
  readonly failed: number;
  readonly unknown: number;
}

/** Options of `whenIdle`. */
export interface SubtreeIdleOptions {
  /** ms, default 5,000; then it rejects with TIMEOUT and the names of those that work */
  readonly timeoutMs?: number | 'infinity' | undefined;
}

/** The addresses below a prefix, and the prefix itself. */
export interface Subtree {
  readonly prefix: string;
  /** who lives there, addresses with messages, and durable ones that are known; in the order of their names */
  list(): Promise<AddressInfo[]>;
  /** a cast to all who live there and have that operation; returns to how many */
  cast(op: string, payload?: unknown): number;
  /** a plain message to all who live there; returns to how many */
  send(message: unknown): number;
  /** resolves once nobody there starts, handles a message or has one waiting */
  whenIdle(options?: SubtreeIdleOptions): Promise<void>;
  /** ends all who live there, after what they have queued; returns how many */
  stop(): Promise<number>;
  /**
   * starts the agent of every address that has messages and nobody yet: messages of an earlier life, and those that
   * were only enqueued in this one
   */
  deliverAll(options?: DeliverAllOptions): Promise<DeliverAllReport>;
}
