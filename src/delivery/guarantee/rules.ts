import { atOnce, fieldOf } from '../../base/index.js';
import type { ErrorVerdict } from '../../api/delivery.js';
import type { Address, Process } from '../../process/index.js';
import { Cell, ViaAddress } from '../../router/index.js';
import type { Delivered } from './delivered.js';
import { PoolAddress } from '../group/pool-address.js';

/** Whether a later owner of its address may take it. */
export function canReturn({ target }: Delivered): boolean {
  return outlasts(target);
}

/** Whether an address may have a later owner: a name or a pool, never a process that has ended. */
export function outlasts(target: Address): boolean {
  return target instanceof Cell || target instanceof ViaAddress || (target instanceof PoolAddress && target.lasts);
}

/** Whether senders wait for room in its mailbox. */
export function suspends(p: Process): boolean {
  const { extra } = p.mailbox;
  return extra !== null && extra.pressure !== null && extra.pressure.rules.overflow === 'suspend';
}

/** It has ended its agent: the supervisor counts the first time, later ones are charged to the message. */
export function charge(d: Delivered): void {
  const rare = d.rarely();
  const ext = d.callee.cold();
  if (rare.crashed && ext.verdict === null) ext.verdict = 'charged';
  rare.crashed = true;
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
export function verdictOf(d: Delivered, error: unknown): ErrorVerdict {
  if (d.terms.onError === null) return 'restart';
  try {
    return atOnce('onError', d.terms.onError(error));
  } catch {
    return 'restart';
  }
}
