import { CastcallError, Deadline, DELAY_MAX_MS, OptionError, UNUSED } from '../../base/index.js';
import { fieldOf, isError, Line } from '../../base/text/index.js';
import type { Standing } from '../../base/text/index.js';
import { systemStopped } from '../../process/kernel/index.js';
import type { Holding, Kernel, Process } from '../../process/record/index.js';
import { hold, letGo } from '../../router/names/index.js';
import { unwatch, watchSignal } from '../../router/request/index.js';
import type { Abortable, Watched } from '../../router/request/index.js';
import type { LimitStats } from '../../api/guards.js';
import { LimitTimeoutError } from './limit-error.js';
import type { ReadLimit } from './limit-options.js';

const MINUTE_MS = 60_000;
/** one clock read may differ from another by the last bit */
const EPSILON_MS = 1e-6;

const State = { Waiting: 0, Granted: 1, Over: 2 } as const;

/** One call on its way through a limit. */
export class Permit extends Deadline implements Abortable, Holding, Standing<Permit> {
  /** see `Exit.kept` */
  static readonly kept: Permit = new Permit(UNUSED, null, null, 1);
  prior: Permit | null = null;
  next: Permit | null = null;
  state: (typeof State)[keyof typeof State] = State.Waiting;
  /** why it ended before its call was made */
  failure: unknown = undefined;
  /** its call was made */
  called = false;
  private wakeUp: (() => void) | null = null;
  private watched: Watched | null = null;
  constructor(
    private readonly limiter: Limiter,
    readonly owner: Process | null,
    /** null for one that never fires */
    readonly signal: AbortSignal | null,
    /** as its call says, until `weigh` corrects it */
    public weight: number,
  ) {
    super();
  }

  get granted(): boolean {
    return this.state === State.Granted;
  }

  /**
   * Resolves when it is granted or over. The call is then made in a microtask of its own, in nobody
   * else's name.
   */
  ready(): Promise<void> {
    return new Promise((resolve) => {
      if (this.state === State.Waiting) this.wakeUp = resolve;
      else resolve();
    });
  }
  decided(): void {
    this.wakeUp?.();
  }
  /** Its call is made now; throws when it may not any more. */
  begin(): void {
    if (this.state === State.Over) throw this.failure;
    this.signal?.throwIfAborted();
    this.called = true;
  }
  /** Its call has ended, or will not be made. False when it has been over before. */
  end(failure: unknown): boolean {
    if (this.state !== State.Granted) return false;
    this.state = State.Over;
    this.failure = failure;
    if (this.owner !== null) letGo(this.owner, this);
    return true;
  }
  /** It waits from now on, under its signal. */
  wait(): void {
    if (this.signal !== null) this.watched = watchSignal(this.signal, this);
  }
  unwait(kernel: Kernel): void {
    kernel.deadlines.remove(this);
    unwatch(this.watched, kernel);
  }
  aborted(reason: unknown): void {
    this.limiter.withdraw(this, reason);
  }
  expire(): void {
    this.limiter.timeOut(this);
  }
  release(p: Process): void {
    const error = new CastcallError(
      'ZOMBIE', `limit '${this.limiter.options.name}': the process ${p.pid} has ended`,
    );
    if (this.state === State.Waiting) this.limiter.withdraw(this, error);
    else this.limiter.leave(this, !this.called, error);
  }
}

/** The next moment at which time lets a call through. */
class Wake extends Deadline {
  at = Infinity;
  constructor(private readonly limiter: Limiter) {
    super();
  }
  expire(): void {
    this.limiter.pump();
  }
}

/** The calls of one agent that wait, in their order. */
class Waiting implements Standing<Waiting> {
  prior: Waiting | null = null;
  next: Waiting | null = null;
  readonly permits = new Line<Permit>();
  constructor(readonly agent: Process | null) {}
}

/**
 * The limit of one name. The bucket is one number, `nextAt`: the time at which it would be empty of
 * debts; a start moves it on by one interval, and may come up to `burst - 1` intervals before it.
 */
export class Limiter {
  private running = 0;
  private waiting = 0;
  private nextAt = -Infinity;
  /** the same of weights, where a call takes as many units as it weighs */
  private weightAt = -Infinity;
  private pausedUntil = -Infinity;
  /** who waits: the first agent's first call is next, then that agent goes to the end */
  private readonly agents = new Line<Waiting>();
  private readonly byAgent = new Map<Process | null, Waiting>();
  private readonly counts = { started: 0, weight: 0, timedOut: 0, withdrawn: 0 };
  private readonly wake = new Wake(this);
  private readonly intervalMs: number;
  /** 0: weights are not limited */
  private readonly unitMs: number;
  private ended = false;
  constructor(
    private readonly kernel: Kernel,
    readonly options: ReadLimit,
  ) {
    this.intervalMs = MINUTE_MS / options.perMinute;
    this.unitMs = MINUTE_MS / options.weightPerMinute;
  }

