import { describe, expect, test } from 'vitest';
import { defineAgent, Exit, on } from '../../../../src/index.js';
import { z } from 'zod';
import { Recorder, settleTurn, testSystem } from '../../../support/system.js';
import { callFailure, Gate, rejection, sleep, until } from '../../help.js';

const boom = new Error('boom');

function desk(trapExit = false) {
  const gate = new Gate();
  const log: unknown[] = [];
  const Desk = defineAgent({
    trapExit,
    init: () => ({ n: 1, list: [1] }),
    calls: {
      wait: { concurrent: true, async handle(self) {
        const before = self.state.n;
        await gate.promise;
        self.state.n += 100;
        self.state.list.push(2);
        return [before, self.state.n, self.state.list.length];
      } },
      crash: { concurrent: true, async handle() { await settleTurn(); throw boom; } },
      refuse: { concurrent: true, handle: (self) => self.refuse('NO', 1) },
      sync: { concurrent: true, handle: (_self, q: string) => q.length },
      checked: on(z.number(), (_self, n) => n * 2, { concurrent: true }),
      signal: { concurrent: true, async handle(
        self,
      ) { await new Promise((_, reject) => self.signal.addEventListener(
        'abort', () => { log.push(self.signal.reason); reject(self.signal.reason as Error); },
      )); } },
      pid: { concurrent: true, handle: (self) => [self.pid, self.ref.pid] },
      n: (self) => self.state.n,
      set(self, n: number) { self.state.n = n; },
    },
    casts: {
      beside: { concurrent: true, async handle(self) { await gate.promise; log.push(self.state.n); } },
      crash: { concurrent: true, handle() { throw boom; } },
    },
    info(_self, message) { log.push(message); },
  });
  return { Desk, gate, log };
}

describe('concurrent handlers', () => {
  test('run beside the agent, with a copy of the state as it was when the message was taken', async () => {
    const system = testSystem();
    const { Desk, gate } = desk();
    const ref = system.start(Desk);
    const waiting = ref.call('wait');
    await settleTurn();
    await ref.call('set', 7);
    expect(await ref.call('n'), 'the agent goes on at once').toBe(7);
    gate.open();
    expect(await waiting).toEqual([1, 101, 2]);
    expect(await ref.call('n'), 'the copy is no way back').toBe(7);
  });

  test('many run at once', async () => {
    const system = testSystem();
    const { Desk, gate, log } = desk();
    const ref = system.start(Desk);
    const all = Array.from({ length: 50 }, () => ref.call('wait'));
    ref.cast('beside');
    await ref.call('n');
    await settleTurn();
    expect(system.stats().processes).toBe(52);
    gate.open();
    await Promise.all(all);
    await until(() => system.stats().processes === 1);
    expect(log).toEqual([1]);
  });

  test('refuse, a synchronous value, a schema, and whose pid it is', async () => {
    const system = testSystem();
    const { Desk } = desk();
    const ref = system.start(Desk);
    expect(await callFailure(ref.call('refuse'))).toMatchObject({ code: 'REFUSED', refusal: 'NO', details: 1 });
    expect(await ref.call('sync', 'four')).toBe(4);
    expect(await ref.call('checked', 4)).toBe(8);
    const [own, agent] = await ref.call('pid');
    expect(agent).toBe(ref.pid);
    expect(own).not.toBe(ref.pid);
  });

  for (const verb of ['call', 'cast'] as const) {
    test(`a crash there reaches the agent through the link (${verb})`, async () => {
      const logger = new Recorder();
      const system = testSystem({ logger });
      const { Desk } = desk();
      const ref = system.start(Desk);
      const down = system.monitor(ref).down;
      if (verb === 'cast') ref.cast('crash');
      else expect(await callFailure(ref.call('crash'))).toMatchObject({ code: 'EXIT', reason: boom });
      expect((await down).reason).toBe(boom);
      expect(logger.texts('error'), 'one report for each of the two processes').toHaveLength(2);
    });
  }

  test('a trapping agent gets an Exit instead and lives', async () => {
    const system = testSystem();
    const { Desk, log } = desk(true);
    const ref = system.start(Desk);
    await callFailure(ref.call('crash'));
    expect(await ref.call('n')).toBe(1);
    expect(log).toEqual([new Exit((log[0] as Exit).pid, boom)]);
  });

  test('an orderly end is not told to the agent', async () => {
    const system = testSystem();
    const { Desk, log } = desk(true);
    const ref = system.start(Desk);
    await ref.call('sync', 'x');
    await ref.call('n');
    expect(log).toEqual([]);
    expect(system.inspect(ref)?.links).toEqual([]);
  });

  test('the death of the agent ends its concurrent handlers, and their callers hear it', async () => {
    const system = testSystem();
    const { Desk } = desk();
    const ref = system.start(Desk);
    const waiting = callFailure(ref.call('wait'));
    await settleTurn();
    system.exit(ref, 'outage');
    expect(await waiting).toMatchObject({ code: 'EXIT', reason: 'outage' });
    expect(system.processes()).toEqual([]);
  });

  test('a state that cannot be copied ends the agent with STATE_NOT_CLONABLE', async () => {
    const system = testSystem();
    const Socket =
      defineAgent({
        init: () => ({ close: () => undefined }),
        calls: { read: { concurrent: true, handle: () => 1 } },
      });
    const error = await callFailure(system.start(Socket).call('read'));
    expect(error).toMatchObject({ code: 'EXIT', reason: { code: 'STATE_NOT_CLONABLE' } });
    expect((error.reason as Error).message).toContain("'read'");
  });

  test('self.signal of a concurrent handler fires for its own caller, and its abort is no crash of the agent', async () => {
    const system = testSystem();
    const { Desk, log } = desk();
    const ref = system.start(Desk);
    const controller = new AbortController();
    const call = rejection(ref.call('signal', undefined, { signal: controller.signal }));
    await settleTurn();
    controller.abort('user left');
    expect(await call).toBe('user left');
    await sleep(1);
    expect(log).toEqual(['user left']);
    expect(await ref.call('n'), 'request, not agent').toBe(1);
  });

  test('a queued concurrent request whose caller gave up is skipped when it asked for it', async () => {
    const system = testSystem();
    let ran = 0;
    const gate = new Gate();
    const Agent = defineAgent({
      casts: { async hold() { await gate.promise; } },
      calls: { beside: { concurrent: true, handle: () => ++ran }, ping: () => 'pong' },
    });
    const ref = system.start(Agent);
    ref.cast('hold');
    await callFailure(ref.call('beside', undefined, { timeoutMs: 2, skipAbandoned: true }));
    gate.open();
    await ref.call('ping');
    expect(ran).toBe(0);
  });

  test('a refusal thrown in it, before or after an await, is a refusal and no crash', async () => {
    const system = testSystem();
    const Agent = defineAgent({
      calls: {
        now: { concurrent: true, handle(self): number { throw self.refuse('NOW') as unknown as Error; } },
        later: {
          concurrent: true,
          async handle(self): Promise<number> {
            await settleTurn();
            throw self.refuse('LATER') as unknown as Error;
          },
        },
        ping: () => 'pong',
      },
    });
    const ref = system.start(Agent);
    expect(await callFailure(ref.call('now'))).toMatchObject({ code: 'REFUSED', refusal: 'NOW' });
    expect(await callFailure(ref.call('later'))).toMatchObject({ code: 'REFUSED', refusal: 'LATER' });
    expect(await ref.call('ping')).toBe('pong');
  });
});
