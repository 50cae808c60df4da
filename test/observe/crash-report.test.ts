import { describe, expect, test } from 'vitest';
import { prettyText } from '../../src/observe/pretty.js';
import { child, defineAgent, type ProcessSelf, type System } from '../../src/index.js';
import { defineStatem, type StatemStatus } from '../../src/behaviour/statem/public.js';
import { Recorder, settleTurn, testSystem, type Line } from '../support/system.js';
import { rejection } from '../behaviour/help.js';

const boom = new Error('boom');
const crashes = (logger: Recorder): Readonly<Record<string, unknown>>[] =>
  logger.lines.filter((line: Line) => line.text === 'process crashed').map((line) => line.fields);

/** A plain process that waits; hands its self out. */
function waiting(
  system: System, setup: (self: ProcessSelf) => unknown = () => undefined, name?: string,
): Promise<ProcessSelf> {
  return new Promise((resolve) => {
    system.spawn(async function waiter(self) {
      await setup(self);
      resolve(self);
      await self.receive((message) => message === 'end');
    }, name === undefined ? {} : { name });
  });
}

describe('what a crash report tells', () => {
  test('PL-09 all fields of a plain process, and of what waited only the operations', async () => {
    const logger = new Recorder();
    const system = testSystem({ logger });
    const peer = await waiting(system, (self) => self.trapExit(true));
    const p = await waiting(system, (self) => {
      self.label = 'reader';
      self.link(peer.pid);
      self.dictionary.set('page', 'value-secret');
      self.dictionary.set({ key: 'key-secret' }, 1);
    }, 'w');
    for (let n = 0; n < 12; n++) system.send(p.pid, 'payload-secret');
    await settleTurn();
    system.exit(p.pid, 'odd');
    const [report] = crashes(logger);
    expect(report).toMatchObject({
      label: 'process crashed', pid: p.pid, name: 'w', processLabel: 'reader', behaviour: 'process',
      initialCall: 'waiter', reason: 'odd', status: 'waiting', op: undefined, client: undefined,
      queued: 12, messages: Array(10).fill('info'), ancestors: [], links: [
        peer.pid,
      ], dictionaryKeys: ['page', '[object]'], trapExit: false, sensitive: false, reductions: 0, neighbours: [],
    });
    expect(JSON.stringify(report)).not.toContain('secret');
  });

  test('PL-09 lists are cut: 50 links, 10 keys, 10 messages', async () => {
    const logger = new Recorder();
    const system = testSystem({ logger });
    const p = await waiting(system, (self) => {
      for (let n = 0; n < 60; n++) self.spawn((one) => {
        one.trapExit(true);
        return one.receive(() => false);
      });
      for (let n = 0; n < 20; n++) self.dictionary.set(n, n);
    });
    await settleTurn();
    system.exit(p.pid, 'odd');
    const [report] = crashes(logger);
    expect((report?.['links'] as unknown[]).length).toBe(50);
    expect(report?.['dictionaryKeys']).toEqual(Array.from({ length: 10 }, (_, n) => String(n)));
    for (const pid of system.processes()) system.exit(pid, 'kill');
  });

  test('PL-09 PF-04 nothing of the messages and the dictionary of a sensitive process', async () => {
    const logger = new Recorder();
    const system = testSystem({ logger });
    const p = await waiting(
      system, (self) => { self.flag('sensitive', true); self.dictionary.set('card', 1); },
    );
    system.send(p.pid, 'hello');
    await settleTurn();
    system.exit(p.pid, 'odd');
    expect(crashes(logger)).toMatchObject([{ sensitive: true, queued: 1, messages: [], dictionaryKeys: [] }]);
  });

  test('PL-12 it is made, whole, also when user code has emptied the dictionary', async () => {
    const logger = new Recorder();
    const system = testSystem({ logger });
    const Eraser = defineAgent(
      {
        name: 'eraser',
        casts: { end(self) { self.dictionary.set('a', 1); self.dictionary.clear(); throw boom; } },
      },
    );
    await system.supervise({ name: 'top', children: [child('x', Eraser)] });
    system.ref(Eraser, 'x').cast('end');
    await settleTurn();
    expect(crashes(logger)).toMatchObject([{
      name: 'x', behaviour: 'eraser', initialCall: 'eraser', ancestors: ['top'], dictionaryKeys: [], op: 'end',
      err: { name: 'Error', message: 'boom' },
    }]);
  });

  test('PL-10 neighbours: breadth first over links that do not trap, at most 15', async () => {
    const logger = new Recorder();
    const system = testSystem({ logger });
    const behind = await waiting(system, undefined, 'behind-a-trap');
    const trap = await waiting(system, (self) => { self.trapExit(true); self.link(behind.pid); });
    const second = await waiting(system, undefined, 'second');
    const first = await waiting(
      system, (self) => { self.label = 'next to it'; self.link(second.pid); }, 'first',
    );
    const p = await waiting(system, (self) => { self.link(first.pid); self.link(trap.pid); });
    system.send(first.pid, 'hello');
    await settleTurn();
    const lonely =
      await waiting(system, (self) => {
        for (let n = 0; n < 30; n++) self.spawn((one) => one.receive(() => false));
      });
    await settleTurn();
    system.exit(p.pid, 'odd');
    expect(crashes(logger)[0]?.['neighbours']).toMatchObject([
      {
        pid: first.pid, name: 'first', processLabel: 'next to it', behaviour: 'process', initialCall: 'waiter',
        status: 'waiting', queued: 1, ancestors: [],
      },
      { pid: second.pid, name: 'second', queued: 0 },
    ]);
    logger.lines.length = 0;
    system.exit(lonely.pid, 'odd');
    expect((crashes(logger)[0]?.['neighbours'] as unknown[]).length).toBe(15);
    system.exit(trap.pid, 'kill');
  });
});

