import { CastcallError } from '../../base/index.js';

/**
 * What was published to one subscription. These transitions are the only writers of its counters,
 * and each keeps the law `sent = taken + dropped + deadLettered + buffered` by itself.
 */
export class Flow {
  sent = 0;
  taken = 0;
  dropped = 0;
  deadLettered = 0;
  buffered = 0;
  peak = 0;

  /** It is kept for its reader. */
  keep(): void {
    this.sent++;
    if (++this.buffered > this.peak) this.peak = this.buffered;
  }

  /** Somebody who waits, or a mailbox, has it, or so many of them, at once. */
  hand(count: number = 1): void {
    this.sent += count;
    this.taken += count;
  }

  /** There is no room for it. */
  miss(count: number = 1): void {
    this.sent += count;
    this.dropped += count;
  }

  /** Nobody is there to have it. */
  bury(): void {
    this.sent++;
    this.deadLettered++;
  }

  /** One of those kept is read. */
  take(): void {
    this.buffered--;
    this.taken++;
  }

  /** One of those kept is lost. */
  lose(): void {
    this.buffered--;
    this.dropped++;
  }

  /** One of those kept becomes a dead letter. */
  leave(): void {
    this.buffered--;
    this.deadLettered++;
  }

  /** Throws when the counters do not add up, or are not those of what is there. */
  check(there: number): void {
    const { sent, taken, dropped, deadLettered, buffered } = this;
    if (buffered === there && sent === taken + dropped + deadLettered + buffered) return;
    throw new CastcallError(
      'ACCOUNT', `a subscription has ${there} messages and counts ${JSON.stringify(this)}`,
    );
  }
}
