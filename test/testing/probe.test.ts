import { describe, expect, it } from 'vitest';
import { defineAgent } from '../../src/index.js';
import { probe, simulate } from '../../src/testing/index.js';
import { testSystem } from '../support/system.js';

const Door = defineAgent({
  name: 'door', calls: { open: (_self, key: string): string => key }, casts: { knock() {} },
});

describe('a probe', () => {
  it('takes the oldest message that fits, leaves the others, and records all', async () => {
    const system = testSystem();
    const inbox = probe(system, { name: 'inbox' });
    for (const text of ['a', 'b', 'c']) system.send('inbox', { text });
    expect((await inbox.expect({ text: 'b' })).message).toEqual({ text: 'b' });
    expect((await inbox.expect((message) => (message as { text: string }).text !== 'x')).message).toEqual(
      { text: 'a' },
    );
    expect(inbox.messages.map(({ message }) => message)).toEqual([{ text: 'a' }, { text: 'b' }, { text: 'c' }]);
    await expect(inbox.expectNone()).rejects.toMatchObject({ code: 'EXPECTATION_FAILED' });
  });

  it('stands in for an agent: takes its calls, answers, refuses, and fails them when it ends', async () => {
    const system = testSystem();
    const door = probe(system, { as: Door, name: 'door' });
    const ref = system.ref(Door, 'door');
    const first = ref.call('open', 'k');
    const asked = await door.expectOp('open');
    expect(asked).toMatchObject({ kind: 'call', op: 'open', message: 'k', from: undefined });
    expect(asked.reply('open')).toBe(true);
    expect(asked.reply('again')).toBe(false);
    expect(await first).toBe('open');
    const second = ref.tryCall('open', 'x');
    (await door.expectOp('open')).refuse('WRONG');
    expect(await second).toMatchObject({ ok: false, error: { code: 'REFUSED', refusal: 'WRONG' } });
    ref.cast('knock');
    expect((await door.expectOp('knock')).kind).toBe('cast');
    const third = ref.tryCall('open', 'y');
    await door.expectOp('open');
    door.stop('gone');
    expect(await third).toMatchObject({ ok: false, error: { code: 'EXIT', reason: 'gone' } });
    expect(door.alive).toBe(false);
  });

  it('hears of ends, and says what it received instead of what was expected, in virtual time', async () => {
    await simulate(1, async (sim) => {
      const watcher = sim.probe();
      const worker = sim.system.spawn(async (self) => { await self.receive(); self.exit('done'); });
      watcher.self.monitor(worker);
      watcher.self.link(worker);
      watcher.send(worker, 'go');
      sim.equal((await watcher.expectDown(worker)).reason, 'done', 'Down');
      sim.equal((await watcher.expectExit(worker)).reason, 'done', 'Exit');
      await watcher.expectNone(() => true, { withinMs: 1_000_000 });
      sim.system.send(watcher.pid, 'something else');
      const before = sim.nowMs;
      const text = await watcher.expect('hello', { withinMs: 500 }).then(
        () => 'no', (error: Error) => error.message,
      );
      sim.equal(sim.nowMs - before, 500, 'it waited as long as it was told');
      sim.always(text.includes('expected hello within 500 ms') && text.includes('something else'), text);
    });
  });

  it('refuses a taken name and leaves nothing behind', () => {
    const system = testSystem();
    probe(system, { name: 'one' });
    expect(() => probe(system, { name: 'one' }))
      .toThrow(expect.objectContaining({ code: 'ALREADY_REGISTERED' }));
    expect(system.stats().processes).toBe(1);
  });
});
