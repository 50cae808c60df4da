import type { ProcessSelf } from '../../src/index.js';
import {
  pool, PoolExhaustedError, poolOf, type PooledRef, type PoolRef,
} from '../../src/delivery/group/public.js';
import type { Simulation } from '../../src/testing/index.js';
import { balancing } from './balancing.js';
import { PoolLedger, type WorkerDefinition } from './pool-ledger.js';
import { suite, type Suite } from './suite.js';

const IDLE_MS = 40;
const STEP_MS = 0.5;
/** what a run of steps may add to a time */
const SLACK_MS = 60;
const OVERLAP_MS = 20;
const codeOf = (error: unknown): unknown => (error as { readonly code?: unknown } | null)?.code;

/** A pool, those who check its workers out, and what must hold of both. */
class World {
  readonly min: number;
  readonly max: number;
  readonly ledger: PoolLedger;
  readonly workers: PoolRef<WorkerDefinition>;
  private readonly owners: ReturnType<Simulation['system']['spawn']>[] = [];
  /** worker to its owner, from the grant to the release or the owner's end */
  private tornMs = -Infinity;
  private readonly held = new Map<string, string>();
  constructor(private readonly sim: Simulation) {
    const { random, system } = sim;
    this.min = 1 + random.int(2);
    this.max = this.min + random.int(3);
    this.ledger = new PoolLedger(
      sim, () => sim.always(this.torn || this.living().length <= this.max, 'never more workers than max'),
    );
    this.workers = system.ref(poolOf(this.ledger.definition), 'pool');
  }

  async start(): Promise<void> {
    const { sim, min, max, ledger } = this;
    const mailbox =
      sim.random.pick([{}, { capacity: 2, overflow: 'suspend' }, { capacity: 1, overflow: 'reject' }] as const);
    const spec = pool(
      'pool', ledger.definition,
      { min, max, idleMs: IDLE_MS, intensity: 10_000, warmUp: sim.random.chance(0.7), mailbox },
    );
    await sim.system.supervise({ intensity: 10_000, children: [spec] });
  }

  /** The pool's supervisor has just been killed: the next one does not wait for the old workers. */
  private get torn(): boolean {
    return this.sim.nowMs - this.tornMs < OVERLAP_MS;
  }

  living(): string[] {
    const { system } = this.sim;
    return system.processes().filter((pid) => system.inspect(pid)?.behaviour === 'pooled');
  }

  own(): void {
    this.owners.push(this.sim.system.spawn((self) => this.owner(self, 1 + this.sim.random.int(3))));
  }

  private async owner(self: ProcessSelf, times: number): Promise<void> {
    const { sim } = this;
    const alive = (): boolean => sim.system.alive(self.pid);
    for (let n = 0; n < times && alive(); n++) {
      const began = sim.nowMs;
      const timeoutMs = sim.random.pick([2, 10, 60, 5_000]);
      try {
        const worker = await self.bind(this.workers).checkout({ timeoutMs });
        sim.always(sim.nowMs - began <= timeoutMs + SLACK_MS, 'a grant comes before its deadline');
        sim.sometimes(sim.nowMs > began + 1, 'waited for a checkout');
        if (!alive()) return;
        await this.use(self, worker);
      } catch (error) {
        const expired = sim.sometimes(error instanceof PoolExhaustedError, 'a checkout expired');
        if (expired) sim.always(sim.nowMs - began >= timeoutMs, 'no checkout expires before its deadline');
        sim.always(
          expired || !alive() || ['NOPROC', 'EXIT', 'ZOMBIE'].includes(String(codeOf(error))),
          `a checkout fails for a reason: ${String(error)}`,
        );
      }
    }
  }

  private async use(self: ProcessSelf, worker: PooledRef<WorkerDefinition>): Promise<void> {
    const { sim, held } = this;
    const { pid } = worker;
    if (pid !== undefined) {
      sim.always(!held.has(pid), 'each worker has one owner');
      held.set(pid, self.pid);
      sim.always(
        this.torn || held.size <= this.max || [...held.keys()].some((one) => !sim.system.alive(one)),
        'no more owners than max',
      );
    }
    await sim.sleep(sim.random.int(12));
    if (!sim.system.alive(self.pid)) return;
    if (pid !== undefined && sim.sometimes(
      sim.system.alive(pid) && sim.random.chance(0.3), 'a worker died while checked out',
    )) sim.system.exit(pid, 'kill');
    if (sim.random.chance(0.5)) await sim.sleep(sim.random.int(4));
    if (!sim.system.alive(self.pid)) return;
    if (pid !== undefined) held.delete(pid);
    worker.release();
    sim.equal(
      worker.tryCast('take', { n: -1, ms: 0, crashes: false }), 'dead',
      'a released ref reaches nobody',
    );
  }

