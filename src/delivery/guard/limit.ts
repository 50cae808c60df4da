import { CastcallError, Deadline, DELAY_MAX_MS, fieldOf, isError, Line, type Standing } from '../../base/index.js';
import type { LimitStats } from '../../behaviour/index.js';
import { systemStopped, type Holding, type Kernel, type Process } from '../../process/index.js';
import { hold, letGo, unwatch, watchSignal, type Abortable, type Watched } from '../../router/index.js';
import { LimitTimeoutError } from './limit-error.js';
import type { ReadLimit } from './limit-options.js';

const MINUTE_MS = 60_000;
/** one clock read may differ from another by the last bit */
const EPSILON_MS = 1e-6;

const State = { Waiting: 0, Granted: 1, Over: 2 } as const;

/** One call on its way through a limit. */
export class Turn extends Deadline implements Abortable, Holding, Standing<Turn> {
  /** see `Exit.kept` */
  static readonly kept: Turn = new Turn(null as never, null, null);
  prior: Turn | null = null;
  next: Turn | null = null;
  state: (typeof State)[keyof typeof State] = State.Waiting;
  /** why it ended before its call was made */
  failure: unknown = undefined;
  /** its call was made */
  called = false;
  private wakeUp: (() => void) | null = null;
  private watched: Watched | null = null;
  constructor(
    private readonly gate: Gate,
    readonly owner: Process | null,
    /** null for one that never fires */
    readonly signal: AbortSignal | null,
  ) {
    super();
  }

  get granted(): boolean {
    return this.state === State.Granted;
  }

  /** Resolves when it is granted or over. The call is then made in a microtask of its own, in nobody else's name. */
  ready(): Promise<void> {
    return new Promise((resolve) => {
      if (this.state === State.Waiting) this.wakeUp = resolve;
      else resolve();
    });
  }
  decided(): void {
    this.wakeUp?.();
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
    this.gate.withdraw(this, reason);
  }
  expire(): void {
    this.gate.timeOut(this);
  }
  release(p: Process): void {
    const error = new CastcallError('ZOMBIE', `limit '${this.gate.options.name}': the process ${p.pid} has ended`);
    if (this.state === State.Waiting) this.gate.withdraw(this, error);
    else this.gate.leave(this, !this.called, error);
  }
}

/** The next moment at which time lets a call through. */
class Wake extends Deadline {
  at = Infinity;
  constructor(private readonly gate: Gate) {
    super();
  }
  expire(): void {
    this.gate.pump();
  }
}

/** The calls of one agent that wait, in their order. */
class Waiting implements Standing<Waiting> {
  prior: Waiting | null = null;
  next: Waiting | null = null;
  readonly turns = new Line<Turn>();
  constructor(readonly agent: Process | null) {}
}

/**
 * The limit of one name. The bucket is one number, `nextAt`: the time at which it would be empty of debts; a start
 * moves it on by one interval, and may come up to `burst - 1` intervals before it.
 */
export class Gate {
  private running = 0;
  private waiting = 0;
  private nextAt = -Infinity;
  private pausedUntil = -Infinity;
  /** who waits: the first agent's first call is next, then that agent goes to the end */
  private readonly agents = new Line<Waiting>();
  private readonly byAgent = new Map<Process | null, Waiting>();
  private readonly counts = { started: 0, timedOut: 0, withdrawn: 0 };
  private readonly wake = new Wake(this);
  private readonly intervalMs: number;
  private ended = false;
  constructor(
    private readonly kernel: Kernel,
    readonly options: ReadLimit,
  ) {
    this.intervalMs = MINUTE_MS / options.perMinute;
  }

  /** A turn that is granted at once, or waits until its `resolve` is called. */
  enter(owner: Process | null, signal: AbortSignal | null, timeoutMs: number): Turn {
    if (this.ended) throw systemStopped();
    const turn = new Turn(this, owner, signal);
    if (owner !== null) hold(owner, turn);
    if (this.waiting === 0 && this.running < this.options.concurrent && this.due) {
      this.grant(turn);
      return turn;
    }
    this.enqueue(turn);
    turn.wait();
    if (timeoutMs >= 0) this.kernel.deadlines.add(turn, timeoutMs);
    this.pump();
    return turn;
  }

  /** The granted call is made now; throws when its agent has died since, or its signal has fired. */
  call(turn: Turn): void {
    if (turn.state === State.Over) throw turn.failure;
    turn.signal?.throwIfAborted();
    turn.called = true;
    this.counts.started++;
  }

