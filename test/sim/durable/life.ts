import type { Env } from '../../../src/base/index.js';
import { createSystem, type System, type SystemOptions } from '../../../src/index.js';
import type { Simulation } from '../../../src/testing/index.js';
import { Program } from '../../../src/testing/program.js';
import { kernelOf } from '../../../src/system/index.js';
import type { Disk } from '../store/disk.js';

/** One life of the program on a disk that outlives it. */
export class Life {
  readonly system: System;
  private readonly program: Program;
  constructor(
    private readonly sim: Simulation,
    private readonly disk: Disk,
    readonly number: number,
    options: SystemOptions,
  ) {
    this.program = new Program(kernelOf(sim.system).env);
    const given: SystemOptions = { ...options, store: disk.connect(), logger: false, development: false };
    const withEnv: SystemOptions & { readonly env: Env } = { ...given, env: this.program };
    this.system = createSystem(withEnv);
    this.system.done.catch(() => undefined);
  }

  get dead(): boolean {
    return this.program.dead;
  }

  /** kill -9, or a loss of power. */
  die(power: boolean): void {
    if (this.dead) return;
    this.check('when the program dies');
    this.program.die();
    if (power) this.disk.powerCut();
    else this.disk.crash();
  }

  /** In order; resolves when everything is over. */
  async stop(): Promise<void> {
    this.check('before the stop');
    await this.system.stop({ timeoutMs: 60_000 });
    if (this.dead) return;
    this.check('after the stop');
    const { delivery } = this.system.stats();
    this.sim.equal(delivery.pending + delivery.inTransit + delivery.running, 0, 'nothing is left in a stopped system');
    this.program.die();
    this.disk.crash(); // a write that was to fail, and never came
  }

  /** P3, in one life: accepted + recovered = … + stored */
  check(when: string): void {
    const stats = this.system.stats();
    const { delivery: d } = stats;
    const over = d.acknowledged + d.failed + d.expired + d.dropped + d.unknown + d.stored;
    this.sim.equal(
      over + d.pending + d.inTransit + d.running, d.accepted + d.recovered,
      `deliveries of life ${this.number} ${when}: ${JSON.stringify(d)}`,
    );
    const { handled, rejected, dropped, superseded, expired, deadLettered, unknown, queued, running, held } = stats;
    const ended = handled + rejected + dropped + superseded + expired + deadLettered + unknown;
    this.sim.equal(
      ended + queued + running + held, stats.sent,
      `conservation in life ${this.number} ${when}: ${JSON.stringify(stats)}`,
    );
  }
}
