import { describe, expect, test } from 'vitest';
import { defineAgent, Down, Exit, OptionError } from '../../../src/index.js';
import { settleTurn, testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { callFailure, Gate, rejection, sleep } from '../help.js';
import { boom, Desk } from './desk.js';

describe('a call that gets no reply', () => {
  test('GS-10 C4 a timeout is over for the caller only: the request is executed and the next call gets its own answer', async () => {
    const system = testSystem();
    const desk = system.start(Desk);
    const gate = new Gate();
    const error = await callFailure(desk.call('slow', { what: 'job', gate }, { timeoutMs: 3 }));
    gate.open();
    expect(error).toMatchObject({ code: 'TIMEOUT', op: 'slow', target: desk.pid });
    expect(error.message).toContain('unknown');
    expect(await desk.call('echo', 'mine')).toBe('mine');
    expect(await desk.call('done')).toEqual(['job']);
    expect(system.stats()).toMatchObject({ lateReplies: 1, callsFailed: 1, queued: 0, running: 0 });
    expect(system.inspect(desk)?.monitoredBy).toEqual([]);
  });

  test('GS-11 C4 a late reply reaches neither the mailbox of the caller nor its next call', async () => {
    const system = testSystem();
    const desk = system.start(Desk);
    const seen: unknown[] = [];
    const gate = new Gate();
    const Caller = defineAgent({
      calls: { async ask(self) {
        const first = await callFailure(self.call(desk, 'slow', { what: 'late', gate }, { timeoutMs: 1 }));
        gate.open();
        const second = await self.call(desk, 'echo', 'second');
        return [first.code, second];
      } },
      info(self, message) { seen.push(message); },
    });
    expect(await system.start(Caller).call('ask')).toEqual(['TIMEOUT', 'second']);
    expect(seen).toEqual([]);
    expect(system.stats().lateReplies).toBe(1);
  });

  test('GS-12 nobody at a pid or a name: NOPROC at once', async () => {
    const system = testSystem();
    const desk = system.start(Desk);
    const byPid = system.ref(Desk, desk.pid as string);
    await desk.stop();
    for (const ref of [desk, byPid, system.ref(Desk, 'nobody')]) {
      expect(await callFailure(ref.call('echo', 'x'))).toMatchObject({ code: 'NOPROC', reason: 'noproc' });
    }
    expect(await system.ref(Desk, 'nobody').tryCall('echo', 'x')).toMatchObject(
      { ok: false, error: { code: 'NOPROC' } },
    );
  });

  test('GS-13 calling oneself fails at once, by pid, by name, by bare ref and by self.call', async () => {
    const system = testSystem();
    const Self = defineAgent({
      calls: {
        ping: () => 'pong',
        async byName(): Promise<string> {
          return (await callFailure(system.ref(Self, 'selfish').call('ping'))).code;
        },
        async bySelf(
          self,
        ): Promise<string> { return (await callFailure(self.call(system.ref(Self, self.pid), 'ping'))).code; },
      },
    });
    const ref = system.start(Self, { name: 'selfish' });
    expect(await ref.call('byName')).toBe('CALLING_SELF');
    expect(await ref.call('bySelf')).toBe('CALLING_SELF');
  });

  test(
    'GS-14 the callee ends during the call: the caller hears its reason at once, also `normal`',
    async () => {
      const system = testSystem();
      const crashed = await callFailure(system.start(Desk).call('crash'));
      expect(crashed).toMatchObject({ code: 'EXIT', reason: boom, cause: boom });
      expect(await callFailure(system.start(Desk).call('quit')))
        .toMatchObject({ code: 'EXIT', reason: 'normal' });
    },
  );

  test('GS-14 C4 a running, a queued and a deferred caller all hear of the death, before their timeouts', async () => {
    const system = testSystem();
    const desk = system.start(Desk);
    const { pid } = desk;
    const deferred = callFailure(desk.call('hold'));
    await settleTurn();
    const running = callFailure(desk.call('hang'));
    const queued = callFailure(desk.call('echo', 'x'));
    await settleTurn();
    system.exit(desk, 'outage');
    for (const waiting of [deferred, running, queued]) {
      expect(await waiting).toMatchObject({ code: 'EXIT', reason: 'outage' });
    }
    expect(system.stats()).toMatchObject({ deadLettered: 1, handled: 2 });
    expect(system.deadLetters.list()).toMatchObject([{ op: 'echo', reason: 'outage', to: pid }]);
  });

  test('GS-16 an option that breaks its rule rejects the call and leaves the callee untouched', async () => {
    const system = testSystem();
    const desk = system.start(Desk);
    for (const options of [
      { timeoutMs: -1 }, { timeoutMs: Number.NaN }, { timeoutMs: Infinity }, { timeoutMs: 1.5 },
      { lane: 'urgent' }, { signal: {} }, { expiresInMs: -1 }, { timeout: 5 },
    ]) {
      expect(await rejection(desk.call('slow', { what: 'never' }, options as never)), JSON.stringify(options))
        .toBeInstanceOf(OptionError);
    }
    expect(await desk.call('done')).toEqual([]);
  });

  test('GS-16 a stop with a bad timeout leaves the agent untouched', async () => {
    const system = testSystem();
    const desk = system.start(Desk);
    await expect((async () => desk.stop('normal', { timeoutMs: -1 }))()).rejects.toBeInstanceOf(OptionError);
    await settleTurn();
    expect(desk.pid, 'it still lives').toBeDefined();
  });

  test('a call times out while it is queued, too', async () => {
    const system = testSystem();
    const desk = system.start(Desk);
    const gate = new Gate();
    const running = desk.call('slow', { what: 'a', gate });
    expect(await callFailure(desk.call('slow', { what: 'b' }, { timeoutMs: 2 })))
      .toMatchObject({ code: 'TIMEOUT' });
    gate.open();
    await running;
    expect(await desk.call('done'), 'a queued request whose caller gave up is still handled')
      .toEqual(['a', 'b']);
  });

  test('skipAbandoned and expiresInMs: such a request is not handled any more', async () => {
    const system = testSystem();
    const desk = system.start(Desk);
    const gate = new Gate();
    const running = desk.call('slow', { what: 'a', gate });
    await settleTurn();
    const skipped = callFailure(desk.call('slow', { what: 'b' }, { timeoutMs: 2, skipAbandoned: true }));
    const expired = callFailure(desk.call('slow', { what: 'c' }, { expiresInMs: 3 }));
    const kept = desk.call('slow', { what: 'd' }, { skipAbandoned: true, expiresInMs: 5_000 });
    expect((await skipped).code).toBe('TIMEOUT');
    await sleep(5);
    gate.open();
    expect((await expired).code).toBe('EXPIRED');
    expect(await kept).toBe('d');
    await running;
    expect(await desk.call('done')).toEqual(['a', 'd']);
    expect(system.stats().expired).toBe(2);
  });

  test('an abort rejects with the signal\'s own reason; one that fired before sends nothing', async () => {
    const system = testSystem();
    const desk = system.start(Desk);
    const controller = new AbortController();
    const gate = new Gate();
    const call = rejection(desk.call('slow', { what: 'x', gate }, { signal: controller.signal }));
    await settleTurn();
    controller.abort('changed my mind');
    expect(await call).toBe('changed my mind');
    gate.open();
    expect(await rejection(desk.call('slow', { what: 'y' }, { signal: controller.signal })))
      .toBe('changed my mind');
    expect(await desk.call('done')).toEqual(['x']);
  });
});

describe('operations that do not exist', () => {
  const Small = defineAgent({ calls: { ping: () => 'pong' }, casts: { poke: () => undefined } });

  for (const op of ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'nope', '']) {
    test(`'${op}' is refused at the ref, in every verb, and never reaches the agent`, async () => {
      const system = testSystem();
      const ref = system.start(Small);
      expect(await callFailure(ref.call(op as never))).toMatchObject({ code: 'UNKNOWN_OPERATION' });
      expect(() => ref.tryCast(op as never)).toThrow(expect.objectContaining({ code: 'UNKNOWN_OPERATION' }));
      expect(() => ref.stream(op as never)).toThrow(expect.objectContaining({ code: 'UNKNOWN_OPERATION' }));
      expect(() => ref.cast(op as never)).not.toThrow();
      expect(await ref.call('ping')).toBe('pong');
      expect(system.stats()).toMatchObject({ crashes: 0, rejected: 3, handled: 1 });
    });
  }

  test('a ref by name whose owner has another definition: PROTOCOL_MISMATCH for calls, a dead letter for casts', async () => {
    const system = testSystem();
    system.start(Desk, { name: 'front' });
    const wrong = system.ref(Small, 'front');
    expect(await callFailure(wrong.call('ping'))).toMatchObject({ code: 'PROTOCOL_MISMATCH' });
    wrong.cast('poke');
    expect(system.deadLetters.list()).toMatchObject([{ op: 'poke', reason: 'protocol_mismatch' }]);
    expect(wrong.tryCast('poke')).toBe('dead');
  });

  test('P7 one handler at a time: a message waits until the one before has settled', async () => {
    const system = testSystem();
    const log: string[] = [];
    const Agent = defineAgent({
      casts: { async step(
        self, n: number,
      ) { log.push(`begin ${n}`); await sleep(n === 1 ? 4 : 0); await settleTurn(); log.push(`end ${n}`); } },
      calls: { async last() { log.push('call'); } },
      info() { log.push('info'); },
    });
    const ref = system.start(Agent);
    ref.cast('step', 1);
    ref.cast('step', 2);
    ref.send('x');
    await ref.call('last');
    expect(log).toEqual(['begin 1', 'end 1', 'begin 2', 'end 2', 'info', 'call']);
  });

  test('P7 nothing of an agent runs while its handler awaits: no info, timer, Down, Exit, timeout, stream or system message', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const log: string[] = [];
    const gate = new Gate();
    const peer = system.spawn((self) => self.receive());
    const Busy = defineAgent({
      trapExit: true,
      init: () => ({}),
      calls: { async *items() { log.push('stream'); yield 1; } },
      casts: {
        async work(self) {
          self.monitor(peer);
          self.link(peer);
          self.sendAfter(5, 'timer');
          self.continue('more');
          await gate.promise;
          log.push('over');
        },
        cast() { log.push('cast'); },
      },
      continue() { log.push('continue'); },
      info(
        _self, message,
      ) { log.push(message instanceof Down ? 'Down' : message instanceof Exit ? 'Exit' : String(message)); },
    });
    const ref = system.start(Busy);
    ref.cast('work');
    await env.settle();
    ref.send('info');
    ref.cast('cast', undefined, { lane: 'critical' });
    system.exit(peer, 'gone');
    const state = system.sys(ref).getState().then(() => log.push('sys'));
    const items = (async () => { for await (const _ of ref.stream('items')); })();
    await env.advance(20);
    expect(log).toEqual([]);
    gate.open();
    await env.settle();
    await Promise.all([state, items]);
    expect(log.slice(0, 2), 'the handler, then what it asked to come next').toEqual(['over', 'continue']);
    expect(log.slice(2).sort()).toEqual(['Down', 'Exit', 'cast', 'info', 'stream', 'sys', 'timer']);
  });

  test('an open gate lets a parked handler go on with the state it has changed in place', async () => {
    const system = testSystem();
    const gate = new Gate();
    const Agent = defineAgent({
      init: () => ({ n: 1 }),
      casts: { async wait(self) { self.state.n = 2; await gate.promise; self.state.n++; } },
      calls: { n: (self) => self.state.n },
    });
    const ref = system.start(Agent);
    ref.cast('wait');
    const n = ref.call('n');
    await settleTurn();
    gate.open();
    expect(await n).toBe(3);
  });
});