  hurt(): void {
    const { sim, owners } = this;
    const { random, system } = sim;
    const draw = random.int(10);
    const living = this.living();
    if (draw < 5 && living.length > 0) system.exit(
      random.pick(living), random.pick(['kill', 'crash', 'shutdown']),
    );
    else if (draw < 9 && owners.length > 0) this.end(random.int(owners.length));
    else if (draw === 9) this.tear(random.chance(0.5));
  }

  /**
   * The whole pool goes and comes back: with its manager in order; with its supervisor the next one
   * does not wait for the old workers.
   */
  private tear(inOrder: boolean): void {
    const { system } = this.sim;
    const manager = system.processes().find((pid) => system.inspect(pid)?.behaviour === 'pool manager');
    if (inOrder && manager !== undefined) return system.exit(manager, 'kill');
    if (system.whereis('pool') === undefined) return;
    this.tornMs = this.sim.nowMs;
    system.exit('pool', 'kill');
  }

  private end(at: number): void {
    const [owner] = this.owners.splice(at, 1);
    if (owner === undefined) return;
    let had = false;
    for (const [pid, one] of this.held) if (one === owner.pid) had = this.held.delete(pid) || had;
    this.sim.sometimes(had, 'an owner died with a worker');
    this.sim.system.exit(owner, 'kill');
  }

  look(): void {
    const { size, busy, idle, checkedOut, starting, waiting } = this.workers.stats();
    this.sim.equal(busy + idle, size, 'busy and idle are all');
    this.sim.always(checkedOut <= size && size + starting <= this.max, 'the numbers keep to max');
    this.sim.sometimes(waiting > 0, 'somebody waits');
  }

  /** All have ended or given back: every slot is there again. */
  async rest(): Promise<void> {
    const { sim, workers, min, max } = this;
    while (this.owners.length > 0) this.end(0);
    await sim.sleep(1_000);
    const now = workers.stats();
    sim.sometimes(now.grown > 0, 'the pool grew');
    sim.sometimes(now.shrunk > 0, 'the pool shrank');
    sim.sometimes(now.crashed > 0, 'a worker crashed');
    sim.equal(
      `${now.size} ${now.checkedOut} ${now.waiting} ${now.starting} ${now.busy}`, `${min} 0 0 0 0`,
      'at rest it is min workers, all free',
    );
    sim.equal(this.living().length, min, 'as many live');
    const taken = await Promise.all(Array.from({ length: max }, () => workers.checkout({ timeoutMs: 1_000 })));
    sim.equal(
      new Set(taken.map(({ pid }) => pid)).size, max,
      'no slot is lost: max workers can be checked out',
    );
    const began = sim.nowMs;
    const over = await workers.checkout({ timeoutMs: 20 }).catch(codeOf);
    sim.equal(over, 'POOL_EXHAUSTED', 'and not one more');
    sim.always(sim.nowMs - began <= 20 + SLACK_MS, 'which is told in time');
    for (const worker of taken) worker.release();
    await sim.settle();
    sim.equal(workers.stats().checkedOut, 0, 'released');
  }
}

async function pooling(sim: Simulation): Promise<void> {
  const world = new World(sim);
  await world.start();
  for (let left = 20 + sim.random.int(40); left > 0; left--) {
    const draw = sim.random.float();
    if (draw < 0.35) world.ledger.send(world.workers);
    else if (draw < 0.55) world.own();
    else if (draw < 0.65) world.hurt();
    else await sim.sleep(sim.random.int(sim.random.chance(0.1) ? 100 : 8));
    world.look();
  }
  await world.rest();
  await sim.sleep(200_000);
  world.ledger.check({ lasting: true });
}

export const poolsSuite: Suite = suite('pools', 'P18, P30, P31: balancers and pools while members come, go and crash: choices, slots, deadlines, one outcome each', async (
  sim,
) => {
  await (sim.random.chance(0.5) ? pooling(sim) : balancing(sim));
}, (random) => ({ stepMs: random.chance(0.5) ? 0 : STEP_MS }));
