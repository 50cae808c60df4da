import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CastcallError } from '../../src/base/errors.js';
import {
  accepted, auditAccounts, crashed, discarded, ended, handedOver, handled, held, inHand, kept,
  refused, rejected, released, SignalAccount, signalDropped, signalSent, skipped, taken, waited,
  withdrawn, type Columns,
} from '../../src/mailbox/account.js';
import { EXIT, INFO, UNBOUNDED } from '../../src/mailbox/message/op.js';
import { imbalance, mailboxStats, Totals } from '../../src/mailbox/stats.js';
import { Mailbox, Rank } from '../../src/mailbox/mailbox.js';
import { Waiter } from '../../src/mailbox/waiting.js';

class Waits extends Waiter {
  readonly over = false;
  constructor(private readonly box: Mailbox) {
    super(Rank.Normal, INFO, 'waited', null, -1);
  }
  enter(): void {
    this.box.put(INFO, 'waited', null);
  }
  entered(): void {}
  refused(): void {}
}

/**
 * One account of each kind, and what a message may do in them: each step is one transition, done
 * when it can be.
 */
function world() {
  const box = new Mailbox(UNBOUNDED);
  const outside = new Totals();
  const signals = new SignalAccount();
  const state = box.pressure();
  let running = 0;
  const line = (): Waiter | null => state.waiting.head;
  /** those that crashed are among the handled */
  const crashes = (): number => box.extra?.tally.crashed ?? 0;
  const [queued, over] = [(): boolean => box.size > 0, (): boolean => box.handled > running];
  const steps: Readonly<Record<string, readonly [() => boolean, () => unknown]>> = {
    accepted: [() => true, () => box.put(INFO, 1, null)],
    rejected: [() => true, () => rejected(box, 'rejected')],
    superseded: [() => true, () => rejected(box, 'superseded')],
    waited: [() => true, () => waited(box, state.waiting, new Waits(box))],
    admitted: [() => line() !== null, () => box.letIn(state, 0)],
    withdrawn: [() => line() !== null, () => withdrawn(box, state.waiting, line() as Waiter, 'expired')],
    taken: [() => queued() && running === 0, () => { taken(box, signals, INFO); running = 1; }],
    kept: [() => running === 1, () => { kept(box, signals, INFO); running = 0; }],
    handled: [() => running === 1, () => { handled(box); running = 0; }],
    crashed: [() => running === 1, () => { crashed(box); running = 0; }],
    refused: [over, () => refused(box)],
    skipped: [() => running === 1, () => { skipped(box, 'expired'); handled(box); running = 0; }],
    evicted: [queued, () => discarded(box, 'dropped')],
    deadLettered: [queued, () => discarded(box, 'deadLettered')],
    takenBack: [queued, () => handedOver(box, 'queued')],
    reclaimed: [() => box.handled > crashes(), () => handedOver(box, 'handled')],
    reclaimedInHand: [() => running === 1, () => { handedOver(box, 'inHand'); running = 0; }],
    crashReclaimed: [() => crashes() > 0, () => handedOver(box, 'crashed')],
    rejectedReclaimed: [() => (box.extra?.tally.rejected ?? 0) > 0, () => handedOver(box, 'rejected')],
    ended: [() => true, () => ended(outside, 'deadLettered')],
    held: [() => true, () => held(outside)],
    released: [() => outside.held > 0, () => released(outside)],
  };
  return { box, outside, steps, running: () => running === 1 };
}

