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

/** What `self` of a durable agent has more than others. */
export interface DurableVerbs {
  /**
   * Hands over a delta of an agent whose state is a log (`durable: { log: true, apply }`): `apply` changes
   * the state at once, and the delta is stored with the commit of the turn. What is applied is a copy, as
   * a later life will read it. In a stream handler the turn begins with the first append. Errors:
   * `NOT_DURABLE` in other agents, in `init`, `restored`, `terminate`, a concurrent handler, and after the
   * handler has returned; `NOT_STORABLE`, with the path; what `apply` throws, after which the state is as
   * before. Nothing in an agent that has ended. Cost: the delta is encoded and decoded once.
   * @example
   * const Chat = defineAgent({
   *   durable: { log: true, apply: (state: { lines: string[] }, line: string) => { state.lines.push(line); } },
   *   init: () => ({ lines: [] as string[] }),
   *   calls: { say(self, line: string) { self.append(line); return self.state.lines.length; } },
   * });
   * const other = createSystem({ store: memoryStore(), logger: false });
   * const chat = await other.start(Chat, { name: 'chat' });
   * await chat.call('say', 'hello') // => 1
   * await other.stop();
   * @since 0.2.0
   */
  append(delta: unknown): void;
  /**
   * A step with an effect outside: what `fn` gave is recorded in the store before it is used, so that
   * a later attempt of the same delivery gets it without running `fn` again. `fn` gets an idempotency
   * key that is the same in each attempt, in each life of the program: hand it on. Of durable agents,
   * within a stored delivery. Errors: `NOT_DURABLE` anywhere else, `STEP_UNKNOWN`, `NOT_STORABLE` for
   * a result that cannot be recorded, `ZOMBIE` when the agent has ended meanwhile, what `fn` threw.
   * Cost: one commit, two for `at-most-once`.
   * @since 0.2.0
   */
  once<T>(
    key: string, fn: (idempotencyKey: string) => T | Promise<T>, options?: OnceOptions<T>,
  ): Promise<Awaited<T>>;
  /**
   * Waits for a decision from outside, also over restarts of the program: `system.waits.resolve(id,
   * value)`. Until then the message is parked: this run of the handler ends here, what it has changed
   * is undone, no attempt is counted, and the agent takes its next message. With the decision the
   * handler runs again from its beginning, and `wait` resolves at once. What it did before outside of
   * `once` is done again. Of durable agents, within a stored delivery; await it. Errors:
   * `NOT_DURABLE` anywhere else, `WAIT_TAKEN` for an id of another message, `WAIT_REJECTED`,
   * `WAIT_EXPIRED`.
   * @since 0.2.0
   */
  wait<T = unknown>(id: string, options?: WaitOptions): Promise<T>;
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
  /**
   * Decides: `self.wait` gives `value` to the handler, which runs again. False when there is no such
   * wait, or it was decided before.
   */
  resolve(id: string, value?: unknown): Promise<boolean>;
  /** Decides: `self.wait` rejects with a `WAIT_REJECTED` that has the reason. False as above. */
  reject(id: string, reason?: unknown): Promise<boolean>;
  /** Decides: `self.wait` rejects with `WAIT_EXPIRED`. False as above. */
  expire(id: string): Promise<boolean>;
}
