import type { CallError, CallErrorCode, OptionError } from '../base/index.js';

/** Codes of a CallError that only `system.sys(…)` rejects with. */
export type SysCode = 'CALLBACK_FAILED' | 'UNKNOWN_SYSTEM_MSG' | 'NO_SYS';

/** Codes of the OptionErrors of a call. */
export type CallOptionCode = 'BAD_OPTION' | 'UNKNOWN_OPTION' | 'ASYNC_SCHEMA' | 'NOT_DELIVERABLE';

/**
 * The error of a `tryCall`, by its `code`: a CallError, or the OptionError of a mistake in the call
 * itself. What `call` rejects with and is neither is the `reason` of one, and its `cause`:
 * `ABORTED` for a signal's reason, `REPLY_FAILED` for what a reply that is a promise, or a schema,
 * has thrown.
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
