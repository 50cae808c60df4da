import type { Kernel, TurnJob } from '../../process/record/index.js';

/** The clock as of the first look in each turn of the event loop: for what needs no more than that. */
export class TurnClock implements TurnJob {
  private at = -1;
  constructor(private readonly kernel: Kernel) {}

  /** whole monotonic ms */
  now(): number {
    if (this.at < 0) {
      this.at = Math.floor(this.kernel.env.mono());
      this.kernel.scheduler.nextTurn(this);
    }
    return this.at;
  }

  turn(): void {
    this.at = -1;
  }
}
