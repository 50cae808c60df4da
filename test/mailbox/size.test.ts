import { describe, expect, it } from 'vitest';
import { CallError } from '../../src/index.js';
import { heldWorker, stateOf } from '../support/mailbox.js';
import { Recorder, testSystem } from '../support/system.js';

describe('a mailbox bounded in bytes', () => {
  it('P9 counts texts as UTF-8, byte arrays by length, nothing for undefined, 8 for other scalars; the rest by sizeOf', async () => {
    const system = testSystem();
    const { ref } = await heldWorker(
      system, {
        capacityBytes: 1_000,
        sizeOf: (payload, op) => (payload as { bytes: number }).bytes + op.length,
      },
    );
    const now = (): number | undefined => ref.stats().mailbox.bytes?.now;
    const sizes = [
      ['abc', 3], ['é€', 5], [new Uint8Array(10), 10], [Buffer.from('four'), 4], [new ArrayBuffer(7), 7],
      [new DataView(new ArrayBuffer(3)), 3], [undefined, 0], [null, 8], [7, 8], [true, 8], [{ bytes: 20 }, 24],
    ] as const;
    let sum = 0;
    for (const [payload, bytes] of sizes) {
      expect(ref.tryCast('work', payload)).toBe('ok');
      expect(now()).toBe((sum += bytes));
    }
  });

  it('P9 the bound holds on every path, and the bytes of what leaves are free', async () => {
    const system = testSystem();
    for (const [overflow, outcome] of [
      ['reject', 'full'], ['drop-newest', 'full'], ['suspend', 'full'], ['drop-oldest', 'ok'],
    ] as const) {
      const { ref, seen, go } = await heldWorker(system, { capacityBytes: 10, overflow });
      for (const text of ['aaaa', 'bbbb', '']) expect(ref.tryCast('work', text)).toBe('ok');
      expect(ref.tryCast('work', 'ccc', { lane: 'high' })).toBe(outcome);
      expect(ref.tryCast('work', 'dd')).toBe('ok');
      expect(ref.stats().mailbox.bytes).toEqual(
        { now: overflow === 'drop-oldest'
          ? 9
          : 10, peak: 10 - (overflow === 'drop-oldest' ? 1 : 0), capacity: 10 },
      );
      await go();
      expect(seen).toEqual(overflow === 'drop-oldest' ? ['ccc', 'bbbb', '', 'dd'] : ['aaaa', 'bbbb', '', 'dd']);
      expect(ref.stats().mailbox).toMatchObject({ bytes: { now: 0 }, size: 0, handled: 5 });
    }
  });

  it('P9 calls, infos, requests that expire and puts count too; dying frees all', async () => {
    const system = testSystem();
    const { ref, seen, go } = await heldWorker(system, { capacityBytes: 12, overflow: 'suspend' });
    const call = ref.call('ask', 'call', { lane: 'high' });
    ref.send('info');
    ref.cast('work', 'ttl', { expiresInMs: 60_000 });
    expect(ref.stats().mailbox.bytes?.now).toBe(11);
    const puts = [ref.put('work', 'big-one'), ref.put('work', 'b')];
    expect(await stateOf(puts[1] as Promise<void>), 'first come, first served, though it would fit')
      .toBe('waiting');
    expect(ref.tryCast('work', 'c')).toBe('full');
    await go();
    await Promise.all(puts);
    expect(await call).toBe('call');
    expect(seen).toEqual(['call', 'info', 'ttl', 'big-one', 'b']);
    expect(ref.stats().mailbox).toMatchObject({ bytes: { now: 0, peak: 11 }, rejected: 1 });
  });

  it('P9 a payload that nobody can size, or that is too large for the whole mailbox, is refused with a code of its own', async () => {
    const recorder = new Recorder();
    const system = testSystem({ logger: recorder });
    let answer: unknown = 0;
    for (const sizeOf of [undefined, () => answer as number]) {
      const { ref } = await heldWorker(system, { capacityBytes: 10, overflow: 'drop-oldest', sizeOf });
      for (answer of sizeOf === undefined ? [0] : [-1, 1.5, NaN, '7', undefined, 2 ** 40]) {
        expect(() => ref.tryCast('work', {})).toThrow(CallError);
        expect(await stateOf(ref.call('ask', {}))).toBe('UNSIZABLE_PAYLOAD');
        expect(await stateOf(ref.put('work', {}))).toBe('UNSIZABLE_PAYLOAD');
      }
      expect(() => ref.tryCast('work', '0123456789x')).toThrow("cast 'work' to " + String(ref.pid)
        + ': the payload is larger than its whole mailbox may be (capacityBytes 10)');
      expect(await stateOf(ref.put('work', '0123456789x'))).toBe('PAYLOAD_TOO_LARGE');
      ref.cast('work', {});
      ref.send({});
      expect(ref.stats().mailbox)
        .toMatchObject({ size: 0, dropped: 0, rejected: sizeOf === undefined ? 7 : 22 });
    }
    expect(recorder.texts('warn')).toEqual(['a cast was refused at the ref', 'a cast was refused at the ref']);
  });

  it('P9 a sizeOf that throws sizes nothing', async () => {
    const system = testSystem();
    const { ref } = await heldWorker(system, { capacityBytes: 10, sizeOf: () => { throw new Error('no'); } });
    expect(await stateOf(ref.put('work', {}))).toBe('UNSIZABLE_PAYLOAD');
    expect(await stateOf(ref.put('work', 'text'))).toBe('done');
  });
});
