import { CastcallError } from '../../base/index.js';
import { Control, NoReply } from '../../api/returns.js';

export const NO_REPLY: NoReply = new NoReply();

/** Whether somebody threw a control value, as `throw self.refuse(…)` deep in a helper; never throws itself. */
export function isControl(value: unknown): value is Control {
  try {
    return value instanceof Control;
  } catch {
    return false;
  }
}

/** OTP's bad_return_value: a control value where it means nothing (GS-05, GS-22). */
export function badReturn(where: string, value: Control): CastcallError {
  return new CastcallError('BAD_RETURN_VALUE', `bad_return_value: ${where} returned '${(value as {
    readonly kind?: string
  }).kind ?? 'a control value'}', which means nothing there`);
}
