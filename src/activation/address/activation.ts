import {
  adopt, backoffMs, handled, isOrderly, isThenable, markHandled, OptionError, StartError,
} from '../../base/index.js';
import type { ExitReason } from '../../base/index.js';
import { planAs, planOf, startAgent } from '../../behaviour/gen/index.js';
import type { Host, StartPlan } from '../../behaviour/gen/index.js';
import type { AgentSelf } from '../../behaviour/gen/server/index.js';
import { Phase } from '../../process/record/index.js';
import type { Kernel, Process } from '../../process/record/index.js';
import { type Activator, type Cell, hold } from '../../router/names/index.js';
import { Child, isEnding, reasonOfStart, startChildProcess } from '../../supervisor/core/index.js';
import { dynamicDefinition, type DynamicState, keep, readDynamic } from '../../supervisor/dynamic/index.js';
import { PASSIVATED } from '../passivation/index.js';
import type { Plan } from './options.js';
import { partsOf } from './path.js';
import { takenBy } from './records.js';
import { AddressRefImpl, type Starter, type Unstarted } from './ref.js';
import { type Home, Resident } from './resident.js';
import { Sweep } from './sweep.js';

/** A life that was shorter, ms, and ended in a crash, is one more failure in a row. */
const HEALTHY_MS = 5_000;
/** starts within starts, until one waits for a step of its own */
const DEPTH_MAX = 8;

/**
 * The agents of one definition that live under addresses.
 *
 *   a send to nobody ─▶ wake ─▶ start: a temporary child of the definition's supervisor, with the
 *     address as its name, in this very step: what is sent from then on is in its mailbox
 *   what waits for an owner ─▶ wanted ─▶ (back-off) ─▶ due ─▶ start, or dead letters
 *   the end ─▶ ended: a crash or a failed start is one more in the row of its address alone
 */
export class Activation implements Starter, Activator, Home {
  readonly residents: Map<string, Resident> = new Map();
  running = 0;
  private readonly kernel: Kernel;
  private supervisor: Process | null = null;
  private depth = 0;
  private readonly sweep: Sweep;
  constructor(
    private readonly host: Host,
    readonly plan: Plan,
    private readonly rest: Rest,
  ) {
    this.kernel = host.kernel;
    this.sweep = new Sweep(host.kernel, host.router.names, this);
  }

  get definition(): Plan['definition'] {
    return this.plan.definition;
  }

  /** Errors: `ADDRESS_TAKEN` for an address of another definition. */
  ref(sender: Process | null, path: string): AddressRefImpl {
    const cell = this.host.router.names.cell(path);
    if (cell.activator === null) cell.activator = this;
    else if (cell.activator !== this) throw takenBy(path, (cell.activator as Activation).plan.definition.name);
    return new AddressRefImpl(cell, this.plan.definition, this.kernel, sender, this);
  }

  /* ---- starting ---- */

  /** What comes of the start that is under way there; null while none is. */
  starting(path: string): Promise<Unstarted | null> | null {
    const waiting = this.residents.get(path)?.starting ?? null;
    return waiting === null ? null : new Promise((resolve) => {
      waiting.push(resolve);
    });
  }

  /** The same as `wake`, told when its init is over. */
  async started(cell: Cell): Promise<Unstarted | null> {
    return this.wake(cell) ?? await this.starting(cell.name);
  }

  wake(cell: Cell): Unstarted | null {
    const known = this.residents.get(cell.name);
    if (known !== undefined) {
      const dueInMs = this.waits(known);
      if (dueInMs > 0) return { reason: known.reason, dueInMs };
    }
    return this.start(known ?? this.enter(cell));
  }

  /** ms until it may be started. */
  private waits({ notBefore }: Resident): number {
    return notBefore === 0 ? 0 : Math.max(0, notBefore - this.kernel.env.mono());
  }

  private enter(cell: Cell): Resident {
    const made = new Resident(this, cell);
    this.residents.set(cell.name, made);
    return made;
  }

  /** In this step, so that all who send now or later find the same mailbox. */
  private start(resident: Resident): Unstarted | null {
    const { cell } = resident;
    this.kernel.deadlines.remove(resident);
    resident.running = false;
    this.depth++;
    try {
      const supervisor = this.supervisorOf();
      const { state } = supervisor.self as AgentSelf & { state: DynamicState };
      const { spec } = this.plan;
      const child = new Child(state, spec, this.planFor(resident), true);
      const started = startChildProcess(supervisor, child);
      if (started instanceof Promise) this.startsLater(resident, state, child, started);
      else this.runs(resident, state, child, child.process);
    } catch (error) {
      if (cell.owner === null) this.failed(resident, reasonOfStart(error));
    } finally {
      this.depth--;
    }
    return cell.owner === null ? { reason: resident.reason, dueInMs: this.waits(resident) } : null;
  }

  private startsLater(resident: Resident, state: DynamicState, child: Child, started: Promise<void>): void {
    const p = resident.cell.owner;
    if (p !== null) this.houses(resident, p);
    const told = (resident.starting = []);
    started.then(() => this.runs(resident, state, child, child.process)).catch((error: unknown) => {
      const reason = reasonOfStart(error);
      // Told of an end that it had adopted, it does not know yet why the start has failed.
      if (p === null) this.failed(resident, reason);
      else if (resident.p === null) resident.reason = reason;
      return { reason, dueInMs: 0 };
    }).then((failure) => resident.begun(told, failure), () => undefined);
  }

