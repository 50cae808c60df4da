import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineAgent, on, type DeadLetter } from '../../../src/index.js';
import { expectConserved, testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { idler, settle } from '../../process/peers.js';

const Agent = defineAgent({
  name: 'Agent', init: () => ({}),
  calls: { hang: () => new Promise<void>(() => undefined), ask: (_self, n: number) => n },
  casts: { note: (_self, n: number) => void n },
});

const plain = { attempts: 0, failures: [], guarantee: undefined, key: undefined };

describe('dead letters', () => {
  it('say to whom, what, from whom, why and when', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const from = await idler(system);
    from.self.send('nobody', { hello: 1 });
    system.ref(Agent, 'nobody').cast('note', 7);
    expect(system.deadLetters.list()).toEqual([
      {
        id: 1, verb: 'send', to: 'nobody', op: 'info', payload: { hello: 1 }, from: from.ref.pid,
        fromName: undefined, reason: 'noproc', at: env.wallNow, ...plain,
      },
      {
        id: 2, verb: 'cast', to: 'nobody', op: 'note', payload: 7, from: undefined, fromName: undefined,
        reason: 'noproc', at: env.wallNow, ...plain,
      },
    ]);
  });

  it('P2 what was queued and not started when its process ends becomes exactly one each, with the exit reason; callers hear it', async () => {
    const system = testSystem();
    const ref = system.start(Agent, { name: 'agent' });
    void ref.call('hang');
    await settle(1);
    ref.cast('note', 1);
    ref.send('info');
    ref.cast('note', 2, { lane: 'critical' });
    ref.cast('note', 3, { expiresInMs: 60_000 });
    const call = ref.tryCall('ask', 4);
    system.exit(ref, 'why');
    expect(await call).toMatchObject({ ok: false, error: { code: 'EXIT', reason: 'why' } });
    expect(system.deadLetters.list().map(({ to, op, payload, reason }) => [to, op, payload, reason])).toEqual([
      ['agent', 'note', 2, 'why'], [
        'agent', 'note', 1, 'why',
      ], ['agent', 'info', 'info', 'why'], ['agent', 'note', 3, 'why'], ['agent', 'ask', 4, 'why'],
    ]);
    expect(system.stats()).toMatchObject({ deadLettered: 5, handled: 1, queued: 0, deadLettersTotal: 5 });
  });

  it('P2 however many were queued in whichever lane, each is exactly one', async () => {
    const system = testSystem({ deadLetters: { capacity: 10_000 } });
    const agent = system.start(Agent);
    const sent = { agent: [] as number[], plain: [] as number[] };
    void agent.call('hang');
    // one that has passed over a thousand, and one that has a thousand queued behind them
    const plainOne = await idler(system);
    await settle(1);
    for (let n = 0; n < 3_000; n++) {
      agent.cast('note', n, { lane: (['normal', 'low', 'high', 'critical', 'normal'] as const)[n % 5] });
      sent.agent.push(n);
    }
    for (let n = 0; n < 1_000; n++) {
      plainOne.ref.send(n);
      sent.plain.push(n);
    }
    await settle(2);
    for (let n = 1_000; n < 2_000; n++) {
      plainOne.ref.send(n);
      sent.plain.push(n);
    }
    system.exit(agent, 'why');
    system.exit(plainOne.ref, 'why');
    const letters = system.deadLetters.list();
    const of = (op: string): number[] =>
      letters.filter((letter) => letter.op === op).map((letter) => letter.payload as number)
        .sort((a, b) => a - b);
    expect(of('note')).toEqual(sent.agent);
    expect(of('info')).toEqual(sent.plain);
    expect(system.stats())
      .toMatchObject({ deadLettered: 5_000, handled: 1, queued: 0, deadLettersTotal: 5_000 });
    expectConserved(system.stats());
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
    expect(() => system.deadLetters.subscribe('x' as never))
      .toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
  });

  it('name their sender', () => {
    const system = testSystem();
    const Gossip = defineAgent({ casts: { tell: (self) => self.send('nobody', 'psst') } });
    system.start(Gossip, { name: 'gossip' }).cast('tell');
    return settle().then(
      () => expect(system.deadLetters.list()[0])
        .toMatchObject({ fromName: 'gossip', from: system.whereis('gossip') }),
    );
  });

  describe('are bounded in bytes', () => {
    it('P11 also where nobody has set a bound: 64 MiB, texts and objects alike', () => {
      const system = testSystem();
      const MB = 1_024 * 1_024;
      for (let n = 0; n < 100; n++) {
        system.send('nobody', n % 2 === 0 ? 'x'.repeat(MB) + String(n) : { text: 'y'.repeat(MB) + String(n) });
      }
      const { size, bytes: kept, total, evicted } = system.deadLetters;
      expect(kept).toBeLessThanOrEqual(64 * MB);
      expect([size, total, evicted]).toEqual([63, 100, 37]);
      system.send('nobody', 'z'.repeat(65 * MB));
      expect([system.deadLetters.size, system.deadLetters.evicted]).toEqual([63, 38]);
    });

    const bytes =
      (system: ReturnType<typeof testSystem>): unknown[] => system.deadLetters.list()
        .map((letter) => letter.payload);

    it('the oldest make room', () => {
      const system = testSystem({ deadLetters: { capacityBytes: 10 } });
      for (const text of ['aaaa', 'bbbb', 'cccc', new Uint8Array(3), 'é']) system.send('nobody', text);
      expect(bytes(system)).toEqual(['cccc', new Uint8Array(3), 'é']);
      expect([system.deadLetters.bytes, system.deadLetters.evicted]).toEqual([9, 2]);
    });

    it('one that is larger, or that nobody can measure, is told and not kept, and throws out no other', () => {
      const system = testSystem({ deadLetters: { capacityBytes: 10 } });
      const seen: unknown[] = [];
      system.deadLetters.subscribe(({ payload }) => seen.push(payload));
      for (const payload of ['short', 'longer than ten', { an: 'object' }]) system.send('nobody', payload);
      expect(bytes(system)).toEqual(['short']);
      expect([seen.length, system.deadLetters.total, system.deadLetters.evicted]).toEqual([3, 3, 2]);
    });

    it('sizeOf measures objects', () => {
      const system =
        testSystem({ deadLetters: { capacityBytes: 10, sizeOf: (payload) => JSON.stringify(payload).length } });
      for (const n of [1, 2, 3]) system.send('nobody', [n]);
      expect([bytes(system), system.deadLetters.bytes]).toEqual([[[1], [2], [3]], 9]);
      system.send('nobody', [4]);
      expect(bytes(system)).toEqual([[2], [3], [4]]);
    });

    it('an edited letter is measured anew, and must fit', () => {
      const system = testSystem({ deadLetters: { capacityBytes: 10 } });
      system.send('nobody', 'aaaaa');
      system.send('nobody', 'bbb');
      expect(() => system.deadLetters.edit(2, 'bbbbbb')).toThrow(/capacityBytes \(10\)/);
      expect([bytes(system), system.deadLetters.bytes]).toEqual([['aaaaa', 'bbb'], 8]);
      system.deadLetters.edit(2, 'b');
      expect([bytes(system), system.deadLetters.bytes]).toEqual([['aaaaa', 'b'], 6]);
    });

    it.each(
      [{ capacityBytes: 0 }, { capacityBytes: 1.5 }, { sizeOf: 1 }, { capacty: 1 }],
    )('refuses %j', (deadLetters) => {
      expect(() => testSystem({ deadLetters } as never))
        .toThrow(expect.objectContaining({ name: 'OptionError' }));
    });
  });

  it('a schema decides what an edited payload is; what does not fit changes nothing', () => {
    const system = testSystem();
    const Desk = defineAgent({
      casts: { add: on(z.string().transform(Number), (_self, _n: number) => undefined) },
    });
    system.ref(Desk, 'desk').cast('add', '1');
    const { id } = system.deadLetters.list()[0] as DeadLetter;
    expect(system.deadLetters.peek(id)?.payload).toBe(1);
    expect(() => system.deadLetters.edit(id, 2)).toThrow(expect.objectContaining({ code: 'INVALID_PAYLOAD' }));
    expect(system.deadLetters.peek(id)?.payload).toBe(1);
    expect(system.deadLetters.edit(id, '3')).toMatchObject({ id, payload: 3 });
    expect(system.deadLetters.peek(id)?.payload).toBe(3);
    expect(system.deadLetters.edit(99, '3')).toBeUndefined();
  });

  it('total = size + retried + pruned + evicted, whatever is done to them', async () => {
    for (let seed = 1; seed <= 6; seed++) {
      const random = seeded(seed);
      const system =
        testSystem({ deadLetters: {
          capacity: 1 + random(8), ...(seed % 2 === 0 ? { capacityBytes: 20 } : {}),
        } });
      const letters = system.deadLetters;
      const got: unknown[] = [];
      let next = 0;
      for (let step = 0; step < 120; step++) {
        const what = random(10);
        if (what < 6) system.send(random(2) === 0 ? 'some' : 'other', `m${next++}`.padEnd(random(8), '.'));
        else if (what === 6) letters.prune({
          limit: 1 + random(3), ...(random(2) === 0 ? { to: 'other' } : {}),
        });
        else if (what === 7) letters.retry({ limit: 1 + random(3) });
        else if (what === 8) letters.retry(1 + random(next + 1));
        else if (system.whereis('some') === undefined) system.spawn(
          async (self) => { for (let i = 0; i < 3; i++) got.push(await self.receive()); }, { name: 'some' },
        );
        if (random(6) === 0) await settle(1);
        expect(letters.total).toBe(letters.size + letters.retried + letters.pruned + letters.evicted);
        expect(letters.list().length).toBe(letters.size);
        expectConserved(system.stats());
      }
      await settle();
      expect(new Set(got).size).toBe(got.length);
      await system.stop();
      expect(letters.total).toBe(letters.size + letters.retried + letters.pruned + letters.evicted);
      expectConserved(system.stats());
    }
  });
});

function seeded(seed: number): (below: number) => number {
  let state = seed * 2_654_435_761;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 0x1_0000_0000) * below);
  };
}
