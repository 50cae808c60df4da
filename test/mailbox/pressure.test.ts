import { describe, expect, it } from 'vitest';
import { defineAgent } from '../../src/index.js';
import { heldWorker, Latch, stateOf, Worker } from '../support/mailbox.js';
import { Recorder, settleTurn, testSystem } from '../support/system.js';
import { VirtualEnv } from '../support/virtual-env.js';

describe('watermarks', () => {
  it('P11 exactly one alarm each time the high mark is reached, and one all-clear at the low one', async () => {
    const recorder = new Recorder();
    const system = testSystem({ logger: recorder });
    const seen: unknown[] = [];
    const ref =
      system.start(Worker, seen, new Latch(), {
        name: 'busy', mailbox: { capacity: 10, highWater: 5, lowWater: 2 },
      });
    const lines = (): unknown[] => recorder.lines.splice(0).map(
      ({ level, text, fields }) => `${level} ${text} ${String(fields['queued'])} ${String(fields['name'])}`,
    );
    for (let n = 0; n < 4; n++) ref.cast('work', n, n % 2 === 0 ? {} : { lane: 'high' });
    expect(lines()).toEqual([]);
    for (let n = 4; n < 14; n++) ref.cast('work', n);
    expect(lines()).toEqual(['warn mailbox above high water 5 busy']);
    await settleTurn();
    expect(lines()).toEqual(['info mailbox at low water 2 busy']);
    for (let n = 0; n < 5; n++) ref.cast('work', n);
    expect(lines()).toEqual(['warn mailbox above high water 5 busy']);
    expect(ref.stats().mailbox).toMatchObject({ rejected: 4, peak: 10 });
  });

  it('P11 hysteresis: going up and down above the low mark is no news', async () => {
    const recorder = new Recorder();
    const system = testSystem({ logger: recorder });
    const Refill =
      defineAgent({
        casts: { work(self, left: number) { if (left > 0) { self.ref.cast('work', left - 1); } } },
      });
    const ref = system.start(Refill, { mailbox: { highWater: 4 } });
    for (let n = 0; n < 4; n++) ref.cast('work', 100);
    for (let turn = 0; turn < 50 && ref.stats().mailbox.handled < 404; turn++) await settleTurn();
    expect(recorder.lines.map(({ text, fields }) => `${text} ${String(fields['queued'])}`)).toEqual(
      ['mailbox above high water 4', 'mailbox at low water 2'],
    );
    expect(ref.stats().mailbox.handled).toBe(404);
  });

  it('P11 those who wait keep the alarm up: it is over when the queue itself is short', async () => {
    const recorder = new Recorder();
    const system = testSystem({ logger: recorder });
    const { ref, go } = await heldWorker(system, {
      capacity: 2, overflow: 'suspend', highWater: 2, lowWater: 1,
    });
    const puts = Array.from({ length: 6 }, (_, n) => ref.put('work', n));
    await go();
    await Promise.all(puts);
    expect(recorder.lines.map(({ text, fields }) => `${text} ${String(fields['queued'])}`)).toEqual(
      ['mailbox above high water 2', 'mailbox at low water 1'],
    );
  });
});

describe('close', () => {
  it('P10 closes: later sends are refused and counted, what is queued is handled, those who wait are told', async () => {
    const system = testSystem();
    const { ref, seen, go } = await heldWorker(system, { capacity: 2, overflow: 'suspend' });
    for (const n of [1, 2]) ref.cast('work', n);
    const put = ref.put('work', 3);
    ref.close();
    ref.close();
    expect(await stateOf(put)).toBe('MAILBOX_CLOSED');
    expect(ref.tryCast('work', 4)).toBe('dead');
    ref.cast('work', 5);
    ref.send(6);
    expect(await stateOf(ref.call('ask', 7))).toBe('MAILBOX_CLOSED');
    expect(await stateOf(ref.put('work', 8, { lane: 'critical' }))).toBe('MAILBOX_CLOSED');
    expect(ref.stats().mailbox).toMatchObject({ closed: true, size: 2, waiting: 0, held: 0, rejected: 6 });
    await go();
    expect(seen).toEqual([1, 2]);
    await ref.stop();
    ref.close();
    expect(system.stats().deadLettered).toBe(0);
  });

  it(
    'P10 closes an agent that never had a message, and one that is unbounded; a successor is open',
    async () => {
      const system = testSystem();
      const fresh = system.start(Worker, []);
      fresh.close();
      expect(fresh.tryCast('work', 1)).toBe('dead');
      const other = system.start(Worker, []);
      expect(
        other.tryCast('work', 1),
        'the mailbox that all share before their first message is not touched',
      ).toBe('ok');
      expect(fresh.stats()).toMatchObject({ alive: true, mailbox: { closed: true, rejected: 1 } });
    },
  );
});

describe('statistics of a mailbox', () => {
  it('P11 the age of the oldest is a lower bound that grows while nothing leaves', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const { ref, go } = await heldWorker(system, {});
    expect(ref.stats().mailbox).toMatchObject({ oldestMs: 0, receivedAt: undefined, handledAt: undefined });
    ref.cast('work', 1);
    expect(ref.stats().mailbox.oldestMs).toBe(0);
    env.jump(500);
    expect(ref.stats().mailbox.oldestMs).toBe(500);
    ref.cast('work', 2);
    env.jump(100);
    expect(ref.stats().mailbox.oldestMs).toBe(600);
    for (let n = 0; n < 64; n++) ref.cast('work', n);
    expect(ref.stats().mailbox.receivedAt).toBe(env.now);
    const received = env.now;
    env.jump(40);
    await go();
    expect(ref.stats().mailbox).toMatchObject({ oldestMs: 0, receivedAt: received, handledAt: env.now });
    await system.stop();
  });

  it('P11 a backlog of more than 64 tells its age from its sample, at the first look', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const { ref } = await heldWorker(system, {});
    for (let n = 0; n < 200; n++) ref.cast('work', n);
    env.jump(70);
    expect(ref.stats().mailbox.oldestMs).toBe(70);
    system.exit(ref, 'kill');
    await system.stop();
  });
});
