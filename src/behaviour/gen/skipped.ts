import { skipped } from '../../mailbox/index.js';
import { ReplySlot, type Process } from '../../process/index.js';
import type { Request } from '../../router/index.js';

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

/**
 * A handler that ends with its own request's abort reason after that request was cancelled ends the request, not the
 * agent.
 */
export function abandonedWith(call: Request, error: unknown): boolean {
  const extra = call.extra;
  return extra !== null && call.settled && extra.cancelled && extra.abortReason === error;
}
