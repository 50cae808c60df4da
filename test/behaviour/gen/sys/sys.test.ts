import { describe, expect, it } from 'vitest';
import { defineAgent, type ExitReason } from '../../../../src/index.js';
import { settleTurn, testSystem } from '../../../support/system.js';
import { VirtualEnv } from '../../../support/virtual-env.js';
import { callFailure, Gate } from '../../help.js';

const boom = new Error('boom');

const Counter = defineAgent({
  name: 'counter',
  init: (start: number = 0) => ({ n: start }),
  calls: {
    n: (self) => self.state.n,
    async slow(self, gate: Promise<void>) { await gate; return self.state.n; },
  },
  casts: {
    add(self, by: number) { self.state = { n: self.state.n + by }; },
    mul(self, by: number) { self.state = { n: self.state.n * by }; },
  },
  info(self, message) { if (typeof message === 'number') self.state = { n: message }; },
});

describe('suspend and resume', () => {
  it('SY-01 SY-02 a suspended agent handles system messages only; what waits stays in order and lane, and both verbs are idempotent', async () => {
    const system = testSystem();
    const log: string[] = [];
    const Log = defineAgent({
      init: () => 0, casts: { note(_self, text: string) { log.push(text); } },
      info(_self, message) { log.push(`info ${String(message)}`); },
      calls: { sync: () => undefined },
    });
    const ref = system.start(Log);
    const sys = system.sys(ref);
    ref.cast('note', 'before');
    await sys.suspend();
    await sys.suspend();
    expect(log).toEqual(['before']);
    ref.cast('note', 'low', { lane: 'low' });
    ref.cast('note', 'a');
    ref.send('b');
    ref.cast('note', 'high', { lane: 'high' });
    ref.cast('note', 'critical', { lane: 'critical' });
    const asked = ref.call('sync');
    await settleTurn();
    expect(log).toEqual(['before']);
    expect(ref.stats().mailbox.size).toBe(6);
    expect(await sys.getStatus()).toMatchObject({ status: 'suspended', state: 0 });
    await sys.resume();
    await sys.resume();
    await asked;
    await settleTurn();
    expect(log).toEqual(['before', 'critical', 'high', 'a', 'info b', 'low']);
    expect(await sys.getStatus()).toMatchObject({ status: 'running' });
  });

  it('SY-01 SG-02 system messages travel in the normal lane: what the sender sent before is handled before, what it sent after is not', async () => {
    const system = testSystem();
    const ref = system.start(Counter);
    const sys = system.sys(ref);
    ref.cast('add', 1);
    const first = sys.getState();
    ref.cast('add', 1);
    const suspended = sys.suspend();
    ref.cast('add', 1);
    const second = sys.getState();
    expect(await Promise.all([first, suspended, second])).toEqual([{ n: 1 }, undefined, { n: 2 }]);
    await sys.resume();
    expect(await ref.call('n')).toBe(3);
  });

  it('SY-01 at the moment of the suspension the queued system messages and stops come to the front, everything else keeps its place', async () => {
    const system = testSystem();
    const ref = system.start(Counter, 1);
    const gate = new Gate();
    const held = ref.call('slow', gate.promise);
    await settleTurn();
    const sys = system.sys(ref);
    const suspended = sys.suspend();
    for (let i = 0; i < 40; i++) ref.cast('add', 1);
    const state = sys.getState();
    ref.cast('mul', 10);
    const resumed = sys.resume();
    gate.open();
    expect(await held).toBe(1);
    await suspended;
    expect(await state).toEqual({ n: 1 });
    await resumed;
    expect(await ref.call('n')).toBe(410);
  });

  it('SY-02 a message costs nothing more once it is resumed, and a death while suspended gives everything back', async () => {
    const system = testSystem();
    const ref = system.start(Counter);
    const sys = system.sys(ref);
    await sys.suspend();
    ref.cast('add', 1);
    const asked = callFailure(ref.call('n'));
    const down = system.monitor(ref).down;
    system.exit(ref, 'kill');
    expect((await down).reason).toBe('killed');
    expect(await asked).toMatchObject({ code: 'EXIT', reason: 'killed' });
    expect(system.stats()).toMatchObject({ deadLettered: 2, queued: 0 });
  });

  it('SY-03 the exit of the parent ends a suspended agent through terminate, whether it was queued before or came after the suspension', async () => {
    const system = testSystem();
    const log: unknown[] = [];
    const Child = defineAgent({
      trapExit: true,
      casts: { async hold(_self, gate: Promise<void>) { await gate; }, work() { log.push('work'); } },
      info(_self, message) { log.push(message); },
      terminate(_self, reason) { log.push(['terminate', reason]); },
    });
    const Parent = defineAgent({
      init: () => ({ pid: '' }),
      calls: { begin(self) { self.state.pid = self.start(Child).pid ?? ''; return self.state.pid; } },
      casts: { end(self, reason: ExitReason) { self.exitOther(self.state.pid, reason); } },
    });
    for (const queued of [true, false]) {
      const parent = system.start(Parent);
      const pid = await parent.call('begin');
      const child = system.ref(Child, pid);
      const down = system.monitor(pid).down;
      const gate = new Gate();
      if (!queued) gate.open();
      child.cast('hold', gate.promise);
      await settleTurn();
      const suspended = system.sys(pid).suspend();
      if (!queued) await suspended;
      child.cast('work');
      const stranger = system.spawn((self) => self.exitOther(pid, 'from a stranger'));
      await system.monitor(stranger).down;
      if (!queued) expect(await system.sys(pid).getStatus()).toMatchObject({ status: 'suspended' });
      parent.cast('end', 'odd');
      await settleTurn();
      gate.open();
      expect((await down).reason).toBe('odd');
      expect(log.splice(0)).toEqual([['terminate', 'odd']]);
    }
  });

  it('SY-09 SY-01 stop and terminate reach a suspended agent; terminate goes through the mailbox in order', async () => {
    const system = testSystem();
    const log: unknown[] = [];
    const Agent = defineAgent({
      casts: { note(_self, text: string) { log.push(text); } },
      async terminate(self, reason) { await settleTurn(); log.push(reason, self.from); },
    });
    const first = system.start(Agent);
    const down = system.monitor(first).down;
    first.cast('note', 'before');
    const ending = system.sys(first).terminate({ shutdown: 'now' });
    first.cast('note', 'after');
    await ending;
    expect((await down).reason).toEqual({ shutdown: 'now' });
    expect(log.splice(0)).toEqual(['before', { shutdown: 'now' }, undefined]);
    for (const end of ['stop', 'terminate'] as const) {
      const ref = system.start(Agent);
      const over = system.monitor(ref).down;
      await system.sys(ref).suspend();
      ref.cast('note', 'never');
      if (end === 'stop') await ref.stop('odd');
      else await system.sys(ref).terminate('odd');
      expect((await over).reason).toBe('odd');
      expect(log.splice(0)).toEqual(['odd', undefined]);
    }
  });
});

