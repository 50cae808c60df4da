import { CastcallError } from '../../base/index.js';

/**
 * A call that did not get its turn within `timeoutMs`; it was not made.
 *
 * @example
 * const error = new LimitTimeoutError('openai', 12, 4);
 * error.message; // => "limit 'openai': no turn in time; 12 others wait, 4 run"
 * error.code; // => 'LIMIT_TIMEOUT'
 * @since 0.2.0
 */
export class LimitTimeoutError extends CastcallError {
  constructor(
    readonly limit: string,
    readonly waiting: number,
    readonly running: number,
  ) {
    super('LIMIT_TIMEOUT', `limit '${limit}': no turn in time; ${waiting} others wait, ${running} run`);
  }
}