  /** The call has ended, or its agent has died; when it was not made its token comes back as well. */
  leave(turn: Turn, unused: boolean, failure?: unknown): void {
    if (turn.state !== State.Granted) return;
    turn.state = State.Over;
    turn.failure = failure;
    this.running--;
    if (unused) this.nextAt -= this.intervalMs;
    if (turn.owner !== null) letGo(turn.owner, turn);
    this.pump();
  }

  withdraw(turn: Turn, failure: unknown): void {
    this.counts.withdrawn++;
    this.drop(turn, failure);
  }

  timeOut(turn: Turn): void {
    this.counts.timedOut++;
    this.drop(turn, new LimitTimeoutError(this.options.name, this.waiting - 1, this.running));
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
   * An error that says when to come again pauses the limit, within bounds: a date in place of a duration would end it
   * for ever.
   */
  learn(error: unknown): void {
    const asked = retryAfterOf(error);
    if (asked === undefined) return;
    const ms = Math.min(asked, this.options.retryAfterMaxMs);
    if (ms < asked && this.now() + ms > this.pausedUntil) {
      this.tellPause(
        'an error asked for a longer pause than retryAfterMaxMs: it is cut; retryAfterMs is a duration', asked, ms,
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
    this.kernel.warn(`limit '${name}': ${what}`, { limit: name, retryAfterMs: askedMs, pausedMs, retryAfterMaxMs });
  }

  stats(): LimitStats {
    const { running, waiting, counts } = this;
    return {
      name: this.options.name, running, waiting, ...counts,
      pausedMs: Math.max(0, Math.ceil(this.pausedUntil - this.now())),
    };
  }

  /** The system has stopped: nobody gets a turn any more. */
  end(): void {
    this.ended = true;
    for (let own = this.agents.first; own !== null; own = this.agents.first) {
      this.withdraw(own.turns.first as Turn, systemStopped());
    }
    this.kernel.deadlines.remove(this.wake);
  }

  /** Grants what may go now, and sets the alarm for what time alone holds back. */
  pump(): void {
    while (this.waiting > 0 && this.running < this.options.concurrent && this.due) this.grant(this.dequeue());
    this.arm(this.waiting > 0 && this.running < this.options.concurrent ? this.freeAt() : Infinity);
  }

  private grant(turn: Turn): void {
    turn.state = State.Granted;
    this.running++;
    if (this.intervalMs > 0) this.nextAt = Math.max(this.nextAt, this.now()) + this.intervalMs;
    turn.decided();
  }

  /** Whether time lets one through; without a rate or a pause the clock is not asked. */
  private get due(): boolean {
    const at = this.freeAt();
    return at === -Infinity || at <= this.now();
  }

  private freeAt(): number {
    return Math.max(this.pausedUntil, this.nextAt - (this.options.burst - 1) * this.intervalMs - EPSILON_MS);
  }

  private arm(at: number): void {
    const { deadlines } = this.kernel;
    if (this.wake.entry !== null ? this.wake.at === at : at === Infinity) return;
    deadlines.remove(this.wake);
    this.wake.at = at;
    if (at !== Infinity) deadlines.add(this.wake, Math.min(DELAY_MAX_MS, Math.max(1, Math.ceil(at - this.now()))));
  }

  private enqueue(turn: Turn): void {
    let own = this.byAgent.get(turn.owner);
    if (own === undefined) {
      this.byAgent.set(turn.owner, (own = new Waiting(turn.owner)));
      this.agents.push(own);
    }
    own.turns.push(turn);
    this.waiting++;
  }

  private dequeue(): Turn {
    const own = this.agents.shift() as Waiting;
    const turn = own.turns.shift() as Turn;
    if (own.turns.size > 0) this.agents.push(own);
    else this.byAgent.delete(own.agent);
    this.unwait(turn);
    return turn;
  }

  private drop(turn: Turn, failure: unknown): void {
    const own = this.byAgent.get(turn.owner) as Waiting;
    own.turns.remove(turn);
    if (own.turns.size === 0) {
      this.agents.remove(own);
      this.byAgent.delete(own.agent);
    }
    this.unwait(turn);
    turn.state = State.Over;
    turn.failure = failure;
    if (turn.owner !== null) letGo(turn.owner, turn);
    turn.decided();
    if (this.waiting === 0) this.arm(Infinity);
  }

  private unwait(turn: Turn): void {
    this.waiting--;
    turn.unwait(this.kernel);
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
