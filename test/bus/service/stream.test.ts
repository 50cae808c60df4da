import { describe, expect, test } from 'vitest';
import { defineAgent } from '../../../src/index.js';
import { settleTurn, testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { codeOf, Doubler, expectBalanced, Maths, SafeMaths, sleeper } from './help.js';

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const got: T[] = [];
  for await (const item of items) got.push(item);
  return got;
}

describe('V Service queues: operations that stream', () => {
  test('items come one by one, the place is taken until the end', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const maths = system.service(Maths, { workers: [system.start(sleeper(env))] });
    const items = maths.stream('count', 3);
    expect(maths.stats().requested, 'nothing is asked for before its first item').toBe(0);
    const got = all(items);
    await settleTurn();
    const other = maths.request('double', 1);
    await settleTurn();
    expect(maths.stats()).toMatchObject({ running: 1, waiting: 1 });
    for (let n = 0; n < 3; n++) { await env.advance(10); await settleTurn(); }
    expect(await got).toEqual([1, 2, 3]);
    await env.advance(1);
    expect(await other).toBe(2);
    expect(maths.stats()).toMatchObject({ requested: 2, responded: 2, running: 0 });
    expect(await items.next()).toEqual({ done: true, value: undefined });
  });

  test('a consumer that leaves frees the place', async () => {
    const system = testSystem();
    const maths = system.service(Maths, { workers: [system.start(Doubler)] });
    for await (const n of maths.stream('count', 1_000)) if (n === 3) break;
    expect(maths.stats()).toMatchObject({ cancelled: 1, running: 0, utilisation: 0 });
    expect(await maths.request('double', 4)).toBe(8);
    expectBalanced(maths.stats());
  });

  test('a consumer that forgets it, and a worker without an item, end with TIMEOUT', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const maths = system.service(Maths, { workers: [system.start(Doubler)] });
    const forgotten = maths.stream('count', 5, { timeoutMs: 50 });
    expect(await forgotten.next()).toEqual({ done: false, value: 1 });
    await env.advance(50);
    expect(maths.stats()).toMatchObject({ timedOut: 1, running: 0, utilisation: 0 });
    expect(await codeOf(forgotten.next())).toBe('TIMEOUT');
    expect(await forgotten.next()).toEqual({ done: true, value: undefined });
    const safe = system.service(SafeMaths, { workers: [system.start(sleeper(env))] });
    const first = codeOf(safe.stream('count', 1, { timeoutMs: 5 }).next());
    await settleTurn();
    await env.advance(5);
    expect(await first).toBe('TIMEOUT');
  });

  test('a worker that ends: another goes on before the first item, afterwards the consumer hears it', async () => {
    const system = testSystem();
    let starts = 0;
    const Fragile = defineAgent({
      calls: {
        double: (_self, n: number) => n,
        async *count(_self, to: number) {
          const mine = ++starts;
          if (mine === 1) throw new Error('first');
          yield 1;
          if (mine === 2 && to === 1) return;
          throw new Error('later');
        },
      },
    });
    const safe = system.service(SafeMaths, { workers: [1, 2, 3].map(() => system.start(Fragile)) });
    expect(await all(safe.stream('count', 1))).toEqual([1]);
    expect(safe.stats()).toMatchObject({ retried: 1, responded: 1 });
    const items = safe.stream('count', 2);
    expect(await items.next()).toEqual({ done: false, value: 1 });
    expect(await codeOf(items.next())).toBe('EXIT');
    expectBalanced(safe.stats());
  });

  test('a signal, the end of its process, and misuse', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const maths = system.service(Maths, { workers: [system.start(sleeper(env))] });
    const controller = new AbortController();
    const first = codeOf(maths.stream('count', 3, { signal: controller.signal }).next());
    await settleTurn();
    controller.abort('gone');
    expect(await first).toBe('gone');
    expect(await codeOf(maths.stream('count', 3, { signal: controller.signal }).next())).toBe('gone');
    const asker = system.spawn(async (self) => { await self.service(Maths).stream('count', 3).next(); });
    await settleTurn();
    expect(maths.stats().running).toBe(1);
    system.exit(asker, 'kill');
    await settleTurn();
    expect(maths.stats()).toMatchObject({ running: 0, cancelled: 2 });
    expect(() => maths.stream('double' as never, 1 as never)).toThrow('one of count');
    const items = maths.stream('count', 1);
    const pending = items.next();
    await expect(items.next()).rejects.toThrow('already waiting');
    for (let n = 0; n < 4; n++) { await env.advance(10); await settleTurn(); }
    expect(await pending).toEqual({ done: false, value: 1 });
    await items.return?.();
  });
});
