import type { Refusal } from '../../api/returns.js';
import { fieldOf } from '../../base/text/index.js';
import { refused, skipped } from '../../mailbox/index.js';
import type { Extra } from '../../mailbox/message/index.js';
import { ReplySlot } from '../../process/record/index.js';
import type { Process } from '../../process/record/index.js';
import type { Request } from '../../router/request/index.js';

/** A queued request whose caller gave up and asked to be skipped is not handled. */
export function overdue(p: Process, call: Request): boolean {
  const extra = call.extra;
  if (extra === null || !extra.skipAbandoned || !call.settled) return false;
  skipped(p.mailbox, call.skippedAs);
  return true;
}

/** The message that was just taken has expired. */
export function expired(p: Process, from: unknown): void {
  if (from instanceof ReplySlot) from.lost('EXPIRED');
  skipped(p.mailbox, 'expired');
}

/** Opens a message that carries an expiry; false when that has passed: then it is over and counted. */
export function opened(p: Process, extra: Extra): boolean {
  if (p.kernel.env.mono() >= extra.expiresAt) {
    expired(p, extra.from);
    return false;
  }
  p.op = extra.op;
  p.from = extra.from;
  return true;
}

/**
 * A handler that ends with its own request's abort reason after that request was cancelled, or with an
 * error of that cause, as Node's own waits do, ends the request, not the agent.
 */
export function abandonedWith(call: Request, error: unknown): boolean {
  const extra = call.extra;
  if (extra === null || !call.settled || !extra.cancelled) return false;
  return extra.abortReason === error || fieldOf(error, 'cause') === extra.abortReason;
}

/** The same, counted as refused. */
export function abandonedBy(p: Process, call: Request, error: unknown): boolean {
  if (!abandonedWith(call, error)) return false;
  refused(p.mailbox);
  return true;
}

/** An error to the caller of the call that is handled, which is no crash. */
export function refuse(p: Process, call: Request, { code, details }: Pick<Refusal, 'code' | 'details'>): void {
  refused(p.mailbox);
  call.refuse(code, details);
}
