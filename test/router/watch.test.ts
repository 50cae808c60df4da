import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { defineAgent } from '../../src/index.js';
import { settleTurn, testSystem } from '../support/system.js';

const Slow = defineAgent({
  calls: { never: (self): string => self.noreply() as never, echo: (_self, text: string) => text },
});

const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

describe('P6 one signal for many calls', () => {
  it('has one listener for 1,000 open calls, and none a turn after all are over', async () => {
    const ref = testSystem().start(Slow);
    const { signal } = new AbortController();
    const calls = Array.from({ length: 1_000 }, (_, n) => ref.call('echo', `${n}`, { signal }));
    expect(listeners(signal)).toBe(1);
    expect((await Promise.all(calls)).at(-1)).toBe('999');
    await settleTurn();
    expect(listeners(signal)).toBe(0);
    const again = ref.call('echo', 'again', { signal });
    expect(listeners(signal)).toBe(1);
    expect(await again).toBe('again');
    await settleTurn();
    expect(listeners(signal)).toBe(0);
  });

  it('keeps its listener from one call to the next within a turn, and while another call is open', async () => {
    const ref = testSystem().start(Slow);
    const controller = new AbortController();
    const { signal } = controller;
    let added = 0;
    const add = signal.addEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      added++;
      add(...args);
    };
    for (let n = 0; n < 100; n++) await ref.call('echo', `${n}`, { signal });
    expect([added, listeners(signal)]).toEqual([1, 1]);
    const open = ref.call('never', undefined, { signal, timeoutMs: 'infinity' });
    await settleTurn();
    await ref.call('echo', 'beside', { signal });
    await settleTurn();
    expect([added, listeners(signal)]).toEqual([1, 1]);
    controller.abort('enough');
    await expect(open).rejects.toBe('enough');
    await settleTurn();
    expect(listeners(signal)).toBe(0);
  });

  it('keeps signals apart whose calls take turns', async () => {
    const ref = testSystem().start(Slow);
    const controllers = [new AbortController(), new AbortController()] as const;
    const ends: string[] = [];
    const calls = Array.from({ length: 6 }, (_, n) => ref.call('never', undefined, { signal: (controllers[n % 2] as AbortController).signal }).catch((reason: unknown) => ends.push(`${n} ${String(reason)}`)));
    await ref.call('echo', 'between', { signal: controllers[0].signal });
    controllers[1].abort('b');
    await settleTurn();
    expect(ends).toEqual(['1 b', '3 b', '5 b']);
    expect(controllers.map(({ signal }) => listeners(signal))).toEqual([1, 0]);
    controllers[0].abort('a');
    await Promise.all(calls);
    expect(ends.slice(3)).toEqual(['0 a', '2 a', '4 a']);
    await settleTurn();
    expect(controllers.map(({ signal }) => listeners(signal))).toEqual([0, 0]);
  });

  it('ends every open call with its reason, in the order in which they were made, across systems', async () => {
    const refs = [testSystem().start(Slow), testSystem().start(Slow)] as const;
    const controller = new AbortController();
    const { signal } = controller;
    const ends: string[] = [];
    for (let n = 0; n < 6; n++) void refs[n % 2 === 0 ? 0 : 1].call('never', undefined, { signal }).catch((reason: unknown) => ends.push(`${n} ${String(reason)}`));
    const answered = await refs[0].call('echo', 'answered', { signal });
    controller.abort('enough');
    await settleTurn();
    expect(answered).toBe('answered');
    expect(ends).toEqual(['0 enough', '1 enough', '2 enough', '3 enough', '4 enough', '5 enough']);
    await settleTurn();
    expect(listeners(signal)).toBe(0);
  });

  it('trap L: lets go of calls that end in another way: timeout, refusal, death of the callee', async () => {
    const system = testSystem();
    const full = system.start(Slow, { mailbox: { capacity: 1 } });
    const ref = system.start(Slow);
    const { signal } = new AbortController();
    const ends = [ref.tryCall('never', undefined, { signal, timeoutMs: 1 }), full.tryCall('echo', 'a', { signal }), full.tryCall('echo', 'b', { signal }), ref.tryCall('never', undefined, { signal })];
    await ends[0];
    system.exit(ref, 'boom');
    expect((await Promise.all(ends)).map(({ ok }) => ok)).toEqual([false, true, false, false]);
    await settleTurn();
    expect(listeners(signal)).toBe(0);
  });
});
