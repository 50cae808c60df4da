import { hashText } from '../../base/text/index.js';
import type { RefBase } from '../../behaviour/gen/request/index.js';
import { Process } from '../../process/record/index.js';
import type { Address } from '../../process/record/index.js';
import { addressName } from '../../router/request/index.js';

/** how fast what is known of a member's reply times loses its weight, ms */
const HALF_LIFE_MS = 10_000;
/** the share of the latest reply time in the average */
const SHARE = 0.3;

/** One that messages are shared out to, and what its group knows of it. */
export class BalanceMember {
  /** messages that it was chosen for */
  picks = 0;
  readonly hash: number;
  /** moving average of reply times, ms; -1 before the first. Of one incarnation: its successor starts anew */
  private averageMs = -1;
  private measuredAt = 0;
  private measured: Process | null = null;
  constructor(
    readonly ref: RefBase,
    public weight: number,
  ) {
    this.hash = hashText(this.title);
  }

  get title(): string {
    const { addr } = this.ref;
    return addr instanceof Process ? addr.title : addressName(addr);
  }

  /** Who would take a message now: alive, healthy enough, of the right protocol, its mailbox not closed. */
  get taker(): Process | null {
    const p = this.ref.addr.owner;
    return p !== null && p.behaviour === this.ref.definition.behaviour
      && p.mailbox.extra?.pressure?.closed !== true && p.ext?.health?.unbalanced !== true
      ? p
      : null;
  }

  get gone(): boolean {
    return isGone(this.ref.addr);
  }

  /** `ms` since the call to `p` was sent. */
  replied(p: Process, ms: number, now: number): void {
    this.averageMs = this.measured === p && this.averageMs >= 0
      ? this.averageMs + SHARE * (ms - this.averageMs)
      : ms;
    this.measured = p;
    this.measuredAt = now;
  }

  /**
   * The average as it counts now, -1 when nothing is known: what is old counts less, so that who
   * was slow is tried again.
   */
  averageAt(now: number): number {
    if (this.averageMs < 0 || this.measured !== this.ref.addr.owner) return -1;
    return this.averageMs * 0.5 ** ((now - this.measuredAt) / HALF_LIFE_MS);
  }
}

/** What a process has before it: queued, being handled, and calls that it will reply to later. */
export function loadOf(p: Process): number {
  const { mailbox, ext } = p;
  return mailbox.size + (p.running ? 1 : 0) + (ext === null || ext.deferred === null ? 0 : ext.deferred.size);
}

/** A process, unlike a name, never comes back. */
export function isGone(addr: Address): boolean {
  return addr.owner === null && 'pid' in addr;
}
