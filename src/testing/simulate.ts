import { CastcallError, OptionError, parseOptions, z } from '../base/index.js';
import { isError, printable } from '../base/text/index.js';
import { createSystem } from '../system/index.js';
import type { SystemOptions } from '../api/system.js';
import { SimEnv } from './env.js';
import { catchRejections, drainMicrotasks, standIn } from './globals.js';
import { POLICIES, type Policy } from './policy.js';
import { checkSeed, Random } from './random.js';
import { Simulation } from './simulation.js';
import { formatTrace, Trace, type TraceEvent } from './trace.js';

/** What runs in a simulation; rejects, or lets an `always` fail, when something is wrong. */
export type Scenario = (sim: Simulation) => unknown;

/** Options of `simulate`. */
export interface SimulateOptions {
  /** how the scheduler picks; default: chosen by the seed */
  readonly policy?: Policy | undefined;
  /**
   * every step takes a random time up to this, so that timers run out in the middle of work; ms,
   * default 0: exact times
   */
  readonly stepMs?: number | undefined;
  /** tasks and timers a seed may take before it counts as endless, default 100,000 */
  readonly stepsMax?: number | undefined;
  /**
   * options of the system; it is named `sim`, without logger, not in development, with frozen
   * payloads, unless told otherwise
   */
  readonly system?: Omit<SystemOptions, 'env'> | undefined;
  /** the command that runs this seed again, for the message of a failure */
  readonly replay?: ((seed: number) => string) | undefined;
}

/** One simulated seed. */
export interface SimRun {
  readonly seed: number;
  readonly policy: Policy;
  /** of everything that happened; equal hashes mean equal runs */
  readonly hash: string;
  readonly events: number;
  readonly steps: number;
  /** virtual ms that passed */
  readonly elapsedMs: number;
  /** how often each `sometimes` held */
  readonly sometimes: ReadonlyMap<string, number>;
}

/**
 * A seed that failed: `cause` is what went wrong, `trace` the latest events. The message ends with
 * the command that replays it.
 *
 * @example
 * const failed = await simulate(3, (sim) => sim.always(1 > 2, 'numbers are in order')).catch((error: SimulationError) => error);
 * failed instanceof SimulationError; // => true
 * failed.seed; // => 3
 * @since 0.2.0
 */
export class SimulationError extends CastcallError {
  constructor(
    readonly seed: number,
    readonly policy: Policy,
    readonly hash: string,
    readonly trace: readonly TraceEvent[],
    replay: string,
    cause: unknown,
  ) {
    const what = isError(cause) ? cause.message : printable(cause);
    super(
      'SIMULATION_FAILED',
      `seed ${seed} (policy ${policy}, hash ${hash}) failed: ${what}\n  replay: ${replay}\n${formatTrace(
        trace.slice(-24),
      )}`,
      { cause },
    );
  }
}

const STEPS_MAX = 100_000;
const STOP_MS = 60_000;

const options: z.ZodType<SimulateOptions> = z.strictObject({
  policy: z.enum(POLICIES as [Policy, ...Policy[]], { error: `one of ${POLICIES.join(', ')}` }).optional(),
  stepMs: z.number({ error: 'milliseconds from 0' }).min(0, { error: 'milliseconds from 0' }).optional(),
  stepsMax: z.number({ error: 'a whole number of steps from 1' })
    .int({ error: 'a whole number of steps from 1' }).min(
      1, { error: 'a whole number of steps from 1' },
    ).optional(),
  system: z.custom<Omit<SystemOptions, 'env'>>(
    (value) => typeof value === 'object' && value !== null, { error: 'options of createSystem' },
  ).optional(),
  replay: z.custom<(seed: number) => string>(
    (value) => typeof value === 'function', { error: 'a function from seed to command' },
  ).optional(),
});

/**
 * Runs a scenario once, on virtual time, under a scheduler that is driven by the seed: the same
 * seed gives the same run, event by event. The runtime is the one of production; user code may be
 * asynchronous. Afterwards the system is stopped, and it is checked that every message has had one
 * outcome and that nothing is left: no process, name, timer, deadline. Then late awaits of dead
 * agents get their turn, and it is checked that they change nothing.
 *
 * While a seed runs, `Date`, timers and `Math.random` are the simulation's; a wait for the outside
 * world fails the seed as stuck. Resolves to what happened, rejects with a {@link SimulationError};
 * bad options are an OptionError.
 *
 * @example
 * const Counter = defineAgent({ init: () => ({ n: 0 }), calls: { value: (self) => self.state.n }, casts: { add(self, by: number) { self.state.n += by; } } });
 * const scenario = async (sim: Simulation) => {
 *   const counter = sim.system.start(Counter);
 *   counter.cast('add', 2);
 *   await sim.sleep(86_400_000);
 *   sim.equal(await counter.call('value'), 2, 'nothing is lost in a day');
 * };
 * const first = await simulate(1, scenario);
 * const again = await simulate(1, scenario);
 * first.hash === again.hash; // => true
 * first.elapsedMs >= 86_400_000; // => true
 * @since 0.2.0
 */
