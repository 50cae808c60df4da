/** How the agents of a definition are stored: `defineAgent({ durable })`. */
export interface DurableOptions {
  /** of the state, a whole number from 1; default 1. A stored state of a newer version is refused */
  readonly version?: number | undefined;
  /**
   * makes a state of this version of one that was stored by an older definition, whose version is
   * `from`; what it throws fails the start, and the stored state stays as it is
   */
  readonly migrate?: ((state: never, from: number) => unknown) | undefined;
}
