import { Process, ReplySlot } from '../../process/record/index.js';
import type { Address, NameCell } from '../../process/record/index.js';

export function addressName(to: Address): string {
  return to instanceof Process ? to.pid : (to as NameCell).name;
}

/** Whoever is in the `from` slot of a message. */
export function senderOf(from: unknown): Process | null {
  if (from instanceof Process) return from;
  return from instanceof ReplySlot ? from.caller : null;
}
