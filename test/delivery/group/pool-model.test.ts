import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSystem, defineAgent, type AgentRef } from '../../../src/index.js';
import { pool, poolOf, type PooledRef } from '../../../src/delivery/group/public.js';
import { SeededEnv } from '../seeded.js';

const Worker = defineAgent({
  name: 'pooled', casts: { crash() { throw new Error('boom'); }, work: () => undefined },
});
const MIN = 1;
const MAX = 3;
const OWNERS = 4;
interface Step { readonly kind: 'ask' | 'release' | 'crash' | 'die' | 'send' | 'wait'; readonly owner: number }
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom<Step['kind'][]>(
    'ask', 'ask', 'ask', 'release', 'release', 'crash', 'die', 'send', 'wait',
  ),
  owner: fc.nat(OWNERS - 1),
});

test('a pool gives out at most max workers, each to one, in the order of asking, and loses no slot', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
    const env = new SeededEnv();
    const system = createSystem({ name: 'model', logger: false, env });
    await system.supervise(
      { children: [pool('workers', Worker, { min: MIN, max: MAX, idleMs: 400, intensity: 1_000 })] },
    );
    const workers = system.ref(poolOf(Worker), 'workers');
    /** asked for, in this order, and not given back, timed out or lost by its owner's death */
    const asked: { readonly owner: number; worker: PooledRef<typeof Worker> | null }[] = [];
    const Owner = defineAgent({
      casts: {
        ask(_self, owner: number) {
          const one = { owner, worker: null as PooledRef<typeof Worker> | null };
          asked.push(one);
          workers.checkout({ timeoutMs: 'infinity' }).then(
            (worker) => { one.worker = worker; }, () => undefined,
          );
        },
      },
    });
    const start = (): AgentRef<typeof Owner> => system.start(Owner);
    const owners = Array.from({ length: OWNERS }, start);
    const drop = (keep: (one: (typeof asked)[number]) => boolean): void => {
      for (let at = asked.length - 1; at >= 0; at--) if (!keep(asked[at] as never)) asked.splice(at, 1);
    };
    for (const { kind, owner } of steps) {
      const held = asked.find((one) => one.owner === owner && one.worker !== null);
      if (kind === 'ask') owners[owner]?.cast('ask', owner);
      else if (kind === 'send') workers.cast('work');
      else if (kind === 'wait') await env.advance(300);
      else if (kind === 'die') {
        system.exit(owners[owner] as never, 'kill');
        drop((one) => one.owner !== owner);
        owners[owner] = start();
      } else if (held !== undefined) {
        if (kind === 'crash') held.worker?.cast('crash');
        else held.worker?.release();
        drop((one) => one !== held);
      }
      await env.settle();
      const stats = workers.stats();
      const given = asked.filter((one) => one.worker !== null);
      expect(stats).toMatchObject(
        { checkedOut: Math.min(asked.length, MAX), waiting: Math.max(0, asked.length - MAX), starting: 0 },
      );
      expect(given, 'first come, first served').toEqual(asked.slice(0, MAX));
      expect(new Set(given.map(({ worker }) => worker?.pid)).size, 'each to one').toBe(given.length);
      expect(stats.size).toBeGreaterThanOrEqual(MIN);
      expect(system.processes().filter((pid) => system.inspect(pid)?.behaviour === 'pooled').length, 'max')
        .toBeLessThanOrEqual(MAX);
    }
    for (const { worker } of [...asked]) worker?.release();
    for (const owner of owners) system.exit(owner, 'kill');
    await env.advance(2_000);
    expect(workers.stats(), 'no slot is lost, and it shrinks').toMatchObject(
      { size: MIN, idle: MIN, checkedOut: 0, waiting: 0 },
    );
    await system.stop();
  }), { numRuns: 80 });
}, 60_000);