  private houses(resident: Resident, p: Process): void {
    resident.p = p;
    hold(p, resident);
  }

  /** Null, also for one that has handled something and has ended already. */
  private runs(resident: Resident, state: DynamicState, child: Child, p: Process | null): Unstarted | null {
    if (p === null) throw new StartError(this.plan.definition.name, 'ignore');
    if (p.phase === Phase.Dead) {
      child.release();
      return p.mailbox.handled > 0 ? null : { reason: p.reason, dueInMs: 0 };
    }
    if (resident.p === null) this.houses(resident, p);
    resident.running = true;
    this.running++;
    resident.seen = -1;
    resident.since = this.kernel.env.mono();
    resident.tries = 0;
    keep(state, child, 'debug');
    this.sweep.moved(resident);
    return null;
  }

  private planFor({ cell: { name }, leaving }: Resident): StartPlan {
    const { spec, init, arity } = this.plan;
    const args = (): unknown => (init === null ? (arity === 0 ? [] : [name]) : init(partsOf(name)));
    const checked = (made: unknown): readonly unknown[] => {
      if (Array.isArray(made)) return made;
      throw new OptionError(
        'activate.init', made, 'an array of init arguments', `what it returned for '${name}'; (address) => [first, …]`,
      );
    };
    const claimed = this.claim(name);
    const after = leaving !== null && claimed !== null ? leaving.then(() => claimed)
      : leaving ?? claimed ?? (this.depth > DEPTH_MAX ? Promise.resolve() : null);
    if (claimed !== null) markHandled(claimed);
    const made = after === null ? args() : after.then(args);
    if (!isThenable(made)) return planAs(spec.plan, name, checked(made));
    return { ...planAs(spec.plan, name, []), before: handled(adopt(made).then(checked)) };
  }

  /** A durable address is said to be one, once: with its first start, or what is enqueued before. */
  claim(path: string): Promise<void> | null {
    return this.plan.durable ? this.rest.claim(path, this.plan.definition) : null;
  }

  private supervisorOf(): Process {
    const known = this.supervisor;
    if (known !== null && !isEnding(known)) return known;
    const label = `addresses of ${this.plan.definition.name}`;
    const plan = planOf(dynamicDefinition(), [readDynamic('activate', {}).plan], { label });
    return (this.supervisor = startAgent(this.host, plan, null) as Process); // its init is synchronous
  }

  /* ---- ending ---- */

  ended(resident: Resident, p: Process, reason: ExitReason): void {
    if (resident.p !== p) return;
    const begun = p.mailbox.handled > 0 || p.op !== null;
    if (!resident.running && !begun) {
      resident.p = null;
      return this.failed(resident, reason);
    }
    this.left(resident);
    // One that ends in order, and has done nothing, would be started again and again by what waits for it.
    const idle = !begun && reason !== PASSIVATED;
    if (isOrderly(reason) && !idle) {
      this.kernel.deadlines.remove(resident);
      this.residents.delete(resident.cell.name);
      return;
    }
    if (this.kernel.env.mono() - resident.since >= HEALTHY_MS) resident.failures = 0;
    this.fails(resident, reason);
  }

  left(resident: Resident): void {
    if (resident.running) this.running--;
    resident.p = null;
    resident.running = resident.saving = false;
  }

  /** A start has. */
  private failed(resident: Resident, reason: unknown): void {
    resident.tries++;
    this.fails(resident, reason);
  }

  /** The first failure in a row costs no wait: the next message starts it again. */
  private fails(resident: Resident, reason: unknown): void {
    const { kernel: { env }, plan: { backoff } } = this;
    resident.reason = reason;
    resident.failures++;
    const ms = resident.failures < 2 ? 0 : backoffMs(backoff, resident.failures - 1, env.u32() / 0x1_0000_0000);
    resident.notBefore = ms === 0 ? 0 : env.mono() + ms;
    this.sweep.moved(null);
  }

  /* ---- what waits ---- */

  wanted(cell: Cell): void {
    const resident = this.residents.get(cell.name) ?? this.enter(cell);
    if (resident.entry === null) this.kernel.deadlines.add(resident, Math.ceil(this.waits(resident)));
  }

  due(resident: Resident): void {
    if (resident.cell.owner !== null || !this.rest.waits(resident.cell)) return;
    if (resident.tries >= this.plan.activationsMax) {
      resident.tries = 0;
      this.rest.gaveUp(resident.cell, resident.reason);
      return;
    }
    this.start(resident);
    if (resident.cell.owner === null) this.wanted(resident.cell);
  }
}

/** What an activation asks of its neighbours. */
export interface Rest {
  /** says in the store whose address it is, null when that is done; throws or rejects when it is another one's */
  claim(path: string, definition: Plan['definition']): Promise<void> | null;
  /** whether something waits under that address for an owner */
  waits(cell: Cell): boolean;
  /** what waits under that address will have no owner */
  gaveUp(cell: Cell, reason: unknown): void;
}
