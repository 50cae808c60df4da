import type {
  Breaker, BreakerChange, BreakerOptions, Limit, LimitOptions, ProcessSelf,
} from '../../src/index.js';
import type { Simulation } from '../../src/testing/index.js';
import { suite, type Suite } from './suite.js';

const boom =
  (retryAfterMs?: number): Error => Object.assign(
    new Error('503'), retryAfterMs === undefined ? {} : { retryAfterMs },
  );
type End = 'ok' | 'fail' | 'abort' | 'stop' | 'hang' | 'busy';

/** One call that was made. */
interface Made {
  readonly pid: string;
  /** changes of state when it began */
  readonly epoch: number;
  over: boolean;
}

/** What the outside sees of one breaker inside one limit, and what must hold of it. */
class World {
  readonly changes: BreakerChange[] = [];
  private readonly breaker: Breaker;
  private readonly limit: Limit;
  private readonly made: Made[] = [];
  private readonly starts: number[] = [];
  /** who waits for its turn, by arrival */
  private readonly waiting = new Map<number, string>();
  private arrivals = 0;
  private openedAt = 0;
  private pausedUntil = 0;
  private readonly counts = { ok: 0, fail: 0 };
  /** of the present state */
  private row = 0;
  private won = 0;
  private lost = 0;
  down = false;
  constructor(
    private readonly sim: Simulation,
    private readonly breakerOptions:
      & BreakerOptions & { readonly failures: number; readonly probes: number; readonly openMs: number },
    private readonly limitOptions:
      & LimitOptions & { readonly perMinute: number; readonly burst: number; readonly concurrency: number },
  ) {
    this.breaker = sim.system.breaker('api', { ...breakerOptions, probeTimeoutMs: 'infinity' });
    this.limit = sim.system.limit('api', limitOptions);
    this.breaker.watch((change) => this.changed(change));
  }

  /** What an agent does. */
  async work(self: ProcessSelf, times: number): Promise<void> {
    const { sim } = this;
    for (let n = 0; n < times; n++) {
      await sim.sleep(sim.random.int(12));
      const seq = this.arrivals++;
      this.waiting.set(seq, self.pid);
      const controller = new AbortController();
      const call = self.limit('api').run(() => {
        this.turn(seq);
        return self.breaker('api').run(() => this.call(self.pid, controller), { signal: controller.signal });
      }, sim.random.chance(0.5)
        ? { timeoutMs: 'infinity' }
        : { timeoutMs: 'infinity', signal: new AbortController().signal });
      await call.catch(
        (error: unknown) => sim.sometimes((error as { code?: unknown }).code === 'BREAKER_OPEN', 'failed fast'),
      );
    }
  }

  private turn(seq: number): void {
    this.waiting.delete(seq);
    const before = [...this.waiting.keys()].filter((other) => other < seq);
    if (before.length === 0) return;
    // They may have been given their turn in this very step: then they take it before the next one.
    void this.sim.sleep(0).then(() => {
      for (const other of before) {
        this.sim.always(!this.sim.system.alive(this.waiting.get(other) ?? ''), 'nobody overtakes who waits');
      }
    });
  }

  private async call(pid: string, controller: AbortController): Promise<void> {
    const { sim } = this;
    const own: Made = { pid, epoch: this.changes.length, over: false };
    this.made.push(own);
    this.begins();
    const end: End = this.down
      ? sim.random.pick(['fail', 'fail', 'fail', 'busy', 'hang'])
      : sim.random.pick(['ok', 'ok', 'ok', 'ok', 'fail', 'abort', 'stop', 'hang']);
    // A step of its own: what is noted below and what the breaker makes of it are one.
    await sim.sleep(sim.random.int(15));
    if (end === 'hang' && sim.system.alive(pid)) await new Promise(() => undefined);
    own.over = true;
    if (sim.system.alive(pid)) this.ends(end, own);
    if (end === 'ok') return;
    if (end === 'abort') controller.abort();
    throw end === 'stop' ? new DOMException('stop', 'AbortError') : boom(end === 'busy' ? 20 : undefined);
  }

