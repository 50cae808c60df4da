import { handled, OptionError, StartError } from '../../base/index.js';
import type { ExitReason } from '../../base/index.js';
import { AgentRefImpl } from '../../behaviour/gen/index.js';
import type { RuntimeDefinition } from '../../behaviour/gen/index.js';
import type { HandlePlaceImpl } from '../../behaviour/gen/request/index.js';
import { Phase, Process } from '../../process/record/index.js';
import type { Address, Kernel, NameCell } from '../../process/record/index.js';
import { monitor } from '../../process/signal/index.js';
import { ChildSpec } from '../spec/index.js';
import type { ChildCount, ChildInfo } from '../../api/supervisor.js';
import type { Pid } from '../../api/address.js';
import type { StopOptions } from '../../api/agent.js';
import { supervisorDefinition } from './engine.js';

/**
 * What the handles of all kinds of supervisors have in common. Requests wait as long as the supervisor needs;
 * what it refuses rejects with a CallError `REFUSED` whose `refusal` is OTP's word. A handle by
 * name means whoever owns the name at each use, as every ref does.
 *
 * @example
 * const pool = await system.supervise(dynamicSupervisor('pool'));
 * await pool.countChildren(); // => { specs: 0, active: 0, supervisors: 0, workers: 0 }
 * await pool.stop();
 * await pool.down; // => 'normal'
 * @since 0.2.0
 */
export abstract class AnySupervisorRef<Row> {
  readonly #ref: AgentRefImpl;
  readonly #down: Promise<ExitReason>;
  /** @internal */
  constructor(addr: Address, kernel: Kernel, definition: RuntimeDefinition) {
    this.#ref = new AgentRefImpl(addr, definition, kernel, null);
    this.#down = new Promise((resolve) => {
      if (addr instanceof Process && addr.phase === Phase.Dead) resolve(addr.reason);
      else monitor(null, addr.owner, undefined, (down) => resolve(down.reason));
    });
  }

  /** undefined while nobody is there */
  get pid(): Pid | undefined {
    return this.#ref.pid;
  }

  /**
   * Resolves to the exit reason when the supervisor that lived when this handle was made has ended;
   * never rejects.
   */
  get down(): Promise<ExitReason> {
    return this.#down;
  }

  /** One row per child, newest first. */
  whichChildren(): Promise<Row[]> {
    return this.ask('whichChildren', undefined) as Promise<Row[]>;
  }

  countChildren(): Promise<ChildCount> {
    return this.ask('countChildren', undefined) as Promise<ChildCount>;
  }

  /**
   * Stops the children, then the supervisor; `normal` by default, as every `stop`. Rejects when it
   * ended for another reason.
   */
  stop(reason: ExitReason = 'normal', options: StopOptions = {}): Promise<void> {
    return this.#ref.stop(reason, options);
  }

  /** @internal */
  protected ask(op: string, payload: unknown): Promise<unknown> {
    return this.#ref.call(op, payload, { timeoutMs: 'infinity' });
  }

  /** @internal An answer that may come without a message: paced, and nobody has to look at it. */
  protected paced<R>(answer: Promise<R>): Promise<R> {
    return this.#ref.kernel.scheduler.paced(handled(answer));
  }

  /** @internal Turns the answer to a start into what users get. */
  protected started<R>(spec: ChildSpec<R>, pid: unknown): R {
    if (pid === null) throw new StartError(spec.id, 'ignore');
    const { kernel } = this.#ref;
    return spec.refTo(kernel.byPid(pid as string) ?? new Ended(pid as Pid), kernel, spec.plan) as R;
  }
}

/**
 * The handle of a running supervisor. Refusals: `already_started`, `already_present`, `not_found`, `running`,
 * `restarting`, `start_failed`, `bad_combination`.
 *
 * @example
 * const Worker = defineAgent({ init: () => ({}), calls: { ping: () => 'pong' } });
 * const pool = await system.supervise({ children: [] });
 * const worker = await pool.startChild(child('w1', Worker));
 * await worker.call('ping'); // => 'pong'
 * (await pool.countChildren()).active; // => 1
 * @since 0.1.0
 */
export class SupervisorRef extends AnySupervisorRef<ChildInfo> {
  /** @internal Use `system.supervise` or `system.ref`. */
  constructor(addr: Address, kernel: Kernel) {
    super(addr, kernel, supervisorDefinition());
  }

  /** `system.ref(SupervisorRef, name)` */
  static handleAt({ addr, host }: HandlePlaceImpl): SupervisorRef {
    return new SupervisorRef(addr, host.kernel);
  }

  /**
   * Adds and starts a child; resolves when it runs. Errors: `already_started`, `already_present`,
   * `start_failed`.
   */
  startChild<R>(spec: ChildSpec<R>): Promise<R> {
    return this.paced(this.#startChild(spec));
  }

  async #startChild<R>(spec: ChildSpec<R>): Promise<R> {
    return this.started(checkSpec('startChild', spec), await this.ask('startChild', spec));
  }

  /** Stops a child by its shutdown rule and keeps its spec, unless it is temporary. Errors: `not_found`. */
  terminateChild(id: string): Promise<void> {
    return this.ask('terminateChild', id) as Promise<void>;
  }

  /**
   * Starts a stopped child again; does not count towards the intensity. Errors: `not_found`, `running`,
   * `restarting`, `start_failed`.
   */
  restartChild(id: string): Promise<Pid> {
    return this.paced(this.#restartChild(id));
  }

  async #restartChild(id: string): Promise<Pid> {
    const pid = await this.ask('restartChild', id);
    if (pid === null) throw new StartError(id, 'ignore');
    return pid as Pid;
  }

  /** Forgets a stopped child. Errors: `not_found`, `running`, `restarting`. */
  deleteChild(id: string): Promise<void> {
    return this.ask('deleteChild', id) as Promise<void>;
  }

  /**
   * The specification as it is kept, with all defaults filled in; a temporary child's has lost its
   * arguments. Errors: `not_found`.
   */
  getChildSpec(id: string): Promise<ChildSpec> {
    return this.ask('getChildSpec', id) as Promise<ChildSpec>;
  }

  /** One row, in constant time. Errors: `not_found`. */
  whichChild(id: string): Promise<ChildInfo> {
    return this.ask('whichChild', id) as Promise<ChildInfo>;
  }
}

export function checkSpec<R>(where: string, spec: ChildSpec<R>): ChildSpec<R> {
  if (spec instanceof ChildSpec) return spec;
  throw new OptionError(
    where, spec, 'child(…) or supervisor(…)', 'wrap the definition: child(id, Definition, …)',
  );
}

/** A child that has ended between its start and the answer. */
class Ended implements NameCell {
  owner: Process | null = null;
  readonly name = 'ended child';
  constructor(readonly pid: Pid) {}
}
