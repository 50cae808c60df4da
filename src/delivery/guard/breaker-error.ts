import { CastcallError } from '../../base/index.js';
import { fieldOf, isError } from '../../base/text/index.js';

/**
 * A call that a breaker did not let through. `probeInMs` says in how many ms it will try its callee
 * again: 0 when the probes that decide are on their way, Infinity when it was opened by hand until
 * it is closed.
 *
 * @example
 * const error = new BreakerOpenError('llm', 'open', 1_500);
 * error.message; // => "breaker 'llm' is open: the next probe is due in 1500 ms"
 * error.code; // => 'BREAKER_OPEN'
 * @since 0.2.0
 */
export class BreakerOpenError extends CastcallError {
  constructor(
    readonly breaker: string,
    readonly state: 'open' | 'half-open',
    readonly probeInMs: number,
  ) {
    super('BREAKER_OPEN', `breaker '${breaker}' is ${state}: ${when(state, probeInMs)}`);
  }
}

function when(state: 'open' | 'half-open', probeInMs: number): string {
  if (state === 'half-open') return 'its probes are on their way';
  return probeInMs === Infinity ? 'until somebody closes it' : `the next probe is due in ${probeInMs} ms`;
}

/** What the caller, a limit or the callee's own answer has caused: it says nothing against the callee. */
const NOT_THE_CALLEE: ReadonlySet<unknown> = new Set([
  'MAILBOX_FULL', 'OVERLOADED', 'REFUSED', 'BREAKER_OPEN', 'LIMIT_TIMEOUT', 'ZOMBIE',
  'CALLING_SELF', 'CALL_CYCLE', 'ABORTED', 'LAZY_RESULT', 'NO_ITEMS', 'OVERWEIGHT',
]);

/**
 * What a breaker takes for a failure by default: every error but the abort of its caller (the
 * signal has fired, not by a timeout; or an AbortError), a full mailbox, a refusal, and what a
 * breaker or a limit said. A timeout is a failure, also one that comes by the signal
 * (`AbortSignal.timeout`).
 *
 * @example
 * const { signal } = new AbortController();
 * isCalleeFailure(new Error('503'), signal); // => true
 * isCalleeFailure(new DOMException('stop', 'AbortError'), signal); // => false
 * isCalleeFailure(new CallError('MAILBOX_FULL', { target: 'a', op: 'b' }), signal); // => false
 * isCalleeFailure(new Error('connection reset'), AbortSignal.abort()); // => false
 * @since 0.2.0
 */
export function isCalleeFailure(error: unknown, signal: AbortSignal): boolean {
  if (signal.aborted) return nameOf(signal.reason) === 'TimeoutError';
  return nameOf(error) !== 'AbortError' && !(isError(error) && NOT_THE_CALLEE.has(fieldOf(error, 'code')));
}

function nameOf(error: unknown): unknown {
  return isError(error) ? fieldOf(error, 'name') : undefined;
}
