import { atOnce } from '../../base/index.js';
import { fieldOf } from '../../base/text/index.js';
import type { Terms } from '../../behaviour/gen/outward/index.js';
import type { Address, Process } from '../../process/record/index.js';
import { Cell, ViaAddress } from '../../router/names/index.js';
import { Request } from '../../router/request/index.js';
import { PoolAddress } from '../group/index.js';
import type { ErrorVerdict } from '../../api/delivery.js';

/** Whether a process handles, or would handle, a message with a guarantee. */
export function isDelivery(from: unknown): boolean {
  return from instanceof Request && from.guaranteed;
}

/** Whether an address may have a later owner: a name or a pool, never a process that has ended. */
export function outlasts(target: Address): boolean {
  return target instanceof Cell || target instanceof ViaAddress
    || (target instanceof PoolAddress && target.lasts);
}

/** Whether senders wait for room in its mailbox. */
export function suspends(p: Process): boolean {
  const { extra } = p.mailbox;
  return extra !== null && extra.pressure !== null && extra.pressure.rules.overflow === 'suspend';
}

/** Whether the agent lives on after that verdict. */
export function livesOn(verdict: ErrorVerdict): boolean {
  return verdict === 'retry' || verdict === 'refuse' || verdict === 'dead-letter';
}

/** The code of a thrown error, for who is told of it as a refusal. */
export function codeOf(error: unknown): string {
  const code = fieldOf(error, 'code');
  return typeof code === 'string' ? code : 'ERROR';
}

/** What the policy says; one that throws itself, or is async, lets it crash. */
export function verdictOf(onError: Terms['onError'], error: unknown): ErrorVerdict {
  if (onError === null) return 'restart';
  try {
    return atOnce('onError', onError(error));
  } catch {
    return 'restart';
  }
}
