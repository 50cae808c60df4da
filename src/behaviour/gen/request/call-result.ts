import { callError, CallError, fieldOf, isA, OptionError, type CallErrorCode } from '../../../base/index.js';
import type { Process } from '../../../process/index.js';
import { Request } from '../../../router/index.js';

/** Codes of a CallError that only `system.sys(…)` rejects with. */
type SysCode = 'CALLBACK_FAILED' | 'UNKNOWN_SYSTEM_MSG' | 'NO_SYS';

/** Codes of the OptionErrors of a call. */
export type CallOptionCode = 'BAD_OPTION' | 'UNKNOWN_OPTION' | 'ASYNC_SCHEMA' | 'NOT_DELIVERABLE';

/**
 * The error of a `tryCall`, by its `code`: a CallError, or the OptionError of a mistake in the call itself. What `call`
 * rejects with and is neither is the `reason` of one, and its `cause`: `ABORTED` for a signal's reason,
 * `REPLY_FAILED` for what a reply that is a promise, or a schema, has thrown.
 *
 * @example
 * const Desk = defineAgent({ calls: { lend: (self, days: number) => days > 7 ? self.refuse('TOO_LONG', 7) : 'ok' } });
 * const result = await system.start(Desk).tryCall('lend', 9);
 * let said = '';
 * if (!result.ok) {
 *   switch (result.error.code) {
 *     case 'REFUSED': said = result.error.refusal; break;
 *     case 'CALL_CYCLE': said = result.error.path.join(); break;
 *     case 'BAD_OPTION': said = result.error.option; break;
 *     default: said = result.error.message;
 *   }
 * }
 * said; // => 'TOO_LONG'
 * @since 0.2.0
 */
export type CallFailure =
  | (CallError & { readonly code: 'REFUSED'; readonly refusal: string })
  | (CallError & { readonly code: 'CALL_CYCLE'; readonly path: readonly string[] })
  | (CallError & { readonly code: Exclude<CallErrorCode, 'REFUSED' | 'CALL_CYCLE' | SysCode> })
  | (OptionError & { readonly code: CallOptionCode });

/** What `tryCall` resolves to: the reply, or the error of a call that failed. */
export type CallResult<V> =
  | { readonly ok: true; readonly value: V }
  | { readonly ok: false; readonly error: CallFailure };

const OPTION_CODES: ReadonlySet<string> = new Set<CallOptionCode>(
  ['BAD_OPTION', 'UNKNOWN_OPTION', 'ASYNC_SCHEMA', 'NOT_DELIVERABLE'],
);

const SYS_CODES: ReadonlySet<string> = new Set<SysCode>(['CALLBACK_FAILED', 'UNKNOWN_SYSTEM_MSG', 'NO_SYS']);

/** The error that `call` has rejected with, as one that has a code of a call. */
export function callFailure(error: unknown, target: string, op: string, aborted: boolean): CallFailure {
  if (isA(error, CallError) && !SYS_CODES.has(error.code)) return error as CallFailure;
  if (isA(error, OptionError) && OPTION_CODES.has(error.code)) return error as CallFailure;
  const fields = { target, op, reason: error, cause: error };
  return callError(aborted ? 'ABORTED' : 'REPLY_FAILED', fields) as CallFailure;
}

/** Whether that is the reason of the signal that a call was given, or of the request that its caller was handling. */
export function isAbort(error: unknown, options: object | undefined, caller: Process | null): boolean {
  const signal = fieldOf(options, 'signal');
  if (isA(signal, AbortSignal) && signal.aborted && signal.reason === error) return true;
  const outer = caller === null ? null : caller.from;
  return outer instanceof Request && outer.extra?.cancelled === true && outer.extra.abortReason === error;
}