describe('the state', () => {
  it('SY-04 getState and replaceState work while running and while suspended; a crashing function is callback_failed and changes nothing', async () => {
    const system = testSystem();
    const ref = system.start(Counter, 7);
    const sys = system.sys(ref);
    for (const suspended of [false, true]) {
      if (suspended) await sys.suspend();
      expect(await sys.getState()).toEqual({ n: 7 });
      expect(await sys.replaceState((state) => ({ n: state.n + 1 }))).toEqual({ n: 8 });
      expect(await callFailure(sys.replaceState(() => { throw boom; })))
        .toMatchObject({ code: 'CALLBACK_FAILED', reason: boom, cause: boom });
      expect(await callFailure(sys.replaceState((async () => ({ n: 99 })) as never)))
        .toMatchObject({ code: 'CALLBACK_FAILED', reason: { code: 'BAD_OPTION' } });
      expect(await sys.getState()).toEqual({ n: 8 });
      await sys.replaceState(() => ({ n: 7 }));
    }
    await sys.resume();
    expect(await ref.call('n')).toBe(7);
    expect(() => sys.replaceState('x' as never)).toThrow(/replaceState: got 'x', expected a function/);
  });

  it('SY-05 getStatus tells pid, module, parent, dictionary, running or suspended, debug and the formatted state', async () => {
    const system = testSystem();
    const ref = system.start(Counter, 3, { name: 'counter', debug: ['log'] });
    const sys = system.sys('counter');
    expect(await sys.getStatus()).toEqual({
      pid: ref.pid, name: 'counter', module: 'counter', status: 'running', parent: undefined,
      dictionary: new Map(), debug: ['log'], state: { n: 3 }, log: [],
    });
    await sys.suspend();
    expect(await sys.getStatus()).toMatchObject({ status: 'suspended' });
    const Parent = defineAgent({ calls: { begin: (self) => [self.start(Counter).pid, self.pid] } });
    const [child, parent] = await system.start(Parent).call('begin');
    const Noted = defineAgent({
      init() { this.dictionary.set('job', 7); return {}; },
      casts: { hide(self) { self.flag('sensitive', true); } },
    });
    const noted = system.start(Noted);
    expect((await system.sys(noted).getStatus()).dictionary).toEqual(new Map([['job', 7]]));
    noted.cast('hide');
    expect((await system.sys(noted).getStatus()).dictionary).toEqual(new Map());
    expect(await system.sys(child as string).getStatus()).toMatchObject({ parent });
  });
});

