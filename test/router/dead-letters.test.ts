import { describe, expect, it } from 'vitest';
import { defineAgent, type DeadLetter } from '../../src/index.js';
import { expectConserved, testSystem } from '../support/system.js';
import { VirtualEnv } from '../support/virtual-env.js';
import { idler, settle } from '../process/peers.js';

const Agent = defineAgent({ name: 'Agent', init: () => ({}), calls: { hang: () => new Promise<void>(() => undefined), ask: (_self, n: number) => n }, casts: { note: (_self, n: number) => void n } });

describe('dead letters', () => {
  it('say to whom, what, from whom, why and when', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const from = await idler(system);
    from.self.send('nobody', { hello: 1 });
    system.ref(Agent, 'nobody').cast('note', 7);
    expect(system.deadLetters.list()).toEqual([
      { to: 'nobody', op: 'info', payload: { hello: 1 }, from: from.ref.pid, reason: 'noproc', at: env.wallNow },
      { to: 'nobody', op: 'note', payload: 7, from: undefined, reason: 'noproc', at: env.wallNow },
    ]);
  });

  it('P2 what was queued and not started when its process ends becomes exactly one each, with the exit reason; callers hear it', async () => {
    const system = testSystem();
    const ref = system.start(Agent, { name: 'agent' });
    void ref.call('hang');
    await settle(1);
    ref.cast('note', 1);
    ref.send('info');
    ref.cast('note', 2, { priority: 'critical' });
    ref.cast('note', 3, { expiresInMs: 60_000 });
    const call = ref.tryCall('ask', 4);
    system.exit(ref, 'why');
    expect(await call).toMatchObject({ ok: false, error: { code: 'EXIT', reason: 'why' } });
    expect(system.deadLetters.list().map(({ to, op, payload, reason }) => [to, op, payload, reason])).toEqual([
      ['agent', 'note', 2, 'why'], ['agent', 'note', 1, 'why'], ['agent', 'info', 'info', 'why'], ['agent', 'note', 3, 'why'], ['agent', 'ask', 4, 'why'],
    ]);
    expect(system.stats()).toMatchObject({ deadLettered: 5, handled: 1, queued: 0, deadLettersTotal: 5 });
  });

  it.each([0, 1, 3, 1_000])('keeps the latest %d, counts all', (capacity) => {
    const system = testSystem({ deadLetters: { capacity } });
    for (let i = 0; i < 2_500; i++) system.send('nobody', i);
    const kept = system.deadLetters.list().map((letter) => letter.payload);
    expect(kept).toEqual(Array.from({ length: capacity }, (_, i) => 2_500 - capacity + i));
    expect([system.deadLetters.size, system.deadLetters.total]).toEqual([capacity, 2_500]);
    expect(system.deadLetters.list().length).toBe(capacity);
    expectConserved(system.stats());
  });

  it('keeps 1,000 by default', () => {
    const system = testSystem();
    for (let i = 0; i < 1_001; i++) system.send('nobody', i);
    expect([system.deadLetters.size, system.deadLetters.total]).toEqual([1_000, 1_001]);
  });

  it('each subscriber sees each letter once, from its subscription on, until it unsubscribes', () => {
    const system = testSystem({ deadLetters: { capacity: 0 } });
    const [a, b]: unknown[][] = [[], []];
    system.send('nobody', 0);
    const offA = system.deadLetters.subscribe((letter) => a?.push(letter.payload));
    system.send('nobody', 1);
    const offB = system.deadLetters.subscribe((letter) => b?.push(letter.payload));
    system.send('nobody', 2);
    offA();
    offA();
    system.send('nobody', 3);
    offB();
    system.send('nobody', 4);
    expect([a, b]).toEqual([[1, 2], [2, 3]]);
  });

  it('P36 a subscriber that throws hurts neither the others nor the sender', () => {
    const system = testSystem();
    const seen: DeadLetter[] = [];
    system.deadLetters.subscribe(() => {
      throw new Error('subscriber');
    });
    system.deadLetters.subscribe((letter) => seen.push(letter));
    expect(() => system.send('nobody', 1)).not.toThrow();
    expect(seen.length).toBe(1);
  });

  it('P36 nor does one that rejects', async () => {
    const system = testSystem();
    const strays: unknown[] = [];
    const onStray = (reason: unknown): number => strays.push(reason);
    process.on('unhandledRejection', onStray);
    // eslint-disable-next-line @typescript-eslint/no-misused-promises -- what a careless user may pass
    system.deadLetters.subscribe(async () => {
      await Promise.resolve();
      throw new Error('subscriber');
    });
    system.send('nobody', 1);
    await settle();
    process.off('unhandledRejection', onStray);
    expect(strays).toEqual([]);
  });

  it('P36 a subscriber that makes dead letters itself does not run away', () => {
    const system = testSystem();
    let depth = 0;
    let deepest = 0;
    system.deadLetters.subscribe(() => {
      deepest = Math.max(deepest, ++depth);
      if (deepest < 5_000) system.send('nobody', 'echo');
      depth--;
    });
    system.send('nobody', 'first');
    expect(deepest).toBeLessThan(100);
    expectConserved(system.stats());
  });

  it('two subscriptions of one function are two', () => {
    const system = testSystem();
    let seen = 0;
    const fn = (): number => seen++;
    const off = system.deadLetters.subscribe(fn);
    system.deadLetters.subscribe(fn);
    system.send('nobody', 1);
    expect(seen).toBe(2);
    off();
    system.send('nobody', 2);
    expect(seen).toBe(3);
  });

  it('what a subscriber is given and what list returns is its own copy of the queue, not the queue', () => {
    const system = testSystem();
    system.send('nobody', 1);
    system.deadLetters.list().pop();
    expect(system.deadLetters.list().length).toBe(1);
  });

  it('a subscriber that is no function is refused', () => {
    const system = testSystem();
    expect(() => system.deadLetters.subscribe('x' as never)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
  });
});
