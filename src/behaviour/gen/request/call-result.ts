import { callError, CallError, OptionError } from '../../../base/index.js';
import { fieldOf, isA, isSignal } from '../../../base/text/index.js';
import type { Process } from '../../../process/record/index.js';
import { Request } from '../../../router/request/index.js';
import type { CallFailure, CallOptionCode, SysCode } from '../../../api/requests.js';

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

/**
 * Whether that is the reason of the signal that a call was given, or of the request that its caller
 * was handling.
 */
export function isAbort(error: unknown, options: object | undefined, caller: Process | null): boolean {
  const signal = fieldOf(options, 'signal');
  if (isSignal(signal) && signal.aborted && fieldOf(signal, 'reason') === error) return true;
  const outer = caller === null ? null : caller.from;
  return outer instanceof Request && outer.extra?.cancelled === true && outer.extra.abortReason === error;
}