describe('the account', () => {
  it('P3 every transition keeps the law by itself, in any order', () => {
    auditAccounts();
    const names = Object.keys(world().steps);
    const done = new Set<string>();
    fc.assert(fc.property(fc.array(fc.constantFrom(...names), { maxLength: 100, size: 'max' }), (sequence) => {
      const { box, outside, steps, running } = world();
      for (const name of sequence) {
        const [can, go] = steps[name]!;
        if (!can()) continue;
        go();
        done.add(name);
        const stats = mailboxStats(box, running(), 0);
        expect([imbalance(stats), imbalance(outside), inHand(box)], name).toEqual([0, 0, running() ? 1 : 0]);
        expect(Math.min(
          ...['sent', 'queued', 'held', 'rejected', 'crashed'].map((key) => stats[key as 'sent']),
        ))
          .toBeGreaterThanOrEqual(0);
      }
    }), { numRuns: 200 });
    expect([...done].sort(), 'each of them has happened').toEqual([...names].sort());
  });

  it('each transition moves one message, from the column to the column that it names', () => {
    const moved = (go: (box: Mailbox) => unknown): Record<string, number> => {
      const box = new Mailbox(UNBOUNDED);
      for (let n = 0; n < 4; n++) box.put(INFO, n, null);
      taken(box, new SignalAccount(), INFO);
      crashed(box);
      taken(box, new SignalAccount(), INFO);
      handled(box);
      taken(box, new SignalAccount(), INFO);
      const before = mailboxStats(box, true, 0);
      go(box);
      const after = mailboxStats(box, true, 0);
      const columns = ['sent', 'queued', 'held', 'handled', 'rejected', 'dropped', 'superseded', 'expired',
        'deadLettered', 'refused', 'crashed'] as const;
      return Object.fromEntries(
        columns.map((key) => [key, after[key] - before[key]]).filter(([, by]) => by !== 0),
      );
    };
    const signals = new SignalAccount();
    expect(moved((box) => accepted(box))).toEqual({ sent: 1, queued: 1 });
    expect(moved((box) => rejected(box, 'dropped'))).toEqual({ sent: 1, dropped: 1 });
    expect(moved((box) => waited(box, box.pressure().waiting, new Waits(box)))).toEqual({ sent: 1, held: 1 });
    expect(moved((box) => kept(box, signals, INFO))).toEqual({ queued: 1 });
    expect(moved((box) => { kept(box, signals, INFO); taken(box, signals, INFO); })).toEqual({});
    expect(moved((box) => handled(box))).toEqual({ handled: 1 });
    expect(moved((box) => crashed(box))).toEqual({ handled: 1, crashed: 1 });
    expect(moved((box) => refused(box))).toEqual({ refused: 1 });
    expect(moved((box) => skipped(box, 'dropped'))).toEqual({ handled: -1, dropped: 1 });
    expect(moved((box) => discarded(box, 'expired'))).toEqual({ queued: -1, expired: 1 });
    expect(moved((box) => handedOver(box, 'queued'))).toEqual({ sent: -1, queued: -1 });
    expect(moved((box) => handedOver(box, 'handled'))).toEqual({ sent: -1, handled: -1 });
    expect(moved((box) => handedOver(box, 'inHand'))).toEqual({ sent: -1 });
    expect(moved((box) => handedOver(box, 'crashed'))).toEqual({ sent: -1, handled: -1, crashed: -1 });
  });

  it('a waiter leaves the line once: then it is in another column, or gone to be accepted', () => {
    const box = new Mailbox(UNBOUNDED);
    const { waiting } = box.pressure();
    const [one, other] = [new Waits(box), new Waits(box)];
    waited(box, waiting, one);
    waited(box, waiting, other);
    expect([withdrawn(box, waiting, one, 'expired'), withdrawn(box, waiting, one, 'expired')])
      .toEqual([true, false]);
    box.letIn(box.pressure(), 0);
    expect(mailboxStats(box, false, 0)).toMatchObject({ sent: 2, held: 0, queued: 1, expired: 1 });
  });

  it('signals have an account of their own: sent, and then handled, dropped, or queued still', () => {
    const box = new Mailbox(UNBOUNDED);
    const signals = new SignalAccount();
    for (let n = 0; n < 4; n++) signalSent(signals);
    taken(box, signals, EXIT);
    taken(box, signals, EXIT);
    kept(box, signals, EXIT);
    signalDropped(signals);
    expect({ ...signals }).toEqual({ sent: 4, handled: 1, dropped: 1 });
    expect([box.sent, box.size, inHand(box)], 'the account of users does not know them').toEqual([0, 0, 0]);
  });

  it('P3 a wrong transition is noticed by the next one, in development and in simulations', () => {
    auditAccounts();
    const box = new Mailbox(UNBOUNDED);
    box.put(INFO, 1, null);
    rejected(box, 'rejected');
    const columns: Columns = box;
    columns.sent += 2;
    expect(() => rejected(box, 'rejected')).toThrow(CastcallError);
    columns.sent -= 3;
    expect(() => discarded(box, 'dropped'))
      .toThrow(/does not balance: -1 in hand, expected none or one: \{"sent":2,/);
  });
});
