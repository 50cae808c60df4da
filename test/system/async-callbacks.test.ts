import { describe, expect, test } from 'vitest';
import { defineAgent, StartError, type Pid } from '../../src/index.js';
import { defineRegistry, via } from '../../src/behaviour/names/public.js';
import { defineStatem } from '../../src/behaviour/statem/public.js';
import { rejection } from '../supervisor/wait.js';
import { Recorder, settleTurn, testSystem } from '../support/system.js';

/** An async function where an answer at once is needed; what it rejects with must not end the program. */
const late = (async () => { await settleTurn(); throw new Error('late'); }) as never;
const refusal = expect.objectContaining({ code: 'ASYNC_CALLBACK' }) as unknown;
const Agent = defineAgent({
  init: () => ({ n: 1 }), casts: { note: () => undefined },
  calls: { n: (self) => self.state.n, fail() { throw new Error('boom'); } },
});

describe('a function of the user that has to answer at once and is async', () => {
  test('registerName: the start fails, and the process is gone', () => {
    const system = testSystem();
    const name = via(
      { registerName: late, unregisterName: () => undefined, whereisName: () => undefined }, 'x',
    );
    expect(() => system.start(Agent, { name })).toThrow(StartError);
    expect(() => system.start(Agent, { name })).toThrow(expect.objectContaining({ reason: refusal }));
    expect(() => system.spawn(() => undefined, { name })).toThrow(refusal);
    expect(system.stats().processes).toBe(0);
  });

  test('whereisName and unregisterName: nobody, and a warning', async () => {
    const logger = new Recorder();
    const system = testSystem({ logger });
    let pid: Pid | undefined;
    const away = via({ registerName: () => true, unregisterName: late, whereisName: late }, 'x');
    expect(system.whereis(away)).toBeUndefined();
    const other = via({
      registerName: (_key: string, who: Pid) => { pid = who; return true; }, unregisterName: late,
      whereisName: () => pid,
    }, 'x');
    system.exit(system.start(Agent, { name: other }), 'kill');
    await settleTurn();
    expect(
      logger.lines.map(({ fields }) => String(fields['error']))
        .filter((text) => text.includes('an answer at once')),
    ).toHaveLength(1);
  });

  test('send of a provider: a dead letter that says why', () => {
    const system = testSystem();
    system.send(
      via({
        registerName: () => true, unregisterName: () => undefined, whereisName: () => undefined,
        send: late,
      }, 'x'),
      'hello',
    );
    expect(system.deadLetters.list()).toMatchObject([{ reason: refusal }]);
  });

  test('a function in a pattern of a registry, updateValue', async () => {
    const system = testSystem();
    const Rooms = defineRegistry<string, number>({ name: 'rooms', keys: 'unique' });
    system.start(Rooms, { name: 'rooms' });
    const rooms = system.ref(Rooms);
    const seen: unknown[] = [];
    await system.monitor(system.spawn((self) => {
      rooms.register(self, 'a', 1);
      for (const ask of [() => rooms.select({ value: late }), () => rooms.updateValue(self, 'a', late)]) {
        try { ask(); } catch (error) { seen.push(error); }
      }
      seen.push(rooms.lookup('a').map(({ value }) => value));
    })).down;
    expect(seen).toEqual([refusal, refusal, [1]]);
  });

  test('key of a balancer', async () => {
    const system = testSystem();
    const group = system.balance(Agent, {
      strategy: 'consistent-hash', key: late, members: [system.start(Agent)],
    });
    expect(await rejection((async () => group.call('n'))())).toMatchObject({ code: 'ASYNC_CALLBACK' });
  });

  test('where of a registry and of the dead letters: nothing is selected, nothing pruned', () => {
    const system = testSystem();
    const Rooms = defineRegistry<string, number>({ name: 'rooms', keys: 'unique' });
    system.start(Rooms, { name: 'rooms' });
    system.send('nobody', 'hello');
    const rooms = system.ref(Rooms);
    system.spawn((self) => { rooms.register(self, 'a', 1); return self.receive(); });
    system.start(Agent);
    expect(() => system.deadLetters.list({ where: late })).toThrow(refusal);
    expect(() => system.deadLetters.prune({ where: late })).toThrow(refusal);
    expect(system.deadLetters.list()).toHaveLength(1);
  });

  test.each(
    ['queued', 'arriving', 'while suspended'],
  )('RE-06 match of a receive: the wait is rejected, the message stays (%s)', async (when) => {
    const system = testSystem();
    const seen: unknown[] = [];
    const p = system.spawn(async (self) => {
      if (when === 'queued') await self.receive((message) => message === 'go');
      try { await self.receive(late); } catch (error) { seen.push(error); }
      seen.push(await self.receive());
    });
    await settleTurn();
    if (when === 'while suspended') system.suspend(p);
    p.send('hello');
    p.send('go');
    await settleTurn();
    if (when === 'while suspended') system.resume(p);
    await settleTurn();
    expect(seen).toEqual([refusal, 'hello']);
  });

  test('isFailure of a breaker: the call counts as failed, and a warning says why', async () => {
    const logger = new Recorder();
    const system = testSystem({ logger });
    const breaker = system.breaker('b', { isFailure: late });
    await rejection(breaker.run(() => Promise.reject(new Error('boom'))));
    expect(breaker.stats()).toMatchObject({ failures: 1 });
    expect(logger.lines.map(({ fields }) => String(fields['error']))).toEqual(
      [expect.stringContaining('breaker.isFailure')],
    );
  });

  test('onError of a delivery: the crash that it would be without', async () => {
    const system = testSystem();
    const ref = system.start(Agent);
    const down = system.monitor(ref).down;
    void ref.deliver('fail', undefined, { onError: late, attemptsMax: 1 });
    expect((await down).reason).toEqual(new Error('boom'));
  });

  test('codeChange of a machine: refused, state and data stay', async () => {
    const system = testSystem();
    const Machine =
      defineStatem({ init: () => ({ state: 'on' as const, data: 1 }), states: { on: {} }, codeChange: late });
    const ref = system.start(Machine);
    await system.sys(ref).suspend();
    expect(await rejection(system.sys(ref).codeChange())).toBeInstanceOf(Error);
    await system.sys(ref).resume();
    expect(await system.sys(ref).getState()).toEqual(['on', 1]);
  });
});