export function simulate(seed: number, scenario: Scenario, given: SimulateOptions = {}): Promise<SimRun> {
  return new Promise((resolve, reject) => {
    checkSeed('simulate.seed', seed);
    if (typeof scenario !== 'function') {
      throw new OptionError('simulate.scenario', scenario, 'a function that takes the simulation');
    }
    const read = parseOptions('simulate', options, given);
    // From a macrotask: microtasks can be drained step by step only when the stack below is no promise job.
    setImmediate(() => {
      try {
        resolve(new Runner(seed, scenario, read).run());
      } catch (error) {
        reject(error);
      }
    });
  });
}

/** One run of one seed, synchronous from its first step to its last. */
class Runner {
  private readonly env: SimEnv;
  private readonly trace: Trace;
  private readonly sim: Simulation;
  private readonly policy: Policy;
  private done = false;
  private error: unknown = undefined;
  constructor(
    private readonly seed: number,
    private readonly scenario: Scenario,
    private readonly options: SimulateOptions,
  ) {
    const config = new Random((seed ^ 0xc0f) >>> 0);
    const drawn = config.pick(POLICIES);
    this.policy = options.policy ?? drawn;
    this.trace = new Trace(() => this.env.now);
    this.env = new SimEnv(seed, this.policy, options.stepMs ?? 0, (ms) => this.trace.timer(ms));
    const system = createSystem(
      { name: 'sim', logger: false, development: false, payloads: 'frozen', ...options.system, env: this.env },
    );
    this.sim = new Simulation(seed, system, this.env, this.trace);
  }

  run(): SimRun {
    const restore = standIn(this.env);
    const release = catchRejections((error) => {
      this.sim.failure ??= new CastcallError(
        'UNHANDLED_REJECTION', `a rejection that nobody handled: ${printable(error)}`, { cause: error },
      );
    });
    try {
      this.drive();
      this.rest();
    } catch (error) {
      throw this.failed(this.sim.failure ?? error);
    } finally {
      release();
      restore();
    }
    const { seed, policy, env, trace, sim } = this;
    return {
      seed, policy, hash: trace.hash, events: trace.events, steps: env.steps, elapsedMs: env.now - 1_000,
      sometimes: sim.reached,
    };
  }

  private async body(): Promise<void> {
    const { sim } = this;
    await this.scenario(sim);
    sim.faults.heal();
    sim.checkAccount('after the scenario');
    await sim.system.stop({ timeoutMs: STOP_MS });
    sim.checkAccount('after the stop');
  }

  /** Step by step until the scenario and the stop are over. */
  private drive(): void {
    const { env, sim } = this;
    const stepsMax = this.options.stepsMax ?? STEPS_MAX;
    this.body().then(
      () => (this.done = true),
      (error: unknown) => {
        this.done = true;
        this.error = error;
      },
    );
    for (;;) {
      drainMicrotasks();
      if (sim.failure !== undefined) throw sim.failure as Error;
      if (this.done) break;
      if (!env.busy && sim.settlers.length > 0) {
        for (const settled of sim.settlers.splice(0)) settled();
        continue;
      }
      if (!env.step()) {
        throw new CastcallError(
          'SIMULATION_STUCK',
          'nothing is runnable and no timer is set, but the scenario has not ended: it waits for something outside the simulation, or for ever',
        );
      }
      if (env.steps > stepsMax) {
        throw new CastcallError('SIMULATION_ENDLESS', `the scenario has not ended after ${stepsMax} steps`);
      }
    }
    if (this.error !== undefined) throw this.error as Error;
  }

  /**
   * What the stopped system has left to do must be nothing; late awaits of dead agents get their
   * turn and must change nothing.
   */
  private rest(): void {
    const { env, sim } = this;
    while (env.busy && env.step()) drainMicrotasks();
    sim.checkLeaks();
    const before = sim.account();
    for (let steps = 0; steps < 1_000 && env.step(); steps++) drainMicrotasks();
    if (sim.failure !== undefined) throw sim.failure as Error;
    sim.equal(sim.account(), before, 'dead agents have no effects (P16)');
    sim.checkAccount('at the end');
  }

  private failed(cause: unknown): SimulationError {
    const { seed, policy, trace } = this;
    const replay = this.options.replay?.(seed)
      ?? `simulate(${seed}, scenario${this.options.policy === undefined ? '' : `, { policy: '${policy}' }`})`;
    return new SimulationError(seed, policy, trace.hash, trace.latest(), replay, cause);
  }
}
