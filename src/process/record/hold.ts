import { Rank } from '../../mailbox/index.js';
import { Kind } from '../../mailbox/message/index.js';
import type { Op } from '../../mailbox/message/index.js';
import { Run, type Process } from './process.js';

/**
 * What a process that is suspended by sys still serves: system messages, a stop, and the end of its
 * parent (SY-01, SY-03).
 */
function urgent(p: Process, op: Op, from: unknown): boolean {
  return op.kind === Kind.System || op.kind === Kind.Stop
    || (op.kind === Kind.Exit && from !== null && from === p.parent);
}

/**
 * Only system messages and the parent's exit are handled from now on; everything else waits in its
 * place (SY-01).
 */
export function suspend(p: Process): void {
  p.box().hold((op, _payload, from) => urgent(p, op, from));
}

/** The queue goes on as it is (SY-02). */
export function resume(p: Process): void {
  if (!p.mailbox.held) return;
  p.mailbox.release();
  if (p.run === Run.Idle && p.mailbox.busy()) p.kernel.scheduler.enqueue(p);
}

/**
 * Where a signal to a suspended process goes. A `continue` asked for meanwhile waits, ahead of all
 * messages.
 */
export function rankHeld(p: Process, op: Op, from: unknown, rank: Rank): Rank {
  if (urgent(p, op, from)) return Rank.Front;
  return rank === Rank.Front ? Rank.Critical : rank;
}
