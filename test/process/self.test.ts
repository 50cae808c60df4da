import { describe, expect, it } from 'vitest';
import type { Down} from '../../src/index.js';
import { defineAgent, OptionError, type ProcessSelf } from '../../src/index.js';
import { settleTurn, testSystem } from '../support/system.js';
import { idler, listener, settle } from './peers.js';

describe('what a process knows of itself', () => {
  it('PR-07 self is right in everything that runs on behalf of a process: after awaits, in callbacks, beside others', async () => {
    const system = testSystem();
    const Worker = defineAgent({
      init: (name: string) => ({ name }),
      calls: {
        async who(self) {
          const before = self.pid;
          await settleTurn();
          await Promise.all([
            Promise.resolve().then(() => self.send('nobody', self.state.name)),
            settleTurn().then(() => self.send('nobody', self.state.name)),
          ]);
          return [before, self.pid, self.ref.pid];
        },
      },
    });
    const workers = ['a', 'b'].map((name) => system.start(Worker, name));
    const answers = await Promise.all(workers.map((worker) => worker.call('who')));
    expect(answers).toEqual(workers.map((worker) => [worker.pid, worker.pid, worker.pid]));
    const letters = system.deadLetters.list();
    expect(letters).toHaveLength(4);
    for (const letter of letters) expect(letter.from).toBe(workers[letter.payload === 'a' ? 0 : 1]?.pid);
  });

  it('PR-13 the dictionary belongs to one process, is not inherited, and vanishes with it', async () => {
    const system = testSystem();
    const { self, ref } = await idler(system);
    self.dictionary.set('key', 1).set('other', 2);
    self.dictionary.delete('other');
    expect([...self.dictionary]).toEqual([['key', 1]]);
    const inherited = await new Promise((resolve) => {
      self.spawn((child: ProcessSelf) => resolve([...child.dictionary]));
    });
    expect(inherited).toEqual([]);
    const other = await idler(system);
    expect([...other.self.dictionary]).toEqual([]);
    system.exit(ref, 'kill');
    expect([...self.dictionary], 'a dead incarnation reads nothing').toEqual([]);
    self.dictionary.set('key', 3);
    expect([...self.dictionary], 'and writes nothing').toEqual([]);
  });

  it('PR-14 the group leader is inherited from the spawner and can be changed', async () => {
    const system = testSystem();
    const lead = await idler(system);
    const { self } = await idler(system);
    const leaderOf = (spawner: ProcessSelf): Promise<unknown> =>
      new Promise((resolve) => { spawner.spawn((child) => resolve(child.groupLeader)); });
    expect(self.groupLeader).toBeUndefined();
    expect(await leaderOf(self)).toBeUndefined();
    self.groupLeader = lead.ref;
    expect(self.groupLeader).toBe(lead.ref.pid);
    expect(await leaderOf(self)).toBe(lead.ref.pid);
    expect(system.inspect(self.pid)?.groupLeader).toBe(lead.ref.pid);
    expect(() => { self.groupLeader = 'nobody'; }).toThrow(OptionError);
    expect(self.groupLeader).toBe(lead.ref.pid);
  });

  it('PR-15 parent and label are readable, the label can be set', async () => {
    const system = testSystem();
    const { self } = await idler(system);
    expect([self.parent, self.label]).toEqual([undefined, undefined]);
    const parent = await new Promise(
      (resolve) => { self.spawn((child: ProcessSelf) => resolve([child.parent, child.label]), { label: 'worker 1' }); },
    );
    expect(parent).toEqual([self.pid, 'worker 1']);
    self.label = 'busy';
    expect([self.label, system.inspect(self.pid)?.label]).toEqual(['busy', 'busy']);
    self.label = undefined;
    expect(system.inspect(self.pid)?.label).toBeUndefined();
    expect(() => { self.label = 7 as never; }).toThrow("label: got 7, expected a text, or undefined for none");
  });
});

describe('spawn options', () => {
  it('PR-10 link, monitor with alias and tag, level, name and label are taken', async () => {
    const system = testSystem();
    const a = await listener(system);
    const { ref, monitor } = a.self.spawn(
      (child) => child.receive(),
      { link: false, monitor: { alias: 'demonitor', tag: 'WORKER' }, level: 'high', name: 'worker', label: 'w' },
    );
    expect(system.inspect(ref)).toMatchObject({ name: 'worker', label: 'w', level: 'high', links: [] });
    expect(monitor.alias?.active).toBe(true);
    ref.send('go');
    await settle();
    expect(a.seen).toMatchObject([{ tag: 'WORKER', pid: ref.pid, reason: 'normal' }]);
    expect(monitor.alias?.active).toBe(false);
  });

  it.each([
    [{ link: 1 }, 'spawn.link: got 1'], [
      { level: 'urgent' }, "spawn.level: got 'urgent'",
    ], [{ monitor: { alias: 'x' } }, "spawn.monitor.alias: got 'x'"],
    [{ monitor: 3 }, 'spawn.monitor: got 3'], [
      { monitor: { tga: 1 } }, 'spawn.monitor.tga',
    ], [{ heap: 1 }, 'spawn.heap'], [{ name: 'a b' }, 'spawn.name'], [{ label: 1 }, 'spawn.label: got 1'],
  ])('PR-10 %j is refused and nothing is spawned', async (options, message) => {
    const system = testSystem();
    const { self } = await idler(system);
    const { spawned, processes } = system.stats();
    expect(() => self.spawn(() => undefined, options as never)).toThrow(message);
    expect(system.inspect(self.pid)?.links).toEqual([]);
    expect(system.stats()).toMatchObject({ spawned, processes });
  });

  it('PR-09 spawn with a monitor is one step: the Down has the real reason, never noproc', async () => {
    const system = testSystem();
    const a = await listener(system);
    for (let i = 0; i < 200; i++) {
      a.self.spawn(() => { throw new Error(`at once ${i}`); }, { link: false, monitor: true });
    }
    await expect.poll(() => a.seen.length, { interval: 5 }).toBe(200);
    expect(a.seen.map((down) => (down as Down).reason)).toEqual(
      Array.from({ length: 200 }, (_, i) => expect.objectContaining({ message: `at once ${i}` })),
    );
  });
});
