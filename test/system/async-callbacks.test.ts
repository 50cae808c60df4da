import { describe, expect, test } from 'vitest';
import { defineAgent, defineRegistry, StartError, via, type Pid } from '../../src/index.js';
import { rejection } from '../supervisor/wait.js';
import { Recorder, settleTurn, testSystem } from '../support/system.js';

/** An async function where an answer at once is needed; what it rejects with must not end the program. */
const late = (async () => { await settleTurn(); throw new Error('late'); }) as never;
const refusal = expect.objectContaining({ code: 'ASYNC_CALLBACK' }) as unknown;
const Agent = defineAgent({ init: () => ({ n: 1 }), casts: { note: () => undefined }, calls: { n: (self) => self.state.n, fail() { throw new Error('boom'); } } });

describe('a function of the user that has to answer at once and is async', () => {
  test('registerName: the start fails, and the process is gone', () => {
    const system = testSystem();
    const name = via({ registerName: late, unregisterName: () => undefined, whereisName: () => undefined }, 'x');
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
    const other = via({ registerName: (_key: string, who: Pid) => { pid = who; return true; }, unregisterName: late, whereisName: () => pid }, 'x');
    system.exit(system.start(Agent, { name: other }), 'kill');
    await settleTurn();
    expect(logger.lines.map(({ fields }) => String(fields['error'])).filter((text) => text.includes('an answer at once'))).toHaveLength(1);
  });

  test('send of a provider: a dead letter that says why', () => {
    const system = testSystem();
    system.send(via({ registerName: () => true, unregisterName: () => undefined, whereisName: () => undefined, send: late }, 'x'), 'hello');
    expect(system.deadLetters.list()).toMatchObject([{ reason: refusal }]);
  });

  test('a function in a pattern of a registry, updateValue', async () => {
    const system = testSystem();
    const Rooms = defineRegistry<string, number>({ name: 'rooms', keys: 'unique' });
    system.start(Rooms, { name: 'rooms' });
    const rooms = system.registry(Rooms);
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
    const group = system.balance(Agent, { strategy: 'consistent-hash', key: late, members: [system.start(Agent)] });
    expect(await rejection((async () => group.call('n'))())).toMatchObject({ code: 'ASYNC_CALLBACK' });
  });

});
