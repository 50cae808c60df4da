import { getEventListeners } from 'node:events';
import {
  retry, type Limit, type LimitOptions, type ProcessRef, type ProcessSelf, type RetryOptions,
} from '../../src/index.js';
import type { Simulation } from '../../src/testing/index.js';
import { suite, type Suite } from './suite.js';

type Attempt = (number: number) => Promise<string>;
interface Schedule {
  readonly attemptsMax: number;
  readonly baseMs: number;
  readonly factor: number;
  readonly maxMs: number;
  readonly jitter: number;
}
/** Timers are of whole ms: due at the next one. */
const ROUNDING_MS = 1;

/** Somebody with calls to the outside: an agent, or the outside itself. */
interface Caller {
  readonly pid: string | null;
  retry(attempt: Attempt, options: RetryOptions): Promise<string>;
}

/** Signals that many waits share, one limit, and what must hold of all that waits. */
class World {
  private readonly limit: Limit;
  private readonly signals: { readonly controller: AbortController; firedAt: number }[] = [];
  private readonly used: AbortSignal[] = [];
  private pausedUntil = 0;
  private pausedAt = -1;
  /** agents whose call at the limit runs, one entry a call */
  private readonly running: string[] = [];
  private waits = 0;
  /** when an agent was ended */
  private readonly ends = new Map<string, number>();
  constructor(
    private readonly sim: Simulation,
    private readonly options:
      & LimitOptions & { readonly perMinute: number; readonly burst: number; readonly concurrency: number },
  ) {
    this.limit = sim.system.limit('api', options);
    for (let n = 0; n < 2; n++) this.renew(n);
  }

  /* ---- what happens to them ---- */

  /** One of the signals fires, with a reason of any kind; another takes its place. */
  fire(at: number): void {
    const { sim } = this;
    const one = this.signals[at] as World['signals'][number];
    one.firedAt = sim.nowMs;
    sim.sometimes(
      getEventListeners(one.controller.signal, 'abort').length === 1 && this.waits > 10,
      'many wait under one signal',
    );
    one.controller.abort(sim.random.pick([undefined, null, 0, '', 'enough', new Error('enough')]));
    sim.equal(
      getEventListeners(one.controller.signal, 'abort').length, 0,
      'a signal that has fired has no listener',
    );
    this.renew(at);
  }

  pause(ms: number): void {
    this.pausedUntil = Math.max(this.pausedUntil, this.sim.nowMs + ms);
    this.pausedAt = this.sim.nowMs;
    this.limit.pause(ms);
  }

  kill(agent: ProcessRef, reason: string): void {
    if (agent.alive) this.ends.set(agent.pid, this.sim.nowMs);
    this.sim.system.exit(agent, reason);
  }

  private renew(at: number): void {
    const controller = new AbortController();
    this.used.push(controller.signal);
    this.signals[at] = { controller, firedAt: Infinity };
  }

  /* ---- what they do ---- */

  async work(self: ProcessSelf, times: number): Promise<void> {
    const caller: Caller = { pid: self.pid, retry: (attempt, options) => self.retry(attempt, options) };
    for (let n = 0; n < times; n++) {
      await this.sim.sleep(this.sim.random.int(10));
      await (this.sim.random.chance(0.5) ? this.tries(caller) : this.takes(self));
    }
  }

  /** One retry: its schedule, its end. */
  async tries(caller: Caller): Promise<void> {
    const { sim } = this;
    const { random } = sim;
    const { attemptsMax, ...backoff }: Schedule = {
      attemptsMax: 1 + random.int(5), baseMs: random.pick(
        [0, 1, 7, 40],
      ), factor: random.pick([1, 1.5, 2, 3]), maxMs: random.pick([40, 60, 200]),
      jitter: random.pick([0, 0.25, 0.5, 1]),
    };
    const shared = random.chance(0.7) || caller.pid === null ? random.pick(this.signals) : undefined;
    const signal = shared?.controller.signal;
    const succeedsAt = 1 + random.int(7);
    let made = 0;
    let failedAt = 0;
    let waiting = false;
    const attempt: Attempt = async (number) => {
      sim.always(signal?.aborted !== true, 'no attempt under a signal that has fired');
      sim.always(this.alive(caller), 'no attempt of the dead');
      sim.equal(number, ++made, 'attempts are numbered');
      if (number > 1) this.wasDue(backoff, number, sim.nowMs - failedAt);
      waiting = false;
      if (random.chance(0.5)) await sim.sleep(random.int(9));
      if (number === succeedsAt) return 'done';
      failedAt = sim.nowMs;
      waiting = signal?.aborted !== true && this.alive(caller);
      throw random.pick([undefined, 0, 'no', new TypeError('no')]) as Error;
    };
    this.waits++;
    const end =
      await caller.retry(attempt, { attemptsMax, backoff, signal }).then(
        (value) => value, (reason: unknown) => ({ reason }),
      );
    this.waits--;
    if (typeof end === 'string') {
      sim.equal(made, succeedsAt, 'it succeeds with the first attempt that does');
      return;
    }
    if (!this.alive(caller)) {
      if (sim.sometimes(waiting, 'an agent died between two attempts')) {
        sim.equal(sim.nowMs, this.ends.get(caller.pid ?? ''), 'a death ends a wait at once');
      }
    }
    else if (shared !== undefined && signal?.aborted === true) {
      sim.equal(end.reason, signal.reason, 'an abort rejects with its reason');
      if (waiting) sim.equal(sim.nowMs, shared.firedAt, 'an abort ends a wait at once');
      sim.sometimes(waiting, 'a wait between attempts was aborted');
    } else sim.equal(made, attemptsMax, 'it gives up after the last attempt');
  }

