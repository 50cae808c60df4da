import { describe, expect, test } from 'vitest';
import { defineAgent, type AgentRef, type DeliveryOutcome, type System } from '../../../../src/index.js';
import { settleTurn, testSystem } from '../../../support/system.js';
import { VirtualEnv } from '../../../support/virtual-env.js';

const once = (key: string) => ({ guarantee: 'exactly-once', key }) as const;

function counting(system: System, name = 'w') {
  const done: string[] = [];
  const Teller = defineAgent({
    name: 'Teller',
    calls: {
      tell(_self, reply: unknown) { done.push(String(reply).slice(0, 8)); return reply; },
      no(self, why: string) { done.push(why); return self.refuse(why, 'x'.repeat(600)); },
      ignore: (_self, _payload: unknown) => undefined,
    },
  });
  system.start(Teller, { name });
  return { ref: system.ref(Teller, name), done, Teller };
}
const text = (char: string, length = 600): string => char.repeat(length);
const tell = async (
  ref: AgentRef<ReturnType<typeof counting>['Teller']>, reply: unknown, key: string,
): Promise<DeliveryOutcome> => (await ref.deliver('tell', reply, once(key))).settled;

describe('the replies of a system are bounded in bytes', () => {
  test('P21 P25 a duplicate whose reply is gone is told so, and nothing is handled again; the oldest replies go first', async () => {
    const { ref, done } = counting(testSystem({ delivery: { dedupe: { replyBytesMax: 1_500 } } }));
    const first = await ref.deliver('tell', text('a'), once('a'));
    await first.settled;
    await tell(ref, text('b'), 'b');
    const kept = await ref.deliver('tell', text('a'), once('a'));
    await tell(ref, text('c'), 'c');
    expect(done).toHaveLength(3);
    const again = await ref.deliver('tell', text('a'), once('a'));
    expect(again.state).toBe('reply-gone');
    const gone = await again.settled;
    expect(gone).toEqual({
      kind: 'reply-gone', reply: undefined, reason: 'handled', details: undefined, attempts: 1, failures: [],
      at: (await first.settled).at,
    });
    expect([again.attempts, String(again)]).toEqual([1, "Receipt(tell to w: reply-gone, attempts: 1)"]);
    for await (const state of again.changes) expect(state).toBe('reply-gone');
    expect(await tell(ref, text('b'), 'b')).toMatchObject({ kind: 'handled', reply: text('b') });
    expect([await first.settled, await kept.settled], 'receipts keep what they were told').toMatchObject(
      [{ kind: 'handled' }, { kind: 'handled', reply: text('a') }],
    );
    expect(done, 'never a second execution').toHaveLength(3);
    expect(ref.stats().delivery)
      .toMatchObject({ accepted: 3, acknowledged: 3, duplicatesSuppressed: 3, conflicts: 0 });
    await expect(ref.deliver('tell', text('z'), once('a'))).rejects.toMatchObject({ code: 'KEY_CONFLICT' });
  });

  test('P21 a call whose reply is gone rejects with REPLY_GONE; a refusal is one, too', async () => {
    const { ref, done } = counting(testSystem({ delivery: { dedupe: { replyBytesMax: 700 } } }));
    await expect(ref.call('no', 'WHY', once('r'))).rejects.toMatchObject({ code: 'REFUSED' });
    await ref.call('tell', text('a'), once('a'));
    await expect(ref.call('no', 'WHY', once('r'))).rejects.toMatchObject({
      code: 'REPLY_GONE', refusal: 'refused',
    });
    expect((await (await ref.deliver('no', 'WHY', once('r'))).settled).reason).toBe('refused');
    expect(await ref.call('tell', text('a'), once('a'))).toBe(text('a'));
    await ref.call('tell', text('b'), once('b'));
    await expect(ref.call('tell', text('a'), once('a'))).rejects.toThrow(
      "call 'tell' to w: a message with its key was handled before, and what it was answered is no longer kept",
    );
    expect(done).toHaveLength(3);
  });

  test('the bound is one for all destinations; a reply above it is not kept at all, and takes none along', async () => {
    const system = testSystem({ delivery: { dedupe: { replyBytesMax: 1_000 } } });
    const [one, two] = [counting(system, 'one').ref, counting(system, 'two').ref];
    await tell(one, text('a'), 'k');
    await tell(two, text('b', 2_000), 'large');
    expect(await tell(two, text('b', 2_000), 'large')).toMatchObject({ kind: 'reply-gone' });
    expect(await tell(one, text('a'), 'k')).toMatchObject({ kind: 'handled' });
    await tell(two, text('c'), 'k');
    expect(await tell(one, text('a'), 'k')).toMatchObject({ kind: 'reply-gone' });
    expect(await tell(two, text('c'), 'k')).toMatchObject({ kind: 'handled' });
  });

  test('nothing, numbers and truth values weigh nothing; 0 keeps only those', async () => {
    const { ref } = counting(testSystem({ delivery: { dedupe: { replyBytesMax: 0 } } }));
    for (const reply of [undefined, null, 5, true]) {
      await tell(ref, reply, String(reply));
      expect(await tell(ref, reply, String(reply))).toMatchObject({ kind: 'handled', reply });
    }
    await tell(ref, 'x', 'x');
    expect(await tell(ref, 'x', 'x')).toMatchObject({ kind: 'reply-gone' });
  });

  test('what is forgotten by count or by age gives its room back', async () => {
    const env = new VirtualEnv();
    const system = testSystem({
      env, delivery: { dedupe: { keysMax: 2, ageMs: 1_000, replyBytesMax: 1_500 } },
    });
    const [one, two] = [counting(system, 'one').ref, counting(system, 'two').ref];
    await tell(two, text('z'), 'old');
    for (const key of ['a', 'b', 'c', 'd']) await tell(one, '', key);
    await tell(one, text('e'), 'e');
    expect(await tell(two, text('z'), 'old')).toMatchObject({ kind: 'handled' });
    await env.advance(1_000);
    await tell(one, text('f'), 'f');
    await tell(one, text('g'), 'g');
    expect(
      [await tell(one, text('f'), 'f'), await tell(one, text('g'), 'g')],
      'the one of the other destination has gone by its age',
    ).toMatchObject([{ kind: 'handled' }, { kind: 'handled' }]);
    expect(one.stats().delivery).toMatchObject({ accepted: 7, duplicatesSuppressed: 2 });
  });

  test.each<[string, () => unknown]>([
    ['a getter that throws', () => ({ get a(): never { throw new Error('getter'); } })],
    ['a hostile proxy', () => new Proxy({}, { ownKeys() { throw new Error('trap'); } })],
    ['a cycle', () => { const made: Record<string, unknown> = {}; made['self'] = made; return made; }],
    ['the runtime itself', () => testing],
    ['a million parts', () => Array.from({ length: 1_000_000 }, () => ({}))],
  ])('a reply that is hard to weigh hurts nobody: %s', async (_what, made) => {
    const { ref } = counting(testSystem({ development: false }));
    const reply = made();
    expect(await (await ref.deliver('tell', reply, once('k'))).settled).toMatchObject({ kind: 'handled' });
    expect((await (await ref.deliver('tell', reply, once('k'))).settled).kind).toMatch(/handled|reply-gone/);
  });
  const testing = { ref: defineAgent({ name: 'x' }) };

  test('bad bounds are refused where they enter', () => {
    expect(() => testSystem({ delivery: { dedupe: { replyBytesMax: -1 } } })).toThrow(
      'createSystem.delivery.dedupe.replyBytesMax: got -1, expected a whole number of bytes from 0',
    );
  });
});

