import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { discarded, handled, rejected, SignalAccount, taken } from '../../src/mailbox/account.js';
import { EXIT, INFO, UNBOUNDED } from '../../src/mailbox/message/op.js';
import { imbalance, mailboxStats, Totals } from '../../src/mailbox/stats.js';
import { Mailbox, Rank } from '../../src/mailbox/mailbox.js';
import type { Lane } from '../../src/mailbox/lane.js';
import { take } from './take.js';

const RANKS = [Rank.Low, Rank.Normal, Rank.High, Rank.Critical, Rank.Front];

describe('Mailbox', () => {
  it('SG-01 strict between lanes, FIFO within one: any mix of puts and takes gives what sorted queues give', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('put' as const), rank: fc.constantFrom(...RANKS), signal: fc.boolean() }),
      fc.record({
        kind: fc.constant('take' as const), rank: fc.constant(Rank.Normal),
        signal: fc.constant(false),
      }),
    );
    fc.assert(fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const box = new Mailbox(UNBOUNDED);
      const model = new Map<number, number[]>(RANKS.map((rank) => [rank, []]));
      const users = new Set<number>();
      const usersIn = (rank: number): number => (model.get(rank) as number[])
        .filter((i) => users.has(i)).length;
      const peaks = new Map<number, { users: number; all: number }>(
        RANKS.map((rank) => [rank, { users: 0, all: 0 }]),
      );
      let peak = 0;
      let sent = 0;
      const signals = new SignalAccount();
      steps.forEach(({ kind, rank, signal }, i) => {
        if (kind === 'put') {
          box.putIn(rank, signal ? EXIT : INFO, i, null);
          model.get(rank)?.push(i);
          if (!signal) {
            users.add(i);
            sent++;
          }
          peak = Math.max(peak, users.size);
          const most = peaks.get(rank) as { users: number; all: number };
          most.users = Math.max(most.users, usersIn(rank));
          most.all = Math.max(most.all, box.depth(rank));
        } else {
          const first = [...RANKS].reverse().map((one) => model.get(one) as number[])
            .find((queue) => queue.length > 0);
          const lane = box.pick();
          expect(lane === null).toBe(first === undefined);
          if (first === undefined) return;
          const message = take(lane as Lane);
          expect(message.payload).toBe(first.shift());
          taken(box, signals, message.op);
          users.delete(message.payload as number);
        }
        expect(box.size).toBe(users.size);
        expect(box.busy()).toBe([...model.values()].some((queue) => queue.length > 0));
        for (const one of RANKS) expect(box.depth(one)).toBe(model.get(one)?.length);
      });
      expect([box.peak, box.sent]).toEqual([peak, sent]);
      for (const [rank, most] of peaks) {
        expect(box.peakIn(rank as Rank)).toBeGreaterThanOrEqual(most.users);
        expect(box.peakIn(rank as Rank)).toBeLessThanOrEqual(Math.min(most.all, peak));
      }
    }));
  });

  it('one message in 64 is sampled', () => {
    const box = new Mailbox(UNBOUNDED);
    const sampled: number[] = [];
    for (let i = 1; i <= 256; i++) if (box.put(INFO, i, null)) sampled.push(i);
    expect(sampled).toEqual([64, 128, 192, 256]);
  });

  it('a mailbox in use only by its normal lane allocates nothing else', () => {
    const box = new Mailbox(UNBOUNDED);
    for (let i = 0; i < 100; i++) box.put(INFO, i, null);
    expect(box.pick()).toBe(box);
    expect(box.extra).toBeNull();
  });

  it('P3 its account balances, and names whatever is missing', () => {
    const box = new Mailbox(10);
    for (let i = 0; i < 5; i++) box.put(INFO, i, null);
    expect(imbalance(mailboxStats(box, false, 0))).toBe(0);
    taken(box, new SignalAccount(), take(box).op);
    expect(imbalance(mailboxStats(box, false, 0))).toBe(1);
    expect(imbalance(mailboxStats(box, true, 0))).toBe(0);
    handled(box);
    expect(imbalance(mailboxStats(box, false, 0))).toBe(0);
    expect(mailboxStats(box, false, 0)).toMatchObject(
      { sent: 5, handled: 1, queued: 4, size: 4, peak: 5, depth: { low: 0, normal: 4, high: 0, critical: 0 } },
    );
    expect(mailboxStats(new Mailbox(UNBOUNDED), false, 0).capacity).toBeUndefined();
  });

  it('P3 each outcome is a term of the account of its own', () => {
    for (const outcome of ['rejected', 'dropped', 'superseded', 'expired', 'deadLettered'] as const) {
      const box = new Mailbox(10);
      if (outcome === 'rejected' || outcome === 'superseded') rejected(box, outcome);
      else {
        box.put(INFO, 1, null);
        take(box);
        discarded(box, outcome);
      }
      const stats = mailboxStats(box, false, 0);
      expect(stats[outcome]).toBe(1);
      expect(imbalance(stats)).toBe(0);
      const totals = new Totals();
      totals.add(box, false);
      totals.add(box, false);
      expect([totals.sent, totals[outcome], imbalance(totals)]).toEqual([2, 2, 0]);
    }
  });
});
