import { describe, expect, test } from 'vitest';
import { child, defineAgent, supervisor } from '../../src/index.js';
import { expectConserved, settleTurn, testSystem } from '../support/system.js';
import { Gate } from '../supervisor/wait.js';
import { VirtualEnv } from '../support/virtual-env.js';

describe('what a system tells about itself', () => {
  test('stats: the account adds up at every moment, and every outcome is where it belongs', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const gate = new Gate();
    const Agent = defineAgent({
      casts: {
        async hold() { await gate.promise; }, ok: () => undefined,
        crash() { throw new Error('boom'); },
      },
      calls: { refuse: (self) => self.refuse('NO'), ok: () => 1 },
      info: () => undefined,
    });
    const ref = system.start(Agent, { mailbox: { capacity: 6 } });
    ref.cast('hold');
    await settleTurn();
    expect(system.stats()).toMatchObject({ sent: 1, running: 1, queued: 0, handled: 0 });
    ref.cast('ok');
    ref.send('x');
    const refused = ref.tryCall('refuse');
    ref.cast('ok', undefined, { expiresInMs: 1 });
    ref.cast('crash');
    ref.cast('ok');
    ref.cast('ok');
    system.send('nobody', 1);
    expect(system.stats()).toMatchObject({ sent: 9, running: 1, queued: 6, rejected: 1, deadLettered: 1 });
    expectConserved(system.stats());
    await env.advance(1);
    gate.open();
    await refused;
    await settleTurn();
    expect(system.stats()).toMatchObject({
      sent: 9, handled: 5, refused: 1, crashed: 1, expired: 1, rejected: 1, deadLettered: 2,
      queued: 0, running: 0, crashes: 1, exited: 1, callsFailed: 1, deadLettersTotal: 2,
    });
    expectConserved(system.stats());
  });

  test('tree: the forest of live processes by parent, with types, ids, states and restarts', async () => {
    const system = testSystem();
    const gate = new Gate();
    const Worker = defineAgent({
      name: 'worker',
      casts: {
        async hold() { await gate.promise; }, ok: () => undefined,
        crash() { throw new Error('boom'); },
      },
      calls: { begin: (self) => self.start(Leaf).pid },
    });
    const Leaf = defineAgent({ name: 'leaf' });
    await system.supervise({
      name: 'top',
      children: [child('a', Worker), supervisor('sub', { children: [child('b', Worker, { name: 'bee' })] })],
    });
    const plain = system.spawn(async (self) => { await self.receive(); });
    const a = system.ref(Worker, 'a');
    a.cast('crash');
    await settleTurn();
    await a.call('begin');
    a.cast('hold');
    await settleTurn();
    a.cast('ok');
    expect(system.tree()).toMatchObject([
      {
        name: 'top', id: undefined, type: 'supervisor', status: 'idle', restarts: 0, mailbox: 0,
        children: expect.arrayContaining([
          expect.objectContaining({
            id: 'a', name: 'a', type: 'agent', definition: 'worker', status: 'waiting', mailbox: 1, restarts: 1,
            children: [expect.objectContaining({ definition: 'leaf', type: 'agent', id: undefined })],
          }),
          expect.objectContaining({
            id: 'sub', name: undefined, type: 'supervisor',
            children: [expect.objectContaining({ id: 'b', name: 'bee' })],
          }),
        ]),
      },
      { pid: plain.pid, type: 'process', status: 'waiting', children: [] },
    ]);
    gate.open();
    await settleTurn();
  });

  test('tree: a process whose parent has ended is a root', async () => {
    const system = testSystem();
    const parent =
      system.spawn(async (self) => {
        self.spawn(async (inner) => { await inner.receive(); }, { link: false });
      });
    await system.monitor(parent).down;
    expect(system.tree()).toMatchObject([{ type: 'process', children: [] }]);
  });

  test('PF-05 PR-15 inspect: what one process is doing; undefined for the dead and for nobody', async () => {
    const system = testSystem();
    const gate = new Gate();
    const Worker = defineAgent({
      name: 'worker', trapExit: true, casts: { async hold() { await gate.promise; } },
    });
    await system.supervise({ name: 'top', children: [child('a', Worker)] });
    const loose = system.start(Worker, { label: 'the loose one' });
    expect(system.inspect(loose)).toMatchObject({
      status: 'idle', label: 'the loose one', behaviour: 'worker', parent: undefined, ancestors: [], links: [],
      trapExit: true, op: undefined,
    });
    system.ref(Worker, 'a').cast('hold');
    expect(system.inspect('a')?.status).toBe('queued');
    await settleTurn();
    const watch = system.spawn(async (self) => { self.monitor('a'); self.link('a'); await self.receive(); });
    await settleTurn();
    const top = system.whereis('top');
    expect(system.inspect('a')).toMatchObject({
      name: 'a', status: 'waiting', op: 'hold', parent: top, ancestors: ['top'], links: [top, watch.pid],
      monitoredBy: [watch.pid], mailbox: { size: 0, running: 1 },
    });
    expect(system.inspect(watch)?.monitors).toEqual([system.whereis('a')]);
    gate.open();
    await loose.stop();
    expect(system.inspect(loose)).toBeUndefined();
    expect(system.inspect('nobody')).toBeUndefined();
  });

  test('processes and alive', async () => {
    const system = testSystem();
    const Worker = defineAgent({});
    const a = system.start(Worker);
    const b = system.start(Worker);
    const pid = a.pid as string;
    expect(system.processes()).toEqual([a.pid, b.pid]);
    expect(system.alive(pid)).toBe(true);
    await a.stop();
    expect(system.alive(pid)).toBe(false);
    expect(system.processes()).toEqual([b.pid]);
  });

  for (const development of [
    false, true,
  ]) test(`stats of a ref: sampled per definition, or its own histograms with stats: 'full' (${development
    ? 'development'
    : 'production'})`, async () => {
    const system = testSystem({ development });
    const Worker = defineAgent({ calls: { ping: () => 'pong' } });
    const [plain, other, full] = [
      system.start(Worker), system.start(Worker), system.start(Worker, { stats: 'full' }),
    ];
    for (let n = 0; n < 640; n++) await plain.call('ping');
    for (let n = 0; n < 64; n++) await full.call('ping');
    const { waitMs, handleMs } = plain.stats().mailbox;
    expect(waitMs.samples).toBe(10);
    expect(handleMs.samples).toBe(10);
    expect(waitMs.p50).toBeGreaterThan(0);
    expect(waitMs.p99).toBeGreaterThanOrEqual(waitMs.p50);
    expect(full.stats().mailbox.waitMs.samples).toBe(1);
    expect(other.stats()).toMatchObject({ alive: true, mailbox: { sent: 0 } });
  });
});