const heap = async (): Promise<number> => {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) throw new Error('needs --expose-gc');
  // What bytes stood behind buffers is given back by another thread, a little later.
  for (let times = 0; times < 3; times++) {
    gc();
    await settleTurn();
  }
  return process.memoryUsage().heapUsed + process.memoryUsage().external;
};

describe('P25 P35 what a key costs', () => {
  test('payloads of 100 kB and their replies leave their digests and the bound', async () => {
    const { ref } = counting(testSystem({ development: false, deadLetters: { capacity: 0 } }));
    const before = await heap();
    for (let n = 0; n < 400; n++) {
      await (await ref.deliver(
        'ignore', { n, body: Buffer.alloc(100_000, n).toString('latin1') }, once(`k${n}`),
      )).settled;
    }
    expect((await heap() - before) / 1e6, 'MB; it was 40').toBeLessThan(4);
    for (let n = 0; n < 400; n++) {
      await (await ref.deliver(
        'tell', { n, body: Buffer.alloc(1_000_000, n).toString('latin1') }, once(`r${n}`),
      )).settled;
    }
    expect((await heap() - before) / 1e6, 'MB; it was 440').toBeLessThan(90);
  });

  test('10,000 names with a key each take some hundreds of bytes a name, and nothing when the keys are old and the names forgotten', async () => {
    const env = new VirtualEnv();
    const system =
      testSystem({
        env, development: false, deadLetters: { capacity: 0 },
        delivery: { dedupe: { ageMs: 1_000 } },
      });
    const Short = defineAgent({ name: 'Short', casts: { note: () => undefined } });
    const round = async (from: number, count: number): Promise<void> => {
      for (let n = from; n < from + count; n++) {
        const started = system.start(Short, { name: `session-${n}` });
        await (await system.ref(Short, `session-${n}`).deliver('note', undefined, once('opened'))).settled;
        system.exit(started, 'kill');
      }
    };
    await round(0, 2_000);
    const before = await heap();
    await round(2_000, 10_000);
    expect((await heap() - before) / 10_000, 'bytes a name; it was 3,200').toBeLessThan(1_100);
  });
});
