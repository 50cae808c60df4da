import { describe, expect, it } from 'vitest';
import { defineAgent, OptionError, type ProcessSelf } from '../../../../src/index.js';
import { settleTurn, testSystem } from '../../../support/system.js';
import { idler } from '../../../process/peers.js';

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
      (resolve) => { self.spawn((child: ProcessSelf) => resolve([child.parent, child.label]), {
        label: 'worker 1',
      }); },
    );
    expect(parent).toEqual([self.pid, 'worker 1']);
    self.label = 'busy';
    expect([self.label, system.inspect(self.pid)?.label]).toEqual(['busy', 'busy']);
    self.label = undefined;
    expect(system.inspect(self.pid)?.label).toBeUndefined();
    expect(() => { self.label = 7 as never; }).toThrow("label: got 7, expected a text, or undefined for none");
  });
});
