import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineAgent, on, type Pid } from '../../../src/index.js';
import { via } from '../../../src/behaviour/names/public.js';
import { expectConserved, testSystem } from '../../support/system.js';
import { settle } from '../../process/peers.js';

const seen: unknown[] = [];
const Agent = defineAgent({
  name: 'Agent',
  init: () => ({}),
  calls: {
    ask: (_self, n: number) => void seen.push(['ask', n]), hang: () => new Promise<void>(() => undefined),
    async *items(_self, n: number) { yield n; },
  },
  casts: {
    note: (_self, n: number) => void seen.push(['note', n]),
    add: on(z.string().transform(Number), (_self, n) => void seen.push(['add', n])),
  },
  info: (_self, message) => void seen.push(['info', message]),
});
const Other = defineAgent({ name: 'Other', casts: { note: (_self, _n: number) => undefined } });

/** What was queued when an agent named `a` ended. */
async function left(options: Parameters<typeof testSystem>[0] = {}) {
  seen.length = 0;
  const system = testSystem(options);
  const ref = system.start(Agent, { name: 'a' });
  void ref.call('hang').catch(() => undefined);
  await settle(1);
  ref.cast('note', 1);
  ref.send('hello');
  const call = ref.tryCall('ask', 2);
  ref.cast('add', '3');
  system.exit(ref, 'why');
  await call;
  return { system, letters: system.deadLetters };
}

