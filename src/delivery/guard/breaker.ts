// The doorway of opossum: the window of results and the decision to open by its rate are opossum's; consecutive
// failures, k probes and the clock are ours. opossum is told a call when it has ended, so that slow
// calls count where they end, and is left no timer: its window is moved here when somebody looks,
// and its own way to half-open is taken off. A success decides nothing: opossum is told by its
// events, which is what it counts, and not by `fire`, which costs three promises.
import { atOnce, Deadline, markHandled, UNUSED } from '../../base/index.js';
import { told } from '../../base/text/index.js';
import { tell } from '../../process/record/index.js';
import type { Holding, Kernel, Process } from '../../process/record/index.js';
import { hold, letGo } from '../../router/names/index.js';
import type { BreakerChange, BreakerState, BreakerStats } from '../../api/guards.js';
import { BreakerOpenError } from './breaker-error.js';
import type { ReadBreaker } from './breaker-options.js';
import { takeBack } from './lent.js';
import CircuitBreaker from 'opossum';
import type { Report } from '../../api/reports.js';

takeBack();

const STEPS = 10;
/**
 * opossum opens above its threshold; ours opens at it. Far below the distance of two rates of a
 * million calls.
 */
const AT_LEAST = 1e-9;
const FAILED = new Error('failed');

/** What opossum takes for the emitter of its window's steps. */
class Steps {
  private move = (): void => undefined;
  private listeners = 0;
  on(_event: string, move: () => void): this {
    this.move = move;
    this.listeners++;
    return this;
  }
  removeListener(): this {
    return this;
  }
  listenerCount(): number {
    return this.listeners;
  }
  go(count: number): void {
    for (let n = 0; n < count; n++) this.move();
  }
}

/** The rolling window of one breaker. */
class RollingCounts {
  private readonly steps = new Steps();
  private readonly circuit: CircuitBreaker<[], undefined>;
  private readonly stepMs: number;
  private movedAt: number;
  constructor(options: ReadBreaker, now: number) {
    this.stepMs = options.windowMs / STEPS;
    this.movedAt = now;
    this.circuit = new CircuitBreaker((): Promise<undefined> => {
      throw FAILED;
    }, {
      name: options.name,
      timeout: false,
      volumeThreshold: options.volume,
      errorThresholdPercentage: options.errorRate === null ? Infinity : options.errorRate * 100 - AT_LEAST,
      rollingCountTimeout: options.windowMs,
      rollingCountBuckets: STEPS,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      rotateBucketController: this.steps as never,
    });
    this.circuit.removeAllListeners('open');
  }

  /** Takes one result; whether the rate over the volume is reached by it. */
  record(failed: boolean, now: number): boolean {
    this.roll(now);
    if (failed) markHandled(this.circuit.fire());
    else {
      this.circuit.emit('fire');
      this.circuit.emit('success', undefined, 0);
    }
    return this.circuit.opened;
  }

  counts(now: number): BreakerStats['window'] {
    this.roll(now);
    const { fires, failures } = this.circuit.stats;
    return { calls: fires, failures };
  }

  /** Begins anew, closed and empty. */
  reset(now: number): void {
    this.steps.go(STEPS);
    this.movedAt = now;
    this.circuit.close();
  }

  private roll(now: number): void {
    const passed = Math.floor((now - this.movedAt) / this.stepMs);
    if (passed < 1) return;
    this.steps.go(Math.min(STEPS, passed));
    this.movedAt += passed * this.stepMs;
  }
}

export type Verdict = 'success' | 'failure' | 'ignored';

/** One call that was let through. */
export class Passage extends Deadline implements Holding {
  /** see `Exit.kept` */
  static readonly kept: Passage = new Passage(UNUSED, 0, null);
  over = false;
  constructor(
    private readonly circuit: Circuit,
    /** the change of state it began after */
    readonly epoch: number,
    readonly owner: Process | null,
  ) {
    super();
  }
  /** A probe without an outcome. */
  expire(): void {
    this.circuit.settle(this, 'failure');
  }
  release(): void {
    this.circuit.settle(this, 'ignored');
  }
}

/** The state machine of one name. */
export class Circuit {
  state: BreakerState = 'closed';
  private epoch = 0;
  private inARow = 0;
  private dueAt = 0;
  private probed = 0;
  private readonly probes = new Set<Passage>();
  private readonly window: RollingCounts;
  private readonly listeners = new Set<(change: BreakerChange) => void>();
  private readonly untold: BreakerChange[] = [];
  private telling = false;
  private readonly totals = { success: 0, failure: 0, ignored: 0, rejected: 0, running: 0, opened: 0 };
  constructor(
    private readonly kernel: Kernel,
    readonly options: ReadBreaker,
  ) {
    this.window = new RollingCounts(options, kernel.env.mono());
  }

  /** Lets one call through; throws when it may not go. */
  enter(owner: Process | null): Passage {
    if (this.state !== 'closed') this.admitProbe();
    const made = new Passage(this, this.epoch, owner);
    this.totals.running++;
    if (owner !== null) hold(owner, made);
    if (this.state !== 'closed') {
      this.probes.add(made);
      if (this.options.probeTimeoutMs >= 0) this.kernel.deadlines.add(made, this.options.probeTimeoutMs);
    }
    this.tell();
    return made;
  }

