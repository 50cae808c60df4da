import { describe, expect, test } from 'vitest';
import { testSystem } from '../support/system.js';
import { heldWorker, stateOf } from '../support/mailbox.js';

const critical = { lane: 'critical' } as const;

describe('the reserve of a full mailbox', () => {
  test.each(
    ['reject', 'drop-newest', 'drop-oldest', 'suspend'] as const,
  )('P9 under %s 16 critical messages come in above the capacity, and evict nobody', async (overflow) => {
    const { ref, seen, go } = await heldWorker(testSystem(), { capacity: 2, overflow });
    ref.cast('work', 'a');
    ref.cast('work', 'b');
    for (let n = 0; n < 16; n++) expect(ref.tryCast('work', `stop${n}`, critical)).toBe('ok');
    expect(ref.stats().mailbox).toMatchObject({ size: 18, rejected: 0, dropped: 0, capacity: 2 });
    if (overflow !== 'drop-oldest') expect(ref.tryCast('work', 'too many', critical)).toBe('full');
    expect(ref.tryCast('work', 'c')).toBe(overflow === 'drop-oldest' ? 'ok' : 'full');
    expect(ref.stats().mailbox.size).toBe(18);
    await go();
    expect(seen.slice(-2)).toEqual(overflow === 'drop-oldest' ? ['b', 'c'] : ['a', 'b']);
    expect(seen).toHaveLength(18);
  });

  test('P9 it knows no line: those who wait for room stay behind it, and come in only below the capacity', async () => {
    const { ref, seen, go } = await heldWorker(testSystem(), { capacity: 1, reserve: 1, overflow: 'suspend' });
    const puts = ['a', 'b'].map((text) => ref.put('work', text));
    expect(await stateOf(ref.put('work', 'stop', critical))).toBe('done');
    expect(ref.stats().mailbox).toMatchObject({ size: 2, waiting: 1 });
    const last = ref.put('work', 'late stop', critical);
    expect(await stateOf(last), 'the reserve is used up').toBe('waiting');
    await go();
    await Promise.all([...puts, last]);
    expect(seen).toEqual(['stop', 'a', 'late stop', 'b']);
    expect(ref.stats().mailbox.peak).toBe(2);
  });

  test('P9 a bound in bytes counts for all: a critical message without a payload takes none', async () => {
    const { ref, go } = await heldWorker(testSystem(), { capacity: 1, capacityBytes: 4, overflow: 'reject' });
    expect(ref.tryCast('work', 'four')).toBe('ok');
    expect(ref.tryCast('work', 'x', critical)).toBe('full');
    expect(ref.tryCast('work', undefined, critical)).toBe('ok');
    await go();
  });

  test('P9 reserve: 0 is a bound for all lanes', async () => {
    const { ref, go } = await heldWorker(testSystem(), { capacity: 1, reserve: 0 });
    expect(ref.tryCast('work', 'a')).toBe('ok');
    expect(ref.tryCast('work', 'stop', critical)).toBe('full');
    await go();
  });

  test(
    'a delivery that is critical is accepted by a full mailbox, and comes in again after a restart',
    async () => {
      const { ref, go } = await heldWorker(testSystem(), { capacity: 1 });
      ref.cast('work', 'a');
      expect(await stateOf(ref.deliver('work', 'b'))).toBe('MAILBOX_FULL');
      const receipt = await ref.deliver('work', 'stop', critical);
      await go();
      expect((await receipt.settled).kind).toBe('handled');
    },
  );
});
