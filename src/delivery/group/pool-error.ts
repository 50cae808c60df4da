import { CastcallError } from '../../base/index.js';

/**
 * No worker of a pool was free within `timeoutMs`; none is held for whoever asked.
 *
 * @example
 * const error = new PoolExhaustedError('browsers', 5_000, 10);
 * error.message; // => "pool 'browsers': none of 10 workers was free within 5000 ms; release what is checked out sooner, or raise max"
 * error.code; // => 'POOL_EXHAUSTED'
 * @since 0.2.0
 */
export class PoolExhaustedError extends CastcallError {
  constructor(
    readonly pool: string,
    readonly timeoutMs: number,
    readonly size: number,
  ) {
    super(
      'POOL_EXHAUSTED',
      `pool '${pool}': none of ${size} workers was free within ${timeoutMs} ms; release what is checked out sooner, or raise max`,
    );
  }
}
