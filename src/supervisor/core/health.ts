import { Deadline, settle, timeoutMs } from '../../base/index.js';
import { AgentRefImpl } from '../../behaviour/gen/index.js';
import { Verb } from '../../behaviour/gen/request/index.js';
import { Phase } from '../../process/record/index.js';
import type { Health, Holding, Process } from '../../process/record/index.js';
import { hold } from '../../router/names/index.js';
import type { HealthInfo } from '../../api/inspect.js';
import type { HealthReport } from '../../api/reports.js';
import type { HealthOptions } from '../../api/supervisor.js';
import type { Child } from './child.js';
import { offender } from './report.js';
import { endByRule } from './shutdown.js';

/** Default of the time that one check may take, ms. */
const TIMEOUT_MS = 5_000;
/** Default of the failures in a row after which a child is unhealthy. */
const FAILURES_MAX = 3;

/*
 * The health of one life of a child: one check after the other, each judged once, by the clock of the system.
 *
 *   everyMs ─▶ check ─┬─ true, a reply ─▶ healthy again? then told and taken back ────────┬─▶ everyMs
 *                     └─ false, a throw, late ─▶ failures in a row: unhealthy ─┬─ told ───┘
 *                                                                              └─ restart: ended as `unhealthy`
 */

/** Looks after one process, until it ends. */
export class HealthWatch extends Deadline implements Health, Holding {
  private checks = 0;
  private failures = 0;
  private unhealthy = false;
  private reason: unknown = undefined;
  private late: Late | null = null;
  changed: (() => void) | null = null;
  private over = false;
  constructor(
    private readonly supervisor: Process,
    private readonly child: Child,
    private readonly p: Process,
    private readonly rule: HealthOptions,
  ) {
    super();
    p.cold().health = this;
    hold(p, this);
    this.next();
  }

  get unbalanced(): boolean {
    return this.unhealthy && this.rule.onUnhealthy === 'unbalance';
  }

  get info(): HealthInfo {
    const { checks, failures, unhealthy, reason } = this;
    return { state: unhealthy ? 'unhealthy' : checks === 0 ? 'unknown' : 'healthy', checks, failures, reason };
  }

  expire(): void {
    const { p, rule, child } = this;
    const limitMs = timeoutMs('health.timeoutMs', rule.timeoutMs, TIMEOUT_MS);
    const late = new Late(() => this.judge(late, new Error(`no answer within ${limitMs} ms`)));
    this.late = late;
    p.kernel.deadlines.add(late, limitMs);
    const answered = (answer: unknown): void => this.judge(late, answer === false ? new Error('it said false') : null);
    const failed = (error: unknown): void => this.judge(late, error ?? new Error('it failed'));
    try {
      settle(rule.op === undefined
        ? rule.check?.(p.pid)
        : new AgentRefImpl(p, child.plan.definition, p.kernel, null)
            .dispatch(Verb.Call, null, rule.op, undefined, { timeoutMs: limitMs, lane: 'high' }), answered, failed);
    } catch (error) {
      failed(error);
    }
  }

  /** Its process has ended. */
  release(): void {
    this.over = true;
    const { deadlines } = this.p.kernel;
    deadlines.remove(this);
    if (this.late !== null) deadlines.remove(this.late);
    this.late = null;
  }

  private next(): void {
    this.p.kernel.deadlines.add(this, this.rule.everyMs);
  }

  /** Once for each check; null is a good one. */
  private judge(late: Late, failure: unknown): void {
    if (this.over || this.late !== late) return;
    this.late = null;
    this.p.kernel.deadlines.remove(late);
    this.checks++;
    if (failure === null) this.good();
    else this.bad(failure);
    if (!this.over) this.next();
  }

  private good(): void {
    this.failures = 0;
    this.reason = undefined;
    if (!this.unhealthy) return;
    this.turn(false);
    this.tell('child healthy again');
  }

  private bad(failure: unknown): void {
    this.failures++;
    this.reason = failure;
    if (this.unhealthy || this.failures < (this.rule.failuresMax ?? FAILURES_MAX)) return;
    this.turn(true);
    this.tell('child unhealthy');
    if (this.rule.onUnhealthy !== 'restart') return;
    this.release();
    void endByRule(this.supervisor, this.p, this.child.spec.shutdownMs, UNHEALTHY);
  }

  private turn(unhealthy: boolean): void {
    this.unhealthy = unhealthy;
    this.p.turnedOver();
    this.changed?.();
  }

  private tell(label: HealthReport['label']): void {
    const { p, supervisor, child, failures, reason } = this;
    if (!p.kernel.reporting) return;
    const report: HealthReport = {
      label, level: label === 'child unhealthy' ? 'error' : 'info', supervisor: supervisor.title,
      offender: offender(child, p), failures, reason,
    };
    p.kernel.report(report);
  }
}

/** What a child ends with that is restarted because of its health. */
const UNHEALTHY = 'unhealthy';

/** A check has taken too long. */
class Late extends Deadline {
  constructor(private readonly passed: () => void) {
    super();
  }
  expire(): void {
    this.passed();
  }
}

/** Begins with a life of a child, when its specification asks for it. */
export function watchHealth(supervisor: Process, child: Child, p: Process): void {
  const { health } = child.spec;
  if (health !== undefined && p.phase !== Phase.Dead) new HealthWatch(supervisor, child, p, health);
}
