import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { createSystem, defineAgent, OptionError, type MailboxLane } from '../../../src/index.js';
import { Recorder, settleTurn, testSystem } from '../../support/system.js';
import { callFailure, Gate, sleep, until } from '../help.js';

function log() {
  const seen: unknown[] = [];
  const gate = new Gate();
  const Log = defineAgent({
    casts: { note(_self, what: unknown) { seen.push(what); }, async hold() { await gate.promise; } },
    calls: { note(_self, what: unknown) { seen.push(what); return what; }, sync: () => undefined },
    info(_self, message) { seen.push(['info', message]); },
  });
  return { Log, seen, gate };
}

describe('casts', () => {
  test('GS-32 cast never throws and never blocks: dead, unknown name, unknown operation, bad options; each is counted', async () => {
    const logger = new Recorder();
    const system = testSystem({ logger });
    const { Log, seen } = log();
    const ref = system.start(Log);
    const dead = system.start(Log);
    await dead.stop();
    expect(dead.cast('note', 1)).toBeUndefined();
    system.ref(Log, 'nobody').cast('note', 2);
    ref.cast('nope' as never, 3 as never);
    ref.cast('note', 4, { lane: 'urgent' as never });
    ref.cast('note', 5, { ttl: 1 } as never);
    await settleTurn();
    expect(seen).toEqual([]);
    expect(system.stats()).toMatchObject({ sent: 5, deadLettered: 2, rejected: 3 });
    expect(system.deadLetters.list().map((letter) => [letter.op, letter.payload, letter.reason])).toEqual(
      [['note', 1, 'noproc'], ['note', 2, 'noproc']],
    );
    expect(logger.texts('warn')).toHaveLength(3);
  });

  test('tryCast tells: ok, full, dead; it throws what the sender got wrong', async () => {
    const system = testSystem();
    const { Log } = log();
    const ref = system.start(Log, { mailbox: { capacity: 1 } });
    expect(ref.tryCast('note', 1)).toBe('ok');
    expect(ref.tryCast('note', 2)).toBe('full');
    expect(system.ref(Log, 'nobody').tryCast('note', 3)).toBe('dead');
    expect(() => ref.tryCast('note', 4, { lane: 'urgent' as never })).toThrow(OptionError);
    expect(() => ref.tryCast('note', 4, { expiresInMs: -5 })).toThrow(OptionError);
    expect(system.deadLetters.total, 'the sender knows: no dead letter').toBe(0);
    expect(system.stats()).toMatchObject({ sent: 5, queued: 1, rejected: 4 });
  });

  test('GS-33 GS-34 P1 casts, calls and plain sends of one sender keep their order', async () => {
    const system = testSystem();
    const { Log, seen } = log();
    const ref = system.start(Log);
    ref.cast('note', 1);
    ref.send('two');
    ref.cast('note', 3);
    const four = ref.call('note', 4);
    system.send(ref, 'five');
    expect(await four).toBe(4);
    await ref.call('sync');
    expect(seen).toEqual([1, ['info', 'two'], 3, 4, ['info', 'five']]);
  });

  test('GS-34 info gets everything else verbatim: sends, own timers, Down and Exit', async () => {
    const system = testSystem();
    const seen: unknown[] = [];
    const payload = { any: 'thing' };
    const Agent = defineAgent({
      trapExit: true,
      casts: { go(self) {
        self.sendAfter(0, 'tick');
        const p = self.spawn(() => { throw payload as unknown as Error; });
        self.monitor(p);
      } },
      info(_self, message) { seen.push(message); },
    });
    const ref = system.start(Agent);
    ref.send(payload);
    ref.send(undefined);
    ref.cast('go');
    await until(() => seen.length >= 5);
    expect(seen.slice(0, 2)).toEqual([payload, undefined]);
    expect(seen[0]).toBe(payload);
    expect(seen.slice(2)).toHaveLength(3);
    expect(seen.slice(2)).toEqual(expect.arrayContaining([
      'tick', expect.objectContaining({ tag: 'DOWN', reason: { nocatch: payload } }),
      expect.objectContaining({ tag: 'EXIT', reason: { nocatch: payload } }),
    ]));
  });
});

describe('priority lanes', () => {
  const PRIORITIES = ['critical', 'high', 'normal', 'low'] as const;

  test('P1 strict between lanes, FIFO within one: casts and calls alike, for any mix', async () => {
    await fc.assert(fc.asyncProperty(fc.array(
      fc.tuple(fc.constantFrom<MailboxLane>(...PRIORITIES), fc.boolean()), { maxLength: 60 },
    ), async (sends) => {
      const system = createSystem({ logger: false });
      const { Log, seen, gate } = log();
      const ref = system.start(Log);
      ref.cast('hold');
      await settleTurn();
      const numbered = sends.map(([priority, isCall], n) => ({ priority, isCall, n }));
      const replies = numbered.map(async ({ priority, isCall, n }) => {
        if (isCall) await ref.call('note', n, { lane: priority });
        else ref.cast('note', n, { lane: priority });
      });
      expect(ref.stats().mailbox.depth).toMatchObject(
        Object.fromEntries(PRIORITIES.map((p) => [p, numbered.filter((one) => one.priority === p).length])),
      );
      gate.open();
      await Promise.all(replies);
      await ref.call('sync', undefined, { lane: 'low' });
      expect(seen).toEqual(
        PRIORITIES.flatMap((p) => numbered.filter((one) => one.priority === p).map((one) => one.n)),
      );
      await system.stop();
    }), { numRuns: 40 });
  });

  test('P12 a cast that expires while it is queued is never handled, and counted once', async () => {
    const system = testSystem();
    const { Log, seen, gate } = log();
    const ref = system.start(Log);
    ref.cast('hold');
    await settleTurn();
    ref.cast('note', 'short', { expiresInMs: 2 });
    ref.cast('note', 'short and high', { expiresInMs: 2, lane: 'high' });
    ref.cast('note', 'long', { expiresInMs: 60_000 });
    await sleep(8);
    gate.open();
    await ref.call('sync');
    expect(seen).toEqual(['long']);
    expect(system.stats()).toMatchObject({ expired: 2, handled: 3, deadLettered: 0 });
  });
});

