import { describe, expect, it } from 'vitest';
import { child, Exit, type System } from '../../../src/index.js';
import {
  defineEventHandler, EventManager, HandlerExit, type AnyEventHandler, type HandlerEnd,
} from '../../../src/behaviour/event/public.js';
import { idler, listener } from '../../process/peers.js';
import { Recorder, settleTurn, testSystem } from '../../support/system.js';
import { callFailure, Gate } from '../help.js';

const boom = new Error('boom');

/** A handler that keeps a common log: who was told what. */
function defineWitness(log: unknown[][]) {
  return defineEventHandler({
    name: 'witness',
    init: (who: string) => ({ who, count: 0 }),
    event(self, event: unknown) {
      self.state.count++;
      log.push([self.state.who, event]);
      if (event === 'crash') throw boom;
      if (event === 'remove') self.remove();
      if (event === 'crash late') return settleTurn().then(() => { throw boom; });
      return undefined;
    },
    calls: {
      count: (self) => self.state.count,
      add: (self, n: number) => (self.state.count += n),
      crash() { throw boom; },
      refuse: (self) => self.refuse('NO', { why: 1 }),
      remove(self) { self.remove(); return 'bye'; },
    },
    info(
      self, message,
    ) { log.push([self.state.who, 'info', message instanceof Exit ? ['EXIT', message.reason] : message]); },
    terminate(self, why) { log.push([self.state.who, 'terminate', why]); return { last: self.state.count }; },
  });
}

function manager(system: System) {
  const log: unknown[][] = [];
  const Witness = defineWitness(log);
  const events = system.ref(EventManager, system.start(EventManager));
  const take = (): unknown[][] => log.splice(0);
  return { system, log, take, Witness, events };
}

