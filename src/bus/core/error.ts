import { CastcallError } from '../../base/index.js';
import type { BusErrorCode } from '../../api/bus/errors.js';

/**
 * A verb of a topic, a queue, a gather or a schedule that failed: `code` says why, `subject` where.
 *
 * @example
 * const error = new BusError('TOPIC_FULL', "topic 'prices'", '1,024 publishes wait for slow readers');
 * error.message; // => "topic 'prices': 1,024 publishes wait for slow readers"
 * @since 0.2.0
 */
export class BusError extends CastcallError {
  declare readonly code: BusErrorCode;
  constructor(
    code: BusErrorCode,
    readonly subject: string,
    what: string,
    options?: { readonly cause?: unknown },
  ) {
    super(code, `${subject}: ${what}`, options);
  }
}
