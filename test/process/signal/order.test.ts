import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defineAgent, Down, Exit } from '../../../src/index.js';
import { testSystem } from '../../support/system.js';
import { idler, listener, settle, until } from '../peers.js';

describe('signals and their order', () => {
  it('P1 SG-01 messages of one sender arrive in the order they were sent, by pid, ref or name', async () => {
    const system = testSystem();
    const to = await listener(system, { name: 'to' });
    const from = await idler(system);
    for (let i = 0; i < 3_000; i++) from.self.send(i % 3 === 0 ? to.ref : i % 3 === 1 ? 'to' : to.ref.pid, i);
    await until(() => to.seen.length >= 3_000);
    expect(to.seen).toEqual(Array.from({ length: 3_000 }, (_, i) => i));
  });

  it('P1 SG-02 one order for all kinds of signals of one pair', async () => {
    const system = testSystem();
    const to = await listener(system);
    const from = await idler(system);
    to.self.link(from.ref);
    to.self.monitor(from.ref);
    from.self.send(to.ref, 'm1');
    from.self.exitOther(to.ref, 'sig');
    from.self.send(to.ref, 'm2');
    system.exit(from.ref, 'gone');
    await settle();
    expect(to.seen.slice(0, 3)).toEqual(['m1', new Exit(from.ref.pid, 'sig'), 'm2']);
    expect(to.seen.slice(3)).toEqual(expect.arrayContaining(
      [new Exit(from.ref.pid, 'gone'), expect.objectContaining({ tag: 'DOWN', reason: 'gone' })],
    ));
    expect(to.seen.length).toBe(5);
  });

  it('SG-02 any interleaving of messages and exit signals to a trapping process arrives as sent', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.constantFrom('message', 'exit'), {
      maxLength: 40,
    }), async (kinds) => {
      const system = testSystem();
      const to = await listener(system);
      const from = await idler(system);
      kinds.forEach((
        kind, i,
      ) => (kind === 'message' ? from.self.send(to.ref, i) : from.self.exitOther(to.ref, i)));
      await settle();
      expect(to.seen.map((one) => (one instanceof Exit ? one.reason : one))).toEqual(kinds.map((_, i) => i));
      expect(to.seen.map((one) => (one instanceof Exit ? 'exit' : 'message'))).toEqual(kinds);
      await system.stop();
    }), { numRuns: 25 });
  });

  it('SG-03 after exit(P, R) a later message of that sender is never handled', async () => {
    const system = testSystem();
    const handled: unknown[] = [];
    const Agent = defineAgent({
      name: 'Agent', init: () => ({}), info: (self, message) => void handled.push(message),
    });
    const from = await idler(system);
    for (let i = 0; i < 50; i++) {
      const ref = system.start(Agent);
      from.self.send(ref, 'before');
      if (i % 2 === 0) await settle(1);
      from.self.exitOther(ref, 'stop it');
      from.self.send(ref, 'after');
      await settle(1);
    }
    expect(handled.length).toBe(25);
    expect(handled).not.toContain('after');
    expect(system.stats().deadLettered).toBe(75);
  });

  it('SG-05 a send to a dead pid, or to a name nobody owns, is no error but a dead letter', async () => {
    const system = testSystem();
    const from = await idler(system);
    const dead = await idler(system);
    system.exit(dead.ref, 'kill');
    expect(from.self.send(dead.ref, 1)).toBeUndefined();
    from.self.send(dead.ref.pid, 2);
    from.self.send('nobody', 3);
    dead.ref.send(4);
    expect(system.deadLetters.list().map(({ to, payload, reason }) => [to, payload, reason])).toEqual(
      [[dead.ref.pid, 1, 'noproc'], [
        dead.ref.pid, 2, 'noproc',
      ], ['nobody', 3, 'noproc'], [dead.ref.pid, 4, 'noproc']],
    );
  });

  it('P1 P4 SG-06 everything sent before dying is queued before the Exit and the Down', async () => {
    const system = testSystem();
    const to = await listener(system);
    const from = to.self.spawn((self) => {
      for (let i = 0; i < 100; i++) self.send(to.ref, i);
      self.exit('done');
    });
    to.self.monitor(from);
    await until(() => to.seen.length >= 102);
    expect(to.seen.slice(0, 100)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(to.seen.length).toBe(102);
    expect(to.seen.slice(100).every((one) => one instanceof Exit || one instanceof Down)).toBe(true);
  });

  it('SG-11 kill, exit, link and monitor act on a process that never receives', async () => {
    const system = testSystem();
    const Stuck =
      defineAgent({
        name: 'Stuck', init: () => ({}), casts: { hang: () => new Promise<never>(() => undefined) },
      });
    const watcher = await listener(system);
    for (const reason of ['kill', 'other']) {
      const ref = system.start(Stuck);
      ref.cast('hang');
      await settle(1);
      watcher.self.link(ref);
      watcher.self.monitor(ref);
      system.exit(ref, reason);
      expect(ref.pid === undefined || !system.alive(ref.pid)).toBe(true);
    }
    await settle();
    expect(watcher.seen.map((one) => (one as Exit).reason as string).sort()).toEqual(
      ['killed', 'killed', 'other', 'other'],
    );
  });

  it('SG-12 SG-13 of many senders nothing is lost and each one\'s order holds', async () => {
    const system = testSystem();
    const to = await listener(system);
    const senders = 40;
    for (let s = 0; s < senders; s++) {
      system.spawn(async (self) => {
        for (let i = 0; i < 50; i++) {
          self.send(to.ref, [s, i]);
          if ((i + s) % 7 === 0) await Promise.resolve();
          if ((i + s) % 13 === 0) await settle(1);
        }
      });
    }
    await until(() => to.seen.length >= senders * 50);
    const seen = to.seen as [number, number][];
    expect(seen.length).toBe(senders * 50);
    for (let s = 0; s < senders; s++) {
      expect(seen.filter(([from]) => from === s).map(([, i]) => i))
        .toEqual(Array.from({ length: 50 }, (_, i) => i));
    }
  });
});