describe('event managers: events', () => {
  it('GE-01 the manager traps exits: a linked process that crashes does not end it, the handlers are told', async () => {
    const { system, events, Witness, take } = manager(testSystem());
    await events.addHandler(Witness, 'a');
    const peer = await idler(system);
    peer.self.link(events.ref);
    system.exit(peer.ref, 'bang');
    await settleTurn();
    expect(events.pid).toBeDefined();
    expect(system.inspect(events.ref)).toMatchObject({ trapExit: true });
    expect(take()).toEqual([['a', 'info', ['EXIT', 'bang']]]);
  });

  it('GE-02 the newest handler is called first; one id may be added twice, and delete takes the newest of it', async () => {
    const { events, Witness, take } = manager(testSystem());
    await events.addHandler(Witness, 'plain');
    await events.addHandler(Witness.as('x'), 'x old');
    await events.addHandler(Witness.as('x'), 'x new');
    await events.addHandler(Witness.as('y'), 'y');
    await events.syncNotify('e');
    expect(take()).toEqual([['y', 'e'], ['x new', 'e'], ['x old', 'e'], ['plain', 'e']]);
    expect(await events.whichHandlers())
      .toEqual(['y', 'x', 'x', undefined].map((id) => ({ handler: Witness, id })));
    await events.deleteHandler(Witness.as('x'));
    expect(take()).toEqual([['x new', 'terminate', { because: 'deleted', args: undefined }]]);
    expect((await events.whichHandlers()).map((one) => one.id)).toEqual(['y', 'x', undefined]);
  });

  it('GE-03 notify is asynchronous and never fails for a dead manager; syncNotify returns after all handlers ran', async () => {
    const { events, Witness, take } = manager(testSystem());
    const gate = new Gate();
    const Slow = defineEventHandler({ async event() { await gate.promise; take(); } });
    await events.addHandler(Witness, 'a');
    events.notify(1);
    expect(take()).toEqual([]);
    await events.whichHandlers();
    expect(take()).toEqual([['a', 1]]);
    await events.addHandler(Slow);
    let done = false;
    const sync = events.syncNotify(2).then(() => { done = true; });
    await settleTurn();
    expect([done, take()]).toEqual([false, []]);
    gate.open();
    await sync;
    expect(take()).toEqual([['a', 2]]);
    await events.stop();
    events.notify(3);
    expect(await callFailure(events.syncNotify(3))).toMatchObject({ code: 'NOPROC' });
  });

  it('GE-04 a handler that crashes is removed through terminate, alone, and reported; sync, async and in a call', async () => {
    const logger = new Recorder();
    const { events, Witness, take } = manager(testSystem({ logger }));
    const Faint = defineEventHandler({ event(_self, event: unknown) { if (event === 'crash') throw boom; } });
    for (const crash of ['crash', 'crash late', 'call'] as const) {
      await events.addHandler(Witness.as('b'), 'b');
      if (crash === 'call') expect(await callFailure(events.call(Witness.as('b'), 'crash'))).toMatchObject(
        { code: 'REFUSED', refusal: 'handler_crashed', details: { reason: boom } },
      );
      else await events.syncNotify(crash);
      expect(take().at(-1)).toEqual(['b', 'terminate', { because: 'crashed', reason: boom }]);
      expect(await events.whichHandlers(), 'no terminate is no trouble').toEqual([]);
    }
    await events.addHandler(Faint);
    await events.addHandler(Witness, 'a');
    await events.syncNotify('crash');
    expect(await events.whichHandlers()).toEqual([]);
    await events.addHandler(Witness, 'survivor');
    await events.addHandler(Faint);
    await events.syncNotify('harmless');
    expect(logger.lines.filter((line) => line.text === 'event handler crashed').map(
      (line) => [line.fields['handler'], line.fields['op']],
    )).toEqual(
      [['witness', 'event'], [
        'witness', 'event',
      ], ['witness', 'crash'], ['witness', 'event'], ['handler', 'event']],
    );
  });

  it('GE-04 a crashed handler sees in terminate the state of its last completed callback, and the others their event', async () => {
    const { events, Witness, take } = manager(testSystem());
    const seen: unknown[] = [];
    const Assigning = defineEventHandler({
      init: () => ({ n: 0 }),
      event(self, event: unknown) { self.state = { n: self.state.n + 1 }; if (event === 'crash') throw boom; },
      terminate(self) { seen.push(self.state.n); },
    });
    await events.addHandler(Witness, 'older');
    await events.addHandler(Assigning);
    await events.syncNotify('one');
    events.notify('crash');
    await events.whichHandlers();
    expect(seen).toEqual([1]);
    expect(take().map((line) => line[1])).toEqual(['one', 'crash', 'terminate']);
  });

  it('GE-05 a handler that removes itself is told removed', async () => {
    const { events, Witness, take } = manager(testSystem());
    await events.addHandler(Witness, 'a');
    await events.syncNotify('remove');
    expect(take()).toEqual([['a', 'remove'], ['a', 'terminate', { because: 'removed' }]]);
    await events.addHandler(Witness, 'b');
    expect(await events.call(Witness, 'remove'), 'also from a call, with a last reply').toBe('bye');
    expect(await events.whichHandlers()).toEqual([]);
  });

  it('GE-06 delete gives what terminate returned; unknown handlers are refused, in delete and in call', async () => {
    const { events, Witness, take } = manager(testSystem());
    await events.addHandler(Witness.as(1), 'a');
    await events.syncNotify('e');
    expect(await events.deleteHandler(Witness.as(1), 'args')).toEqual({ last: 1 });
    expect(take().at(-1)).toEqual(['a', 'terminate', { because: 'deleted', args: 'args' }]);
    expect(await callFailure(events.deleteHandler(Witness.as(1)))).toMatchObject(
      { code: 'REFUSED', refusal: 'module_not_found' },
    );
    expect(await callFailure(events.call(Witness, 'count')))
      .toMatchObject({ code: 'REFUSED', refusal: 'bad_module' });
    const Broken = defineEventHandler({ terminate() { throw boom; } });
    await events.addHandler(Broken);
    expect(await callFailure(events.deleteHandler(Broken))).toMatchObject(
      { refusal: 'terminate_failed', details: { reason: boom } },
    );
    expect(await events.whichHandlers()).toEqual([]);
  });

  it('calls are typed, reach one handler, and may refuse', async () => {
    const { events, Witness } = manager(testSystem());
    await events.addHandler(Witness.as(1), 'a');
    await events.addHandler(Witness.as(2), 'b');
    expect(await events.call(Witness.as(1), 'add', 5)).toBe(5);
    const count: number = await events.call(Witness.as(2), 'count');
    expect(count).toBe(0);
    expect(await callFailure(events.call(Witness.as(1), 'refuse'))).toMatchObject(
      { refusal: 'NO', details: { why: 1 } },
    );
    expect(await events.call(Witness.as(1), 'count'), 'a refusal is no crash').toBe(5);
    expect(() => events.call(Witness, 'nothing' as never)).toThrow(/unknown operation/);
    expect(() => events.addHandler({} as AnyEventHandler)).toThrow(/addHandler: got/);
    expect(() => defineEventHandler({ events: 1 } as never)).toThrow(/defineEventHandler.events/);
    expect(() => defineEventHandler({ info: 1 } as never)).toThrow(/defineEventHandler.info: got 1/);
  });
});

