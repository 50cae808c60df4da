import { CallSlot, untrackCall, type Process } from '../process/index.js';
import type { Delivered } from './delivered.js';

interface Waiting {
  resolve(): void;
  reject(error: unknown): void;
}

/** Who waits for a message to be accepted, before a full mailbox. When it ends, the message is not accepted. */
export class Acceptance extends CallSlot {
  settled = false;
  private readonly waiting: Waiting[];
  constructor(
    sender: Process | null,
    private readonly message: Delivered,
    first: Waiting,
  ) {
    super(sender, message.callee);
    this.waiting = [first];
  }

  /** A sender goes on meanwhile. */
  override get blocks(): boolean {
    return false;
  }

  /** A duplicate of it. When somebody else wants it as well, it stays in line when its first sender ends. */
  join(sender: Process | null, other: Waiting): void {
    if (sender !== this.caller) this.leave();
    this.waiting.push(other);
  }

  accept(): void {
    this.leave();
    for (const one of this.waiting) one.resolve();
  }

  refuse(error: unknown): void {
    this.leave();
    for (const one of this.waiting) one.reject(error);
  }

  callerEnded(): void {
    this.leave();
    this.message.to.leaveLine(this.message, 'dropped');
  }

  calleeEnded(): void {}
  expire(): void {}

  private leave(): void {
    if (this.settled) return;
    this.settled = true;
    if (this.caller !== null) untrackCall(this.caller, this);
  }
}