describe('what an agent adds', () => {
  const Plain =
    defineAgent({
      name: 'plain', init: () => ({ token: 'state-secret' }),
      calls: { crash(): void { throw boom; } },
    });

  test('GS-41 the client whose call was handled, by name, by pid and definition, or outside', async () => {
    const logger = new Recorder();
    const system = testSystem({ logger });
    const Client = defineAgent({ calls: { async ask(
      self, pid: string,
    ) { return self.call(system.ref(Plain, pid), 'crash').then(() => 'fine', () => 'failed'); } } });
    await system.start(Client, { name: 'alice' }).call('ask', system.start(Plain).pid as string);
    const nameless = system.start(Client);
    await nameless.call('ask', system.start(Plain).pid as string);
    await rejection(system.start(Plain).call('crash'));
    expect(crashes(logger).map((one) => [one['op'], one['client']])).toEqual(
      [['crash', 'alice'], ['crash', `${nameless.pid} (agent)`], ['crash', 'outside']],
    );
    expect(crashes(logger).every((one) => !('state' in one))).toBe(true);
  });

  test('the operations of a definition that was given no name, and of no other', async () => {
    const logger = new Recorder();
    const system = testSystem({ logger });
    const calls = { crash(): void { throw boom; }, more: () => 1 };
    const casts = { a: () => undefined, b: () => undefined, c: () => undefined, d: () => undefined };
    const starts = [
      defineAgent({ calls, casts }), defineAgent({ name: 'desk', calls, casts }),
      defineAgent({ calls, formatStatus: ({ reason }) => ({ reason }) }),
    ].map((definition) => system.start(definition));
    for (const ref of starts) await rejection(ref.call('crash'));
    expect(crashes(logger).map((one) => [one['behaviour'], one['operations']])).toEqual([
      ['agent', ['crash', 'more', 'a', 'b', 'c']], ['desk', undefined], ['agent', ['crash', 'more']],
    ]);
    const [, text] = /: (.*)\n/.exec(
      prettyText(0, 'error', crashes(logger)[2] as object, 'process crashed'),
    ) ?? [];
    expect(text).toBe(`${String(starts[2]?.pid ?? crashes(logger)[2]?.['pid'])} (agent with crash, more)`);
  });

  test('GS-42 formatStatus filters state and reason in the report; without it the state is not shown at all', async () => {
    const logger = new Recorder();
    const system = testSystem({ logger });
    const Shows = defineAgent({
      name: 'shows',
      init: () => ({ token: 'state-secret', size: 3 }),
      casts: { crash() { throw new Error('reason-secret'); } },
      formatStatus: (status) => ({
        ...('state' in status ? { state: { size: status.state?.size } } : {}),
        ...('reason' in status ? { reason: 'hidden reason' } : {}), ...('log' in status ? { log: [] } : {}),
      }),
    });
    system.start(Shows).cast('crash');
    await settleTurn();
    expect(crashes(logger)).toMatchObject([{ state: { size: 3 }, reason: 'hidden reason', err: undefined }]);
    expect(JSON.stringify(logger.lines)).not.toContain('secret');
  });

  for (const [how, formatStatus] of [
    ['throws', () => { throw boom; }], ['returns junk', () => 7], ['forgets the keys', () => ({})],
  ] as const) {
    test(`GS-42 a formatStatus that ${how}: neither the raw state nor the raw reason is shown, and the report is made`, async () => {
      const logger = new Recorder();
      const system = testSystem({ logger });
      const Agent = defineAgent({
        name: 'odd', init: () => ({ token: 'state-secret' }),
        casts: { crash() { throw new Error('reason-secret'); } },
        formatStatus: formatStatus as never,
      });
      system.start(Agent).cast('crash');
      await settleTurn();
      expect(crashes(logger)).toHaveLength(1);
      expect(typeof crashes(logger)[0]?.['state']).toBe('string');
      expect(JSON.stringify(logger.lines)).not.toContain('secret');
    });
  }

  test('GS-42 a formatStatus that ends its own agent ends it once', async () => {
    const logger = new Recorder();
    const system = testSystem({ logger });
    let pid = '';
    let asked = 0;
    const Agent = defineAgent({
      init() { pid = this.pid; return {}; }, casts: { crash() { throw boom; } },
      formatStatus: (status) => { if (asked++ === 0) system.exit(pid, 'kill'); return status; },
    });
    const ref = system.start(Agent);
    const { down } = system.monitor(ref);
    ref.cast('crash');
    expect((await down).reason).toBe('killed');
    expect(system.stats()).toMatchObject({ processes: 0, exited: 1, crashes: 1 });
  });

  test('GS-42 an agent that fails in its init has no state to show; a sensitive one shows none', async () => {
    const logger = new Recorder();
    const system = testSystem({ logger });
    const seen: string[][] = [];
    const Agent = defineAgent({
      init(fails: boolean) { this.flag('sensitive', true); if (fails) throw boom; return { n: 1 }; },
      casts: { crash() { throw boom; } },
      formatStatus: (status) => { seen.push(Object.keys(status)); return status; },
    });
    expect(() => system.start(Agent, true)).toThrow();
    system.start(Agent, false).cast('crash');
    await settleTurn();
    expect(seen).toEqual([['reason'], ['reason']]);
    expect(crashes(logger).map((one) => 'state' in one)).toEqual([false, false]);
  });

  test('GS-42 the reason of a state machine is formatted too', async () => {
    const logger = new Recorder();
    const system = testSystem({ logger });
    const Door = defineStatem({
      name: 'door', init: () => ({ state: 'open', data: { code: 'data-secret' } }),
      states: { open: { casts: { crash() { throw new Error('reason-secret'); } } } },
      formatStatus: (status): StatemStatus =>
        ({ ...status, data: 'hidden', ...('reason' in status ? { reason: 'hidden reason' } : {}) }),
    });
    system.start(Door).cast('crash');
    await settleTurn();
    expect(crashes(logger)).toMatchObject([{ reason: 'hidden reason' }]);
    expect(JSON.stringify(logger.lines)).not.toContain('secret');
  });
});