  private begins(): void {
    const { sim } = this;
    const live = this.made.filter(({ over, pid }) => !over && sim.system.alive(pid));
    sim.always(this.breaker.state !== 'open', 'no call while open (P29)');
    sim.always(live.length <= this.limitOptions.concurrency, 'slots');
    sim.always(sim.nowMs >= this.pausedUntil, 'no call in a pause');
    if (this.breaker.state === 'half-open') {
      const probes = live.filter(({ epoch }) => epoch === this.changes.length).length;
      sim.always(probes + this.won <= this.breakerOptions.probes, 'k probes at most (P29)');
      sim.sometimes(probes > 1, 'several probes at once');
    }
    this.starts.push(sim.nowMs);
    const first = this.starts.at(-1 - this.limitOptions.burst);
    sim.always(
      first === undefined || sim.nowMs - first >= 60_000 / this.limitOptions.perMinute - 1e-3,
      'the rate',
    );
  }

  private ends(end: End, { epoch }: Made): void {
    if (end === 'busy') this.pausedUntil = Math.max(this.pausedUntil, this.sim.nowMs + 20);
    const failed = end === 'fail' || end === 'busy';
    if (failed) this.counts.fail++;
    if (end === 'ok') this.counts.ok++;
    if (epoch !== this.changes.length) this.sim.sometimes(
      failed || end === 'ok', 'a result of an earlier state',
    );
    else if (failed) {
      this.lost++;
      if (++this.row >= this.breakerOptions.failures) {
        void this.sim.sleep(0).then(() => this.sim.always(this.changes.length > epoch, 'it opens'));
      }
    }
    else if (end === 'ok') { this.row = 0; this.won++; }
  }

  private changed(change: BreakerChange): void {
    const { sim, breakerOptions } = this;
    const { from, to, cause } = change;
    const way = `${from}>${to} ${cause}`;
    sim.equal(this.changes.at(-1)?.to ?? 'closed', from, 'a change begins where the last one ended');
    if (way === 'closed>open failures') sim.equal(this.row, breakerOptions.failures, 'failures in a row');
    else if (way === 'open>half-open due') sim.always(
      sim.nowMs - this.openedAt >= breakerOptions.openMs, 'not before it is due',
    );
    else if (way === 'half-open>closed probe') sim.always(
      this.won === breakerOptions.probes && this.lost === 0, 'all probes have succeeded',
    );
    else if (way === 'half-open>open probe') sim.equal(this.lost, 1, 'one probe has failed');
    else sim.always(false, `no such change: ${way}`);
    if (to === 'open') this.openedAt = sim.nowMs;
    sim.sometimes(true, way);
    this.changes.push(change);
    Object.assign(this, { row: 0, won: 0, lost: 0 });
  }

  /** Nobody lives any more. */
  check(): void {
    const { sim } = this;
    const breaker = this.breaker.stats();
    const limit = this.limit.stats();
    sim.equal(breaker.running, 0, 'calls of the dead are over');
    sim.equal(breaker.failures, this.counts.fail, 'failures');
    sim.equal(breaker.successes, this.counts.ok, 'successes');
    sim.equal(limit.running, 0, 'slots of the dead are back');
    sim.equal(limit.waiting, 0, 'waits of the dead are withdrawn');
    sim.sometimes(limit.withdrawn > 0, 'a wait was withdrawn');
    sim.equal(breaker.opened, this.changes.filter(({ to }) => to === 'open').length, 'one event a change');
  }
}

async function breaker(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const world = new World(sim,
    { failures: 1 + random.int(3), probes: 1 + random.int(3), openMs: random.pick([5, 20, 40]) },
    { perMinute: random.pick([60_000 / 7, 60_000]), burst: 1 + random.int(4), concurrency: 1 + random.int(5) });
  const agents =
    Array.from(
      { length: 3 + random.int(5) },
      () => system.spawn((self) => world.work(self, 1 + random.int(8))),
    );
  for (let n = 0; n < 12; n++) {
    await sim.sleep(random.int(25));
    world.down = random.chance(0.4);
    if (random.chance(0.4)) system.exit(random.pick(agents), 'kill');
    // Those that hang make room for others only when they end.
    if (random.chance(0.5)) agents.push(system.spawn((self) => world.work(self, 1 + random.int(8))));
  }
  for (const agent of agents) system.exit(agent, 'kill');
  await sim.settle();
  world.check();
}

export const breakerSuite: Suite =
  suite('breaker', 'P29: the automaton of a breaker, probes, slots, rates and turns, under deaths', breaker);