  get weighs(): boolean {
    return this.unitMs > 0;
  }

  /** A weight that a call is made with: it must fit into the bucket. */
  readWeight(where: string, given: unknown): number {
    const weight = this.checkWeight(where, given);
    const { name, weightBurst } = this.options;
    if (weight <= weightBurst) return weight;
    throw new OptionError(
      where, weight, `at most ${weightBurst}, the weightBurst of limit '${name}'`,
      'it would never have its turn: raise weightBurst, or make several calls of it', 'OVERWEIGHT',
    );
  }

  checkWeight(where: string, given: unknown): number {
    if (!this.weighs) {
      throw new OptionError(
        where, given, `none: limit '${this.options.name}' has no weightPerMinute`, undefined, 'BAD_COMBINATION',
      );
    }
    if (!Number.isInteger(given) || (given as number) < 0) throw new OptionError(where, given, 'a whole number from 0');
    return given as number;
  }

  /**
   * A permit that is granted at once, or waits until its `resolve` is called. Null for one that is granted at
   * once to the outside, and has no weight: nothing can take it back.
   */
  enter(owner: Process | null, signal: AbortSignal | null, timeoutMs: number, weight: number): Permit | null {
    if (this.ended) throw systemStopped();
    const free = this.waiting === 0 && this.running < this.options.concurrency && this.due(weight);
    if (free && owner === null && this.unitMs === 0) {
      this.take(0);
      return null;
    }
    const permit = new Permit(this, owner, signal, weight);
    if (owner !== null) hold(owner, permit);
    if (free) {
      this.grant(permit);
      return permit;
    }
    this.enqueue(permit);
    permit.wait();
    if (timeoutMs >= 0) this.kernel.deadlines.add(permit, timeoutMs);
    this.pump();
    return permit;
  }

  /** The granted call is made now; throws when its agent has died since, or its signal has fired. */
  call(permit: Permit | null): void {
    if (permit !== null) {
      permit.begin();
      if (this.unitMs > 0) this.counts.weight += permit.weight;
    }
    this.counts.started++;
  }

  /** The call has turned out to weigh so much. */
  weigh(permit: Permit, weight: number): void {
    const more = weight - permit.weight;
    permit.weight = weight;
    this.counts.weight += more;
    this.charge(more);
    this.pump();
  }

  /** The call has ended, or its agent has died; when it was not made its token comes back as well. */
  leave(permit: Permit | null, unused: boolean, failure?: unknown): void {
    if (permit !== null && !permit.end(failure)) return;
    this.running--;
    if (unused) {
      this.counts.withdrawn++;
      this.nextAt -= this.intervalMs;
      if (permit !== null) this.charge(-permit.weight);
    }
    this.pump();
  }

  withdraw(permit: Permit, failure: unknown): void {
    this.counts.withdrawn++;
    this.drop(permit, failure);
  }

  timeOut(permit: Permit): void {
    this.counts.timedOut++;
    this.drop(permit, new LimitTimeoutError(this.options.name, this.waiting - 1, this.running));
  }

  pause(ms: number): void {
    if (ms > this.options.retryAfterMaxMs) {
      this.tellPause('a pause longer than retryAfterMaxMs; limit.resume() ends it', ms, ms);
    }
    this.pauseFor(ms);
  }

  resume(): void {
    this.pausedUntil = -Infinity;
    this.pump();
  }

  /**
   * An error that says when to come again pauses the limit, within bounds: a date in place of a
   * duration would end it for ever.
   */
  learn(error: unknown): void {
    const asked = retryAfterOf(error);
    if (asked === undefined) return;
    const ms = Math.min(asked, this.options.retryAfterMaxMs);
    if (ms < asked && this.now() + ms > this.pausedUntil) {
      this.tellPause(
        'an error asked for a longer pause than retryAfterMaxMs: it is cut; retryAfterMs is a duration',
        asked, ms,
      );
    }
    this.pauseFor(ms);
  }

  private pauseFor(ms: number): void {
    this.pausedUntil = Math.max(this.pausedUntil, this.now() + ms);
    this.pump();
  }

  private tellPause(what: string, askedMs: number, pausedMs: number): void {
    const { name, retryAfterMaxMs } = this.options;
    this.kernel.warn(`limit '${name}': ${what}`, {
      limit: name, retryAfterMs: askedMs, pausedMs, retryAfterMaxMs,
    });
  }

