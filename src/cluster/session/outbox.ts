import { Ring } from '../../base/index.js';

/**
 * What is on its way to one peer, by sequence number: `acked` < sent once or more ≤ `sent`, and
 * behind it what has not left yet. Kept until the peer has acknowledged it.
 */
export class Outbox {
  /** all up to this one have come to the peer */
  acked = 0;
  /** up to this one each has left at least once */
  sent = 0;
  /** the next that leaves; at most one after `sent`, lower while something is sent again */
  cursor = 1;
  bytes = 0;
  private readonly ring = new Ring<Uint8Array>();

  /** The sequence number of the newest. */
  get last(): number {
    return this.acked + this.ring.size;
  }
  get size(): number {
    return this.ring.size;
  }

  push(message: Uint8Array): void {
    this.ring.push(message);
    this.bytes += message.length;
  }

  at(seq: number): Uint8Array {
    return this.ring.at(seq - this.acked - 1);
  }

  /** @returns whether something that had not come before has come; null for what was never sent */
  acknowledge(seq: number): boolean | null {
    if (seq > this.sent) return null;
    if (seq <= this.acked) return false;
    while (this.acked < seq) {
      this.bytes -= this.ring.shift().length;
      this.acked++;
    }
    if (this.cursor <= seq) this.cursor = seq + 1;
    return true;
  }
}
