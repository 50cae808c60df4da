import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSystem, defineAgent, type AgentRef, type System } from '../../../src/index.js';
import type { BalanceStrategy } from '../../../src/delivery/group/public.js';
import { SeededEnv } from '../seeded.js';

// Messages stay where they go: the load of a member is the number of messages it has had since its start.
const Sink =
  defineAgent({ name: 'sink', casts: { take: (_self, _key: string) => new Promise<void>(() => undefined) } });

const SIZE = 6;
type Step =
  | { readonly kind: 'send'; readonly key: number }
  | { readonly kind: 'join' | 'leave' | 'crash' | 'restart' | 'close'; readonly at: number };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('send' as const), key: fc.nat(30) }) },
  { weight: 3, arbitrary: fc.record({
    kind: fc.constantFrom(
      'join' as const, 'leave' as const, 'crash' as const, 'restart' as const, 'close' as const,
    ),
    at: fc.nat(SIZE - 1),
  }) },
);

/** What a group should know: who is in it, who lives, what everybody has before it, and who had which key. */
class Model {
  readonly members: number[] = [];
  readonly living = new Set<number>(Array.from({ length: SIZE }, (_, n) => n));
  readonly load: number[] = Array<number>(SIZE).fill(0);
  /** sends since somebody came or went */
  readonly since = new Map<number, number>();
  readonly owners = new Map<number, number>();
  /** who may take keys of others now */
  readonly fresh = new Set<number>();
  get takers(): number[] {
    return this.members.filter((at) => this.living.has(at));
  }
  changed(): void {
    this.since.clear();
  }
}

class Real {
  readonly env: SeededEnv;
  readonly system: System;
  readonly refs: AgentRef<typeof Sink>[];
  constructor(seed: number) {
    this.env = new SeededEnv(seed);
    this.system = createSystem({ name: 'model', logger: false, env: this.env });
    this.refs = Array.from({ length: SIZE }, (_, n) => this.system.ref(Sink, `s${n}`));
    for (let n = 0; n < SIZE; n++) this.start(n);
  }
  start(at: number): void {
    this.system.start(Sink, { name: `s${at}` });
  }
}

const RULES: Readonly<Record<BalanceStrategy, (m: Model, chosen: number, key: number) => void>> = {
  'round-robin': (m) => {
    const counts = m.takers.map((at) => m.since.get(at) ?? 0);
    expect(Math.max(...counts) - Math.min(...counts), 'P30 counts differ by at most one')
      .toBeLessThanOrEqual(1);
  },
  'least-loaded': (m, chosen) => expect(m.load[chosen], 'P30 nobody has strictly less').toBe(
    Math.min(...m.takers.map((at) => m.load[at] as number)),
  ),
  'two-choices': (m, chosen) => {
    const loads = m.takers.map((at) => m.load[at] as number);
    if (loads.length > 1) {
      expect(loads.filter((load) => load >= (m.load[chosen] as number)).length, 'one other has as much')
        .toBeGreaterThan(1);
    }
  },
  'consistent-hash': (m, chosen, key) => {
    const before = m.owners.get(key);
    if (before !== undefined && before !== chosen && m.takers.includes(before)) {
      expect(m.fresh.has(chosen), 'P31 none moves between those that stay').toBe(true);
    }
  },
  random: () => undefined,
  fastest: () => undefined,
  weighted: () => undefined,
};

test.each(
  Object.keys(RULES) as BalanceStrategy[],
)('P30 P31 %s: what comes and goes, in any order', async (strategy) => {
  await fc.assert(fc.asyncProperty(fc.array(
    step, { minLength: 1, maxLength: 60 },
  ), fc.nat(1_000), async (steps, seed) => {
    const r = new Real(seed);
    const m = new Model();
    const balancer = r.system.balance(
      Sink, { strategy, ...(strategy === 'consistent-hash' ? { key: (_op: string, key: string) => key } : {}) },
    );
    const picks =
      (): Map<string, number> =>
        new Map(balancer.stats().members.map((member) => [member.target, member.picks]));
    for (const one of steps) {
      if (one.kind === 'send') {
        const { takers } = m;
        const before = picks();
        balancer.cast('take', `key ${one.key}`);
        const chosen =
          [...picks()].filter(([title, count]) => count !== before.get(title))
            .map(([title]) => Number(title.slice(1)));
        if (takers.length === 0) expect(chosen).toEqual([]);
        else {
          expect(chosen).toHaveLength(1);
          const [at = -1] = chosen;
          expect(takers, 'P30 only members that live').toContain(at);
          m.since.set(at, (m.since.get(at) ?? 0) + 1);
          RULES[strategy](m, at, one.key);
          m.load[at] = (m.load[at] as number) + 1;
          m.owners.set(one.key, at);
        }
      } else await change(r, m, balancer, one.kind, one.at);
      await r.env.settle();
      expect(balancer.stats().members.map(({ target, alive, load }) => ({ target, alive, load })))
        .toEqual(m.members.map((at) => {
        const alive = m.living.has(at);
        return { target: `s${at}`, alive, load: alive ? m.load[at] : 0 };
      }));
    }
    await r.system.stop();
  }), { numRuns: 60 });
}, 60_000);

async function change(
  r: Real, m: Model, balancer: ReturnType<System['balance']>,
  kind: 'join' | 'leave' | 'crash' | 'restart' | 'close',
  at: number,
): Promise<void> {
  const ref = r.refs[at] as AgentRef<typeof Sink>;
  const inside = m.members.includes(at);
  if (kind === 'join') {
    expect(balancer.join(ref as never)).toBe(!inside);
    if (inside) return;
    m.members.push(at);
    m.fresh.add(at);
  } else if (kind === 'leave') {
    expect(balancer.leave(ref as never)).toBe(inside);
    if (!inside) return;
    m.members.splice(m.members.indexOf(at), 1);
  } else if (kind === 'restart') {
    if (r.system.whereis(`s${at}`) !== undefined) return;
    r.start(at);
    m.living.add(at);
    m.load[at] = 0;
    m.fresh.add(at);
  } else if (m.living.has(at)) {
    m.living.delete(at);
    if (kind === 'close') ref.close();
    else r.system.exit(ref, 'kill');
  }
  if (kind === 'crash') await r.env.settle();
  m.changed();
}
