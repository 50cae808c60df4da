/* What a durable agent does with the world outside, and what it waits for. */

/** Options of `self.once`. */
export interface OnceOptions<T> {
  /**
   * what is promised of the effect when the agent or the program ends between the effect and its
   * record. `at-least-once` (the default): `fn` runs again, with the same idempotency key.
   * `at-most-once`: it does not, and what became of it is unknown
   */
  readonly guarantee?: 'at-least-once' | 'at-most-once' | undefined;
  /**
   * for `at-most-once`: finds out what became of an effect that had begun; what it returns is
   * recorded as its result. Without one such a step rejects with `STEP_UNKNOWN`
   */
  readonly reconcile?: ((idempotencyKey: string) => T | Promise<T>) | undefined;
}

/** Options of `self.wait`. */
export interface WaitOptions {
  /** ms after which it is decided as expired: then `self.wait` rejects with `WAIT_EXPIRED`; default never */
  readonly timeoutMs?: number | undefined;
}

/** A decision that somebody waits for: a row of `system.waits.list()`. */
export interface PendingWait {
  readonly id: string;
  /** name of the agent that waits */
  readonly agent: string;
  /** the operation of the message that is parked */
  readonly op: string;
  /** wall clock, ms since 1970 */
  readonly since: number;
}

/** The durable waits of a system. The first decision wins; all are committed when their promise resolves. */
export interface Waits {
  /** those without a decision, oldest first */
  list(): PendingWait[];
  /** Decides: `self.wait` gives `value` to the handler, which runs again. False when there is no such wait, or no more. */
  resolve(id: string, value?: unknown): Promise<boolean>;
  /** Decides: `self.wait` rejects with a `WAIT_REJECTED` that has the reason. False as above. */
  reject(id: string, reason?: unknown): Promise<boolean>;
  /** Decides: `self.wait` rejects with `WAIT_EXPIRED`. False as above. */
  expire(id: string): Promise<boolean>;
}
