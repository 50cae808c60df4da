import { atOnce, Deadline, markHandled, OptionError } from '../../base/index.js';
import { AgentRefImpl, runtimeOf } from '../../behaviour/gen/index.js';
import type { Host } from '../../behaviour/gen/index.js';
import { dynamicDefinition, dynamicSupervisor } from '../../supervisor/dynamic/index.js';
import { agentSpec, readChild } from '../../supervisor/spec/index.js';
import { startSupervisor } from '../../supervisor/static/index.js';
import type { ServiceCore } from './core.js';
import type { ReadService, ReadStarted } from './options.js';
import type { Seat } from './seats.js';

/** One worker that was started, until it has been ended. */
interface Hired {
  readonly ref: AgentRefImpl;
  /** what it still has to do, once it gets nothing more; null while it gets more */
  seat: Seat | null;
}

/**
 * The workers that a service starts, below a supervisor of their own: children by name, so that one that is
 * restarted is a worker again. How many there shall be is asked while there is something to do.
 */
export class Crew extends Deadline {
  private readonly hired: Hired[] = [];
  private readonly leaving: Hired[] = [];
  private readonly supervisor: Promise<AgentRefImpl>;
  private askedAt = -Infinity;
  private readonly started: ReadStarted;
  private closed = false;
  /** @param named the last number in the names of workers that may live still */
  constructor(
    private readonly host: Host,
    private readonly core: ServiceCore,
    private readonly options: ReadService & { readonly started: ReadStarted },
    public named: number,
  ) {
    super();
    this.started = options.started;
    const { kernel } = host;
    const dynamic = dynamicDefinition();
    // Workers that fail together are one failure each: as in a pool, more are allowed for more of them.
    const { plan } = dynamicSupervisor(`service ${core.definition.name}`, {
      intensity: 3 * options.workersMax, periodMs: 5_000,
    });
    this.supervisor = startSupervisor(host, null, plan)
      .then((p) => new AgentRefImpl(p, dynamic, kernel, null));
    markHandled(this.supervisor);
    for (let n = 0; n < this.started.count; n++) this.hire();
    if (options.scale === null) return;
    core.mayGrow = true;
    core.onBacklog = () => this.ask();
  }

  expire(): void {
    this.ask();
  }

  /** All workers end, by their shutdown rule. */
  async close(): Promise<void> {
    const { core } = this;
    this.closed = true;
    core.mayGrow = false;
    core.onBacklog = null;
    core.kernel.deadlines.remove(this);
    try {
      await (await this.supervisor).stop('shutdown');
    } catch {
      // it has ended, or was never started
    }
  }

  /* ---- how many ---- */

  /** Asks how many there shall be, at most once in `scaleEveryMs`, and asks again while there is work. */
  private ask(): void {
    const { core, options: { scaleEveryMs } } = this;
    const { env, deadlines } = core.kernel;
    this.dismissIdle();
    const now = env.mono();
    if (now - this.askedAt >= scaleEveryMs) {
      this.askedAt = now;
      this.resize(this.wanted());
    }
    const { account } = core;
    const busy = account.waiting + account.running + this.leaving.length > 0;
    if (this.entry === null && !core.kernel.closed && (busy || this.hired.length > this.started.count)) {
      deadlines.add(this, Math.max(1, Math.ceil(scaleEveryMs - (now - this.askedAt))));
    }
  }

  private wanted(): number {
    const { core, options: { scale, workersMax } } = this;
    const now = this.hired.length;
    if (scale === null) return now;
    try {
      const wanted = atOnce('service.scale', scale({ ...core.load(), workers: now }));
      if (typeof wanted !== 'number' || Number.isNaN(wanted)) {
        throw new OptionError('service.scale', wanted, 'a number of workers');
      }
      return Math.max(0, Math.min(workersMax, Math.ceil(wanted)));
    } catch (error) {
      core.kernel.warn('scale of a service failed: the number of its workers stays', {
        service: core.definition.name, error,
      });
      return now;
    }
  }

  private resize(wanted: number): void {
    while (this.hired.length < wanted) this.hire();
    while (this.hired.length > wanted) this.dismiss(this.hired.pop() as Hired);
    this.dismissIdle();
  }

  /* ---- one more, one less ---- */

  private hire(): void {
    const { core, host, started: { start, args } } = this;
    const name = `service/${core.definition.name}/${++this.named}`;
    const ref = new AgentRefImpl(host.router.address(name), runtimeOf(start), core.kernel, null);
    const one: Hired = { ref, seat: null };
    this.hired.push(one);
    core.seats.join(ref);
    const spec = agentSpec('service', name, start, args, readChild('service', { name }));
    this.supervisor.then((supervisor) => supervisor.call('startChild', spec, { timeoutMs: 'infinity' })).then(
      () => core.lookAgain(),
      (error: unknown) => this.unhired(one, error),
    );
  }

  private unhired(one: Hired, error: unknown): void {
    const { core, hired } = this;
    const at = hired.indexOf(one);
    if (at >= 0) hired.splice(at, 1);
    core.seats.leave(one.ref);
    core.seats.lastReason ??= error;
    if (!core.kernel.closed && !this.closed) {
      core.kernel.warn('a worker of a service was not started', { service: core.definition.name, error });
    }
    core.pump();
  }

  /** It gets nothing more, and ends when it has done what it has. */
  private dismiss(one: Hired): void {
    const { seats } = this.core;
    one.seat = seats.seatOf(one.ref) ?? null;
    seats.leave(one.ref);
    this.leaving.push(one);
  }

  private dismissIdle(): void {
    const stay: Hired[] = [];
    for (const one of this.leaving.splice(0)) {
      if (one.seat !== null && one.seat.running > 0 && !one.seat.dead) stay.push(one);
      else this.end(one);
    }
    this.leaving.push(...stay);
  }

  private end({ ref }: Hired): void {
    markHandled(this.supervisor.then((supervisor) => {
      const p = ref.addr.owner;
      return p === null ? undefined : supervisor.call('terminateChild', p.pid, { timeoutMs: 'infinity' });
    }));
  }
}
