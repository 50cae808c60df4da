/* What a store keeps of what is over. */

/**
 * How much of it: the oldest go first, in the transaction in which something new comes, and at the
 * start. Sizes are those of the stored bodies; the newest is kept whatever its size.
 */
export interface RetentionLimits {
  /** from 1 */
  readonly countMax?: number | undefined;
  /** from 1 */
  readonly bytesMax?: number | undefined;
  /** ms by the wall clock, from 1; looked at with each new one, and at the start. Default: no limit */
  readonly ageMs?: number | undefined;
}

/**
 * What a store keeps of what is over, through all lives of its program: option `retention` of
 * `createSystem`, beside `store`.
 *
 * @since 0.2.0
 */
export interface RetentionOptions {
  /** dead letters of stored deliveries; default 10,000, and 256 MiB of them */
  readonly deadLetters?: RetentionLimits | undefined;
  /**
   * keys of stored deliveries that were handled; default 100,000, and 64 MiB with their replies. Within a life
   * `delivery.dedupe` bounds them as well
   */
  readonly keys?: RetentionLimits | undefined;
}
