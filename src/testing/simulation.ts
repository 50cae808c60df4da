import { CastcallError, delayMs, OptionError } from '../base/index.js';
import type { Deadline } from '../base/index.js';
import { imbalance } from '../mailbox/index.js';
import type { Kernel } from '../process/record/index.js';
import { ProcessTimer } from '../process/signal/index.js';
import { kernelOf } from '../system/index.js';
import type { System } from '../system/index.js';
import type { AnyDefinition } from '../api/protocol.js';
import type { SimEnv } from './env.js';
import { FaultPlan } from './faults.js';
import { probeIn, type Probe, type ProbeOptions } from './probe.js';
import type { Random } from './random.js';
import type { Trace } from './trace.js';

/**
 * after so many messages, less one, mailboxes are put to rest, as a program with many of them does
 * it in time
 */
const SETTLE_MASK = 7;

/**
 * What a scenario is given: a system on virtual time, and the means to disturb and to judge it.
 *
 * @example
 * const batch = await simulateMany(async (sim: Simulation) => {
 *   const inbox = sim.probe();
 *   for (const text of ['a', 'b']) sim.system.spawn((self) => { self.send(inbox.pid, text); });
 *   const first = await inbox.expect((message) => message === 'a' || message === 'b');
 *   sim.sometimes(first.message === 'b', 'b overtakes a');
 *   await sim.sleep(1_000);
 *   sim.equal(inbox.messages.length, 2, 'both arrive');
 * }, { seeds: 30 });
 * [...batch.sometimes.keys()] // => ['b overtakes a']
 * @since 0.2.0
 */
export class Simulation {
  /** the unchanged runtime on this simulation's clock and scheduler */
  readonly system: System;
  /** drops, delays and duplicates of sends, and crashes */
  readonly faults: FaultPlan;
  /** how often each `sometimes` held, 0 for one that was only asked */
  readonly reached: Map<string, number> = new Map();
  /** @internal the first `always` that did not hold */
  failure: unknown = undefined;
  /** @internal those who wait until nothing is runnable */
  readonly settlers: (() => void)[] = [];
  private readonly kernel: Kernel;
  private handled = 0;
  private deadlinesLeft: readonly Deadline[] = [];
  /** @internal Made by `simulate`. */
  constructor(
    readonly seed: number,
    system: System,
    private readonly env: SimEnv,
    private readonly trace: Trace,
  ) {
    this.system = system;
    this.kernel = kernelOf(system);
    this.faults = new FaultPlan(this.kernel, env);
    const { faults } = this;
    this.kernel.setTap({
      spawned: (pid) => trace.spawned(pid),
      accepted: (pid, op) => trace.accepted(pid, op),
      handled: (pid, op) => {
        trace.handled(pid, op);
        faults.handled(pid);
        if ((++this.handled & SETTLE_MASK) === 0) this.kernel.accounts.settle();
      },
      exited: (pid, reason) => trace.exited(pid, reason),
    });
    this.keepDeadlines();
  }

  /** The seeded randomness of the scenario; also behind `Math.random`. */
  get random(): Random {
    return this.env.random;
  }

  /** ms of virtual time, monotonic. */
  get nowMs(): number {
    return this.env.now;
  }

  /** Waits in virtual time, which costs none; 0 lets something else run first. */
  sleep(ms: number): Promise<void> {
    const wait = delayMs('sleep.ms', ms);
    return new Promise((resolve) => (wait === 0
      ? this.env.macrotask(resolve)
      : this.env.foreignTimer(wait, resolve)));
  }

  /** Waits until nothing can run without the clock moving. */
  settle(): Promise<void> {
    return new Promise((resolve) => this.settlers.push(resolve));
  }

  /** A probe in this system. */
  probe<D extends AnyDefinition = AnyDefinition>(options: ProbeOptions<D> = {}): Probe<D> {
    return probeIn(this.kernel, options);
  }

