import { CastcallError } from './errors.js';
import { isA, isError, printable } from './text/index.js';

/**
 * Why a process ended: plain data. `'normal'`, `'shutdown'` and `{ shutdown: detail }` are orderly;
 * a thrown Error is itself the reason, but that a callee ended with `shutdown` makes
 * `{ shutdown: error }`; a thrown non-error is `{ nocatch: value }`; `'killed'` is what others see
 * of an external `kill`; everything else is what `exit` or `stop` was given.
 *
 * @example
 * const reason: ExitReason = { shutdown: 'config reloaded' };
 * isOrderly(reason) // => true
 * @since 0.1.0
 */
export type ExitReason = unknown;

/**
 * Whether a reason is an orderly end: no crash report, and no restart of a transient child. So is the
 * failure of a call whose callee ended with `shutdown`. Never throws, whatever the reason is.
 *
 * @example
 * isOrderly('normal') // => true
 * isOrderly({ shutdown: 'done' }) // => true
 * isOrderly('killed') // => false
 * @since 0.1.0
 */
export function isOrderly(reason: ExitReason): boolean {
  if (typeof reason !== 'object' || reason === null) return reason === 'normal' || reason === 'shutdown';
  try {
    return isError(reason) ? isA(reason, CastcallError) && reason.orderly : Object.hasOwn(reason, 'shutdown');
  } catch {
    return false;
  }
}

/**
 * One line for an exit reason, for logs and messages; never throws, at most 300 characters.
 *
 * @example
 * formatReason({ nocatch: undefined }) // => '{ nocatch: undefined }'
 * formatReason(new TypeError('boom')) // => 'TypeError: boom'
 * @since 0.1.0
 */
export function formatReason(reason: ExitReason): string {
  return printable(reason);
}

/** What `self.exit(reason)` throws: an exception that user code may catch, as OTP's `exit/1` is (PR-04). */
export class ExitSignal extends Error {
  constructor(readonly reason: ExitReason) {
    super(`exit: ${printable(reason)}`);
    this.name = 'ExitSignal';
  }
}

/**
 * The exit reason of a process whose code threw `thrown` (PR-03). That its callee was shut down is
 * no crash of it: OTP's `{shutdown, {gen_server, call, …}}` (GS-14).
 */
export function reasonOf(thrown: unknown): ExitReason {
  if (!isError(thrown)) return { nocatch: thrown };
  if (isA(thrown, ExitSignal)) return thrown.reason;
  return isOrderly(thrown) ? { shutdown: thrown } : thrown;
}