describe('event managers: installing', () => {
  it('GE-07 a swap hands the result of terminate to the new init', async () => {
    const { events, Witness, take } = manager(testSystem());
    const told: unknown[] = [];
    const Next =
      defineEventHandler({
        init(n: number) { told.push(n, this.swapped, this.id); }, event() { told.push('event'); },
      });
    await events.addHandler(Witness, 'old');
    await events.syncNotify('e');
    await events.swapHandler(Witness, 'why', Next.as('id'), 7);
    expect(take().at(-1)).toEqual(['old', 'terminate', { because: 'swapped', args: 'why' }]);
    expect(told.splice(0)).toEqual([7, { found: true, result: { last: 1 } }, 'id']);
    expect(await events.whichHandlers()).toEqual([{ handler: Next, id: 'id' }]);
    await events.swapHandler(Witness, 'why', Next, 8);
    expect(told, 'the old one is missing: installed all the same').toEqual(
      [8, { found: false, result: 'error' }, undefined],
    );
    expect(await events.whichHandlers()).toHaveLength(2);
  });

  it('GE-07 a handler may swap itself, in its place, and the new one is not told the event again', async () => {
    const { events, Witness, take } = manager(testSystem());
    const told: unknown[] = [];
    const After = defineEventHandler(
      { init(x: string) { told.push([x, this.swapped]); }, event(_self, event: unknown) { told.push(event); } },
    );
    const Before = defineEventHandler({
      event(self, event: unknown) { if (event === 'swap') self.swap('args', After, 'x'); },
      terminate: (_self, why) => why,
    });
    await events.addHandler(Before);
    await events.addHandler(Witness, 'w');
    await events.syncNotify('swap');
    await events.syncNotify('next');
    expect(told).toEqual([['x', { found: true, result: { because: 'swapped', args: 'args' } }], 'next']);
    expect((await events.whichHandlers()).map((one) => one.handler)).toEqual([Witness, After]);
    take();
  });

  it('GE-08 the end of the adder ends its handlers, then the Exit goes to the others', async () => {
    const { system, events, Witness, take } = manager(testSystem());
    const adder = await idler(system);
    await adder.self.bind(events).addSupHandler(Witness.as('sup'), 'sup');
    await events.addHandler(Witness, 'other');
    expect(system.inspect(adder.ref)?.links).toContain(events.pid);
    system.exit(adder.ref, 'gone');
    await settleTurn();
    expect(take()).toEqual(
      [['sup', 'terminate', { because: 'adder_ended', reason: 'gone' }], ['other', 'info', ['EXIT', 'gone']]],
    );
    expect(await events.whichHandlers()).toEqual([{ handler: Witness, id: undefined }]);
  });

  it('GE-08 a handler that goes otherwise is told to its adder: normal, the crash, swapped, shutdown', async () => {
    const { system, events, Witness, take } = manager(testSystem());
    const adder = await listener(system, { trap: false });
    const mine = adder.self.bind(events);
    const Other = defineEventHandler({});
    const exits = async (): Promise<unknown[]> => {
      await settleTurn();
      return adder.seen.splice(0).map((message) => (message instanceof HandlerExit
        ? [message.key, message.reason, message.pid === events.pid || message.pid]
        : message));
    };
    const key = { handler: Witness, id: 1 };
    await mine.addSupHandler(Witness.as(1), 'a');
    await events.deleteHandler(Witness.as(1));
    expect(await exits()).toEqual([[key, 'normal', true]]);
    await mine.addSupHandler(Witness.as(1), 'b');
    await events.syncNotify('remove');
    expect(await exits()).toEqual([[key, 'normal', true]]);
    await mine.addSupHandler(Witness.as(1), 'c');
    await events.syncNotify('crash');
    expect(await exits()).toEqual([[key, boom, true]]);
    await mine.addSupHandler(Witness.as(1), 'd');
    await events.swapHandler(Witness.as(1), undefined, Other);
    expect(await exits())
      .toEqual([[key, { swapped: { handler: Other, id: undefined }, by: adder.ref.pid }, true]]);
    await mine.swapSupHandler(Other, undefined, Witness.as(1), 'e');
    expect(await exits(), 'the new handler kept its supervisor').toEqual(
      [[{ handler: Other, id: undefined }, { swapped: key, by: adder.ref.pid }, true]],
    );
    const { pid } = events;
    await events.stop();
    expect(await exits()).toEqual([[key, 'shutdown', pid]]);
    expect(system.alive(adder.ref.pid), 'it was unlinked').toBe(true);
    take();
  });

  it('GE-08 a supervised handler needs a process that adds it', async () => {
    const { events, Witness } = manager(testSystem());
    expect(await callFailure(events.addSupHandler(Witness, 'a'))).toMatchObject({ refusal: 'no_adder' });
    expect(await callFailure(events.swapSupHandler(Witness, 0, Witness, 'a')))
      .toMatchObject({ refusal: 'no_adder' });
  });

  it('GE-09 an init that refuses or crashes is told to whoever adds, and the handler is not installed', async () => {
    const { events } = manager(testSystem());
    const Bad = defineEventHandler({
      init(how: string) {
        if (how === 'throw') throw boom;
        if (how === 'reject') return settleTurn().then(() => { throw boom; });
        return this.refuse('NOT_TODAY', 1);
      },
    });
    for (const [how, reason] of [['throw', boom], ['reject', boom], ['refuse', 'NOT_TODAY']] as const) {
      expect(await callFailure(events.addHandler(Bad, how))).toMatchObject(
        { refusal: 'init_failed', details: { reason } },
      );
    }
    expect(await events.whichHandlers()).toEqual([]);
  });

  it('GE-10 stop tells every handler, newest first, before the manager ends', async () => {
    const { system, events, Witness, take } = manager(testSystem());
    await events.addHandler(Witness, 'a');
    await events.addHandler(Witness, 'b');
    events.notify('last');
    await events.stop();
    const why: HandlerEnd = { because: 'stopped', reason: 'normal' };
    expect(take()).toEqual([['b', 'last'], ['a', 'last'], ['b', 'terminate', why], ['a', 'terminate', why]]);
    expect(system.stats().processes).toBe(0);
  });

  it('GE-10 so does the shutdown by a supervisor, which restarts it empty', async () => {
    const system = testSystem();
    const log: unknown[][] = [];
    const Witness = defineWitness(log);
    const top = await system.supervise({ children: [child('bus', EventManager)] });
    const events = system.ref(EventManager, 'bus');
    await events.addHandler(Witness, 'a');
    system.exit(events.ref, 'kill');
    await settleTurn();
    expect(await events.whichHandlers()).toEqual([]);
    await events.addHandler(Witness, 'b');
    await top.stop();
    expect(log).toEqual([['b', 'terminate', { because: 'stopped', reason: 'shutdown' }]]);
  });

  it('GE-12 a missing info is a warning, a missing terminate nothing at all', async () => {
    const logger = new Recorder();
    const { system, events, Witness, take } = manager(testSystem({ logger }));
    const Mute = defineEventHandler({ name: 'mute' });
    await events.addHandler(Mute);
    await events.addHandler(Witness, 'a');
    system.send(events.ref, 'hello');
    await events.syncNotify('nobody listens but one');
    expect(take()).toEqual([['a', 'info', 'hello'], ['a', 'nobody listens but one']]);
    expect(logger.lines).toMatchObject([{ level: 'warn', fields: { handler: 'mute' } }]);
    expect(await events.deleteHandler(Mute)).toBeUndefined();
  });
});
