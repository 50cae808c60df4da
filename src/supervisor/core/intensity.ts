import type { ExitReason } from '../../base/index.js';
import type { RestartCause } from '../../api/reports.js';

/** So many causes are kept: enough to tell a pattern, few enough to hold. */
const CAUSES_KEPT = 5;

/**
 * The restart intensity: more than `restartsMax` restarts within `periodMs` is too many, at the
 * very restart that exceeds it (P13). An exact sliding window in ms, ends included; OTP compares
 * whole seconds (SU-26: stricter).
 */
export class Intensity {
  private times: number[] = [];
  private first = 0;
  private latest: RestartCause[] = [];
  constructor(
    readonly restartsMax: number,
    readonly periodMs: number,
  ) {}

  /** Counts a restart at `now` (monotonic ms); false when it is one too many. */
  allows(now: number): boolean {
    this.times.push(now);
    while ((this.times[this.first] as number) < now - this.periodMs) this.first++;
    if (this.first > 64 && this.first * 2 > this.times.length) {
      this.times = this.times.slice(this.first);
      this.first = 0;
    }
    return this.count <= this.restartsMax;
  }

  /** The same, and keeps why. */
  allowsFor(now: number, id: string | undefined, reason: ExitReason): boolean {
    const allowed = this.allows(now);
    const { latest } = this;
    latest.push({ id, reason });
    if (latest.length > CAUSES_KEPT) latest.shift();
    return allowed;
  }

  /** restarts in the window that ends with the last one */
  get count(): number {
    return this.times.length - this.first;
  }

  /** Why, oldest first: at most five of those in the window. */
  causes(): readonly RestartCause[] {
    return this.latest.slice(-this.count);
  }

  /** Other limits, the same past (SU-53). */
  with(restartsMax: number, periodMs: number): Intensity {
    const made = new Intensity(restartsMax, periodMs);
    made.times = this.times.slice(this.first);
    made.latest = this.latest;
    return made;
  }
}
