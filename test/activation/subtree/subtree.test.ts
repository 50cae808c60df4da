import { describe, expect, it } from 'vitest';
import { defineAgent, type System } from '../../../src/index.js';
import type { MessageAnswer } from '../../../src/activation/public.js';
import type { WakeStep } from '../../../src/api/activation/subtree.js';
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

let starts = 0;
const Slow = defineAgent({
  name: 'Slow',
  async init(address: string) {
    starts++;
    for (let step = 0; step < (address.endsWith('bad') ? 50 : 3); step++) await Promise.resolve();
    if (address.endsWith('bad')) throw new Error('told to');
    return {};
  },
  casts: { note() { /* that is all */ } },
});

function enqueued(system: System, path: string): Promise<MessageAnswer> {
  starts = 0;
  return system.message(system.address(Slow, path), 'later', { op: 'note', enqueue: true });
}

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

  it('Wake all: who was started is woken, also when it has been passivated before that is told', async () => {
    const system = testSystem();
    system.activate(Slow, { residentsMax: 4 });
    for (let n = 0; n < 40; n++) await enqueued(system, `team/${n}`);
    const failed: WakeStep[] = [];
    const report = await system.addresses('team').deliverAll({
      concurrency: 20, progress: (step) => { if (step.result === 'failed') failed.push(step); },
    });
    expect([report, failed]).toEqual([{ woken: 40, resident: 0, failed: 0, unknown: 0 }, []]);
    await system.addresses().whenIdle();
    expectConserved(system.stats());
  });

  it('Wake all: an address whose start is under way counts by that start, for all who wait for it', async () => {
    const system = testSystem();
    await enqueued(system, 'team/ann');
    await enqueued(system, 'team/bad');
    const team = system.addresses('team');
    // The first lists both and starts one; the second starts the other, for which both wait then.
    const reports = [team.deliverAll({ concurrency: 1 }), team.deliverAll()];
    expect(await Promise.all(reports)).toEqual([
      { woken: 1, resident: 0, failed: 1, unknown: 0 }, { woken: 0, resident: 0, failed: 1, unknown: 0 },
    ]);
    expect(starts).toBe(2);
    await settleTurn();
    expectConserved(system.stats());
  });

  it('Wake all: an address in its back-off is failed with the reason, and is started after it', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    system.activate(Slow, { backoff: { baseMs: 1_000, maxMs: 1_000, jitter: 0 } });
    const bad = await enqueued(system, 'team/bad');
    const team = system.addresses('team');
    const told: WakeStep[] = [];
    const look = async (): Promise<void> => {
      const report = team.deliverAll({ progress: (step) => { told.push(step); } });
      await env.settle();
      expect(await report).toEqual({ woken: 0, resident: 0, failed: 1, unknown: 0 });
    };
    for (let n = 0; n < 3; n++) await look();
    expect(told.map(({ reason }) => reason)).toEqual(Array(3).fill(expect.objectContaining({ message: 'told to' })));
    expect(starts, 'the third is in the back-off').toBe(2);
    expect(bad.receipt?.state).toBe('pending');
    await env.advance(1_100);
    expect(starts, 'for what was only enqueued nobody is').toBe(2);
    await look();
    expect(starts).toBe(3);
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