describe('P23 what is no delivery and died is sent again as what it was', () => {
  it('to the present owner of the name, in order; the letters have left', async () => {
    const { system, letters } = await left();
    expect(letters.list().map(({ verb }) => verb)).toEqual(['cast', 'send', 'call', 'cast']);
    system.start(Agent, { name: 'a' });
    const { sent } = system.stats();
    expect(letters.retry({ to: 'a' })).toEqual({ retried: [1, 2, 3, 4], refused: [] });
    expect([letters.size, letters.retried, letters.total]).toEqual([0, 4, 4]);
    await settle();
    expect(seen).toEqual([['note', 1], ['info', 'hello'], ['ask', 2], ['add', 3]]);
    expect(system.stats()).toMatchObject({ sent: sent + 4, deadLettered: 4 });
    expectConserved(system.stats());
  });

  it('to nobody: it stays, and a refused retry is no send', async () => {
    const { system, letters } = await left();
    const before = [system.stats(), letters.list()];
    expect(letters.retry({ limit: 2 })).toEqual(
      { retried: [], refused: [{ id: 1, code: 'NOPROC' }, { id: 2, code: 'NOPROC' }] },
    );
    expect([system.stats(), letters.list()]).toEqual(before);
  });

  it('a cast that found nobody, with what the schema made of its payload', async () => {
    seen.length = 0;
    const system = testSystem();
    system.ref(Agent, 'later').cast('add', '5');
    system.start(Agent, { name: 'later' });
    expect(system.deadLetters.retry(1).retried).toEqual([1]);
    await settle();
    expect(seen).toEqual([['add', 5]]);
  });

  it('an edited one with its new payload', async () => {
    const { system, letters } = await left();
    letters.edit(1, 10);
    system.start(Agent, { name: 'a' });
    letters.retry(1);
    await settle();
    expect(seen).toEqual([['note', 10]]);
  });

  it('an owner with another definition gets plain sends only', async () => {
    const { system, letters } = await left();
    system.start(Other, { name: 'a' });
    const { retried, refused } = letters.retry({});
    expect([retried, refused.map(({ code }) => code)]).toEqual(
      [[2], ['PROTOCOL_MISMATCH', 'PROTOCOL_MISMATCH', 'PROTOCOL_MISMATCH']],
    );
  });

  it('a full mailbox takes as many as there is room for, the others stay', async () => {
    const { system, letters } = await left();
    const ref = system.start(Agent, { name: 'a', mailbox: { capacity: 2 } });
    system.suspend(ref);
    const { sent } = system.stats();
    const { retried, refused } = letters.retry({});
    expect([retried, refused])
      .toEqual([[1, 2], [{ id: 3, code: 'MAILBOX_FULL' }, { id: 4, code: 'MAILBOX_FULL' }]]);
    expect(letters.list().map(({ id }) => id)).toEqual([3, 4]);
    expect(system.stats()).toMatchObject({ sent: sent + 2, rejected: 0 });
    system.resume(ref);
  });

  it('a closed mailbox, a dead pid, a stream, an unknown id and a stopped system refuse', async () => {
    const { system, letters } = await left();
    const ref = system.start(Agent, { name: 'a' });
    ref.close();
    expect(letters.retry(1).refused).toEqual([{ id: 1, code: 'MAILBOX_CLOSED' }]);
    const nameless = system.start(Agent);
    system.suspend(nameless);
    nameless.cast('note', 5);
    system.exit(nameless, 'gone');
    expect(letters.retry(5).refused).toEqual([{ id: 5, code: 'NOPROC' }]);
    expect(letters.retry(77).refused).toEqual([{ id: 77, code: 'NOT_FOUND' }]);
    const streaming = system.start(Agent, { name: 's' });
    system.suspend(streaming);
    const items = streaming.stream('items', 6);
    system.exit(streaming, 'gone');
    await expect(items.next()).rejects.toMatchObject({ code: 'EXIT' });
    system.start(Agent, { name: 's' });
    expect(letters.retry({ to: 's' }).refused).toEqual([{ id: 6, code: 'STREAM' }]);
    await system.stop();
    expect(letters.retry(2).refused[0]?.code).toMatch(/NOPROC|SYSTEM_STOPPED/);
    expect(letters.size).toBe(6);
  });

  it('one that dies again is a new letter, of the same sender', async () => {
    const { system, letters } = await left();
    const Gossip = defineAgent({ casts: { tell: (self) => self.cast(system.ref(Agent, 'b'), 'note', 1) } });
    system.start(Gossip, { name: 'gossip' }).cast('tell');
    await settle();
    const again = system.start(Agent, { name: 'b' });
    system.suspend(again);
    expect(letters.retry(5).retried).toEqual([5]);
    system.exit(again, 'again');
    expect(letters.list({ to: 'b' })).toMatchObject([{ id: 6, reason: 'again', fromName: 'gossip' }]);
  });

  it('through a via name, also where the provider delivers itself', () => {
    const system = testSystem();
    const got: unknown[] = [];
    let works = false;
    const provider = {
      registerName: () => true, unregisterName: () => undefined, whereisName: (): Pid | undefined => undefined,
      send(_key: string, message: unknown) { if (!works) throw new Error('no'); got.push(message); },
    };
    system.send(via(provider, 'k'), 'message');
    expect(system.deadLetters.retry(1).refused).toEqual([{ id: 1, code: 'NOPROC' }]);
    works = true;
    expect(system.deadLetters.retry(1).retried).toEqual([1]);
    expect(got).toEqual(['message']);
  });

  it('never twice: who asks for it again while it is being accepted does not get it', async () => {
    const { system, letters } = await left();
    const reports: unknown[] = [];
    const sizeOf = (): number => {
      reports.push(letters.retry(2), letters.prune({}), letters.edit(2, 'x'));
      return 1;
    };
    const got: unknown[] = [];
    const Sink = defineAgent({ info: (_self, message) => void got.push(message) });
    letters.prune({ where: ({ id }) => id !== 2 });
    letters.edit(2, { an: 'object' });
    system.start(Sink, { name: 'a', mailbox: { capacityBytes: 100, sizeOf } });
    expect(letters.retry(2).retried).toEqual([2]);
    await settle();
    expect(got).toEqual([{ an: 'object' }]);
    expect(reports.slice(0, 3))
      .toEqual([{ retried: [], refused: [{ id: 2, code: 'NOT_FOUND' }] }, 0, undefined]);
    expect([letters.total, letters.size, letters.retried, letters.pruned]).toEqual([4, 0, 1, 3]);
  });

  it('one that has to make room while it is being accepted counts as retried', async () => {
    const { system, letters } = await left({ deadLetters: { capacity: 1 } });
    const [letter] = letters.list();
    letters.prune({});
    system.send('a', { an: 'object' });
    expect(letter?.verb).toBe('cast');
    const sizeOf = (): number => {
      if (letters.list().length === 0) system.send('nobody', 'newer');
      return 1;
    };
    const Sink = defineAgent({});
    system.start(Sink, { name: 'a', mailbox: { capacityBytes: 100, sizeOf } });
    expect(letters.retry(5).retried).toEqual([5]);
    expect(letters.list()).toMatchObject([{ payload: 'newer' }]);
    expect(letters.total).toBe(letters.size + letters.retried + letters.pruned + letters.evicted);
  });
});
