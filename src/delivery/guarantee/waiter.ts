import type { ExitReason } from '../../base/index.js';
import { Waiter } from '../../mailbox/index.js';
import { comeIn } from '../../process/index.js';
import { deliveredOp } from './context.js';
import type { Delivered } from './delivered.js';

/** What becomes of a message that stands in line before a full mailbox, whose policy is `suspend`. */
export interface Admission {
  /** it is in the mailbox */
  entered(d: Delivered): void;
  /** it never will be in this one; for `EXIT` the reason of its process */
  refused(d: Delivered, code: string, reason: ExitReason): void;
}

/** The place in line of one delivered message: among the puts, first come, first served. */
export class DeliveryWaiter extends Waiter {
  constructor(
    readonly message: Delivered,
    readonly admission: Admission,
  ) {
    super(message.terms.rank, message.op.delivered ?? deliveredOp(message.op), message.payload, message, -1);
  }

  get over(): boolean {
    return this.message.waiter !== this;
  }

  enter(): void {
    comeIn(this.message.callee, this);
    this.entered();
  }

  entered(): void {
    this.message.rarely().waiter = null;
    this.admission.entered(this.message);
  }

  refused(code: string, reason?: ExitReason): void {
    this.message.rarely().waiter = null;
    this.admission.refused(this.message, code, reason);
  }
}
