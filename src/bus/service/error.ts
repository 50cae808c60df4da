import type { CallError } from '../../base/index.js';
import { BusError } from '../core/index.js';
import type { BusErrorCode } from '../../api/bus/errors.js';

/**
 * A request to a service that failed. `EXIT` carries the reason of its worker, `REFUSED` what that refused it
 * with, `NO_WORKERS` the reason of the last worker that ended; `cause` is the error of the call to the worker.
 *
 * @example
 * const Echo = defineService({
 *   name: 'echo', operations: { say: { request: z.string(), response: z.string() } },
 * });
 * const error = await system.service(Echo).request('say', 'hi').catch((error: ServiceError) => error);
 * error instanceof ServiceError && error.code; // => 'NO_WORKERS'
 * @since 0.2.0
 */
export class ServiceError extends BusError {
  /** handings to a worker until then */
  readonly attempts: number;
  /** of the worker that ended; undefined for none */
  readonly reason: unknown;
  /** the code given to `refuse` */
  readonly refusal: string | undefined;
  readonly details: unknown;
  /** @internal */
  constructor(
    code: BusErrorCode, subject: string, what: string, attempts: number, cause?: unknown, reason?: unknown,
  ) {
    super(code, subject, what, cause === undefined ? undefined : { cause });
    const failed = cause as Partial<CallError> | undefined;
    this.attempts = attempts;
    this.reason = reason;
    this.refusal = code === 'REFUSED' ? failed?.refusal : undefined;
    this.details = code === 'REFUSED' ? failed?.details : undefined;
  }
}
