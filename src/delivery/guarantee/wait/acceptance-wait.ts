import { CallSlot, untrackCall } from '../../../process/record/index.js';
import type { Process } from '../../../process/record/index.js';

/** What is told of the sender's end. */
interface Accepted {
  readonly callee: Process;
  senderEnded(): void;
}

interface Asker {
  resolve(): void;
  reject(error: unknown): void;
}

/** Who waits for a message to be accepted, before a full mailbox. When it ends, the message is not accepted. */
export class AcceptanceWait extends CallSlot {
  settled = false;
  private readonly askers: Asker[];
  constructor(
    sender: Process | null,
    private readonly message: Accepted,
    first: Asker,
  ) {
    super(sender, message.callee);
    this.askers = [first];
  }

  /** A sender goes on meanwhile. */
  override get blocks(): boolean {
    return false;
  }

  /** A duplicate of it. When somebody else wants it as well, it stays in line when its first sender ends. */
  join(sender: Process | null, other: Asker): void {
    if (sender !== this.caller) this.leave();
    this.askers.push(other);
  }

  accept(): void {
    this.leave();
    for (const one of this.askers) one.resolve();
  }

  refuse(error: unknown): void {
    this.leave();
    for (const one of this.askers) one.reject(error);
  }

  callerEnded(): void {
    this.leave();
    this.message.senderEnded();
  }

  calleeEnded(): void {}
  expire(): void {}

  private leave(): void {
    if (this.settled) return;
    this.settled = true;
    if (this.caller !== null) untrackCall(this.caller, this);
  }
}
