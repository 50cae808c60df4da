/* One question to many agents at once. */

/** How many replies are enough: a number from 1, one, more than half, or all. */
export type Quorum = number | 'any' | 'majority' | 'all';

/** Options of `gather`. */
export interface GatherOptions {
  /** how many replies are enough, at most as many as there are branches; default `all` */
  readonly quorum?: Quorum | undefined;
  /** from now until the quorum must be reached, ms from 1, or 'infinity'; default 5,000 */
  readonly timeoutMs?: number | 'infinity' | undefined;
  /** takes all branches back, and the gather rejects with its reason */
  readonly signal?: AbortSignal | undefined;
}
