import { describe, expect, it } from 'vitest';
import { defineAgent } from '../../../../src/index.js';
import { via, type ViaProvider } from '../../../../src/behaviour/names/public.js';
import { testSystem } from '../../../support/system.js';
import { idler, settle } from '../../../process/peers.js';

const Agent = defineAgent({ name: 'Agent', calls: { who: (self) => self.pid }, info: () => undefined });

describe('a ref by a via name', () => {
  it('RG-06 a provider with send delivers plain messages itself; a failure there is a dead letter', async () => {
    const system = testSystem();
    const mail: unknown[] = [];
    const provider: ViaProvider<string> = {
      registerName: () => true, unregisterName: () => undefined, whereisName: () => undefined,
      send: (key, message) => { if (message === 'bad') throw new Error('no post'); mail.push([key, message]); },
    };
    const { self } = await idler(system);
    const ref = system.ref(Agent, via(provider, 'box'));
    system.send(via(provider, 'box'), 1);
    self.send(via(provider, 'box'), 2);
    ref.send(3);
    self.bind(ref).send(4);
    ref.send('bad');
    expect(mail).toEqual([['box', 1], ['box', 2], ['box', 3], ['box', 4]]);
    expect(system.deadLetters.list()).toEqual([expect.objectContaining(
      { to: 'via box', payload: 'bad', reason: expect.objectContaining({ message: 'no post' }) },
    )]);
  });
});

describe('a ref by a via name that is bound', () => {
  it('is one still: its plain messages go by the provider, its calls to the owner of the name', async () => {
    const system = testSystem();
    const owner = system.start(Agent);
    const mail: unknown[] = [];
    const provider: ViaProvider<string> = {
      registerName: () => true, unregisterName: () => undefined, whereisName: () => owner.pid,
      send: (key, message) => { mail.push([key, message]); },
    };
    const { ref: sender, self } = await idler(system);
    const twice = self.bind(self.bind(system.ref(Agent, via(provider, 'box'))));
    twice.send('hello');
    expect(mail).toEqual([['box', 'hello']]);
    expect(await twice.call('who')).toBe(owner.pid);
    expect(twice.pid).toBe(owner.pid);
    system.exit(sender, 'kill');
    twice.send('from the dead');
    expect(mail, 'P16').toHaveLength(1);
    expect(system.stats().zombies).toBe(1);
  });

  it('of a provider that has no send goes to the mailbox of the owner', async () => {
    const system = testSystem();
    const seen: unknown[] = [];
    const owner = system.start(defineAgent({ info: (_self, message) => { seen.push(message); } }));
    const provider: ViaProvider<string> = {
      registerName: () => true, unregisterName: () => undefined,
      whereisName: (key) => (key === 'here' ? owner.pid : undefined),
    };
    system.ref(Agent, via(provider, 'here')).send('hello');
    system.ref(Agent, via(provider, 'gone')).send('lost');
    await settle();
    expect(seen).toEqual(['hello']);
    expect(system.deadLetters.list()).toMatchObject([{ to: 'via gone', payload: 'lost', reason: 'noproc' }]);
  });
});
