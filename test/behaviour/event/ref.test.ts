import { describe, expect, it } from 'vitest';
import { CallError } from '../../../src/index.js';
import { defineEventHandler, EventManager } from '../../../src/behaviour/event/public.js';
import { idler, settle } from '../../process/peers.js';
import { testSystem } from '../../support/system.js';
import { callFailure, rejection } from '../help.js';

function recorder(name: string) {
  const seen: unknown[] = [];
  const Handler = defineEventHandler({
    name,
    event(_self, event: unknown) { seen.push(event); },
    calls: { count: () => seen.length, last: (_self, n: number) => seen.slice(-n) },
  });
  return { Handler, seen };
}

describe('the handle of an event manager', () => {
  it('by name follows the name, by pid means one incarnation', async () => {
    const system = testSystem();
    const events = system.ref(EventManager, system.start(EventManager, { name: 'bus' }));
    const named = system.ref(EventManager, 'bus');
    const first = events.pid;
    expect(named.pid).toBe(first);
    await events.stop();
    expect([events.pid, named.pid]).toEqual([undefined, undefined]);
    const again = system.start(EventManager, { name: 'bus' });
    expect([events.pid, named.pid]).toEqual([undefined, again.pid]);
    expect(named.pid).not.toBe(first);
  });

  it('GE-03 notifies nobody in silence where nobody lives; whoever waits is told', async () => {
    const system = testSystem();
    const events = system.ref(EventManager, 'nobody');
    expect(events.notify('x')).toBeUndefined();
    const { Handler } = recorder('late');
    for (const failed of [
      events.syncNotify('x'), events.addHandler(Handler), events.deleteHandler(Handler), events.whichHandlers(),
      events.call(Handler, 'count'), events.stop(),
    ]) expect(await rejection(failed)).toMatchObject({ code: 'NOPROC' });
    expect(system.deadLetters.list()).toMatchObject([{ op: 'notify', payload: 'x' }]);
  });

  it('refuses a call that the handler does not know at once, with those that it knows', async () => {
    const system = testSystem();
    const events = system.ref(EventManager, system.start(EventManager));
    const { Handler } = recorder('log');
    await events.addHandler(Handler);
    const Silent = defineEventHandler({ name: 'silent' });
    const ask = (key: unknown, op: string): unknown =>
      (events as unknown as { call(key: unknown, op: string): unknown }).call(key, op);
    for (const op of ['cuont', '__proto__', '']) {
      expect(() => ask(Handler, op)).toThrow(CallError);
      expect(() => ask(Handler, op)).toThrow(
        expect.objectContaining({ code: 'UNKNOWN_OPERATION', op: `log.${op}`, details: 'count, last' }),
      );
    }
    expect(() => ask(Silent, 'count')).toThrow(expect.objectContaining({ details: 'none' }));
    expect(await events.call(Handler, 'count')).toBe(0);
  });

  it('GE-02 a key is a handler or its id; anything else is refused with the verb', () => {
    const system = testSystem();
    const events = system.ref(
      EventManager, system.start(EventManager),
    ) as unknown as Record<string, (...args: unknown[]) => void>;
    const { Handler } = recorder('log');
    expect(() => events['addHandler']?.({})).toThrow(/^addHandler: got/);
    expect(() => events['addSupHandler']?.(null)).toThrow(/^addSupHandler: got/);
    expect(() => events['deleteHandler']?.('log')).toThrow(/^deleteHandler: got/);
    expect(() => events['swapHandler']?.({}, 1, Handler)).toThrow(/^swapHandler\.from: got/);
    expect(() => events['swapSupHandler']?.(Handler, 1, {})).toThrow(/^swapSupHandler\.to: got/);
  });

  it('takes the options of a call where it waits', async () => {
    const system = testSystem();
    const events = system.ref(EventManager, system.start(EventManager));
    const { Handler } = recorder('log');
    await events.addHandler(Handler);
    const fired = { signal: AbortSignal.abort('enough') };
    expect(await rejection(events.syncNotify('x', fired))).toBe('enough');
    expect(await rejection(events.call(Handler, 'count', undefined, fired))).toBe('enough');
    expect(await rejection(events.syncNotify('x', { timeout: 1 } as never)))
      .toMatchObject({ code: 'UNKNOWN_OPTION' });
    expect(await events.call(Handler, 'last', 3, { timeoutMs: 100 })).toEqual([]);
  });

  it('bound to a process sends in its name: what a dead one sends has no effect (P16)', async () => {
    const system = testSystem();
    const events = system.ref(EventManager, system.start(EventManager));
    const { Handler, seen } = recorder('log');
    await events.addHandler(Handler);
    const { ref, self } = await idler(system);
    const mine = self.bind(events);
    mine.notify('alive');
    await settle();
    system.exit(ref, 'kill');
    mine.notify('dead');
    expect(await callFailure(mine.syncNotify('dead'))).toMatchObject({ code: 'ZOMBIE' });
    await events.syncNotify('outside');
    expect(seen).toEqual(['alive', 'outside']);
    expect(mine.pid).toBe(events.pid);
  });

  it('GE-10 a stop comes after what was notified before it', async () => {
    const system = testSystem();
    const ref = system.start(EventManager);
    const events = system.ref(EventManager, ref);
    const { Handler, seen } = recorder('log');
    await events.addHandler(Handler);
    const { down } = system.monitor(ref);
    for (let n = 0; n < 3; n++) events.notify(n);
    await events.stop('shutdown');
    expect(seen).toEqual([0, 1, 2]);
    expect((await down).reason).toBe('shutdown');
  });
});