  /**
   * Must hold at every time it is asked, in every seed. Fails the seed, also when it is asked
   * inside an agent.
   */
  always(holds: boolean, id: string): void {
    if (holds) return;
    const error = new CastcallError('ALWAYS_FAILED', `always: ${id}`);
    this.failure ??= error;
    throw error;
  }

  /**
   * Must hold in at least one seed of a batch: proof that the scenario gets where it wants to look.
   * Returns `holds`.
   */
  sometimes(holds: boolean, id: string): boolean {
    this.reached.set(id, (this.reached.get(id) ?? 0) + (holds ? 1 : 0));
    return holds;
  }

  /** Two values that must be equal; texts and numbers, compared by identity. Fails as `always` does. */
  equal(actual: unknown, expected: unknown, id: string): void {
    if (!Object.is(
      actual, expected,
    )) this.always(false, `${id}: got ${String(actual)}, expected ${String(expected)}`);
  }

  /** Adds a line to the trace, and to its hash. */
  note(text: string): void {
    if (typeof text !== 'string') throw new OptionError('note', text, 'a text');
    this.trace.note(text);
  }

  /** @internal sent = handled + rejected + dropped + … , in exact integers (P3) */
  checkAccount(when: string): void {
    const { kernel } = this;
    const totals = kernel.totals();
    const { counts } = kernel;
    const holds = imbalance(totals) === 0 && totals.refused + totals.crashed <= totals.handled
      && counts.spawned - counts.exited === kernel.live.size && whole(totals) && whole(counts);
    if (!holds) this.always(false, `conservation ${when}: ${JSON.stringify(this.system.stats())}`);
    this.checkKept(when);
  }

  /**
   * What is kept of mailboxes at rest is what adding up all of them tells, also once all that can
   * be are at rest.
   */
  private checkKept(when: string): void {
    const { accounts } = this.kernel;
    const counted = JSON.stringify(accounts.recount());
    this.equal(JSON.stringify(accounts.totals()), counted, `kept totals ${when}`);
    accounts.settle();
    this.equal(JSON.stringify(accounts.totals()), counted, `kept totals at rest ${when}`);
  }

  /** @internal What a dead agent must not change. */
  account(): string {
    const { handled, rejected, dropped, expired, queued } = this.kernel.totals();
    const { spawned, exited, crashes, restarts } = this.kernel.counts;
    return [handled, rejected, dropped, expired, queued, spawned, exited, crashes, restarts].join();
  }

  /** @internal Nothing of a stopped system is left. */
  checkLeaks(): void {
    const { kernel, system } = this;
    const totals = kernel.totals();
    const { signals } = kernel;
    this.equal(kernel.live.size, 0, 'live processes after stop');
    this.equal(system.registered().join(), '', 'registered names after stop');
    this.equal(totals.queued + totals.running + totals.held, 0, 'messages queued, running or held after stop');
    this.equal(signals.sent, signals.handled + signals.dropped, 'signals accounted for after stop');
    this.equal(kernel.parked, 0, 'parked handlers after stop');
    this.equal(kernel.scheduler.size, 0, 'runnable processes after stop');
    this.equal(kernel.exits.size, 0, 'deaths still to be told after stop');
    this.equal(this.env.held, 0, 'native timers after stop');
    const pending = this.deadlinesLeft.filter((one) => !(one instanceof ProcessTimer && one.owner === null));
    this.equal(
      pending.map((one) => one.constructor.name).join(), '',
      'deadlines pending at the end of the stop',
    );
  }

  /** Closing forgets all deadlines: those that should have been removed before are seen here only. */
  private keepDeadlines(): void {
    const { deadlines } = this.kernel;
    const close = deadlines.close.bind(deadlines);
    deadlines.close = () => {
      this.deadlinesLeft = deadlines.pending();
      close();
    };
  }
}

/** Counts are whole numbers from 0. */
function whole(counts: object): boolean {
  for (const value of Object.values(counts)) {
    if (typeof value === 'number' && !(Number.isInteger(value) && value >= 0)) return false;
  }
  return true;
}
