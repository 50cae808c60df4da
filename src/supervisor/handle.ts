import { markHandled, OptionError, StartError, type ExitReason } from '../base/index.js';
import { AgentRefImpl, type AgentRef, type AnyDefinition, type StopOptions } from '../behaviour/index.js';
import { monitor, type Address, type Kernel, type Pid, type Process } from '../process/index.js';
import { supervisorDefinition, type ChildCount, type ChildInfo } from './engine.js';
import { ChildSpec } from './spec.js';

/** What `startChild` resolves to: a typed ref of the agent, or the handle of the nested supervisor. */
export type StartedChild<D extends AnyDefinition> = [D] extends [never] ? SupervisorRef : AgentRef<D>;

/**
 * The handle of a running supervisor. Its requests wait as long as the supervisor needs (SU-47); what the supervisor
 * refuses rejects with a CallError `REFUSED` whose `refusal` is OTP's word: `already_started`, `already_present`,
 * `not_found`, `running`, `restarting`, `start_failed`.
 *
 * @example
 * const Worker = defineAgent({ init: () => ({}), calls: { ping: () => 'pong' } });
 * const pool = await system.supervise({ children: [] });
 * const worker = await pool.startChild(child('w1', Worker));
 * await worker.call('ping'); // => 'pong'
 * (await pool.countChildren()).active; // => 1
 * @since 0.1.0
 */
export class SupervisorRef {
  readonly #ref: AgentRefImpl;
  readonly #kernel: Kernel;
  readonly #down: Promise<ExitReason>;
  constructor(addr: Address, kernel: Kernel) {
    this.#kernel = kernel;
    this.#down = new Promise((resolve) => monitor(null, addr.owner, undefined, (down) => resolve(down.reason)));
    this.#ref = new AgentRefImpl(addr, supervisorDefinition(), kernel, null);
  }

  /** undefined once it has ended */
  get pid(): Pid | undefined {
    return this.#ref.pid;
  }

  /** Resolves to the exit reason when the supervisor has ended; never rejects. */
  get down(): Promise<ExitReason> {
    return this.#down;
  }

  /** Adds and starts a child; resolves when it runs (SU-39). Errors: `already_started`, `already_present`, `start_failed`. */
  startChild<D extends AnyDefinition>(spec: ChildSpec<D>): Promise<StartedChild<D>> {
    return quiet(this.#startChild(spec));
  }

  async #startChild<D extends AnyDefinition>(spec: ChildSpec<D>): Promise<StartedChild<D>> {
    if (!(spec instanceof ChildSpec)) throw new OptionError('startChild', spec, 'child(…) or supervisor(…)', 'wrap the definition: child(id, Definition, …)');
    return this.#started(spec, await this.#ask('startChild', spec));
  }

  /** Stops a child by its shutdown rule and keeps its spec, unless it is temporary (SU-40). Errors: `not_found`. */
  terminateChild(id: string): Promise<void> {
    return quiet(this.#terminateChild(id));
  }

  async #terminateChild(id: string): Promise<void> {
    await this.#ask('terminateChild', id);
  }

  /** Starts a stopped child again (SU-42); does not count towards the intensity (SU-27). Errors: `not_found`, `running`, `restarting`, `start_failed`. */
  restartChild(id: string): Promise<Pid> {
    return quiet(this.#restartChild(id));
  }

  async #restartChild(id: string): Promise<Pid> {
    const pid = await this.#ask('restartChild', id);
    if (pid === null) throw new StartError(id, 'ignore');
    return pid as Pid;
  }

  /** Forgets a stopped child (SU-42). Errors: `not_found`, `running`, `restarting`. */
  deleteChild(id: string): Promise<void> {
    return quiet(this.#deleteChild(id));
  }

  async #deleteChild(id: string): Promise<void> {
    await this.#ask('deleteChild', id);
  }

  /** One row per child, newest first (SU-03). */
  whichChildren(): Promise<ChildInfo[]> {
    return this.#ask('whichChildren', undefined) as Promise<ChildInfo[]>;
  }

  countChildren(): Promise<ChildCount> {
    return this.#ask('countChildren', undefined) as Promise<ChildCount>;
  }

  /** Stops the children in reverse start order, then the supervisor; `shutdown` by default. */
  stop(reason: ExitReason = 'shutdown', options: StopOptions = {}): Promise<void> {
    return this.#ref.stop(reason, options);
  }

  #ask(op: string, payload: unknown): Promise<unknown> {
    return this.#ref.call(op, payload, { timeoutMs: 'infinity' });
  }

  #started<D extends AnyDefinition>(spec: ChildSpec<D>, pid: unknown): StartedChild<D> {
    if (pid === null) throw new StartError(spec.id, 'ignore');
    const addr: Address = this.#kernel.byPid(pid as string) ?? new Ended();
    const made = spec.type === 'supervisor' ? new SupervisorRef(addr, this.#kernel) : new AgentRefImpl(addr, spec.plan.definition, this.#kernel, null);
    return made as never;
  }
}

/** A promise of ours that nobody has to look at. */
function quiet<T>(promise: Promise<T>): Promise<T> {
  markHandled(promise);
  return promise;
}

/** A child that has ended between its start and the answer. */
class Ended implements Address {
  owner: Process | null = null;
  readonly name = 'ended child';
}

