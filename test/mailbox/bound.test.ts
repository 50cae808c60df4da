import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defineAgent, type AgentRef, type MailboxLane } from '../../src/index.js';
import { expectConserved, settleTurn, testSystem } from '../support/system.js';

const Worker = defineAgent({
  name: 'Worker',
  init: (seen: number[]) => ({ seen }),
  calls: { ping: () => 'pong' },
  casts: { work(self, n: number) { self.state.seen.push(n); } },
  info(self, message) { self.state.seen.push(message as number); },
});

function order(ref: AgentRef<typeof Worker>, priorities: readonly MailboxLane[]): void {
  priorities.forEach((priority, n) => ref.cast('work', n, { lane: priority }));
}

describe('a mailbox in use', () => {
  it('P1 critical before high before normal before low, FIFO within each', async () => {
    const system = testSystem();
    const seen: number[] = [];
    const ref = system.start(Worker, seen);
    order(ref, ['low', 'normal', 'high', 'critical', 'low', 'normal', 'high', 'critical']);
    expect(ref.stats().mailbox.depth).toEqual({ low: 2, normal: 2, high: 2, critical: 2 });
    await ref.call('ping', undefined, { lane: 'low' });
    expect(seen).toEqual([3, 7, 2, 6, 1, 5, 0, 4]);
  });

  it('P1 any mix of priorities arrives as a stable sort by priority', async () => {
    const rank: Record<MailboxLane, number> = { critical: 0, high: 1, normal: 2, low: 3 };
    await fc.assert(fc.asyncProperty(fc.array(
      fc.constantFrom<MailboxLane>('low', 'normal', 'high', 'critical'), { maxLength: 60 },
    ), async (priorities) => {
      const system = testSystem();
      const seen: number[] = [];
      const ref = system.start(Worker, seen);
      order(ref, priorities);
      await ref.call('ping', undefined, { lane: 'low' });
      expect(seen).toEqual(priorities.map((_, n) => n).sort(
        (a, b) => rank[priorities[a] as MailboxLane] - rank[priorities[b] as MailboxLane] || a - b,
      ));
      await system.stop();
    }), { numRuns: 30 });
  });

  it('P1 each message that is taken is the oldest of the highest lane, whatever its handlers send meanwhile', async () => {
    const priorities: readonly MailboxLane[] = ['low', 'normal', 'high', 'critical'];
    const sends = fc.array(fc.tuple(fc.constantFrom(...priorities), fc.nat(2)), { maxLength: 60 });
    await fc.assert(fc.asyncProperty(sends, async (plan) => {
      const queued = priorities.map((): number[] => []);
      const taken: number[] = [];
      const expected: number[] = [];
      let next = 0;
      const send = (ref: AgentRef<typeof Relay>): void => {
        const [priority] = plan[next] ?? [];
        if (priority === undefined) return;
        queued[priorities.indexOf(priority)]?.push(next);
        ref.cast('work', next++, { lane: priority });
      };
      const Relay = defineAgent({
        calls: { ping: () => 'pong' },
        casts: {
          work(_self, n: number): void {
            taken.push(n);
            expected.push(queued.findLast((lane) => lane.length > 0)?.shift() ?? -1);
            for (let more = plan[n]?.[1] ?? 0; more > 0; more--) send(ref);
          },
        },
      });
      const system = testSystem();
      const ref = system.start(Relay);
      while (next < plan.length) {
        send(ref);
        send(ref);
        if (next % 3 === 0) await ref.call('ping', undefined, { lane: 'low' });
      }
      await ref.call('ping', undefined, { lane: 'low' });
      await settleTurn();
      expect(taken).toEqual(expected);
      expect(taken.length).toBe(plan.length);
      await system.stop();
    }), { numRuns: 60 });
  });

  it('RE-09 is unbounded by default', async () => {
    const system = testSystem();
    const seen: number[] = [];
    const ref = system.start(Worker, seen);
    for (let n = 0; n < 50_000; n++) expect(ref.tryCast('work', n)).toBe('ok');
    expect(ref.stats().mailbox).toMatchObject({ size: 50_000, peak: 50_000, capacity: undefined });
    await ref.call('ping', undefined, { timeoutMs: 'infinity' });
    expect(seen.length).toBe(50_000);
    expect(seen.every((n, i) => n === i)).toBe(true);
  });

  it('P9 P10 a bound holds through every lane and verb, and what it refuses is counted exactly', async () => {
    const system = testSystem();
    const seen: number[] = [];
    const ref = system.start(Worker, seen, { mailbox: { capacity: 3, reserve: 0 } });
    expect(ref.tryCast('work', 1)).toBe('ok');
    expect(ref.tryCast('work', 2, { lane: 'low' })).toBe('ok');
    ref.send(3);
    expect(ref.tryCast('work', 4)).toBe('full');
    expect(ref.tryCast('work', 5, { lane: 'critical' })).toBe('full');
    ref.cast('work', 6);
    ref.send(7);
    const calls = await Promise.allSettled([ref.call('ping'), ref.call('ping', undefined, { lane: 'high' })]);
    for (const call of calls) expect(call)
      .toMatchObject({ status: 'rejected', reason: { code: 'MAILBOX_FULL' } });
    expect(seen).toEqual([1, 3, 2]);
    expect(ref.stats().mailbox)
      .toMatchObject({ capacity: 3, peak: 3, rejected: 6, sent: 9, handled: 3, size: 0 });
    expectConserved(system.stats());
  });

  it('P9 signals need no room: a full mailbox still hears exits and downs', async () => {
    const system = testSystem();
    const heard: unknown[] = [];
    const Full = defineAgent({
      name: 'Full', trapExit: true,
      casts: { watch(self, pid: string) { self.monitor(pid); self.link(pid); } },
      info(self, message) { heard.push((message as { tag?: string }).tag ?? message); },
    });
    const peer = system.spawn((self) => self.receive());
    const ref = system.start(Full, { mailbox: { capacity: 1 } });
    ref.cast('watch', peer.pid);
    await new Promise((resolve) => setImmediate(resolve));
    ref.send('fills it');
    expect(ref.stats().mailbox.size).toBe(1);
    system.exit(peer, 'boom');
    expect(ref.stats().mailbox).toMatchObject({ size: 1, rejected: 0, depth: { normal: 3 } });
    await new Promise((resolve) => setImmediate(resolve));
    expect([...heard as string[]].sort()).toEqual(['DOWN', 'EXIT', 'fills it']);
  });

  it('P12 a message that expires while it is queued is not handled and counted once', async () => {
    const system = testSystem();
    const seen: number[] = [];
    const ref = system.start(Worker, seen);
    ref.cast('work', 1, { expiresInMs: 0 });
    ref.cast('work', 2, { expiresInMs: 60_000 });
    const late = ref.call('ping', undefined, { expiresInMs: 0 });
    await expect(late).rejects.toMatchObject({ code: 'EXPIRED' });
    await ref.call('ping');
    expect(seen).toEqual([2]);
    expect(ref.stats().mailbox).toMatchObject({ expired: 2, handled: 2, sent: 4 });
  });
});
