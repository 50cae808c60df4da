import { callError, Deadline, markHandled } from '../../../base/index.js';
import type { Holding, Kernel, Process } from '../../../process/record/index.js';
import { hold, letGo } from '../../../router/names/index.js';
import { unwatch, watchSignal } from '../../../router/request/index.js';
import type { Abortable, Watched } from '../../../router/request/index.js';
import type { DeliveryOutcome } from '../../../api/delivery.js';
import type { Followed } from '../receipt.js';

/**
 * Waits for the outcome as a caller does for its reply. The message goes on when its caller gives
 * up: it was accepted.
 */
export class OutcomeWait extends Deadline implements Abortable, Holding {
  private readonly fields: { readonly target: string; readonly op: string };
  private watched: Watched | null = null;
  /** it has an outcome */
  private over = false;
  private resolve!: (reply: unknown) => void;
  private reject!: (error: unknown) => void;
  readonly promise: Promise<unknown>;
  constructor(
    private readonly kernel: Kernel,
    message: Followed,
    private readonly caller: Process | null,
    private readonly timeoutMs: number,
    signal: AbortSignal | undefined,
  ) {
    super();
    this.fields = { target: message.title, op: message.op.name };
    this.promise = new Promise<unknown>((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    markHandled(this.promise);
    // Accepting has run the user's code (sizeOf, a provider): it may have fired meanwhile.
    if (signal?.aborted === true) this.refuse(signal.reason, true);
    else this.begin(message, signal);
  }

  expire(): void {
    this.fail(callError('TIMEOUT', { ...this.fields, timeoutMs: this.timeoutMs }), false);
  }
  aborted(reason: unknown): void {
    this.fail(reason, true);
  }
  /** Its caller has ended: it keeps neither timer nor listener. What becomes of the message is told as ever. */
  release(): void {
    this.finish();
  }

  private begin(message: Followed, signal: AbortSignal | undefined): void {
    if (this.timeoutMs >= 0) this.kernel.deadlines.add(this, this.timeoutMs);
    if (signal !== undefined) this.watched = watchSignal(signal, this);
    if (this.caller !== null) hold(this.caller, this);
    void message.settling.then((outcome) => {
      this.finish();
      if (outcome.kind === 'handled') this.answer(outcome.reply);
      else this.refuse(failureOf(outcome, this.fields), false);
    });
  }

  private fail(error: unknown, aborted: boolean): void {
    this.finish();
    this.refuse(error, aborted);
  }

  private answer(reply: unknown): void {
    this.over = true;
    this.resolve(reply);
  }

  private refuse(error: unknown, aborted: boolean): void {
    if (this.over) return;
    this.over = true;
    this.kernel.failures.failed(error, aborted);
    this.reject(error);
  }

  private finish(): void {
    this.kernel.deadlines.remove(this);
    unwatch(this.watched, this.kernel);
    if (this.caller !== null) letGo(this.caller, this);
  }
}

function failureOf(outcome: DeliveryOutcome, fields: { readonly target: string; readonly op: string }): Error {
  const { kind, reason, details } = outcome;
  if (kind === 'refused') return callError('REFUSED', { ...fields, refusal: String(reason), details });
  if (kind === 'expired') return callError('EXPIRED', fields);
  if (kind === 'cancelled') return callError('CANCELLED', fields);
  if (kind === 'reply-gone') return callError('REPLY_GONE', { ...fields, refusal: reason as string });
  if (kind !== 'dead-lettered') return callError('MAILBOX_FULL', fields);
  return reason === 'noproc'
    ? callError('NOPROC', { ...fields, reason })
    : callError('EXIT', { ...fields, reason });
}
