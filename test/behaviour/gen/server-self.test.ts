import { describe, expect, test } from 'vitest';
import { CallError, defineAgent, type From } from '../../../src/index.js';
import { settleTurn, testSystem } from '../../support/system.js';
import { callFailure, rejection } from '../help.js';
import { heldAfter } from '../../support/collect.js';
import { boom, Desk } from './desk.js';

describe('replies', () => {
  test('GS-17 a call leaves no monitor and no message behind', async () => {
    const system = testSystem();
    const desk = system.start(Desk);
    for (let i = 0; i < 10; i++) await desk.call('echo', 'x');
    expect(system.inspect(desk))
      .toMatchObject({ monitors: [], monitoredBy: [], links: [], mailbox: { size: 0 } });
  });

  test('GS-18 the second reply is dropped and counted', async () => {
    const system = testSystem();
    const desk = system.start(Desk);
    expect(await desk.call('twice')).toBe('first');
    expect(await desk.call('echo', 'next')).toBe('next');
    expect(system.stats().lateReplies).toBe(1);
  });

  test('GS-19 the reply may come later, from another message; to a caller that gave up it is a silent false', async () => {
    const system = testSystem();
    const desk = system.start(Desk);
    const held = desk.call('hold');
    expect(await desk.call('isSettled')).toEqual([false]);
    expect(await desk.call('answer', 42)).toBe(true);
    expect(await held).toBe(42);
    await callFailure(desk.call('hold', undefined, { timeoutMs: 1 }));
    expect(await desk.call('isSettled')).toEqual([true]);
    expect(await desk.call('answer', 42)).toBe(false);
  });

  test('GS-19 any process that holds From may reply', async () => {
    const system = testSystem();
    const Helper = defineAgent({
      casts: { answer(self, from: From) { self.reply(from, 'from the helper'); } },
    });
    const helper = system.start(Helper);
    const Front = defineAgent({ calls: { ask(self): string | ReturnType<
      typeof self.noreply
    > { self.cast(helper, 'answer', self.from as From); return self.noreply(); } } });
    expect(await system.start(Front).call('ask')).toBe('from the helper');
  });

  test('P35 a deferred request that was answered, timed out or aborted is not kept, nor is its signal', async () => {
    const system = testSystem();
    const held: WeakRef<object>[] = [];
    const Agent = defineAgent({
      calls: {
        answered(self): string | ReturnType<typeof self.noreply> {
          held.push(new WeakRef(self.from as From), new WeakRef(self.signal));
          self.reply(self.from as From, 'now');
          return self.noreply();
        },
        never(self): string | ReturnType<
          typeof self.noreply
        > { held.push(new WeakRef(self.from as From), new WeakRef(self.signal)); return self.noreply(); },
        ping: () => 'pong',
      },
    });
    const ref = system.start(Agent);
    const controller = new AbortController();
    await ref.call('answered');
    await callFailure(ref.call('never', undefined, { timeoutMs: 1 }));
    const aborted = rejection(ref.call('never', undefined, { signal: controller.signal }));
    await settleTurn();
    controller.abort('enough');
    await aborted;
    await ref.call('ping');
    expect(held).toHaveLength(6);
    expect(await heldAfter(held), 'collected: request and signal, three times').toBe(0);
  });

  test('refuse is an error to the caller and no crash', async () => {
    const system = testSystem();
    const Bank = defineAgent({ calls: {
      pay: (self, n: number) => (n > 1 ? self.refuse('FUNDS', { n }) : n),
      async payLater(self) { await settleTurn(); return self.refuse('LATER'); },
    } });
    const bank = system.start(Bank);
    expect(await callFailure(bank.call('pay', 2))).toMatchObject(
      { code: 'REFUSED', refusal: 'FUNDS', details: { n: 2 } },
    );
    expect(await callFailure(bank.call('payLater'))).toMatchObject({ code: 'REFUSED', refusal: 'LATER' });
    expect(await bank.call('pay', 1)).toBe(1);
    expect(system.stats()).toMatchObject({ refused: 2, handled: 3, crashes: 0 });
  });

  test('the error of a call carries the stack of its caller in development', async () => {
    const system = testSystem({ development: true });
    const error = await callFailure(system.start(Desk).call('crash'));
    expect(error).toBeInstanceOf(CallError);
    expect(error.stack).toContain('server-self.test.ts');
    expect(error.cause).toBe(boom);
  });

  test('P6 tryCall never rejects', async () => {
    const system = testSystem();
    const desk = system.start(Desk);
    expect(await desk.tryCall('echo', 'x')).toEqual({ ok: true, value: 'x' });
    expect(await desk.tryCall('crash')).toMatchObject({ ok: false, error: { code: 'EXIT' } });
  });

  test('after the stop of its system a call says that the system has stopped', async () => {
    const system = testSystem();
    const desk = system.start(Desk, { name: 'desk' });
    await system.stop();
    for (const ref of [desk, system.ref(Desk, 'desk')]) {
      expect(await callFailure(ref.call('done'))).toMatchObject({
        code: 'NOPROC', message: expect.stringContaining('the system has stopped') as string,
      });
    }
    expect((await callFailure(testSystem().ref(Desk, 'desk').call('done'))).message)
      .toContain('nobody lives there');
  });
});
