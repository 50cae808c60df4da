import { EventEmitter, once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { defineAgent, type AgentRef } from '../../../src/index.js';
import { settleTurn, testSystem } from '../../support/system.js';
import { callFailure, Gate, rejection } from '../help.js';

/**
 * Keeps the signals that its handlers saw, outside its state, so that the tests can look at them
 * after its death.
 */
function watcher() {
  const seen: AbortSignal[] = [];
  const gate = new Gate();
  const Agent = defineAgent({
    init: () => ({ n: 0 }),
    calls: {
      async work(self) { seen.push(self.signal); await gate.promise; return 'done'; },
      async obey(self) {
        const { signal } = self;
        seen.push(signal);
        await new Promise((_, reject) => signal.addEventListener(
          'abort', () => reject(signal.reason as Error),
        ));
      },
      keep(self): string | ReturnType<typeof self.noreply> { seen.push(self.signal); return self.noreply(); },
      ping: () => 'pong',
    },
    casts: {
      look(self) { seen.push(self.signal); },
      async sit(self) { seen.push(self.signal); await gate.promise; },
    },
  });
  return { Agent, seen, gate };
}

describe('a request that was given up is no reason to die', () => {
  async function abandon(
    system: ReturnType<typeof testSystem>, ref: AgentRef<ReturnType<typeof watcher>['Agent']>,
  ): Promise<void> {
    const controller = new AbortController();
    const call = rejection(ref.call('obey', undefined, { signal: controller.signal }));
    await settleTurn();
    controller.abort(new Error('user left'));
    expect(await call).toMatchObject({ message: 'user left' });
    await ref.call('ping');
  }

  test(
    'a handler that ends with the abort reason of its own request ends the request, not the agent',
    async () => {
      const system = testSystem();
      const { Agent } = watcher();
      const ref = system.start(Agent);
      await abandon(system, ref);
      expect(await ref.call('ping')).toBe('pong');
      expect(system.stats()).toMatchObject({ crashes: 0, refused: 1 });
    },
  );

  test('P17: a wait of Node that ends with it, told as its cause, is as good', async () => {
    const system = testSystem();
    const Agent = defineAgent({
      calls: { ping: () => 'pong', wait: (self) => once(new EventEmitter(), 'never', { signal: self.signal }) },
    });
    const ref = system.start(Agent);
    const controller = new AbortController();
    const call = rejection(ref.call('wait', undefined, { signal: controller.signal }));
    await settleTurn();
    controller.abort(new Error('user left'));
    await call;
    expect(await ref.call('ping')).toBe('pong');
    expect(system.stats()).toMatchObject({ crashes: 0, refused: 1 });
  });

  test('the same with a timeout instead of an abort', async () => {
    const system = testSystem();
    const { Agent } = watcher();
    const ref = system.start(Agent);
    await callFailure(ref.call('obey', undefined, { timeoutMs: 2 }));
    expect(await ref.call('ping')).toBe('pong');
  });

  test('any other error of that handler is a crash, also when its message is the same', async () => {
    const system = testSystem();
    const controller = new AbortController();
    const Agent = defineAgent({ calls: { async other(self) {
      await new Promise<void>((resolve) => self.signal.addEventListener('abort', () => resolve()));
      throw new Error('user left');
    } } });
    const ref = system.start(Agent);
    const down = system.monitor(ref).down;
    const call = rejection(ref.call('other', undefined, { signal: controller.signal }));
    await settleTurn();
    controller.abort(new Error('user left'));
    await call;
    expect((await down).reason).toMatchObject({ message: 'user left' });
  });

  test('an error that equals the reason of a signal which did not fire is a crash', async () => {
    const system = testSystem();
    const Agent = defineAgent({ calls: { crash: (self) => { void self.signal; throw new Error('mine'); } } });
    expect(await callFailure(system.start(Agent).call('crash'))).toMatchObject({ code: 'EXIT' });
  });

  test('the signal of an abandoned request is not the signal of the messages after it', async () => {
    const system = testSystem();
    const { Agent, seen } = watcher();
    const ref = system.start(Agent);
    await abandon(system, ref);
    ref.cast('look');
    await ref.call('ping');
    expect(seen.at(-1)?.aborted).toBe(false);
  });

  test('the signal of a deferred request is not the signal of the messages after it', async () => {
    const system = testSystem();
    const { Agent, seen } = watcher();
    const ref = system.start(Agent);
    const deferred = callFailure(ref.call('keep', undefined, { timeoutMs: 5 }));
    ref.cast('look');
    await ref.call('ping');
    await deferred;
    expect(seen.map((signal) => signal.aborted)).toEqual([true, false]);
  });

  test('one call\'s signal does not fire for the abort of another call', async () => {
    const system = testSystem();
    const { Agent, seen, gate } = watcher();
    const ref = system.start(Agent);
    const first = new AbortController();
    const a = ref.tryCall('work', undefined, { signal: first.signal });
    const b = ref.tryCall('work');
    await settleTurn();
    gate.open();
    await a;
    expect(await b).toEqual({ ok: true, value: 'done' });
    first.abort();
    expect(seen.map((signal) => signal.aborted)).toEqual([false, false]);
  });
});
