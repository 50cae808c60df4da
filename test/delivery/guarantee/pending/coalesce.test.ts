import { afterEach, describe, expect, test } from 'vitest';
import { defineAgent, OptionError } from '../../../../src/index.js';
import type { MailboxOptions } from '../../../../src/index.js';
import { settleTurn, testSystem } from '../../../support/system.js';
import { VirtualEnv } from '../../../support/virtual-env.js';

function world(mailbox?: MailboxOptions) {
  const env = new VirtualEnv();
  const system = testSystem({ env, development: false, logger: false, delivery: { recent: 50 } });
  const seen: unknown[] = [];
  const gate = { open: (): void => undefined };
  const Desk = defineAgent({
    name: 'desk',
    calls: {
      hold: () => new Promise<void>((resolve) => { gate.open = resolve; }),
      note(self, text: string) {
        seen.push(text);
        if (text === 'fails' && self.delivery?.attempt === 1) self.delivery.nack(1_000);
        return text;
      },
      other(_self, text: string) { seen.push(`other ${text}`); },
    },
  });
  const start = () => system.start(Desk, { name: 'desk', mailbox });
  const desk = system.ref(Desk, 'desk');
  return { env, system, seen, gate, Desk, desk, start };
}
const k = { coalesce: 'k' } as const;
const outcome = async (receipt: { settled: Promise<{ kind: string }> }) => (await receipt.settled).kind;

afterEach(() => settleTurn());

