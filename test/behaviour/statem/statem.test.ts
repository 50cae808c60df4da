import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { OptionError } from '../../../src/index.js';
import { CallError, child, type From } from '../../../src/index.js';
import { defineStatem } from '../../../src/behaviour/statem/public.js';
import { expectConserved, settleTurn, testSystem } from '../../support/system.js';
import { callFailure, Gate, startFailure } from '../help.js';
import { MODES, startTraced, traced, type Decide } from './trace.js';

const Turnstile = defineStatem({
  name: 'turnstile',
  init: (price: number = 1) => ({ state: 'locked', data: { price, coins: 0 } }),
  schemas: { coin: z.number().positive() },
  states: {
    locked: {
      calls: { push: (self) => self.refuse('LOCKED', { coins: self.data.coins }) },
      casts: {
        coin(self, n: number) {
          self.data.coins += n;
          return self.data.coins >= self.data.price ? self.next('open') : undefined;
        },
      },
    },
    open: {
      calls: { push: (self) => self.next('locked').reply('through') },
      casts: { coin(self, n: number) { self.data.coins += n; } },
    },
  },
  common: { calls: { look: (self) => ({ state: self.state, coins: self.data.coins }) } },
});

describe('a state machine is a process with a typed protocol', () => {
  it('SM-20 calls, casts, tryCall, tryCast, stats, schema and unknown operations work as for agents', async () => {
    const system = testSystem();
    const machine = system.start(Turnstile, 2, { name: 'gate' });
    expect((await callFailure(machine.call('push'))).refusal).toBe('LOCKED');
    machine.cast('coin', 1);
    expect(machine.tryCast('coin', 1)).toBe('ok');
    expect(await machine.call('look')).toEqual({ state: 'open', coins: 2 });
    expect(await system.ref(Turnstile, 'gate').tryCall('push')).toEqual({ ok: true, value: 'through' });
    expect((await callFailure(machine.call('nope' as 'push'))).code).toBe('UNKNOWN_OPERATION');
    expect((await callFailure(machine.call('constructor' as 'push'))).code).toBe('UNKNOWN_OPERATION');
    expect(() => machine.tryCast('coin', -1)).toThrow(CallError);
    machine.cast('coin', 'x' as never);
    expect(machine.stats().mailbox).toMatchObject({ handled: 5, refused: 1 });
    expect(system.stats()).toMatchObject({ rejected: 4 });
    expect(system.tree()[0])
      .toMatchObject({ name: 'gate', type: 'statem', definition: 'turnstile', status: 'idle' });
    expect(system.inspect('gate')).toMatchObject({ behaviour: 'turnstile' });
    await machine.stop();
    expect(machine.pid).toBeUndefined();
  });

  it('SM-20 a supervised machine is restarted and its ref by name survives', async () => {
    const system = testSystem();
    const Fragile = defineStatem({
      init: () => ({ state: 'up', data: 0 }),
      states: { up: { casts: { crash() { throw new Error('boom'); } }, calls: { ping: () => 'pong' } } },
    });
    await system.supervise(
      { strategy: 'one_for_one', children: [child('fragile', Fragile, { restart: 'permanent' })] },
    );
    const ref = system.ref(Fragile, 'fragile');
    const before = ref.pid;
    ref.cast('crash');
    await settleTurn();
    expect(await ref.call('ping')).toBe('pong');
    expect(ref.pid).not.toBe(before);
  });

  it('SM-20 a call that timed out leaves nothing behind: a reply that comes later dies in its slot', async () => {
    const system = testSystem();
    const late: From[] = [];
    const Slow = defineStatem({ init: () => ({ state: 's', data: 0 }), states: {
      s: { calls: {
        wait(self): unknown { late.push(self.from as From); return self.keep(); },
        ping: () => 'pong',
      } },
    } });
    const machine = system.start(Slow);
    expect((await callFailure(machine.call('wait', undefined, { timeoutMs: 1 }))).code).toBe('TIMEOUT');
    expect(late[0]?.settled).toBe(true);
    expect(await machine.call('ping')).toBe('pong');
    expect(machine.stats().mailbox.queued).toBe(0);
  });

  it('SM-20 init may be async, ignore, stop or fail', async () => {
    const system = testSystem();
    const Late = defineStatem({
      async init(what: string) {
        await Promise.resolve();
        if (what === 'ignore') return this.ignore();
        if (what === 'stop') return this.stop('no');
        if (what === 'throw') throw new Error('boom');
        return { state: 'a', data: what };
      },
      states: { a: { calls: { data: (self) => self.data } } },
    });
    const machine = await system.start(Late, 'x');
    expect(await machine.call('data')).toBe('x');
    expect(await startFailure(() => system.start(Late, 'ignore'))).toBe('ignore');
    expect(await startFailure(() => system.start(Late, 'stop'))).toBe('no');
    expect(await startFailure(() => system.start(Late, 'throw'))).toEqual(new Error('boom'));
  });

  it('SM-09 internal events cannot be made from outside', async () => {
    const system = testSystem();
    const log: string[] = [];
    const machine = startTraced(system, 'a table of handlers per state', log, () => undefined);
    machine.send({ type: 'internal', content: 'forged' });
    machine.cast('internal' as 'tell', 'forged');
    await settleTurn();
    expect(log).toEqual(['enter a in a', 'info [object Object] in a']);
  });

  it('SM-07 SM-09 an inserted call with the reply address of a real one is answered like it', async () => {
    const system = testSystem();
    const Relay = defineStatem({
      init: () => ({ state: 'a', data: 0 }),
      states: { a: { calls: { outer(self, n: number): unknown {
        return self.keep().nextEvent({ type: 'call', op: 'inner', payload: n + 1, from: self.from as From });
      }, inner: (_self, n: number) => n * 10 } } },
    });
    expect(await system.start(Relay).call('outer', 1)).toBe(20);
  });

  it('SM-20 async callbacks park the machine: events wait, enter calls included', async () => {
    const system = testSystem();
    const gate = new Gate();
    const log: string[] = [];
    const Async = defineStatem({
      init: () => ({ state: 'a', data: 0 }),
      states: {
        a: { casts: {
          async go(self) { await gate.promise; self.data = 1; return self.next('b').internal('i'); },
          x() { log.push('x in a'); },
        } },
        b: {
          async enter() { await Promise.resolve(); log.push('enter b'); },
          async internal() { await Promise.resolve(); log.push('internal'); },
          casts: { x() { log.push('x in b'); } },
        },
      },
      common: { calls: { n: (self) => self.data } },
    });
    const machine = system.start(Async);
    machine.cast('go');
    machine.cast('x');
    await settleTurn();
    expect(system.inspect(machine.pid ?? '')).toMatchObject(
      { status: 'waiting', op: 'go', mailbox: { running: 1, queued: 1 } },
    );
    gate.open();
    expect(await machine.call('n')).toBe(1);
    expect(log).toEqual(['enter b', 'internal', 'x in b']);
  });
});

