import { describe, expect, test } from 'vitest';
import { defineAgent, type AgentRef, type System } from '../../../src/index.js';
import { pool, poolOf } from '../../../src/delivery/group/public.js';
import type { BalancedRef } from '../../../src/delivery/group/balancer.js';
import { testSystem } from '../../support/system.js';
import { SeededEnv } from '../seeded.js';

const Worker = defineAgent({
  name: 'worker',
  casts: { hang: () => new Promise<void>(() => undefined), work: () => undefined },
  calls: { pid: (self) => self.pid, wait: () => new Promise<void>((resolve) => { gates.push(resolve); }) },
});
const gates: (() => void)[] = [];
const MANY = 1_000;

interface World {
  readonly system: System;
  readonly refs: readonly AgentRef<typeof Worker>[];
  readonly balancer: ReturnType<System['balance']> & { cast(op: 'work' | 'hang'): void };
  /** how many members were looked at since the last time */
  looks(): number;
}

function world(strategy: 'least-loaded' | 'fastest', size: number): World {
  const system = testSystem({ env: new SeededEnv(), development: false });
  const refs = Array.from({ length: size }, (_, n) => system.start(Worker, { name: `w${n}` }));
  const named = refs.map((_, n) => system.ref(Worker, `w${n}`));
  const balancer = system.balance(Worker, { strategy, members: named });
  const { balance } = balancer as unknown as BalancedRef;
  const taker = balance.taker.bind(balance);
  let count = 0;
  balance.taker = (member) => { count++; return taker(member); };
  return {
    system, refs, balancer: balancer as never,
    looks() { const looked = count; count = 0; return looked; },
  };
}

describe.each(['least-loaded', 'fastest'] as const)('P30 %s of many members', (strategy) => {
  test('looks at all of 128, and at 16 of more', () => {
    for (const [size, looked] of [[128, 128], [129, 16], [MANY, 16]] as const) {
      const { refs, balancer, looks } = world(strategy, size);
      for (const ref of refs) ref.cast('hang');
      for (let n = 0; n < 50; n++) {
        balancer.cast('work');
        expect(looks(), `of ${size}`).toBe(looked);
      }
    }
  });

  test('all have their turn: loads differ by one at most', () => {
    const { refs, balancer } = world(strategy, MANY);
    for (const ref of refs) ref.cast('hang');
    for (let n = 0; n < 3 * MANY + 100; n++) balancer.cast('work');
    const loads = balancer.stats().members.map(({ load }) => load);
    expect(loads.reduce((sum, load) => sum + load, 0)).toBe(4 * MANY + 100);
    if (strategy === 'least-loaded') expect(Math.max(...loads) - Math.min(...loads)).toBe(1);
    else expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(3);
  });

  test('neighbours that are slow together are not met together', () => {
    const { refs, balancer } = world(strategy, MANY);
    for (const [n, ref] of refs.entries()) for (let more = n < MANY / 2
      ? 100
      : 1; more > 0; more--) ref.cast('hang');
    for (let n = 0; n < 10 * MANY; n++) balancer.cast('work');
    const picks = balancer.stats().members.map((member) => member.picks);
    expect(picks.slice(0, MANY / 2).every((count) => count === 0)).toBe(true);
    expect(Math.min(...picks.slice(MANY / 2))).toBeGreaterThan(10);
  });

  test('the only one that lives is found', async () => {
    const { system, refs, balancer } = world(strategy, MANY);
    for (const [n, ref] of refs.entries()) if (n !== 777) system.exit(ref, 'kill');
    for (let n = 0; n < 3; n++) expect(await balancer.call('pid' as never)).toBe(refs[777]?.pid);
    system.exit('w777', 'kill');
    balancer.cast('work');
    expect(balancer.stats().nobody).toBe(1);
  });
});

test('a pool of many workers finds the only idle one, and grows only when there is none', async () => {
  const env = new SeededEnv();
  const system = testSystem({ env, development: false });
  const SIZE = 200;
  await system.supervise({ children: [pool('workers', Worker, { min: SIZE, max: SIZE + 1 })] });
  const workers = system.ref(poolOf(Worker), 'workers');
  gates.length = 0;
  const waits = Array.from({ length: SIZE }, () => workers.call('wait', undefined, { timeoutMs: 'infinity' }));
  await env.settle();
  expect(workers.stats()).toMatchObject({ busy: SIZE, grown: 0 });
  for (const at of [150, 20, 99]) {
    gates.splice(at, 1)[0]?.();
    await env.settle();
    waits.push(workers.call('wait', undefined, { timeoutMs: 'infinity' }));
    await env.settle();
    expect(workers.stats()).toMatchObject({ busy: SIZE, grown: 0 });
  }
  for (const open of gates) open();
  await Promise.all(waits);
});
