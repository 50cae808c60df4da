import type { ExitReason } from '../../../base/index.js';
import { Waiter } from '../../../mailbox/index.js';
import type { Rank } from '../../../mailbox/index.js';
import type { Op } from '../../../mailbox/message/index.js';
import type { Process } from '../../../process/record/index.js';
import { admitWaiter } from '../../../process/send/index.js';

/** What stands in line, and hears what becomes of it. */
interface Standing {
  readonly callee: Process;
  readonly payload: unknown;
  readonly waiter: DeliveryWaiter | null;
  rarely(): { waiter: DeliveryWaiter | null };
  /** it is in the mailbox */
  entered(again: boolean): void;
  /** it never will be in this one; for `EXIT` the reason of its process */
  refused(code: string, reason: ExitReason, again: boolean): void;
}

/**
 * The place in line of one delivered message before a full mailbox, whose policy is `suspend`:
 * among the puts, first come, first served.
 */
export class DeliveryWaiter extends Waiter {
  constructor(
    private readonly message: Standing,
    op: Op,
    rank: Rank,
    /** it was accepted before, and has come back */
    readonly again: boolean,
  ) {
    super(rank, op, message.payload, message, -1);
  }

  get over(): boolean {
    return this.message.waiter !== this;
  }

  enter(): void {
    admitWaiter(this.message.callee, this);
    this.entered();
  }

  entered(): void {
    this.message.rarely().waiter = null;
    this.message.entered(this.again);
  }

  refused(code: string, reason?: ExitReason): void {
    this.message.rarely().waiter = null;
    this.message.refused(code, reason, this.again);
  }
}
