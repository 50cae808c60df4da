import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashText } from '../../../src/base/text/hash.js';
import { createSystem, defineAgent, type AgentRef, type Pid } from '../../../src/index.js';
import { via } from '../../../src/behaviour/names/public.js';
import type { BalancedRef } from '../../../src/delivery/group/balancer.js';
import { NaiveConsistentHash, NaiveWeighted, type Naive } from './naive-strategies.js';
import { SeededEnv } from '../seeded.js';

const Sink = defineAgent(
  { name: 'sink', casts: {
    take: (_self, _key: string) => new Promise<void>(() => undefined), add: () => undefined,
  } },
);
const Other = defineAgent({ name: 'other', casts: { take: () => undefined } });

const SIZE = 48;
const at = fc.nat(SIZE - 1);
const step = fc.oneof(
  { weight: 12, arbitrary: fc.record(
    { kind: fc.constant('send' as const), times: fc.integer({ min: 1, max: 12 }), key: fc.nat(40) },
  ) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom(
    'join' as const, 'leave' as const, 'kill' as const, 'restart' as const, 'close' as const,
    'unnamed' as const,
    'other' as const,
  ), at, weight: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('via' as const), at }) },
);

const KINDS = {
  'consistent-hash': NaiveConsistentHash,
  weighted: NaiveWeighted,
} as const satisfies Record<string, new () => Naive>;

describe.each(Object.keys(KINDS) as (keyof typeof KINDS)[])('the choice of %s', (strategy) => {
  it('P30 P31 is that of a look at each member, whatever comes and goes', async () => {
    let picks = 0;
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 80, size: 'max' }), fc.array(
      fc.integer({ min: 1, max: 5 }), { minLength: SIZE, maxLength: SIZE },
    ), fc.boolean(), async (steps, weights, byName) => {
      const env = new SeededEnv(1);
      const system = createSystem({ name: 'choice', logger: false, env });
      const start = (n: number): AgentRef<typeof Sink> => system.start(Sink, byName ? { name: `s${n}` } : {});
      const refs = weights.map((_, n) => {
        const ref = start(n);
        return byName ? system.ref(Sink, `s${n}`) : ref;
      });
      const key = strategy === 'consistent-hash' ? { key: (_op: string, payload: string) => payload } : {};
      const weightOf = (weight: number): object => (strategy === 'weighted' ? { weight } : {});
      const balancer = system.balance(Sink, { strategy, ...key });
      const { balance } = balancer as unknown as BalancedRef;
      for (const [n, ref] of refs.entries()) balancer.join(ref, weightOf(weights[n] ?? 1));
      const naive = new KINDS[strategy]();
      let moving: Pid | undefined;
      const directory =
        {
          registerName: () => false, unregisterName: () => undefined,
          whereisName: (): Pid | undefined => moving,
        };
      for (const one of steps) {
        if (one.kind === 'send') {
          for (let sent = 0; sent < one.times; sent++) {
            const text = `key ${one.key + sent}`;
            const expected = naive.pick(balance.list, hashText(text));
            expect(balance.pick('take', text) === expected, `pick ${picks}`).toBe(true);
            picks++;
          }
        } else if (one.kind === 'via') {
          moving = byName ? system.whereis(`s${one.at}`) : refs[one.at]?.pid;
          balancer.join(system.ref(Sink, via(directory, 'a')));
        }
        else {
          const ref = refs[one.at] as AgentRef<typeof Sink>;
          const named = system.whereis(`s${one.at}`);
          switch (one.kind) {
            case 'join': balancer.join(ref, weightOf(one.weight)); break;
            case 'leave': balancer.leave(ref); break;
            case 'kill': system.exit(ref, 'kill'); break;
            case 'restart': if (byName && named === undefined) start(one.at); break;
            case 'close': ref.close(); break;
            case 'unnamed': if (named !== undefined) system.unregister(`s${one.at}`); break;
            default: if (byName && named === undefined) system.start(Other, { name: `s${one.at}` });
          }
        }
      }
      await system.stop({ drain: false });
    }), { numRuns: 120 });
    expect(picks).toBeGreaterThan(5_000);
  }, 60_000);
});

describe('how even a choice by chance is', () => {
  const MEMBERS = 200;
  const EACH = 50;

  /** The most that one member has above the mean. */
  function above(strategy: 'two-choices' | 'random', seed: number): number {
    const system = createSystem({ name: 'even', logger: false, env: new SeededEnv(seed) });
    const members = Array.from({ length: MEMBERS }, () => system.start(Sink));
    const balancer = system.balance(Sink, { strategy, members });
    for (let sent = 0; sent < MEMBERS * EACH; sent++) balancer.cast('take', '');
    const loads = balancer.stats().members.map(({ load }) => load);
    expect(loads.reduce((sum, load) => sum + load, 0)).toBe(MEMBERS * EACH);
    void system.stop({ drain: false });
    return Math.max(...loads) - EACH;
  }

  it('P30 the less loaded of two stays near the mean, however many messages there are; one by chance does not', () => {
    for (let seed = 1; seed <= 20; seed++) {
      expect(above('two-choices', seed)).toBeLessThanOrEqual(4);
      expect(above('random', seed)).toBeGreaterThanOrEqual(10);
    }
  });
});
