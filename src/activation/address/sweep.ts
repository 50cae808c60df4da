import { Deadline, isThenable, settle } from '../../base/index.js';
import { letGo, type Names } from '../../router/names/index.js';
import type { Kernel, Process } from '../../process/record/index.js';
import { isAtRest, leastUsed, leave, look } from '../passivation/index.js';
import type { Plan } from './options.js';
import { partsOf } from './path.js';
import type { Resident } from './resident.js';

/** An agent is idle after so many sweeps without a message, of which the first may be a part of one. */
const SWEEPS = 4;
/** ms after which an activation above its limit whose agents all work is looked at again */
const CROWDED_MS = 100;

/** Who lives under the addresses of one definition. */
interface Swept {
  readonly plan: Plan;
  readonly residents: Map<string, Resident>;
  /** how many of them run */
  readonly running: number;
  /** it is none of them any more */
  left(resident: Resident): void;
}

/**
 * Passivates the agents of one definition: those that have had no message for so long, and the least
 * recently used ones above the limit. No message pays for it: now and then the counters of the
 * mailboxes are compared with what they were.
 */
export class Sweep extends Deadline {
  private sweeps = 0;
  /** all above the limit work */
  private crowded = false;
  private readonly periodMs: number;
  constructor(
    private readonly kernel: Kernel,
    private readonly names: Names,
    private readonly of: Swept,
  ) {
    super();
    const { idleMs, backoff } = of.plan;
    this.periodMs = idleMs < 0 ? Math.max(1_000, backoff.maxMs) : Math.max(1, Math.ceil(idleMs / SWEEPS));
  }

  /** Somebody has come to live there, or has failed to. Who has come stays: its first message is on its way. */
  moved(come: Resident | null): void {
    const { of } = this;
    if (!this.crowded && of.running > of.plan.residentsMax) this.makeRoom(come);
    this.arm();
  }

  private arm(): void {
    const { of, kernel: { deadlines } } = this;
    if (this.entry !== null) return;
    if (this.crowded) deadlines.add(this, Math.min(CROWDED_MS, this.periodMs));
    else if (of.residents.size > (of.plan.idleMs < 0 ? of.running : 0)) deadlines.add(this, this.periodMs);
  }

  expire(): void {
    const { of } = this;
    const sweep = ++this.sweeps;
    this.crowded = false;
    for (const one of of.residents.values()) {
      look(one, sweep);
      if (one.p === null) this.forget(one);
      else if (of.plan.idleMs >= 0 && sweep - one.active >= SWEEPS && isAtRest(one)) this.passivate(one);
    }
    if (of.running > of.plan.residentsMax) this.makeRoom(null);
    this.arm();
  }

  /** Of an address where nobody lives nothing is kept for longer than its back-off. */
  private forget(one: Resident): void {
    const { of: { residents, plan }, kernel } = this;
    if (one.entry === null && one.leaving === null
      && kernel.env.mono() >= one.notBefore + plan.backoff.maxMs) residents.delete(one.cell.name);
  }

  /** A sixteenth more goes at once, so that not every start has to look at all. */
  private makeRoom(come: Resident | null): void {
    const { of: { residents, plan: { residentsMax }, running } } = this;
    const sweep = ++this.sweeps;
    for (const one of residents.values()) look(one, sweep);
    const many = running - residentsMax + (residentsMax >> 4);
    for (const one of leastUsed(residents.values(), many, come)) this.passivate(one);
    this.crowded = this.of.running > residentsMax;
  }

  private passivate(one: Resident): void {
    const { plan: { passivate } } = this.of;
    const p = one.p as Process;
    if (passivate === null) return this.ends(one, p);
    const stays = (error: unknown): void => {
      one.active = this.sweeps;
      this.kernel.warn('passivate of an address failed: its agent stays', { address: one.cell.name, error });
    };
    const { seen } = one;
    const over = (then: () => void): void => {
      if (one.p !== p) return;
      one.saving = false;
      then();
    };
    // What was saved may be old by now: it stays for one more idle time.
    const saved = (): void => over(() => {
      if (one.seen === seen && isAtRest(one)) this.ends(one, p);
      else one.active = this.sweeps;
    });
    one.saving = true;
    try {
      const saving = passivate((p.self as { readonly state: unknown }).state, partsOf(one.cell.name));
      if (isThenable(saving)) settle(saving, saved, (error) => over(() => stays(error)));
      else saved();
    } catch (error) {
      over(() => stays(error));
    }
  }

  /** Nothing can come in between: either it ends in this step, or its name is free for the next. */
  private ends(one: Resident, p: Process): void {
    const { names, of } = this;
    const { residents, plan: { definition, spec } } = of;
    const terminates = definition.trapExit && definition.terminate !== null;
    if (terminates) {
      letGo(p, one);
      of.left(one);
    }
    const leaving = leave(p, names, terminates, spec.shutdownMs);
    if (leaving === null) return;
    one.leaving = leaving;
    void leaving.then(() => {
      if (one.leaving === leaving) one.leaving = null;
      if (one.p === null && one.leaving === null && one.entry === null && one.failures === 0
        && residents.get(one.cell.name) === one) residents.delete(one.cell.name);
    });
  }
}