describe('failures', () => {
  it('SY-11 an unresponsive target is a TIMEOUT after 5,000 ms by default, and does the thing later', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const ref = system.start(Counter, 1);
    const gate = new Gate();
    void ref.tryCall('slow', gate.promise, { timeoutMs: 'infinity' });
    await env.settle();
    const sys = system.sys(ref);
    const codes: string[] = [];
    const failed = (promise: Promise<unknown>, name: string) => void callFailure(promise)
      .then((error) => codes.push(`${name} ${error.code}`));
    failed(sys.suspend(), 'default');
    failed(sys.getState({ timeoutMs: 100 }), 'short');
    await env.advance(99);
    expect(codes).toEqual([]);
    await env.advance(1);
    expect(codes).toEqual(['short TIMEOUT']);
    await env.advance(4_899);
    expect(codes).toHaveLength(1);
    await env.advance(1);
    expect(codes).toEqual(['short TIMEOUT', 'default TIMEOUT']);
    gate.open();
    await env.settle();
    expect(await sys.getStatus()).toMatchObject({ status: 'suspended' });
  });

  it('SY-11 noproc, the end of the target, oneself, a dead caller, a process without sys and bad options are errors that say so', async () => {
    const system = testSystem();
    expect(await callFailure(system.sys('nobody').suspend()))
      .toMatchObject({ code: 'NOPROC', target: 'nobody' });
    const ref = system.start(Counter);
    const gate = new Gate();
    void ref.tryCall('slow', gate.promise);
    await settleTurn();
    const waiting = callFailure(system.sys(ref).getState());
    system.exit(ref, 'odd');
    expect(await waiting).toMatchObject({ code: 'EXIT', reason: 'odd' });
    expect(await callFailure(system.sys(ref).getState())).toMatchObject({ code: 'NOPROC' });
    const Own = defineAgent({ calls: {
      me: (self) => callFailure(self.sys(self.pid).suspend()).then((error) => error.code),
    } });
    expect(await system.start(Own).call('me')).toBe('CALLING_SELF');
    const plain = system.spawn((self) => self.receive());
    expect(await callFailure(system.sys(plain).getState())).toMatchObject({ code: 'NO_SYS' });
    expect(() => system.sys(plain).suspend({ timeout: 1 } as never)).toThrow(/known options: timeoutMs/);
    expect(() => system.sys(plain).suspend({ timeoutMs: -1 })).toThrow(/milliseconds/);
    expect(() => system.sys(42 as never)).toThrow(/target/);
    expect(() => system.sys(plain).statistics('on!' as never)).toThrow(/'on', 'off' or 'get'/);
    expect(() => system.sys(plain).log(0)).toThrow(/a whole number of events from 1/);
  });

  it('a system message into a cycle of waiting calls fails at once', async () => {
    const system = testSystem();
    const A = defineAgent({ name: 'a', init: (peer: () => string) => ({ peer }), calls: {
      go: async (self): Promise<string> => self.call(system.ref(B, self.state.peer()), 'back'),
    } });
    const B = defineAgent({ name: 'b', init: (peer: () => string) => ({ peer }), calls: {
      back: (self): Promise<string> => callFailure(self.sys(self.state.peer()).getState())
        .then((error) => error.code),
    } });
    const pids = { a: '', b: '' };
    const a = system.start(A, () => pids.b);
    pids.a = a.pid ?? '';
    pids.b = system.start(B, () => pids.a).pid ?? '';
    expect(await a.call('go')).toBe('CALL_CYCLE');
  });
});
