import { describe, expect, it } from 'vitest';
import type { Alias, System } from '../../../src/index.js';
import { testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { idler, listener, settle, type Listener } from '../peers.js';

async function two(
  options: Parameters<typeof testSystem>[0] = {},
): Promise<{ readonly system: System; readonly a: Listener; readonly b: Listener }> {
  const system = testSystem(options);
  return { system, a: await listener(system), b: await listener(system) };
}

describe('aliases', () => {
  it('AL-01 an alias leads to its creator while it is active; then a message reaches nobody', async () => {
    const { system, a, b } = await two();
    const alias = a.self.alias();
    b.self.send(alias, 'one');
    system.send(alias, 'two');
    await settle();
    expect(a.seen).toEqual(['one', 'two']);
    expect(a.self.unalias(alias)).toBe(true);
    expect(alias.active).toBe(false);
    b.self.send(alias, 'three');
    await settle();
    expect(a.seen).toEqual(['one', 'two']);
    expect(system.deadLetters.list().map((letter) => [letter.payload, letter.from]))
      .toEqual([['three', b.ref.pid]]);
  });

  it('AL-01 it is gone with its creator, and a timer may be addressed to it', async () => {
    const env = new VirtualEnv();
    const { system, a, b } = await two({ env });
    const alias = a.self.alias();
    b.self.sendAfter(10, 'tick', alias);
    await env.advance(10);
    expect(a.seen).toEqual(['tick']);
    b.self.sendAfter(10, 'too late', alias);
    system.exit(a.ref, 'kill');
    expect(alias.active).toBe(false);
    b.self.send(alias, 'nobody');
    await env.advance(20);
    expect(a.seen).toEqual(['tick']);
    expect(system.deadLetters.total).toBe(1);
  });

  it('AL-01 nobody links to or monitors an alias', async () => {
    const { a, b } = await two();
    const alias = a.self.alias();
    for (const verb of ['link', 'unlink', 'monitor'] as const) {
      expect(() => b.self[verb](alias)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
    }
    expect(() => a.self.alias({ reply: 1 } as never)).toThrow(expect.objectContaining({ name: 'OptionError' }));
  });

  it('AL-02 unalias says true once, then false; only the owner can', async () => {
    const { a, b } = await two();
    const alias = a.self.alias();
    expect(b.self.unalias(alias)).toBe(false);
    expect(alias.active).toBe(true);
    expect([a.self.unalias(alias), a.self.unalias(alias)]).toEqual([true, false]);
    expect(() => a.self.unalias({} as Alias)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
  });

  it('AL-03 a reply alias is over with the first message through it', async () => {
    const { system, a, b } = await two();
    const alias = a.self.alias({ reply: true });
    b.self.send(alias, 'first');
    expect(alias.active).toBe(false);
    b.self.send(alias, 'second');
    await settle();
    expect(a.seen).toEqual(['first']);
    expect(a.self.unalias(alias)).toBe(false);
    expect(system.deadLetters.total).toBe(1);
  });

  it('AL-04 explicit_unalias: neither the Down nor demonitor switches it off', async () => {
    const { system, a, b } = await two();
    const p = await idler(system);
    const [first, second] =
      [a.self.monitor(p.ref, {
        alias: 'explicit_unalias',
      }), a.self.monitor(p.ref, { alias: 'explicit_unalias' })];
    a.self.demonitor(first);
    system.exit(p.ref, 'gone');
    await settle();
    expect(a.seen.length).toBe(1);
    for (const { alias } of [first, second]) b.self.send(alias as Alias, 'through');
    await settle();
    expect(a.seen.slice(1)).toEqual(['through', 'through']);
    expect(a.self.unalias(first.alias as Alias)).toBe(true);
  });

  it('AL-05 demonitor: the Down or demonitor switches it off, a message does not', async () => {
    const { system, a, b } = await two();
    const p = await idler(system);
    const [removed, fired] =
      [a.self.monitor(p.ref, { alias: 'demonitor' }), a.self.monitor(p.ref, { alias: 'demonitor' })];
    for (const message of [1, 2]) b.self.send(removed.alias as Alias, message);
    await settle();
    expect(a.seen).toEqual([1, 2]);
    a.self.demonitor(removed);
    system.exit(p.ref, 'gone');
    expect([removed.alias?.active, fired.alias?.active]).toEqual([false, false]);
    expect(a.self.unalias(fired.alias as Alias)).toBe(false);
  });

  it('AL-05 of a process that is dead already it is inactive from the start', async () => {
    const { system, a } = await two();
    const p = await idler(system);
    system.exit(p.ref, 'gone');
    expect(a.self.monitor(p.ref, { alias: 'demonitor' }).alias?.active).toBe(false);
  });

  it(
    'AL-06 reply_demonitor: the first message through it ends alias and monitor, no Down follows',
    async () => {
      const { system, a, b } = await two();
      const p = await idler(system);
      const ref = a.self.monitor(p.ref, { alias: 'reply_demonitor' });
      b.self.send(ref.alias as Alias, 'reply');
      b.self.send(ref.alias as Alias, 'again');
      expect(system.inspect(a.ref)?.monitors).toEqual([]);
      expect(a.self.demonitor(ref, { info: true })).toBe(false);
      system.exit(p.ref, 'gone');
      await settle();
      expect(a.seen).toEqual(['reply']);
    },
  );

  it('AL-06 unalias leaves the monitor', async () => {
    const { system, a } = await two();
    const p = await idler(system);
    const ref = a.self.monitor(p.ref, { alias: 'reply_demonitor' });
    expect(a.self.unalias(ref.alias as Alias)).toBe(true);
    expect(system.inspect(a.ref)?.monitors).toEqual([p.ref.pid]);
    system.exit(p.ref, 'gone');
    await settle();
    expect(a.seen).toEqual([expect.objectContaining({ tag: 'DOWN', reason: 'gone' })]);
  });

  it('AL-07 what is in the queue survives unalias; either end is fine for what was just sent', async () => {
    const { system, a, b } = await two();
    const seen: unknown[] = [];
    const p = system.spawn(async (self) => {
      const alias = self.alias();
      a.self.send(a.ref, alias);
      await self.receive((message) => message === 'go');
      self.unalias(alias);
      seen.push(await self.receive(undefined, { timeoutMs: 0 }));
    });
    await settle();
    b.self.send(a.seen[0] as Alias, 'queued');
    await settle();
    p.send('go');
    await system.monitor(p).down;
    expect(seen).toEqual(['queued']);
  });

  it('AL-08 demonitor of an alias, and of one whose monitor has fired, is a no-op', async () => {
    const { system, a, b } = await two();
    const p = await idler(system);
    const pure = a.self.alias();
    const ref = a.self.monitor(p.ref, { alias: 'explicit_unalias' });
    system.exit(p.ref, 'gone');
    await settle();
    expect([
      a.self.demonitor(pure), a.self.demonitor(pure, { info: true }), a.self.demonitor(ref),
      a.self.demonitor(ref, { info: true }),
    ]).toEqual([true, false, true, false]);
    b.self.send(pure, 'one');
    b.self.send(ref.alias as Alias, 'two');
    await settle();
    expect(a.seen.slice(1)).toEqual(['one', 'two']);
  });
});