describe.each(MODES)('replies and the end, with %s', (mode) => {
  it('SM-04 replies go out in list order, to the caller and to earlier ones', async () => {
    const system = testSystem();
    const waiting: From[] = [];
    const machine = startTraced(system, mode, [], (self, event, from) => {
      if (event.type !== 'call') return undefined;
      if (event.payload === 'wait') { waiting.push(from as From); return self.keep(); }
      return self.keep().replyTo(waiting[1] as From, 'second').reply('me').replyTo(waiting[0] as From, 'first');
    });
    const order: unknown[] = [];
    await Promise.all([
      machine.call('ask', 'wait'), machine.call('ask', 'wait'), machine.call('ask', 'all'),
    ].map(
      (promise) => promise.then((value) => order.push(value)),
    ));
    expect(order).toEqual(['second', 'me', 'first']);
  });

  it('SM-17 stop with replies: they go out before terminate; postponed events become dead letters and their callers hear why', async () => {
    const system = testSystem();
    const log: string[] = [];
    const machine = startTraced(system, mode, log, (self, event) => {
      if (event.type === 'call' && event.payload === 'go') return self.stop('normal').reply('bye');
      return event.type === 'call' || event.type === 'cast' ? self.keep().postpone() : undefined;
    });
    const postponed =
      callFailure(machine.call('ask', 'w'))
        .then((error) => { log.push(`w: ${error.code} ${String(error.reason)}`); });
    machine.cast('tell', 'p');
    await settleTurn();
    expect(machine.stats().mailbox).toMatchObject({ queued: 2, handled: 0, size: 2 });
    expectConserved(system.stats());
    const go = machine.call('ask', 'go').then((value) => { log.push(`go: ${String(value)}`); });
    await Promise.all([postponed, go]);
    expect(log).toEqual([
      'enter a in a', 'call w in a', 'cast p in a', 'call go in a', 'terminate normal in a', 'go: bye',
      'w: EXIT normal',
    ]);
    expect(system.deadLetters.list()
      .map(({ op, payload, reason }) => `${op} ${String(payload)} ${String(reason)}`))
      .toEqual(['ask w normal', 'tell p normal']);
    expect(system.stats()).toMatchObject({ handled: 1, deadLettered: 2 });
  });

  it('SM-18 after a crash terminate sees the state and data before the event, also when the enter call crashed', async () => {
    const system = testSystem();
    for (const where of ['handler', 'enter']) {
      const log: string[] = [];
      const machine = startTraced(system, mode, log, (self, event) => {
        if (event.type === 'cast') {
          self.data = { n: 1 };
          if (where === 'handler') throw new Error('boom');
          return self.next('b');
        }
        if (event.type === 'enter' && self.state === 'b') throw new Error('boom');
        return undefined;
      });
      machine.cast('tell', 'go');
      await settleTurn();
      expect(log.at(-1)).toBe('terminate boom in a');
    }
    expect(system.stats()).toMatchObject({ handled: 2, crashed: 2 });
  });

  it('SM-03 SM-19 each mistake ends the machine with a reason of its own', async () => {
    const system = testSystem();
    const reasonOf = async (decide: Decide): Promise<string> => {
      const machine = startTraced(system, mode, [], decide);
      const { pid } = machine;
      const down = system.monitor(pid ?? '').down;
      machine.cast('tell', 'go');
      const { reason } = await down;
      return (reason as OptionError).code;
    };
    const onGo = (act: (self: Parameters<Decide>[0]) => unknown): Decide =>
      (self, event) => (event.type === 'cast' ? (act(self) as undefined) : undefined);
    const inEnter = (act: (self: Parameters<Decide>[0]) => unknown): Decide => (
      self, event,
    ) => (event.type === 'cast'
      ? self.next('b')
      : event.type === 'enter' && self.state === 'b' ? (act(self) as undefined) : undefined);
    expect(await reasonOf(onGo(() => 'zork'))).toBe('BAD_RETURN_VALUE');
    expect(await reasonOf(onGo((self) => self.keep().timeout(-1)))).toBe('BAD_ACTION');
    expect(await reasonOf(onGo((self) => self.keep().stateTimeout(1.5)))).toBe('BAD_ACTION');
    expect(await reasonOf(onGo((self) => self.keep().genericTimeout(3 as never, 1)))).toBe('BAD_ACTION');
    expect(await reasonOf(onGo((self) => self.keep().nextEvent({ type: 'zork' } as never)))).toBe('BAD_ACTION');
    expect(await reasonOf(onGo((self) => self.keep().nextEvent({ type: 'cast', op: 'zork' }))))
      .toBe('BAD_ACTION');
    expect(await reasonOf(onGo((self) => self.keep().postpone('x' as never)))).toBe('BAD_ACTION');
    expect(await reasonOf(onGo((self) => self.keep().popModule()))).toBe('BAD_ACTION');
    expect(await reasonOf(onGo((self) => self.keep().changeModule({ name: 'x' })))).toBe('BAD_ACTION');
    expect(await reasonOf(onGo((self) => self.keep().reply(1)))).toBe('BAD_REPLY_ACTION');
    expect(await reasonOf(onGo((self) => self.stop().replyTo('x' as never, 1)))).toBe('BAD_REPLY_ACTION');
    expect(await reasonOf(onGo((self) => self.stop().timeout(1)))).toBe('BAD_REPLY_ACTION');
    expect(await reasonOf(inEnter((self) => self.next('c')))).toBe('BAD_ENTER_RETURN');
    expect(await reasonOf(inEnter(() => 1))).toBe('BAD_ENTER_RETURN');
    expect(await reasonOf(inEnter((self) => self.keep().postpone()))).toBe('BAD_ENTER_ACTION');
    expect(await reasonOf(inEnter((self) => self.keep().internal('x')))).toBe('BAD_ENTER_ACTION');
    expect(await reasonOf(inEnter((self) => self.keep().pushModule({ name: 'x' })))).toBe('BAD_ENTER_ACTION');
  });

  it('SM-03 an enter call may reply, set timeouts, repeat, name its own state, and stop', async () => {
    const system = testSystem();
    const log: string[] = [];
    let asked: From | undefined;
    let repeated = false;
    const machine = startTraced(system, mode, log, (self, event, from) => {
      if (event.type === 'call') { asked = from; return self.next('b'); }
      if (event.type === 'stateTimeout') return self.next('c');
      if (event.type !== 'enter' || self.state === 'a') return undefined;
      if (self.state === 'c') return self.stop('done');
      if (repeated) return self.next('b').stateTimeout(0, 's');
      repeated = true;
      return self.repeat().replyTo(asked as From, 'from enter');
    });
    const down = system.monitor(machine.pid ?? '').down;
    expect(await machine.call('ask', 'go')).toBe('from enter');
    expect((await down).reason).toBe('done');
    expect(log).toEqual([
      'enter a in a', 'call go in a', 'enter a in b', 'enter a in b', 'stateTimeout s in b', 'enter b in c',
      'terminate done in c',
    ]);
  });

  it('SM-03 SM-18 after a wrong result of an enter call terminate sees the new state with the data as the enter call found it', async () => {
    const system = testSystem();
    const seen: unknown[] = [];
    const decide: Decide = (self, event) => {
      if (event.type === 'cast') { self.data = { n: 1 }; return self.next('b'); }
      if (event.type !== 'enter' || self.state === 'a') return undefined;
      self.data = { n: 2 };
      return self.next('c');
    };
    const machine = startTraced(system, mode, [], decide, {
      terminated: (self) => seen.push(self.state, self.data.n),
    });
    const { down } = system.monitor(machine.pid ?? '');
    machine.cast('tell', 'go');
    await down;
    expect(seen).toEqual(['b', 1]);
  });

  it('SM-23 an exit signal of the parent ends a trapping machine through terminate; any other is an info event', async () => {
    const system = testSystem();
    const log: string[] = [];
    const Machine = traced(mode, log, () => undefined, { trapExit: true });
    let pid = '';
    const parent = system.spawn(async (self) => {
      self.trapExit(true);
      pid = (self.start(Machine) as { pid?: string }).pid ?? '';
      await self.receive();
      self.exitOther(pid, 'shutdown');
      await self.receive();
    });
    await settleTurn();
    await settleTurn();
    const other = system.spawn((self) => { self.exitOther(pid, 'noise'); });
    await settleTurn();
    expect(other.alive).toBe(false);
    parent.send('go');
    await settleTurn();
    expect(log).toEqual(
      ['enter a in a', expect.stringMatching(/^info Exit\(.*: noise\) in a$/), 'terminate shutdown in a'],
    );
  });
});
