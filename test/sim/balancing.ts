import type { AgentRef } from '../../src/index.js';
import type { Balancer, BalanceStats, BalanceStrategy } from '../../src/delivery/group/public.js';
import type { Simulation } from '../../src/testing/index.js';
import { PoolLedger, type Job, type Member, type WorkerDefinition } from './pool-ledger.js';

const STRATEGIES: readonly BalanceStrategy[] =
  ['round-robin', 'least-loaded', 'two-choices', 'random', 'fastest', 'consistent-hash', 'weighted'];
const NAMES = ['a', 'b', 'c', 'd'] as const;
const KEYS = 8;

type Row = BalanceStats['members'][number];

/** What every strategy promises about its choice, seen from outside: picks before and after a send. */
class Judge {
  private living = '';
  /** since the living have last changed */
  private turns: string[] = [];
  private readonly keys = new Map<number, string>();
  constructor(
    private readonly sim: Simulation,
    private readonly strategy: BalanceStrategy,
  ) {}

  chosen(before: readonly Row[], after: readonly Row[], key: number): void {
    const { sim } = this;
    const alive = before.filter((row) => row.alive);
    const living = alive.map(({ target, weight }) => `${target} ${weight}`).sort().join();
    if (living !== this.living) {
      this.anew();
      this.living = living;
    }
    const rose =
      after.filter(({ target, picks }) => picks !== (before.find((row) => row.target === target)?.picks ?? 0));
    sim.equal(rose.length, Math.min(1, alive.length), 'one member for each send, if one lives');
    const [member] = rose;
    if (member === undefined) return;
    const row = alive.find(({ target }) => target === member.target);
    sim.always(row !== undefined, 'only who lives is chosen');
    this.turns.push(member.target);
    this.promised(row as Row, alive, key);
  }

  /** Other members than before; one that has left and joined again since is another, whatever it is called. */
  anew(): void {
    this.living = '';
    this.turns = [];
    this.keys.clear();
  }

  private promised(row: Row, alive: readonly Row[], key: number): void {
    const { sim, strategy, turns } = this;
    const loads = alive.map(({ load }) => load);
    const least = Math.min(...loads);
    sim.sometimes(row.load > least, 'somebody else has less to do');
    if (strategy === 'round-robin') {
      const counts = alive.map(({ target }) => turns.filter((one) => one === target).length);
      sim.always(Math.max(...counts) - Math.min(...counts) <= 1, 'P30 in turn');
    } else if (strategy === 'least-loaded') sim.equal(row.load, least, 'P30 the least loaded');
    else if (strategy === 'two-choices') sim.always(alive.length === 1
      || loads.some((load, at) => alive[at] !== row && load >= row.load), 'never the only one with most');
    else if (strategy === 'consistent-hash') {
      const known = this.keys.get(key);
      if (sim.sometimes(known !== undefined, 'a key comes again')) {
        sim.equal(row.target, known, 'P31 a key stays where it is');
      }
      this.keys.set(key, row.target);
    } else if (strategy === 'weighted') this.weighted(alive);
  }

  private weighted(alive: readonly Row[]): void {
    const sum = alive.reduce((total, { weight }) => total + weight, 0);
    if (this.turns.length < sum) return;
    const run = this.turns.slice(-sum);
    for (const { target, weight } of alive) {
      this.sim.equal(run.filter((one) => one === target).length, weight, 'its share by weight');
    }
  }
}

