/** How the agents of a definition are stored: `defineAgent({ durable })`. */
export interface DurableOptions {
  /** of the state, a whole number from 1; default 1. A stored state of a newer version is refused */
  readonly version?: number | undefined;
  /**
   * makes a state of this version of one that was stored by an older definition, whose version is
   * `from`; what it throws fails the start, and the stored state stays as it is
   */
  readonly migrate?: ((state: never, from: number) => unknown) | undefined;
  /**
   * names that the definition had before: a state that was stored under one of them is its own.
   * Without it such a start is refused with `STATE_OTHER`
   */
  readonly formerly?: string | readonly string[] | undefined;
  /**
   * The state is kept as a log: what a turn stores is what it hands to `self.append`, not the whole
   * state. For states that grow, such as conversations. Needs `apply`. Default false
   */
  readonly log?: boolean | undefined;
  /**
   * of a log: applies one delta to the state, in place, or returns the new state. It runs at each
   * `append`, and for each stored delta when the agent starts again: nothing but state and delta may
   * decide what it does. Synchronous
   */
  readonly apply?: ((state: never, delta: never) => unknown) | undefined;
  /**
   * of a log: makes a delta of this version of one that was stored by an older definition; without it
   * a start with older deltas is refused with `STATE_VERSION`
   */
  readonly migrateDelta?: ((delta: never, from: number) => unknown) | undefined;
  /**
   * of a log: when the whole state is stored, and the deltas before it go, in one transaction: once
   * there are so many of them, or they have so many bytes. Default `{ deltas: 1_000, bytes: 1_048_576 }`;
   * false for never
   */
  readonly compactAfter?: false | CompactAfter | undefined;
  /**
   * crashes in a row, in all lives of the program, after which an agent is set aside: starts that fail
   * by its state, `migrate`, `apply` or `restored`, and turns that end it. Default 10; 'infinity' for
   * never. See `system.store.aside`
   */
  readonly crashesMax?: number | 'infinity' | undefined;
}

/** When a log is compacted: whatever comes first. */
export interface CompactAfter {
  /** deltas since the whole state was stored, from 1; default 1,000 */
  readonly deltas?: number | undefined;
  /** bytes of them, from 1; default 1 MiB */
  readonly bytes?: number | undefined;
}
