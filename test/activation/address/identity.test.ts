import { describe, expect, it } from 'vitest';
import { defineAgent } from '../../../src/index.js';
import { testSystem } from '../../support/system.js';

describe('self.address', () => {
  it('is the address that an agent lives at, from its init on; others have none', async () => {
    const system = testSystem();
    const Agent = defineAgent({
      init() { return { at: this.address }; },
      calls: { where: (self) => [self.state.at, self.address] },
    });
    expect(await system.address(Agent, 'team/ann').call('where')).toEqual(['team/ann', 'team/ann']);
    const named = system.start(Agent, { name: 'bob' });
    expect(await named.call('where')).toEqual([undefined, undefined]);
    const bare = system.start(Agent);
    expect(await bare.call('where')).toEqual([undefined, undefined]);
  });

  it('is none for an agent of another definition under that name; it is for one that was started by hand', async () => {
    const system = testSystem();
    const Agent = defineAgent({ calls: { where: (self) => self.address } });
    const Other = defineAgent({ calls: { where: (self) => self.address } });
    const other = system.start(Other, { name: 'team/ann' });
    const ann = system.address(Agent, 'team/ann');
    expect(await other.call('where')).toBeUndefined();
    await other.stop();
    system.start(Agent, { name: 'team/ann' });
    expect(await ann.call('where')).toBe('team/ann');
  });
});

describe('after the stop of the system', () => {
  it('P6 a send to an address is that to any other ref: nobody is started, and nobody has failed to', async () => {
    const system = testSystem();
    const starts: string[] = [];
    const Agent = defineAgent({
      init: (address: string) => {
        starts.push(address);
        return [] as string[];
      },
      calls: { lines: (self) => self.state },
      casts: { add(self, line: string) { self.state.push(line); } },
    });
    const ann = system.address(Agent, 'ann');
    const other = system.ref(Agent, 'other');
    await system.stop();
    for (const ref of [ann, other]) {
      await expect(ref.call('lines')).rejects.toMatchObject({ code: 'NOPROC' });
      await expect(ref.put('add', 'x')).rejects.toMatchObject({ code: 'NOPROC' });
      await expect(ref.deliver('add', 'x')).rejects.toMatchObject({ code: 'NOPROC' });
      expect(await ref.tryCall('lines')).toMatchObject({ ok: false, error: { code: 'NOPROC' } });
      expect(ref.tryCast('add', 'x')).toBe('dead');
    }
    await expect(ann.call('lines')).rejects.toThrow('the system has stopped');
    await expect(system.message(ann, 'x', { op: 'add' })).rejects.toMatchObject({ code: 'NOPROC' });
    expect(starts).toEqual([]);
  });
});