/** Agents that come, go, join and leave while others send to them through one ref. */
class Balancing {
  readonly ledger: PoolLedger;
  private readonly nameless: Member[] = [];
  private readonly weights: boolean;
  private readonly judge: Judge;
  private readonly balancer: Balancer<WorkerDefinition>;
  private readonly placed = new Map<number, string>();
  constructor(private readonly sim: Simulation) {
    const { system, random } = sim;
    const strategy = random.pick(STRATEGIES);
    this.ledger = new PoolLedger(sim);
    this.weights = strategy === 'weighted';
    this.judge = new Judge(sim, strategy);
    const options = strategy === 'consistent-hash'
      ? { strategy, key: (_op: string, job: Job) => `key ${job.n % KEYS}` }
      : { strategy };
    this.balancer = system.balance(this.ledger.definition, options);
    for (const one of STRATEGIES) sim.sometimes(one === strategy, `strategy ${one}`);
    for (const name of NAMES.slice(0, 1 + random.int(NAMES.length))) {
      system.start(this.ledger.definition, { name });
      this.join(system.ref(this.ledger.definition, name));
    }
  }

  send(): void {
    const { sim, balancer } = this;
    const before = balancer.stats().members;
    const key = this.ledger.all.length % KEYS;
    this.ledger.send(balancer);
    const after = balancer.stats().members;
    this.judge.chosen(before, after, key);
    this.remember(before, after, key);
    sim.sometimes(before.length > 0 && !before.some(({ alive }) => alive), 'nobody lives');
  }

  /** P31: a key that moves goes to who has come, or comes from who has gone. */
  private remember(before: readonly Row[], after: readonly Row[], key: number): void {
    const { sim, balancer } = this;
    const now =
      after.find(({ target, picks }) =>
        picks !== (before.find((row) => row.target === target)?.picks ?? 0))?.target;
    if (balancer.strategy !== 'consistent-hash' || now === undefined) return;
    const living = before.filter(({ alive }) => alive).map(({ target }) => target);
    const was = this.placed.get(key);
    const others = this.seen.get(key) ?? [];
    if (was !== undefined && was !== now && living.includes(was)) {
      sim.always(!others.includes(now), 'P31 a key moves to new members only');
    }
    this.placed.set(key, now);
    this.seen.set(key, living);
  }
  private readonly seen = new Map<number, readonly string[]>();

  change(): void {
    const { sim, balancer, ledger } = this;
    const { random, system } = sim;
    const name = random.pick(NAMES);
    const ref: AgentRef<WorkerDefinition> = system.ref(ledger.definition, name);
    const draw = random.int(5);
    if (draw === 0 && system.whereis(name) === undefined) system.start(ledger.definition, { name });
    else if (draw === 1 && system.whereis(name) !== undefined) system.exit(
      name, random.pick(['kill', 'crash', 'shutdown']),
    );
    else if (draw === 2) this.join(ref);
    else if (draw === 3) {
      if (sim.sometimes(balancer.leave(ref), 'a member leaves')) this.judge.anew();
    } else this.comeOrGo();
  }

  private comeOrGo(): void {
    const { sim, balancer, ledger, nameless } = this;
    const [first] = nameless;
    if (first === undefined || sim.random.chance(0.5)) {
      const made = sim.system.start(ledger.definition);
      nameless.push(made);
      return this.join(made);
    }
    nameless.shift();
    const title = first.pid as string;
    sim.system.exit(first, 'kill');
    sim.always(!balancer.members().some(({ pid }) => pid === title), 'who ends is no member');
    sim.always(!balancer.join(first), 'the dead do not join');
    sim.always(
      !balancer.stats().members.some(({ target }) => target === title),
      'the dead by pid are forgotten',
    );
  }

  private join(ref: Member): void {
    this.sim.sometimes(
      this.balancer.join(ref, this.weights ? { weight: 1 + this.sim.random.int(3) } : {}), 'a member joins',
    );
  }
}

export async function balancing(sim: Simulation): Promise<void> {
  const world = new Balancing(sim);
  for (let left = 20 + sim.random.int(40); left > 0; left--) {
    const draw = sim.random.float();
    if (draw < 0.65) world.send();
    else if (draw < 0.8) world.change();
    else await sim.sleep(sim.random.int(6));
  }
  await sim.sleep(200_000);
  world.ledger.check({ lasting: false });
}