describe('Keyed enqueue', () => {
  test('in a mailbox the new one takes the place of the one that waits, whose sender hears superseded', async () => {
    const { desk, start, gate, seen, system } = world();
    start();
    void desk.call('hold');
    await settleTurn();
    const first = await desk.deliver('note', '1 item', k);
    const between = await desk.deliver('note', 'between');
    const second = await desk.deliver('note', '2 items', k);
    expect(first.state).toBe('superseded');
    expect(await first.settled).toMatchObject({ kind: 'superseded', reason: 'superseded', attempts: 0 });
    expect(first.cancel(), 'it is over').toBe(false);
    gate.open();
    expect(await outcome(second)).toBe('handled');
    expect(await outcome(between)).toBe('handled');
    expect(seen).toEqual(['2 items', 'between']);
    expect(desk.stats().delivery).toMatchObject({ accepted: 3, acknowledged: 2, dropped: 1, superseded: 1 });
    expect(desk.stats().mailbox).toMatchObject({ superseded: 1, handled: 3, dropped: 0 });
    expect(system.stats().superseded).toBe(1);
    expect(system.recentDeliveries({ kind: 'superseded' })).toHaveLength(1);
  });

  test("keep: 'first' keeps it; the new one is superseded, by its receipt", async () => {
    const { desk, start, gate, seen } = world();
    start();
    void desk.call('hold');
    await settleTurn();
    const first = await desk.deliver('note', 'a', k);
    const second = await desk.deliver('note', 'b', { coalesce: { key: 'k', keep: 'first' } });
    expect(second.state).toBe('superseded');
    gate.open();
    expect([await outcome(first), await outcome(second)]).toEqual(['handled', 'superseded']);
    expect(seen).toEqual(['a']);
  });

  test('merge makes one payload of both; what it throws changes nothing', async () => {
    const { desk, start, gate, seen } = world();
    start();
    void desk.call('hold');
    await settleTurn();
    const merge = (waiting: string, coming: string): string => {
      if (coming === 'bad') throw new TypeError('no');
      return `${waiting}+${coming}`;
    };
    const receipts = [];
    for (const text of ['a', 'b', 'c']) {
      receipts.push(await desk.deliver('note', text, { coalesce: { key: 'k', merge } }));
    }
    await expect(desk.deliver('note', 'bad', { coalesce: { key: 'k', merge } })).rejects.toThrow('no');
    await expect(desk.deliver('note', 'late', { coalesce: { key: 'k', merge: async () => 'x' } }))
      .rejects.toThrow(/merge/);
    gate.open();
    expect(await Promise.all(receipts.map(outcome))).toEqual(['superseded', 'superseded', 'handled']);
    expect(seen).toEqual(['a+b+c']);
  });

  test('another key, another operation, another destination: they do not meet', async () => {
    const { desk, start, gate, seen, system, Desk } = world();
    start();
    const twin = system.start(Desk, { name: 'twin' });
    void desk.call('hold');
    await settleTurn();
    const receipts = [
      await desk.deliver('note', 'a', k), await desk.deliver('note', 'b', { coalesce: 'l' }),
      await desk.deliver('other', 'c', k), await twin.deliver('note', 'd', k), await desk.deliver('note', 'e'),
    ];
    gate.open();
    expect(await Promise.all(receipts.map(outcome))).toEqual(Array(5).fill('handled'));
    expect(seen).toHaveLength(5);
  });

  test('consumed entries do not count: one that has begun is met no more, also between its attempts', async () => {
    const { desk, start, seen, env } = world();
    start();
    const first = await desk.deliver('note', 'fails', { ...k, backoff: { baseMs: 100, jitter: 0 } });
    await settleTurn();
    expect(first.state).toBe('pending');
    const second = await desk.deliver('note', 'next', k);
    expect(await outcome(second)).toBe('handled');
    await env.advance(2_000);
    expect(await outcome(first)).toBe('handled');
    expect(seen).toEqual(['fails', 'next', 'fails']);
    expect(desk.stats().delivery.superseded).toBe(0);
    await settleTurn();
  });

  test('a retry takes no place: the next one of its key stays', async () => {
    const { desk, start, gate, seen, env } = world();
    start();
    const first = await desk.deliver('note', 'fails', k);
    await settleTurn();
    void desk.call('hold');
    await settleTurn();
    const second = await desk.deliver('note', 'next', k);
    await env.advance(2_000);
    gate.open();
    expect(await Promise.all([first, second].map(outcome))).toEqual(['handled', 'handled']);
    expect(seen).toEqual(['fails', 'next', 'fails']);
  });

  test('what is held for an owner, or for a delay, is met as well', async () => {
    const { desk, start, seen, env } = world();
    const early = await desk.deliver('note', 'early', k);
    const later = await desk.deliver('note', 'later', { ...k, delayMs: 1_000 });
    const last = await desk.deliver('note', 'last', k);
    start();
    await env.advance(2_000);
    expect(await Promise.all([early, later, last].map(outcome))).toEqual(['superseded', 'superseded', 'handled']);
    expect(seen).toEqual(['last']);
    await settleTurn();
  });

  test('a full mailbox has room for it where it takes a place, and refuses it where it does not', async () => {
    const { desk, start, gate, seen } = world({ capacity: 2, overflow: 'reject' });
    start();
    void desk.call('hold');
    await settleTurn();
    await desk.deliver('note', 'a', k);
    await desk.deliver('note', 'b');
    await expect(desk.deliver('note', 'c', { coalesce: 'm' })).rejects.toMatchObject({ code: 'MAILBOX_FULL' });
    const second = await desk.deliver('note', 'd', k);
    gate.open();
    expect(await outcome(second)).toBe('handled');
    await settleTurn();
    expect(seen).toEqual(['d', 'b']);
  });

  test('in line before a mailbox that suspends: it is accepted, as superseded', async () => {
    const { desk, start, gate, seen } = world({ capacity: 1, overflow: 'suspend' });
    start();
    void desk.call('hold');
    await settleTurn();
    const inside = await desk.deliver('note', 'inside');
    const waiting = desk.deliver('note', 'a', k);
    const coming = desk.deliver('note', 'b', k);
    expect((await waiting).state).toBe('superseded');
    gate.open();
    expect(await Promise.all([inside, await coming].map(outcome))).toEqual(['handled', 'handled']);
    expect(seen).toEqual(['inside', 'b']);
    expect(desk.stats().delivery).toMatchObject({ accepted: 3, superseded: 1, dropped: 1 });
  });

  test('many replacements hold one place in the mailbox', async () => {
    const { desk, start, gate, seen } = world();
    start();
    void desk.call('hold');
    await settleTurn();
    for (let n = 0; n < 10_000; n++) await desk.deliver('note', String(n), k);
    expect(desk.stats().mailbox.queued).toBe(1);
    gate.open();
    await settleTurn();
    expect(seen).toEqual(['9999']);
    expect(desk.stats().mailbox.superseded).toBe(9_999);
  });

  test('a cast of the same operation and key is another message', async () => {
    const { system } = world();
    const seen: string[] = [];
    let open = (): void => undefined;
    const Board = defineAgent({
      calls: { hold: () => new Promise<void>((resolve) => { open = resolve; }) },
      casts: { show(_self, text: string) { seen.push(text); } },
    });
    const board = system.start(Board, { name: 'board' });
    void board.call('hold');
    await settleTurn();
    const receipt = await board.deliver('show', 'delivered', k);
    board.cast('show', 'cast', { coalesce: 'k' });
    board.cast('show', 'cast again', { coalesce: 'k' });
    open();
    expect(await outcome(receipt)).toBe('handled');
    await settleTurn();
    expect(seen).toEqual(['delivered', 'cast again']);
  });

  test('bad input is refused with a code, and nothing is sent', async () => {
    const { desk, start } = world();
    start();
    const bad: [object, RegExp][] = [
      [{ coalesce: '' }, /1 to 1,024 bytes/], [{ coalesce: 'ä'.repeat(600) }, /1 to 1,024 bytes/],
      [{ coalesce: { key: 'k', keep: 'none' } }, /'last' \(default\) or 'first'/],
      [{ coalesce: { key: 'k', merge: 1 } }, /a function/], [{ coalesce: { key: 'k', policy: 'x' } }, /policy/],
      [{ coalesce: { key: 'k', keep: 'first', merge: () => 1 } }, /leave one of them out/],
      [{ coalesce: 'k', order: 'o' }, /no order beside it/],
      [{ coalesce: 'k', key: 'x', guarantee: 'exactly-once' }, /no key beside it/],
    ];
    for (const [options, message] of bad) {
      const refused = desk.deliver('note', 'a', options);
      await expect(refused).rejects.toThrow(message);
      await expect(refused).rejects.toBeInstanceOf(OptionError);
    }
    const call = desk.call('note', 'a', { guarantee: 'at-least-once', coalesce: 'k' } as object);
    await expect(call).rejects.toThrow(/call/);
    expect(desk.stats().delivery.accepted).toBe(0);
  });
});