  verdict(error: unknown, signal: AbortSignal): Verdict {
    try {
      return atOnce('breaker.isFailure', this.options.isFailure(error, signal)) ? 'failure' : 'ignored';
    } catch (thrown) {
      this.kernel.warn(
        'isFailure of a breaker threw: the call counts as failed',
        { breaker: this.options.name, error: thrown },
      );
      return 'failure';
    }
  }

  /**
   * Takes the outcome of a call, once; it changes the state only when the state is still the one it
   * began in.
   */
  settle(passage: Passage, verdict: Verdict): void {
    if (passage.over) return;
    passage.over = true;
    this.kernel.deadlines.remove(passage);
    if (passage.owner !== null) letGo(passage.owner, passage);
    this.totals.running--;
    this.totals[verdict]++;
    this.probes.delete(passage);
    if (passage.epoch === this.epoch && verdict !== 'ignored') {
      if (this.state === 'closed') this.judge(verdict === 'failure');
      else if (verdict === 'failure') this.goOpen('probe', this.options.openMs);
      else if (++this.probed === this.options.probes) this.goClosed('probe');
    }
    this.tell();
  }

  /** A probe that reads a stream has had an item: its time limit begins anew. */
  renew(passage: Passage): void {
    const { deadlines } = this.kernel;
    if (passage.entry === null) return;
    deadlines.remove(passage);
    deadlines.add(passage, this.options.probeTimeoutMs);
  }

  open(forMs: number): void {
    if (this.state === 'open') this.dueAt = this.kernel.env.mono() + forMs;
    else this.goOpen('manual', forMs);
    this.tell();
  }

  close(): void {
    if (this.state === 'closed') this.forget();
    else this.goClosed('manual');
    this.tell();
  }

  /** Until the end of its owner, of the system, or of what it returns. */
  watch(listener: (change: BreakerChange) => void, owner: Process | null): () => void {
    const own = (change: BreakerChange): void => listener(change);
    this.listeners.add(own);
    const watching: Holding = { release: () => this.listeners.delete(own) };
    if (owner !== null) hold(owner, watching);
    return () => {
      this.listeners.delete(own);
      if (owner !== null) letGo(owner, watching);
    };
  }

  stats(): BreakerStats {
    const { success, failure, ...counts } = this.totals;
    return {
      name: this.options.name, state: this.state, successes: success, failures: failure, ...counts,
      window: this.window.counts(this.kernel.env.mono()), probeInMs: this.probeInMs(),
    };
  }

  /** The system has stopped. */
  end(): void {
    for (const probe of [...this.probes]) this.settle(probe, 'ignored');
    this.listeners.clear();
  }

  private admitProbe(): void {
    if (this.state === 'open' && this.kernel.env.mono() >= this.dueAt) this.change('half-open', 'due');
    if (this.state === 'half-open' && this.probes.size + this.probed < this.options.probes) return;
    this.totals.rejected++;
    throw new BreakerOpenError(this.options.name, this.state as 'open' | 'half-open', this.probeInMs());
  }

  private judge(failed: boolean): void {
    this.inARow = failed ? this.inARow + 1 : 0;
    if (this.window.record(failed, this.kernel.env.mono())) this.goOpen('rate', this.options.openMs);
    else if (this.inARow === this.options.failures) this.goOpen('failures', this.options.openMs);
  }

  private goOpen(cause: BreakerChange['cause'], forMs: number): void {
    this.totals.opened++;
    this.dueAt = this.kernel.env.mono() + forMs;
    this.change('open', cause);
  }

  private goClosed(cause: BreakerChange['cause']): void {
    this.forget();
    this.change('closed', cause);
  }

  private forget(): void {
    this.inARow = 0;
    this.window.reset(this.kernel.env.mono());
  }

  private change(to: BreakerState, cause: BreakerChange['cause']): void {
    this.untold.push(told('BreakerChange', { breaker: this.options.name, from: this.state, to, cause }));
    this.state = to;
    this.epoch++;
    this.probed = 0;
    // Probes of the state that ends run on; their outcome is nobody's any more, nor is their time limit.
    for (const probe of this.probes) this.kernel.deadlines.remove(probe);
    this.probes.clear();
  }

  /** In order also when a listener causes the next change. */
  private tell(): void {
    if (this.telling || this.untold.length === 0) return;
    this.telling = true;
    for (let change = this.untold.shift(); change !== undefined; change = this.untold.shift()) {
      const report: Report & BreakerChange =
        { label: `breaker ${change.to}`, level: change.to === 'open' ? 'warn' : 'info', ...change };
      this.kernel.report(report);
      for (const listener of [...this.listeners]) {
        tell(this.kernel, 'a listener of a breaker failed', () => listener(change), {
          breaker: change.breaker,
        });
      }
    }
    this.telling = false;
  }

  private probeInMs(): number {
    return this.state === 'open' ? Math.max(0, Math.ceil(this.dueAt - this.kernel.env.mono())) : 0;
  }
}
