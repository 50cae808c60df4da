import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSystem, defineAgent, type Limit, type System } from '../../../src/index.js';
import { VirtualEnv } from '../../support/virtual-env.js';

interface Job { readonly owner: number; readonly id: number; start:
  | number | null; state: 'waiting' | 'running' | 'over' }

/**
 * Token bucket in whole ms (a token is `cost` units, one unit a ms), slots, one line an agent,
 * agents in turn.
 */
class Model {
  now = 0;
  units: number;
  pausedUntil = 0;
  readonly jobs: Job[] = [];
  readonly order: number[] = [];
  readonly starts: string[] = [];
  constructor(readonly cost: number, readonly burst: number, readonly concurrent: number) {
    this.units = cost * burst;
  }
  waiting(owner: number): Job | undefined {
    return this.jobs.find((job) => job.owner === owner && job.state === 'waiting');
  }
  add(owner: number): void {
    if (this.waiting(owner) === undefined) this.order.push(owner);
    this.jobs.push({ owner, id: this.jobs.length, start: null, state: 'waiting' });
    this.grant();
  }
  drop(owner: number): void {
    for (const job of this.jobs) if (job.owner === owner) job.state = 'over';
    if (this.order.includes(owner)) this.order.splice(this.order.indexOf(owner), 1);
    this.grant();
  }
  tick(): void {
    this.now++;
    this.units = Math.min(this.cost * this.burst, this.units + 1);
    this.grant();
  }
  grant(): void {
    while (this.order.length > 0 && this.units >= this.cost && this.now >= this.pausedUntil
      && this.jobs.filter(({ state }) => state === 'running').length < this.concurrent) {
      const owner = this.order.shift() as number;
      const job = this.waiting(owner) as Job;
      job.state = 'running';
      this.units -= this.cost;
      this.starts.push(`${this.now} ${owner}.${job.id}`);
      if (this.waiting(owner) !== undefined) this.order.push(owner);
    }
  }
}

interface Real {
  readonly env: VirtualEnv;
  readonly system: System;
  readonly limit: Limit;
  readonly began: number;
  readonly starts: string[];
  readonly ends: Map<number, () => void>;
  readonly asks: ((id: number) => void)[];
  count: number
}
const AGENTS = 3;
const command = (
  text: string, run: (m: Model, r: Real) => void | Promise<void>, allowed: (m: Model) => boolean = () => true,
): fc.AsyncCommand<Model, Real> => ({
  check: allowed,
  run: async (m, r) => {
    await run(m, r);
    await r.env.settle();
    expect(r.starts).toEqual(m.starts);
    const state = (wanted: Job['state']): number => m.jobs.filter((job) => job.state === wanted).length;
    expect(r.limit.stats()).toMatchObject(
      { waiting: state('waiting'), running: state('running'), pausedMs: Math.max(0, m.pausedUntil - m.now) },
    );
  },
  toString: () => text,
});
const running = (m: Model): Job[] => m.jobs.filter(({ state }) => state === 'running');

const commands = [
  fc.nat(AGENTS).map((owner) =>
    command(
      `run ${owner}`,
      async (m, r) => { m.add(owner); r.asks[owner]?.(r.count++); await r.env.settle(); },
    )),
  fc.nat(AGENTS).map((owner) =>
    command(
      `run ${owner}`,
      async (m, r) => { m.add(owner); r.asks[owner]?.(r.count++); await r.env.settle(); },
    )),
  fc.nat(20).map((at) => command(`end ${at}`, (m, r) => {
    const job = running(m)[at % running(m).length] as Job;
    job.state = 'over';
    m.grant();
    r.ends.get(job.id)?.();
  }, (m) => running(m).length > 0)),
  fc.constantFrom(1, 30, 99, 100, 450).map(
    (ms) => command(
      `wait ${ms}`,
      async (m, r) => { for (let n = 0; n < ms; n++) m.tick(); await r.env.advance(ms); },
    ),
  ),
  fc.constantFrom(40, 200).map((ms) =>
    command(
      `pause ${ms}`,
      (m, r) => { m.pausedUntil = Math.max(m.pausedUntil, m.now + ms); r.limit.pause(ms); },
    )),
  fc.integer({ min: 1, max: AGENTS }).map((owner) => command(
    `kill ${owner}`,
    (m, r) => { m.drop(owner); r.system.exit(`agent${owner}`, 'kill'); r.asks[owner] = agent(r, owner); },
  )),
];

/** Starts agent `owner` and returns the way to make it call; 0 is the outside. */
function agent(r: Omit<Real, 'asks'>, owner: number): (id: number) => void {
  const call = (limit: Limit, id: number): void => {
    void limit.run(() => new Promise<void>(
      (resolve) => { r.starts.push(`${r.env.now - r.began} ${owner}.${id}`); r.ends.set(id, resolve); },
    ), { timeoutMs: 'infinity' });
  };
  if (owner === 0) return (id) => call(r.limit, id);
  const Caller = defineAgent({ casts: { go(self, id: number) { call(self.limit('m'), id); } } });
  const ref = r.system.start(Caller, { name: `agent${owner}` });
  return (id) => ref.cast('go', id);
}

test('the limiter equals its model at every ms: order, rate, slots, pauses, deaths', async () => {
  const seen = { starts: 0, waited: 0 };
  await fc.assert(fc.asyncProperty(fc.constantFrom(1, 50, 100), fc.integer({ min: 1, max: 3 }), fc.integer(
    { min: 1, max: 3 },
  ), fc.commands(commands, { maxCommands: 40, size: 'max' }), async (cost, burst, concurrent, steps) => {
    const env = new VirtualEnv();
    const system = createSystem({ env, logger: false });
    const base = {
      env, system,
      limit: system.limit('m', { perMinute: 60_000 / cost, burst, concurrency: concurrent }),
      began: env.now, starts: [] as string[], ends: new Map<number, () => void>(), count: 0,
    };
    const real: Real = Object.assign(base, { asks: [] as ((id: number) => void)[] });
    for (let owner = 0; owner <= AGENTS; owner++) real.asks.push(agent(real, owner));
    const model = new Model(cost, burst, concurrent);
    await fc.asyncModelRun(() => ({ model, real }), steps);
    seen.starts += real.starts.length;
    seen.waited += model.jobs.filter(({ state }) => state === 'waiting').length;
    await system.stop();
    expect(env.pending.held).toBe(0);
  }), { numRuns: 150, seed: 7 });
  expect(seen.starts).toBeGreaterThan(300);
  expect(seen.waited).toBeGreaterThan(100);
}, 60_000);