describe('a bounded mailbox', () => {
  test('P9 P10 RE-09 reject: tryCast says full, call rejects with MAILBOX_FULL, a cast is counted; signals still come through', async () => {
    const system = testSystem();
    const { Log, seen, gate } = log();
    const ref = system.start(Log, { mailbox: { capacity: 2, reserve: 0, overflow: 'reject' } });
    ref.cast('hold');
    await settleTurn();
    ref.cast('note', 1);
    expect(ref.tryCast('note', 2, { lane: 'critical' })).toBe('ok');
    expect(ref.tryCast('note', 3, { lane: 'critical' })).toBe('full');
    ref.cast('note', 4);
    ref.send('five');
    expect(await callFailure(ref.call('note', 6))).toMatchObject({ code: 'MAILBOX_FULL' });
    expect(await callFailure(ref.call('note', 7, { lane: 'high' }))).toMatchObject({ code: 'MAILBOX_FULL' });
    expect(ref.stats().mailbox)
      .toMatchObject({ size: 2, peak: 2, capacity: 2, rejected: 5, queued: 2, running: 1 });
    const stopped = ref.stop();
    gate.open();
    await stopped;
    expect(seen).toEqual([2, 1]);
  });

  test('P9 for any sequence of sends and handlings it never holds more than its capacity, and its reserve of critical ones', async () => {
    const bounds = [fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 3 })] as const;
    await fc.assert(fc.asyncProperty(...bounds, fc.array(
      fc.constantFrom<MailboxLane | 'drain'>('low', 'normal', 'high', 'critical', 'drain'), { maxLength: 40 },
    ), async (capacity, reserve, steps) => {
      const system = createSystem({ logger: false });
      const { Log } = log();
      const ref = system.start(Log, { mailbox: { capacity, reserve } });
      let model = 0;
      for (const step of steps) {
        if (step === 'drain') {
          await settleTurn();
          model = 0;
        } else {
          const room = model < (step === 'critical' ? capacity + reserve : capacity);
          expect(ref.tryCast('note', 1, { lane: step })).toBe(room ? 'ok' : 'full');
          if (room) model++;
        }
        expect(ref.stats().mailbox.size).toBe(model);
      }
      await system.stop();
    }), { numRuns: 60 });
  });
});

describe('payloads', () => {
  const Keep = defineAgent({
    init: (): { got: unknown } => ({ got: undefined }),
    casts: { keep(self, payload: unknown) { self.state.got = payload; } },
    calls: { keep(self, payload: unknown) { self.state.got = payload; }, got: (self) => self.state.got },
  });

  test('frozen: a later change by the sender throws where it is made, deep inside too; instances and Maps are left alone', async () => {
    const system = testSystem({ payloads: 'frozen' });
    const ref = system.start(Keep);
    for (const verb of ['cast', 'call', 'send'] as const) {
      const payload = { list: [{ n: 1 }], map: new Map([['a', 1]]) };
      if (verb === 'send') ref.send(payload);
      else if (verb === 'cast') ref.cast('keep', payload);
      else await ref.call('keep', payload);
      expect(() => { (payload.list[0] as { n: number }).n = 2; }, verb).toThrow(TypeError);
      expect(() => payload.list.push({ n: 3 }), verb).toThrow(TypeError);
      payload.map.set('b', 2);
    }
    expect(() => ref.cast(
      'keep', new Proxy({}, { getPrototypeOf() { throw new Error('no'); } }),
    )).not.toThrow();
    const cyclic: Record<string, unknown> = {};
    cyclic['self'] = cyclic;
    ref.cast('keep', cyclic);
    expect(await ref.call('got')).toBe(cyclic);
  });

  test('J6 shared: by reference, as it was given', async () => {
    const system = testSystem({ payloads: 'shared' });
    const ref = system.start(Keep);
    const payload = { n: 1 };
    ref.cast('keep', payload);
    payload.n = 2;
    expect(await ref.call('got')).toBe(payload);
    expect(Object.isFrozen(payload)).toBe(false);
  });

  test('the default is frozen in development and shared otherwise', () => {
    for (const [development, frozen] of [[true, true], [false, false]] as const) {
      const system = testSystem({ development });
      const payload = { n: 1 };
      system.start(Keep).cast('keep', payload);
      expect(Object.isFrozen(payload)).toBe(frozen);
    }
  });
});
