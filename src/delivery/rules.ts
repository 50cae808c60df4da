import type { ErrorVerdict } from '../behaviour/index.js';
import type { Process } from '../process/index.js';
import { Cell, ViaAddress } from '../router/index.js';
import type { Delivered } from './delivered.js';

/** Whether a later owner of the address may take it: of a name, never of a process that has ended. */
export function canReturn(d: Delivered): boolean {
  return d.target instanceof Cell || d.target instanceof ViaAddress;
}

/** Whether senders wait for room in its mailbox. */
export function suspends(p: Process): boolean {
  const { extra } = p.mailbox;
  return extra !== null && extra.pressure !== null && extra.pressure.rules.overflow === 'suspend';
}

/** What the policy says; one that throws itself lets it crash. */
export function verdictOf(d: Delivered, error: unknown): ErrorVerdict {
  if (d.terms.onError === null) return 'restart';
  try {
    return d.terms.onError(error);
  } catch {
    return 'restart';
  }
}
