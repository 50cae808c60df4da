/** A durable agent that is set aside: it has crashed too often in a row. */
export interface AsideAgent {
  readonly name: string;
  /** in a row, without a turn that has committed something between them, in all lives of the program */
  readonly crashes: number;
  /** why the last time, as text */
  readonly reason: string;
  /** wall clock, ms since 1970 */
  readonly since: number;
}

/**
 * Durable agents that are set aside: `system.store.aside`. Errors of all: what the store says. What is
 * changed is committed when the promise resolves.
 */
export interface AsideAgents {
  /** oldest first; empty until the store is ready */
  list(): AsideAgent[];
  /**
   * Lets an agent go on: its count begins anew, and its next start succeeds as far as it can. A supervisor
   * starts it with `restartChild`, or in the next life of the program. False when it is not set aside.
   */
  resume(name: string): Promise<boolean>;
  /**
   * Drops the state of an agent that does not run, its deltas and its count of crashes: its next start
   * runs `init`. Its mail stays. False when there is nothing of it. Errors: `AGENT_RUNS` while the name
   * has an owner: stop that one first.
   */
  reset(name: string): Promise<boolean>;
}
