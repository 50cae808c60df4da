import { CastcallError } from '../../base/index.js';
import type { StoreErrorCode, StoreFinding } from '../../api/durable/store.js';

/**
 * A store cannot do what was asked of it. The message names the place, what is wrong and what helps.
 *
 * @example
 * const error = new StoreError('STORE_CLOSED', 'the store is closed');
 * error.code // => 'STORE_CLOSED'
 * @since 0.2.0
 */
export class StoreError extends CastcallError {
  constructor(
    override readonly code: StoreErrorCode,
    message: string,
    readonly findings: readonly StoreFinding[] = [],
    options?: { cause?: unknown },
  ) {
    super(code, message, options);
  }
}
