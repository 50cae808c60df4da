import { describe, expect, it } from 'vitest';
import { heldWorker, type Held } from '../support/mailbox.js';
import { expectConserved, testSystem } from '../support/system.js';
import { VirtualEnv } from '../support/virtual-env.js';

describe('coalescing', () => {
  it('P3 keep last: the queued message of that operation and key is replaced in its place, and counts as superseded', async () => {
    const system = testSystem();
    const { ref, seen, go } = await heldWorker(system, { capacity: 4 });
    ref.cast('work', 'a1', { coalesce: 'a' });
    ref.cast('work', 'b1', { coalesce: 'b', lane: 'low' });
    ref.cast('work', 'plain');
    ref.cast('other', 'o1', { coalesce: 'a' });
    expect(
      ref.tryCast('work', 'a2', { coalesce: { key: 'a', keep: 'last' } }),
      'a replacement needs no room',
    ).toBe(
      'ok',
    );
    expect(ref.tryCast('work', 'b2', { coalesce: 'b', lane: 'critical' })).toBe('ok');
    expect(ref.tryCast('work', 'c1', { coalesce: 'c' })).toBe('full');
    expect(ref.stats().mailbox).toMatchObject({ size: 4, superseded: 2, rejected: 1, sent: 8 });
    await go();
    expect(seen).toEqual(['a2', 'plain', 'o1', 'b2']);
    ref.cast('work', 'a3', { coalesce: 'a' });
    await go();
    expect(seen.at(-1), 'what was handled is met no more').toBe('a3');
    expectConserved(system.stats());
  });

  it('P3 keep first: the arriving one is superseded', async () => {
    const system = testSystem();
    const { ref, seen, go } = await heldWorker(system, {});
    ref.cast('work', 1, { coalesce: 'k' });
    for (let n = 2; n < 5; n++) expect(
      ref.tryCast('work', n, { coalesce: { key: 'k', keep: 'first' } }),
    ).toBe('ok');
    expect(ref.stats().mailbox).toMatchObject({ size: 1, superseded: 3 });
    await go();
    expect(seen).toEqual([1]);
  });

  it('P3 is found among many, after evictions and after a suspension by sys have moved it', async () => {
    const system = testSystem();
    const { ref, seen, go } = await heldWorker(system, { capacity: 3_000, overflow: 'drop-oldest' });
    const model: { text: unknown; readonly key: string | undefined }[] = [];
    let dropped = 0;
    const send = (text: unknown, key?: string): void => {
      ref.cast('work', text, key === undefined ? {} : { coalesce: key });
      const met = model.find((one) => key !== undefined && one.key === key);
      if (met !== undefined) {
        met.text = text;
        return;
      }
      model.push({ text, key });
      if (model.length <= 3_000) return;
      model.shift();
      dropped++;
    };
    for (let n = 0; n < 3_000; n++) send(n, n % 3 === 0 ? `k${n}` : undefined);
    for (let n = 0; n < 700; n++) send(3_000 + n);
    const held = system.sys(ref).suspend();
    for (let n = 0; n < 3_000; n += 3) send(`new ${n}`, `k${n}`);
    const resumed = held.then(() => system.sys(ref).resume());
    await go();
    await resumed;
    await go();
    expect(seen).toEqual(model.map(({ text }) => text));
    expect(ref.stats().mailbox).toMatchObject({ dropped, size: 0 });
    expectConserved(system.stats());
  });

  it('P12 an expired message is met by nobody; a replacement brings its own time to live', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const { ref, seen, go } = await heldWorker(system, {});
    ref.cast('work', 'old', { coalesce: 'k', expiresInMs: 10 });
    ref.cast('work', 'x', { coalesce: 'l', expiresInMs: 10 });
    env.jump(10);
    ref.cast('work', 'new', { coalesce: { key: 'k', keep: 'first' } });
    expect(ref.stats().mailbox).toMatchObject({ expired: 2, superseded: 0, size: 1 });
    ref.cast('work', 'newer', { coalesce: 'k', expiresInMs: 5 });
    env.jump(5);
    await go();
    expect(seen).toEqual([]);
    expect(ref.stats().mailbox).toMatchObject({ expired: 3, superseded: 1, sent: 5 });
    await system.stop();
  });

  it('P9 a replacement that does not fit in bytes is refused, the queued one stays', async () => {
    const system = testSystem();
    const { ref, seen, go } = await heldWorker(system, { capacityBytes: 10 });
    ref.cast('work', 'four', { coalesce: 'k' });
    ref.cast('work', 'seven');
    expect(ref.tryCast('work', 'sixsix', { coalesce: 'k' })).toBe('full');
    expect(ref.tryCast('work', 'five5', { coalesce: 'k' })).toBe('ok');
    expect(ref.stats().mailbox).toMatchObject({ bytes: { now: 10 }, superseded: 1, rejected: 1 });
    await go();
    expect(seen).toEqual(['five5', 'seven']);
    expect(ref.stats().mailbox.bytes?.now).toBe(0);
  });

  it('P9 a replacement that is smaller lets in who waits for the bytes', async () => {
    const system = testSystem();
    const { ref, seen, go } = await heldWorker(system, { capacityBytes: 10, overflow: 'suspend' });
    ref.cast('work', 'sixsix', { coalesce: 'k' });
    const put = ref.put('work', 'seventh');
    expect(ref.stats().mailbox).toMatchObject({ bytes: { now: 6 }, waiting: 1 });
    expect(ref.tryCast('work', 'six', { coalesce: 'k' })).toBe('ok');
    expect(ref.stats().mailbox).toMatchObject({ bytes: { now: 10 }, waiting: 0, superseded: 1 });
    await put;
    await go();
    expect(seen).toEqual(['six', 'seventh']);
    expectConserved(system.stats());
  });

  it('P3 a key is a text of 1 to 1,024 bytes, for casts only', async () => {
    const system = testSystem();
    const { ref } = await heldWorker(system, {}) as unknown as
      & { ref: { tryCast(...args: unknown[]): unknown; call(...args: unknown[]): Promise<unknown> } } & Held;
    const bad = (coalesce: unknown) => expect(() => ref.tryCast('work', 1, { coalesce }));
    for (const key of ['', 'k'.repeat(1_025), '€'.repeat(342), 7, null]) {
      bad(typeof key === 'string' ? key : { key }).toThrow(/^tryCast\.coalesce.*a text of 1 to 1024 bytes/);
    }
    bad({ key: 'k', keep: 'both' })
      .toThrow("tryCast.coalesce.keep: got 'both', expected 'last' (default) or 'first'");
    bad({ key: 'k', keeps: 1 }).toThrow(/no such option/);
    bad(7).toThrow(/coalesce/);
    expect(ref.tryCast('work', 1, { coalesce: 'k'.repeat(1_024) })).toBe('ok');
    await expect(ref.call('ask', 1, { coalesce: 'k' })).rejects.toThrow(/no such option/);
  });
});