  stats(): LimitStats {
    const { running, waiting, counts, options, unitMs } = this;
    const owed = unitMs > 0 ? Math.max(0, this.weightAt - this.now() - EPSILON_MS) / unitMs : 0;
    return {
      name: options.name, running, waiting, ...counts,
      weightFree: unitMs > 0 ? Math.floor(options.weightBurst - owed) : Infinity,
      pausedMs: Math.max(0, Math.ceil(this.pausedUntil - this.now())),
    };
  }

  /** The system has stopped: nobody gets a permit any more. */
  end(): void {
    this.ended = true;
    for (let own = this.agents.first; own !== null; own = this.agents.first) {
      this.withdraw(own.permits.first as Permit, systemStopped());
    }
    this.kernel.deadlines.remove(this.wake);
  }

  /** Grants what may go now, and sets the alarm for what time alone holds back. */
  pump(): void {
    const { concurrency } = this.options;
    while (this.waiting > 0 && this.running < concurrency && this.due(this.nextWeight)) this.grant(this.dequeue());
    this.arm(this.waiting > 0 && this.running < concurrency ? this.freeAt(this.nextWeight) : Infinity);
  }

  /** Of who has waited longest: a light call does not overtake a heavy one. */
  private get nextWeight(): number {
    return this.agents.first?.permits.first?.weight ?? 0;
  }

  private grant(permit: Permit): void {
    permit.state = State.Granted;
    this.take(permit.weight);
    permit.decided();
  }

  private take(weight: number): void {
    this.running++;
    if (this.intervalMs > 0) this.nextAt = Math.max(this.nextAt, this.now()) + this.intervalMs;
    this.charge(weight);
  }

  /** What is given back makes the bucket no fuller than full. */
  private charge(weight: number): void {
    if (this.unitMs > 0) {
      this.weightAt = (weight > 0 ? Math.max(this.weightAt, this.now()) : this.weightAt) + weight * this.unitMs;
    }
  }

  /** Whether time lets one through; without a rate or a pause the clock is not asked. */
  private due(weight: number): boolean {
    const at = this.freeAt(weight);
    return at === -Infinity || at <= this.now();
  }

  private freeAt(weight: number): number {
    const { options, unitMs } = this;
    const at = Math.max(this.pausedUntil, this.nextAt - (options.burst - 1) * this.intervalMs - EPSILON_MS);
    return unitMs === 0 ? at : Math.max(at, this.weightAt - (options.weightBurst - weight) * unitMs - EPSILON_MS);
  }

  private arm(at: number): void {
    const { deadlines } = this.kernel;
    if (this.wake.entry !== null ? this.wake.at === at : at === Infinity) return;
    deadlines.remove(this.wake);
    this.wake.at = at;
    if (at !== Infinity) deadlines.add(
      this.wake, Math.min(DELAY_MAX_MS, Math.max(1, Math.ceil(at - this.now()))),
    );
  }

  private enqueue(permit: Permit): void {
    let own = this.byAgent.get(permit.owner);
    if (own === undefined) {
      this.byAgent.set(permit.owner, (own = new Waiting(permit.owner)));
      this.agents.push(own);
    }
    own.permits.push(permit);
    this.waiting++;
  }

  private dequeue(): Permit {
    const own = this.agents.shift() as Waiting;
    const permit = own.permits.shift() as Permit;
    if (own.permits.size > 0) this.agents.push(own);
    else this.byAgent.delete(own.agent);
    this.unwait(permit);
    return permit;
  }

  private drop(permit: Permit, failure: unknown): void {
    const own = this.byAgent.get(permit.owner) as Waiting;
    own.permits.remove(permit);
    if (own.permits.size === 0) {
      this.agents.remove(own);
      this.byAgent.delete(own.agent);
    }
    this.unwait(permit);
    permit.state = State.Over;
    permit.failure = failure;
    if (permit.owner !== null) letGo(permit.owner, permit);
    permit.decided();
    if (!this.ended) this.pump(); // what the next one waits for may be there: it is lighter
  }

  private unwait(permit: Permit): void {
    this.waiting--;
    permit.unwait(this.kernel);
  }

  private now(): number {
    return this.kernel.env.mono();
  }
}

/** Ms that an error of the callee asks to wait; never throws. */
function retryAfterOf(error: unknown): number | undefined {
  if (!isError(error)) return undefined;
  const ms = fieldOf(error, 'retryAfterMs');
  return typeof ms === 'number' && ms >= 0 ? Math.ceil(ms) : undefined;
}
