/**
 * The restart intensity: more than `restartsMax` restarts within `periodMs` is too many, at the very restart that
 * exceeds it (P13). An exact sliding window in ms, ends included; OTP compares whole seconds (SU-26: stricter).
 */
export class Intensity {
  private times: number[] = [];
  private first = 0;
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
    return this.times.length - this.first <= this.restartsMax;
  }

  /** Other limits, the same past (SU-53). */
  with(restartsMax: number, periodMs: number): Intensity {
    const made = new Intensity(restartsMax, periodMs);
    made.times = this.times.slice(this.first);
    return made;
  }
}
