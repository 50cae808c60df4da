import { describe, expect, it } from 'vitest';
import { defineAgent } from '../../../src/index.js';
import { expectConserved, settleTurn, testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';

const got: string[] = [];
const Clerk = defineAgent({
  name: 'Clerk',
  init: (address: string) => ({ address }),
  calls: { wait: (_self, what: Promise<void>) => what },
  casts: { note(self, text: string) { got.push(`${self.state.address} ${text}`); } },
  info(self, message) { got.push(`${self.state.address} info:${String(message)}`); },
});
const Guest = defineAgent({ init: () => 0, calls: { n: (self) => self.state }, info: () => undefined });

describe('Hierarchical addresses: subtrees', () => {
  it('lists and sends to all below a prefix who live, and to nobody else', async () => {
    const system = testSystem();
    got.length = 0;
    for (const name of ['team/ann', 'team', 'teams/eve', 'team/x/bob']) system.address(Clerk, name).cast('note', 'hi');
    await system.address(Guest, 'team/guest').call('n');
    system.address(Clerk, 'team/absent');
    const team = system.addresses('team');
    expect((await team.list()).map(({ address, definition }) => `${address} ${String(definition)}`)).toEqual([
      'team Clerk', 'team/ann Clerk', 'team/guest agent', 'team/x/bob Clerk',
    ]);
    got.length = 0;
    expect(team.cast('note', 'all')).toBe(3);
    expect(team.send('ping')).toBe(4);
    await team.whenIdle();
    expect(got.sort()).toEqual(
      ['team', 'team/ann', 'team/x/bob'].flatMap((name) => [`${name} all`, `${name} info:ping`]),
    );
    expect(system.addresses().prefix).toBe('');
    expect(() => system.addresses('a//b')).toThrow(expect.objectContaining({ code: 'BAD_ADDRESS' }));
  });

  it('stops all below a prefix, after what they have queued', async () => {
    const system = testSystem();
    got.length = 0;
    for (const name of ['team/ann', 'team/bob', 'other']) system.address(Clerk, name).cast('note', 'hi');
    expect(await system.addresses('team').stop()).toBe(2);
    expect(got).toContain('team/ann hi');
    expect(system.registered()).toEqual(['other']);
  });
});

describe('Wake all / wait idle', () => {
  it('waits until nobody works, and says who does when time is up', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    let go = (): void => undefined;
    const ann = system.address(Clerk, 'team/ann');
    const work = ann.call('wait', new Promise<void>((resolve) => { go = resolve; }), { timeoutMs: 'infinity' });
    const late = system.addresses('team').whenIdle({ timeoutMs: 50 });
    const patient = system.addresses('team').whenIdle({ timeoutMs: 'infinity' });
    await system.addresses('others').whenIdle();
    await env.advance(60);
    await expect(late).rejects.toMatchObject({ code: 'TIMEOUT', message: expect.stringContaining('team/ann still') });
    go();
    await work;
    await settleTurn();
    await env.advance(10);
    await patient;
  });

  it('P6 is over when the system stops, whoever works', async () => {
    const system = testSystem();
    system.address(Clerk, 'team/ann').call('wait', new Promise<void>(() => undefined)).catch(() => undefined);
    const waits = system.addresses('team').whenIdle({ timeoutMs: 'infinity' });
    await settleTurn();
    await system.stop({ timeoutMs: 5 });
    await Promise.allSettled([waits]);
    expect(await system.addresses('team').list()).toEqual([]);
  });

  it('Wake all / wait idle: deliverAll wakes who has messages that were only enqueued in this life, too', async () => {
    const system = testSystem();
    got.length = 0;
    for (const name of ['team/ann', 'team/bob', 'other']) {
      const { id } = await system.message(system.address(Clerk, name), 'later', { op: 'note', enqueue: true }) as
        { readonly id?: unknown };
      expect(id).toBeDefined();
    }
    system.address(Clerk, 'team/nothing');
    await settleTurn();
    const team = system.addresses('team');
    expect(await team.list()).toEqual([
      { address: 'team/ann', definition: 'Clerk', pid: undefined, pending: 1 },
      { address: 'team/bob', definition: 'Clerk', pid: undefined, pending: 1 },
    ]);
    expect(got).toEqual([]);
    expect(await team.deliverAll()).toEqual({ woken: 2, resident: 0, failed: 0, unknown: 0 });
    await team.whenIdle();
    expect(got.sort()).toEqual(['team/ann later', 'team/bob later']);
    expect(await team.deliverAll()).toEqual({ woken: 0, resident: 0, failed: 0, unknown: 0 });
    await system.stop();
    expectConserved(system.stats());
  });

  it('P39 bad options are refused', async () => {
    const all = testSystem().addresses();
    await expect(all.deliverAll({ concurrency: 0 })).rejects.toMatchObject({ code: 'BAD_OPTION' });
    await expect(all.deliverAll({ progress: 7 } as never)).rejects.toMatchObject({ code: 'BAD_OPTION' });
    expect(() => all.whenIdle({ timeoutMs: -1 })).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
    expect(await all.deliverAll()).toEqual({ woken: 0, resident: 0, failed: 0, unknown: 0 });
  });
});
