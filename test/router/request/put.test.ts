import { describe, expect, it } from 'vitest';
import { defineAgent, type AnyDefinition, type CallError } from '../../../src/index.js';
import { heldWorker, Latch, stateOf, Worker } from '../../support/mailbox.js';
import { expectConserved, settleTurn, testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';

const suspend = (capacity: number) => ({ capacity, overflow: 'suspend' as const });

describe('put', () => {
  it('P10 resolves at queueing when there is room, also without a bound and under other policies', async () => {
    const system = testSystem();
    for (const mailbox of [
      {}, suspend(2), { capacity: 2 }, { capacity: 2, overflow: 'drop-oldest' as const },
    ]) {
      const { ref, seen, go } = await heldWorker(system, mailbox);
      expect(await stateOf(ref.put('work', 1))).toBe('done');
      expect(ref.stats().mailbox).toMatchObject({ size: 1, waiting: 0, sent: 2 });
      await go();
      expect(seen).toEqual([1]);
    }
  });

  it('P10 waiting senders come in first come, first served, exactly one for each place', async () => {
    const system = testSystem();
    const seen: unknown[] = [];
    const latches = Array.from({ length: 7 }, () => new Latch());
    const Slow = defineAgent({
      casts: { async work(_self, n: number) { seen.push(n); await latches[n]?.done; } },
    });
    const ref = system.start(Slow, { mailbox: { ...suspend(2), reserve: 0 } });
    const puts =
      Array.from({ length: 7 }, (_, n) => ref.put('work', n, n === 6 ? { lane: 'critical' } : undefined));
    const states = async (): Promise<string> => (await Promise.all(puts.map((put) => stateOf(put)))).join();
    expect(ref.stats().mailbox).toMatchObject({ size: 2, waiting: 5, held: 5, sent: 7 });
    expect(await states()).toBe('done,done,done,waiting,waiting,waiting,waiting');
    for (let n = 0; n < 4; n++) {
      expect(ref.stats().mailbox).toMatchObject({ size: 2, waiting: 4 - n, running: 1, peak: 2 });
      latches[n]?.open();
      await settleTurn();
    }
    expect(await states()).toBe('done,done,done,done,done,done,done');
    for (const latch of latches) latch.open();
    await settleTurn();
    expect(seen).toEqual([0, 1, 2, 3, 4, 6, 5]); // 6 is critical, but it waited its turn for room
    expect(ref.stats().mailbox).toMatchObject({ handled: 7, sent: 7, held: 0, rejected: 0 });
  });

  it('P10 a place that becomes free goes to who waits, not to a cast that comes later', async () => {
    const system = testSystem();
    const { ref, seen, go } = await heldWorker(system, suspend(1));
    ref.cast('work', 1);
    const put = ref.put('work', 2);
    expect(ref.tryCast('work', 3)).toBe('full');
    await go();
    await put;
    expect(seen).toEqual([1, 2]);
  });

  it('P10 fails by its deadline, 5,000 ms by default, and was not queued then', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const { ref, seen, go } = await heldWorker(system, suspend(1));
    ref.cast('work', 1);
    const usual = ref.put('work', 2);
    const short = ref.put('work', 3, { timeoutMs: 10 });
    const ever = ref.put('work', 4, { timeoutMs: 'infinity' });
    await env.advance(10);
    expect(await stateOf(short)).toBe('TIMEOUT');
    await env.advance(4_989);
    expect(await stateOf(usual)).toBe('waiting');
    await env.advance(1);
    await expect(usual).rejects.toThrow(
      `put 'work' to ${String(ref.pid)}: no room in its mailbox within 5000 ms; it was not queued`,
    );
    await env.advance(1_000_000);
    expect(await stateOf(ever)).toBe('waiting');
    expect(ref.stats().mailbox).toMatchObject({ rejected: 2, waiting: 1, held: 1 });
    await go();
    await env.settle();
    expect(seen).toEqual([1, 4]);
    expect(system.stats().held).toBe(0);
    await system.stop();
  });

  it('P10 P12 a put whose message expires first is over as EXPIRED, counted once', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const { ref, seen, go } = await heldWorker(system, suspend(1));
    ref.cast('work', 1);
    const put = ref.put('work', 2, { expiresInMs: 20 });
    await env.advance(20);
    expect(await stateOf(put)).toBe('EXPIRED');
    expect(ref.stats().mailbox).toMatchObject({ expired: 1, waiting: 0, rejected: 0 });
    await go();
    expect(seen).toEqual([1]);
    await system.stop();
  });

  it('P10 P12 its time to live runs from the send, not from the moment it came in', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const { ref, seen, go } = await heldWorker(system, suspend(1));
    ref.cast('work', 1, { expiresInMs: 5 });
    const put = ref.put('work', 2, { expiresInMs: 20 });
    await env.advance(5);
    expect(ref.tryCast('work', 3)).toBe('full'); // purges 1, and the put comes in before the cast
    expect(await stateOf(put)).toBe('done');
    await env.advance(15);
    await go();
    expect(seen).toEqual([]);
    expect(ref.stats().mailbox).toMatchObject({ expired: 2, rejected: 1 });
    await system.stop();
  });

  it('P10 an AbortSignal ends the wait with its reason; one that has fired queues nothing', async () => {
    const system = testSystem();
    const { ref, seen, go } = await heldWorker(system, suspend(1));
    expect(await stateOf(ref.put('work', 0, { signal: AbortSignal.abort('early') }))).toBe('early');
    ref.cast('work', 1);
    const controller = new AbortController();
    const [gone, stays] =
      [ref.put('work', 2, {
        signal: controller.signal,
      }), ref.put('work', 3, { signal: new AbortController().signal })];
    controller.abort('no more');
    expect(await stateOf(gone)).toBe('no more');
    await go();
    await stays;
    controller.abort();
    expect(seen).toEqual([1, 3]);
    expect(system.stats()).toMatchObject({ rejected: 2, held: 0 });
  });

  it('P10 the death of the receiver fails all that wait, with its reason', async () => {
    const system = testSystem();
    const { ref } = await heldWorker(system, suspend(1));
    ref.cast('work', 1);
    const puts = [ref.put('work', 2), ref.put('work', 3)];
    system.exit(ref, 'boom');
    for (const put of puts) await expect(put).rejects.toMatchObject({ code: 'EXIT', reason: 'boom' });
    expect(system.stats()).toMatchObject({ held: 0, rejected: 2, deadLettered: 1, crashed: 1 });
    expect(await stateOf(ref.put('work', 4))).toBe('NOPROC');
    expectConserved(system.stats());
  });

  it('P10 a put of a sender that dies is withdrawn, and the next in line moves up', async () => {
    const system = testSystem();
    const { ref, seen, go } = await heldWorker(system, suspend(1));
    ref.cast('work', 1);
    const sender = system.spawn((self) => self.put(ref, 'work', 2, { timeoutMs: 'infinity' }));
    await settleTurn();
    const other = ref.put('work', 3);
    expect(ref.stats().mailbox.waiting).toBe(2);
    system.exit(sender, 'kill');
    expect(ref.stats().mailbox).toMatchObject({ waiting: 1, dropped: 1 });
    await go();
    await other;
    expect(seen).toEqual([1, 3]);
  });

  it('P10 a put to oneself fails at once, though there is room', async () => {
    const system = testSystem();
    const Selfish: AnyDefinition = defineAgent({
      calls: { tell: (self) =>
        stateOf(self.put(system.ref(Selfish, 'selfish'), 'note' as never, undefined as never)) },
      casts: { note: () => undefined },
    });
    const ref =
      system.start(Selfish, { name: 'selfish', mailbox: suspend(1) }) as { call(op: string): Promise<unknown> };
    expect(await ref.call('tell')).toBe('CALLING_SELF');
    expect(system.stats()).toMatchObject({ rejected: 1, handled: 1, held: 0 });
  });

  it('P10 two agents that wait for room in each other are found at once: CALL_CYCLE with the path', async () => {
    const system = testSystem();
    const outcomes: unknown[] = [];
    const Peer: AnyDefinition = defineAgent({
      casts: {
        async fill(self, { latch, other }: { latch: Latch; other: string }) {
          await latch.done;
          outcomes.push(await self.put(system.ref(Peer, other), 'nothing' as never, undefined as never).then(
            () => 'done', (error: unknown) => (error as CallError).path ?? error,
          ));
        },
        nothing: () => undefined,
      },
    });
    const start = (name: string) =>
      system.start(Peer, { name, mailbox: suspend(1) }) as { cast(op: string, payload?: unknown): void };
    const [a, b] = [start('a'), start('b')];
    const latch = new Latch();
    a.cast('fill', { latch, other: 'b' });
    b.cast('fill', { latch, other: 'a' });
    await settleTurn();
    for (const one of [a, b]) one.cast('nothing');
    latch.open();
    await settleTurn();
    expect(outcomes).toEqual([['b', 'a', 'b'], 'done']);
  });

  it('P16 a put by a dead incarnation has no effect', async () => {
    const system = testSystem();
    const { ref } = await heldWorker(system, suspend(1));
    const latch = new Latch();
    let late: Promise<unknown> = Promise.resolve();
    const sender = system.spawn(async (self) => {
      await latch.done;
      late = stateOf(self.put(ref, 'work', 1));
    });
    await settleTurn();
    system.exit(sender, 'kill');
    latch.open();
    await settleTurn();
    expect(await late).toBe('ZOMBIE');
    expect(system.stats()).toMatchObject({ zombies: 1, sent: 1 });
  });

  it('P10 what the sender got wrong is a rejection, never a throw', async () => {
    const system = testSystem();
    const ref = system.start(Worker, []) as unknown as { put(...args: unknown[]): Promise<void> };
    expect(await stateOf(ref.put('nothing'))).toBe('UNKNOWN_OPERATION');
    expect(await stateOf(ref.put('work', 1, { timeoutMs: -1 }))).toBe('BAD_OPTION');
    expect(await stateOf(ref.put('work', 1, { coalesce: 'k' }))).toBe('UNKNOWN_OPTION');
    expect(await stateOf(ref.put('work', 1, { signal: 7 }))).toBe('BAD_OPTION');
  });
});
