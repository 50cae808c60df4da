import { CastcallError } from '../../../base/index.js';
import { fieldOf } from '../../../base/text/index.js';
import type { Process } from '../../../process/record/index.js';
import type { RequestExtra } from '../../../router/request/index.js';

/** The delivery that is handled. */
interface Interruptible {
  readonly running: boolean;
  readonly extra: RequestExtra | null;
  cold(): RequestExtra;
}

/** Why the signal of a turn has fired: a message was sent to interrupt it. */
export const INTERRUPTED = 'INTERRUPTED';

/** Fires the signal of the delivery that this process handles; who waits in the mailbox has its turn next. */
export function interrupt<M extends Interruptible>(p: Process, isMessage: (from: unknown) => from is M): void {
  const { from } = p;
  if (!p.running || !isMessage(from) || !from.running) return;
  const extra = from.cold();
  if (extra.cancelled) return;
  extra.cancelled = true;
  extra.abortReason = new CastcallError(INTERRUPTED, 'this turn was interrupted by a message that was sent to do so');
  extra.controller?.abort(extra.abortReason);
}

/** Its handler has ended with the reason of its signal, or an error with that cause, as Node's own waits do. */
export function endsInterrupted({ extra }: Interruptible, error: unknown): boolean {
  if (extra === null || !extra.cancelled) return false;
  return extra.abortReason === error || fieldOf(error, 'cause') === extra.abortReason;
}
