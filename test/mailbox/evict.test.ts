import { describe, expect, it } from 'vitest';
import { expectConserved, settleTurn, testSystem } from '../support/system.js';
import { defineAgent } from '../../src/index.js';
import { defineStatem } from '../../src/behaviour/statem/public.js';
import { heldWorker, Latch, stateOf } from '../support/mailbox.js';
import { VirtualEnv } from '../support/virtual-env.js';

describe('a full mailbox', () => {
  it('P10 reject changes nothing but its counter', async () => {
    const system = testSystem();
    const { ref, seen, go } = await heldWorker(system, { capacity: 2, reserve: 0, overflow: 'reject' });
    for (const n of [1, 2]) expect(ref.tryCast('work', n)).toBe('ok');
    expect(ref.tryCast('work', 3)).toBe('full');
    expect(await stateOf(ref.call('ask', 4))).toBe('MAILBOX_FULL');
    expect(await stateOf(ref.put('work', 5))).toBe('MAILBOX_FULL');
    expect(await stateOf(ref.put('work', 6, { lane: 'critical' }))).toBe('MAILBOX_FULL');
    expect(ref.stats().mailbox).toMatchObject({ size: 2, rejected: 4, dropped: 0, capacity: 2, peak: 2 });
    await go();
    expect(seen).toEqual([1, 2]);
  });

  it('P10 drop-newest drops the arriving one, and counts it as dropped', async () => {
    const system = testSystem();
    const { ref, seen, go } = await heldWorker(system, { capacity: 2, reserve: 0, overflow: 'drop-newest' });
    for (const n of [1, 2]) expect(ref.tryCast('work', n)).toBe('ok');
    ref.cast('work', 3);
    expect(ref.tryCast('work', 4, { lane: 'critical' })).toBe('full');
    expect(await stateOf(ref.call('ask', 5))).toBe('MAILBOX_FULL');
    expect(await stateOf(ref.put('work', 6))).toBe('MAILBOX_FULL');
    ref.send(7);
    expect(ref.stats().mailbox).toMatchObject({ size: 2, rejected: 0, dropped: 5 });
    await go();
    expect(seen).toEqual([1, 2]);
  });

  it('P10 drop-oldest evicts the oldest of the lowest lane, never one above the arriving one', async () => {
    const system = testSystem();
    const { ref, seen, go } = await heldWorker(system, { capacity: 4, overflow: 'drop-oldest' });
    ref.cast('work', 'n1');
    ref.cast('work', 'l1', { lane: 'low' });
    ref.cast('work', 'h1', { lane: 'high' });
    ref.cast('work', 'l2', { lane: 'low' });
    expect(ref.tryCast('work', 'n2')).toBe('ok'); // l1 goes
    expect(ref.tryCast('work', 'h2', { lane: 'high' })).toBe('ok'); // l2 goes
    expect(ref.tryCast('work', 'n3')).toBe('ok'); // n1 goes
    expect(ref.tryCast('work', 'l3', { lane: 'low' })).toBe('full'); // the lowest lane is its own
    expect(await stateOf(ref.put('work', 'h3', { lane: 'high' }))).toBe('done'); // n2 goes
    expect(ref.stats().mailbox).toMatchObject({ size: 4, dropped: 5, rejected: 0, peak: 4 });
    await go();
    expect(seen).toEqual(['h1', 'h2', 'h3', 'n3']);
    expectConserved(system.stats());
  });

  it('P10 a call that is evicted fails its caller with EVICTED, and is not handled', async () => {
    const system = testSystem();
    const { ref, seen, go } = await heldWorker(system, { capacity: 1, overflow: 'drop-oldest' });
    const call = ref.call('ask', 1);
    const stale = ref.call('ask', 2, { expiresInMs: 60_000 });
    expect(await stateOf(call)).toBe('EVICTED');
    ref.cast('work', 3);
    await expect(stale).rejects.toThrow("call 'ask' to " + String(ref.pid)
      + ': evicted from a full mailbox before it was handled');
    await go();
    expect(seen).toEqual([3]);
    expect(system.stats()).toMatchObject({ dropped: 2, callsFailed: 2 });
  });

  it('P9 drop-oldest passes over signals: they are not displaced, and keep their order', async () => {
    const system = testSystem();
    const heard: unknown[] = [];
    const latch = new Latch();
    const Watcher = defineAgent({
      calls: {
        watch: (self, pids: readonly string[]) => {
          for (const pid of pids) self.monitor(pid);
          return latch.done;
        },
      },
      info(
        _self, message,
      ) { heard.push(message instanceof Object ? (message as { reason: unknown }).reason : message); },
    });
    const ref = system.start(Watcher, { mailbox: { capacity: 2, overflow: 'drop-oldest' } });
    const peers = Array.from({ length: 12 }, () => system.spawn((self) => self.receive()));
    const watching = ref.call('watch', peers.map((peer) => peer.pid));
    await settleTurn();
    peers.forEach((peer, n) => {
      system.exit(peer, `down ${n}`);
      if (n % 3 === 0) ref.send(n);
    });
    expect(ref.stats().mailbox).toMatchObject({ size: 2, dropped: 2, depth: { normal: 14 } });
    latch.open();
    await watching;
    await settleTurn();
    const downs =
      (from: number, to: number): string[] => Array.from({ length: to - from }, (_, at) => `down ${from + at}`);
    expect(heard).toEqual([...downs(0, 7), 6, ...downs(7, 10), 9, ...downs(10, 12)]);
  });

  it(
    'P9 P10 with the policy suspend a cast and a call to a full mailbox are rejected and counted',
    async () => {
      const system = testSystem();
      const { ref, seen, go } = await heldWorker(system, { capacity: 1, overflow: 'suspend' });
      expect(ref.tryCast('work', 1)).toBe('ok');
      expect(ref.tryCast('work', 2)).toBe('full');
      ref.cast('work', 3);
      expect(await stateOf(ref.call('ask', 4))).toBe('MAILBOX_FULL');
      expect(ref.stats().mailbox).toMatchObject({ rejected: 3, size: 1, waiting: 0 });
      await go();
      expect(seen).toEqual([1]);
    },
  );

  it('P12 what has expired gives its place before a sender is refused; the caller of an expired call hears it at once', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    for (const overflow of ['reject', 'drop-newest', 'drop-oldest', 'suspend'] as const) {
      const { ref, seen, go } = await heldWorker(system, { capacity: 3, overflow });
      ref.cast('work', 1);
      const call = ref.call('ask', 2, { expiresInMs: 10, lane: 'high' });
      ref.cast('work', 3, { expiresInMs: 10 });
      env.jump(9);
      if (overflow === 'reject') expect(ref.tryCast('work', 4)).toBe('full');
      env.jump(1);
      expect(ref.tryCast('work', 5)).toBe('ok');
      expect(await stateOf(call)).toBe('EXPIRED');
      expect(ref.stats().mailbox).toMatchObject({ size: 2, expired: 2, dropped: 0 });
      await go();
      expect(seen).toEqual([1, 5]);
      expect(ref.stats().mailbox.expired).toBe(2);
      system.exit(ref, 'kill');
    }
    await system.stop();
  });

  it('P9 a bound is kept by a state machine that postpones, also while it handles the event that goes back', async () => {
    const system = testSystem();
    let latch = new Latch();
    const Door = defineStatem({
      init: () => ({ state: 'shut', data: 0 }),
      states: {
        shut: { casts: {
          knock: async (self, wait: boolean) => { if (wait) await latch.done; return self.keep().postpone(); },
        } },
        open: { casts: { knock(self) { self.data += 1; } } },
      },
      common: { calls: { open: (self) => self.next('open').reply('opened'), knocks: (self) => self.data } },
    });
    for (const overflow of ['reject', 'suspend', 'drop-oldest'] as const) {
      latch = new Latch();
      const door = system.start(Door, { mailbox: { capacity: 3, overflow } });
      for (const wait of [false, false, true]) expect(door.tryCast('knock', wait)).toBe('ok');
      await settleTurn();
      expect(door.stats().mailbox).toMatchObject({ size: 2, running: 1 });
      expect(door.tryCast('knock', false), 'the place of the running one is kept').toBe('full');
      const put = stateOf(door.put('knock', false, { timeoutMs: 'infinity' }));
      latch.open();
      await settleTurn();
      expect(door.stats().mailbox).toMatchObject(
        { size: 3, running: 0, peak: 3, waiting: overflow === 'suspend' ? 1 : 0 },
      );
      expect(await stateOf(door.call('open', undefined))).toBe('MAILBOX_FULL');
      expect(await put).toBe(overflow === 'suspend' ? 'waiting' : 'MAILBOX_FULL');
      system.exit(door, 'kill');
    }
  });

  it('P9 P10 who waits for room in a state machine comes in when postponed events are handled', async () => {
    const system = testSystem();
    const Door = defineStatem({
      init: () => ({ state: 'shut', data: 0 }),
      states: {
        shut: { casts: { knock: (self) => self.keep().postpone() }, info: (self) => self.next('open') },
        open: { casts: { knock(self) { self.data += 1; } } },
      },
    });
    const door = system.start(Door, { mailbox: { capacity: 2, overflow: 'suspend' } });
    const puts = Array.from({ length: 5 }, () => door.put('knock', undefined, { timeoutMs: 'infinity' }));
    await settleTurn();
    expect(door.stats().mailbox).toMatchObject({ size: 2, waiting: 3, handled: 0 });
    system.spawn((self) => { self.sendAfter(0, 'open', door); }); // a timer's message needs no room
    await Promise.all(puts);
    await settleTurn();
    expect(door.stats().mailbox).toMatchObject({ size: 0, waiting: 0, handled: 5, peak: 2 });
  });
});