  private wasDue(
    { baseMs, factor, maxMs, jitter }: Omit<Schedule, 'attemptsMax'>, number: number,
    waited: number,
  ): void {
    const { sim } = this;
    const full = Math.min(maxMs, baseMs * factor ** (number - 2));
    const share = jitter;
    sim.always(
      waited >= full * (1 - share) && waited <= full + ROUNDING_MS,
      `P22 the wait before attempt ${number} is from ${full * (1 - share)} to ${full} ms, was ${waited}`,
    );
    sim.sometimes(full === maxMs && full > baseMs, 'the cap was reached');
  }

  /** One call at the limit, under a signal, with a limit of its wait. */
  private async takes(self: ProcessSelf): Promise<void> {
    const { sim } = this;
    const { random } = sim;
    const shared = random.pick(this.signals);
    const { signal } = shared.controller;
    const timeoutMs = random.pick([5, 30, 'infinity'] as const);
    const began = sim.nowMs;
    let called = false;
    this.waits++;
    const end = await self.limit('api').run(async () => {
      called = true;
      sim.always(!signal.aborted, 'no turn under a signal that has fired');
      sim.always(sim.system.alive(self.pid), 'no turn of the dead');
      // Who had its turn already when the pause began takes it in the same step.
      sim.always(sim.nowMs >= this.pausedUntil || sim.nowMs === this.pausedAt, 'no turn in a pause');
      this.running.push(self.pid);
      sim.always(
        this.running.filter((pid) => sim.system.alive(pid)).length <= this.options.concurrency,
        'slots',
      );
      await sim.sleep(random.int(12));
      this.running.splice(this.running.indexOf(self.pid), 1);
      return 'done';
    }, { signal, timeoutMs }).catch((reason: unknown) => ({ reason }));
    this.waits--;
    if (called || !sim.system.alive(self.pid)) return;
    const { reason } = end as { readonly reason: unknown };
    if (signal.aborted) {
      sim.equal(reason, signal.reason, 'an abort rejects with its reason');
      sim.equal(sim.nowMs, shared.firedAt, 'an abort ends a wait at once');
    } else if ((reason as { readonly code?: unknown }).code === 'LIMIT_TIMEOUT') {
      sim.always(timeoutMs !== 'infinity' && sim.nowMs - began >= timeoutMs
        && sim.nowMs - began <= timeoutMs + ROUNDING_MS, 'a wait ends in time');
    } else sim.always(false, `no such end of a wait: ${String(reason)}`);
  }

  private alive({ pid }: Caller): boolean {
    return pid === null || this.sim.system.alive(pid);
  }

  /** Nobody lives any more, and every signal has fired. */
  async check(): Promise<void> {
    const { sim } = this;
    await sim.settle();
    if (sim.sometimes(this.waits === 0, 'all waits are over before the last signals fire')) {
      for (const { controller: { signal } } of this.signals) sim.equal(
        getEventListeners(signal, 'abort').length, 0, 'a signal under which nobody waits has no listener',
      );
    }
    for (let at = 0; at < this.signals.length; at++) this.fire(at);
    await sim.settle();
    const stats = this.limit.stats();
    sim.equal(stats.waiting, 0, 'no wait is left');
    sim.equal(stats.running, 0, 'no slot is kept');
    for (const signal of this.used) sim.equal(
      getEventListeners(signal, 'abort').length, 0, 'no listener is left',
    );
    sim.sometimes(stats.withdrawn > 0, 'a wait was withdrawn');
    sim.sometimes(stats.timedOut > 0, 'a wait timed out');
  }
}

async function limits(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const world = new World(
    sim, {
      perMinute: random.pick([60_000 / 5, 60_000]), burst: 1 + random.int(3),
      concurrency: 1 + random.int(3),
    },
  );
  const begin = (): ReturnType<typeof system.spawn> =>
    system.spawn((self) => world.work(self, 1 + random.int(6)));
  const agents = Array.from({ length: 4 + random.int(20) }, begin);
  const outside: Caller = { pid: null, retry };
  for (let n = 0; n < 10; n++) {
    await sim.sleep(random.int(25));
    if (random.chance(0.5)) world.fire(random.int(2));
    if (random.chance(0.4)) world.kill(random.pick(agents), random.pick(['kill', 'odd']));
    if (random.chance(0.2)) world.pause(random.int(40));
    if (random.chance(0.3)) agents.push(begin());
    if (random.chance(0.3)) void world.tries(outside);
  }
  if (random.chance(0.5)) await sim.sleep(300);
  for (const agent of agents) world.kill(agent, 'kill');
  await world.check();
}

export const limitsSuite: Suite = suite(
  'limits',
  'P22, P29, P32: waits at limits and between attempts in virtual time: schedules, signals that many share, pauses, deaths',
  limits,
);
