import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { child, defineAgent } from '../../../../src/index.js';
import type { MessageProvenance, Receipt } from '../../../../src/index.js';
import { settleTurn, testSystem } from '../../../support/system.js';
import { VirtualEnv } from '../../../support/virtual-env.js';

afterEach(() => settleTurn());

const kind = async (receipt: Receipt) => (await receipt.settled).kind;

async function world(poison = '') {
  const env = new VirtualEnv();
  const system = testSystem({ env, development: false });
  const turns: (readonly string[])[] = [];
  const gate = { open: (): void => undefined };
  const Chat = defineAgent({
    name: 'chat',
    calls: {
      turn: {
        collect: 3,
        async handle(self, texts: readonly string[]) {
          turns.push(texts);
          if (texts.includes('hold')) await new Promise<void>((resolve) => { gate.open = resolve; });
          if (poison !== '' && texts.includes(poison)) throw new Error('poison');
          if (texts.includes('refuse')) return self.refuse('NO');
          return texts.join('+');
        },
      },
      other(_self, text: string) { turns.push([`other ${text}`]); },
    },
  });
  await system.supervise({ intensity: 50, children: [child('chat', Chat)] });
  const chat = system.ref(Chat, 'chat');
  const held = await chat.deliver('turn', 'hold');
  await settleTurn();
  const send = (texts: string[], options: object = {}) =>
    Promise.all(texts.map((text) => chat.deliver('turn', text, { backoff: { baseMs: 1, jitter: 0 }, ...options })));
  return { system, env, turns, gate, chat, send, held };
}

describe('Turn-boundary drain', () => {
  test('mail that came during a turn is handled in the next, joined up to the bound; all settle with it', async () => {
    const { turns, gate, chat, send, held } = await world();
    const receipts = await send(['a', 'b', 'c', 'd']);
    gate.open();
    expect(await Promise.all([held, ...receipts].map(async ({ settled }) => (await settled).reply)))
      .toEqual(['hold', 'a+b+c', 'a+b+c', 'a+b+c', 'd']);
    expect(turns).toEqual([['hold'], ['a', 'b', 'c'], ['d']]);
    expect(chat.stats().delivery)
      .toMatchObject({ accepted: 5, acknowledged: 5, delivered: 5, running: 0, inTransit: 0 });
    expect(chat.stats().mailbox).toMatchObject({ handled: 5, queued: 0 });
  });

  test('what stands between keeps its place: nobody is overtaken', async () => {
    const { turns, gate, chat, send } = await world();
    await send(['a']);
    await chat.deliver('other', 'x');
    const [last] = await send(['b']);
    gate.open();
    await last?.settled;
    expect(turns).toEqual([['hold'], ['a'], ['other x'], ['b']]);
  });

  test('a refusal is one of all', async () => {
    const { gate, chat, send } = await world();
    const receipts = await send(['a', 'refuse']);
    gate.open();
    for (const { settled } of receipts) expect(await settled).toMatchObject({ kind: 'refused', reason: 'NO' });
    expect(chat.stats().delivery.refused).toBe(2);
  });

  for (const onError of ['restart', 'retry', 'dead-letter'] as const) {
    test(`P22 a turn that fails judges nobody: only the poison dies, with ${onError}`, async () => {
      const { env, turns, gate, send } = await world('bad');
      const receipts = await send(['a', 'bad', 'c'], { onError: () => onError, attemptsMax: 3 });
      gate.open();
      await env.advance(1_000);
      expect(await Promise.all(receipts.map(kind))).toEqual(['handled', 'dead-lettered', 'handled']);
      expect(turns.slice(0, 2)).toEqual([['hold'], ['a', 'bad', 'c']]);
      expect(turns.slice(2).every((texts) => texts.length === 1), 'each alone').toBe(true);
      for (const receipt of [receipts[0], receipts[2]]) expect(receipt?.attempts).toBe(2);
    });
  }

  test('an end that none of them caused is no attempt: they join the next turn again', async () => {
    const { env, system, turns, gate, chat, send } = await world();
    const receipts = await send(['a', 'hold', 'c']);
    gate.open();
    await settleTurn();
    expect(turns.at(-1)).toEqual(['a', 'hold', 'c']);
    expect(receipts.map(({ state }) => state)).toEqual(['delivered', 'delivered', 'delivered']);
    expect(receipts.map((receipt) => receipt.cancel()), 'begun is never withdrawn').toEqual([false, false, false]);
    system.exit(chat, 'kill');
    await env.advance(100);
    expect(turns.at(-1)).toEqual(['a', 'hold', 'c']);
    gate.open();
    expect(await Promise.all(receipts.map(kind))).toEqual(['handled', 'handled', 'handled']);
    expect(receipts.map(({ attempts }) => attempts)).toEqual([1, 1, 1]);
  });

  test('at most once, or with one attempt: each has a turn of its own', async () => {
    const { turns, gate, send } = await world();
    const receipts = [
      ...await send(['a', 'b'], { guarantee: 'at-most-once' }), ...await send(['c', 'd'], { attemptsMax: 1 }),
    ];
    gate.open();
    await Promise.all(receipts.map(kind));
    expect(turns).toEqual([['hold'], ['a'], ['b'], ['c'], ['d']]);
  });

  test('a call and a cast of it have an array of one', async () => {
    const { turns, gate, chat } = await world();
    gate.open();
    expect(await chat.call('turn', 'x')).toBe('x');
    expect(turns.at(-1)).toEqual(['x']);
  });

  test('bad input: collect', () => {
    const handle = (_self: unknown, _texts: string[]) => 1;
    for (const entry of [{ collect: 1, handle }, { collect: 1.5, handle }, { collect: 2_000, handle },
      { collect: 4, concurrent: true, handle }, { collect: 2, async *handle() { yield 1; } }]) {
      expect(() => defineAgent({ calls: { turn: entry as never } })).toThrow(/collect/);
    }
  });
});

function writer(mailbox?: object) {
  const env = new VirtualEnv();
  const system = testSystem({ env, development: false });
  const seen: unknown[] = [];
  const gate = { open: (): void => undefined };
  const Writer = defineAgent({
    name: 'writer',
    calls: {
      async write(self, text: string) {
        seen.push(text);
        await new Promise<void>((resolve, reject) => {
          gate.open = resolve;
          self.signal.addEventListener('abort', () => { reject(self.signal.reason as Error); });
        });
        return [text, ...self.steer<string>()].join(',');
      },
      note(_self, text: string) { seen.push(text); return text; },
      stubborn: async (self) => {
        await new Promise<void>((resolve) => { gate.open = resolve; });
        return self.signal.aborted;
      },
      told(self) { const { message } = self; seen.push(message); return 1; },
    },
  });
  return { env, system, seen, gate, ref: system.start(Writer, { name: 'writer', mailbox }) };
}

describe('modes of a message', () => {
  test('interrupt fires the signal of the turn that runs, which ends as refused, and goes first', async () => {
    const { seen, ref } = writer();
    const running = await ref.deliver('write', 'a');
    await settleTurn();
    const later = await ref.deliver('note', 'later');
    const cancel = await ref.deliver('note', 'cancel', { mode: 'interrupt' });
    expect(await running.settled).toMatchObject({ kind: 'refused', reason: 'INTERRUPTED', attempts: 1 });
    expect(await kind(cancel)).toBe('handled');
    expect(await kind(later)).toBe('handled');
    expect(seen).toEqual(['a', 'cancel', 'later']);
    expect(ref.stats().alive, 'no crash').toBe(true);
  });

  test('a wait of Node that the signal ends is an interruption; another error is a failure', async () => {
    const system = testSystem({ development: false });
    const Waiter = defineAgent({
      calls: {
        wait: (self) => once(new EventTarget(), 'never', { signal: self.signal }),
        async fail(self) {
          await new Promise((resolve) => { self.signal.addEventListener('abort', resolve); });
          throw new Error('x', { cause: 'another' });
        },
        cancel: () => true,
      },
    });
    const ends = [['wait', 'refused', 'INTERRUPTED'], ['fail', 'dead-lettered', { message: 'x' }]] as const;
    for (const [op, kind, reason] of ends) {
      const ref = system.start(Waiter);
      const running = await ref.deliver(op, undefined, { attemptsMax: 1 });
      await settleTurn();
      const cancel = await ref.deliver('cancel', undefined, { mode: 'interrupt' });
      expect(await running.settled).toMatchObject({ kind, reason });
      expect((await cancel.settled).kind).toBe(op === 'wait' ? 'handled' : 'dead-lettered');
    }
  });

  test('it gets into a full mailbox by the reserve; a follow-up does not', async () => {
    const { seen, ref } = writer({ capacity: 1, overflow: 'reject' });
    const running = await ref.deliver('write', 'a');
    await settleTurn();
    await ref.deliver('note', 'fills');
    await expect(ref.deliver('note', 'no room')).rejects.toMatchObject({ code: 'MAILBOX_FULL' });
    const cancel = await ref.deliver('note', 'cancel', { mode: 'interrupt' });
    expect(await kind(running)).toBe('refused');
    expect(await kind(cancel)).toBe('handled');
    await settleTurn();
    expect(seen).toEqual(['a', 'cancel', 'fills']);
  });

  test('a handler that does not look at its signal ends as ever; nobody is interrupted twice, or idle', async () => {
    const { gate, ref } = writer();
    const idle = await ref.deliver('note', 'idle', { mode: 'interrupt' });
    expect(await kind(idle)).toBe('handled');
    const running = await ref.deliver('stubborn');
    await settleTurn();
    const two = [
      await ref.deliver('note', '1', { mode: 'interrupt' }), await ref.deliver('note', '2', { mode: 'interrupt' }),
    ];
    gate.open();
    expect(await running.settled).toMatchObject({ kind: 'handled', reply: true });
    expect(await Promise.all(two.map(kind))).toEqual(['handled', 'handled']);
  });

  test('steering messages are taken by the handler that runs, and settle with it', async () => {
    const { seen, gate, ref } = writer();
    const running = await ref.deliver('write', 'a');
    await settleTurn();
    const after = await ref.deliver('note', 'after');
    const steers = [
      await ref.deliver('note', 's1', { mode: 'steer' }), await ref.deliver('note', 's2', { mode: 'steer' }),
    ];
    gate.open();
    for (const receipt of [running, ...steers]) {
      expect(await receipt.settled).toMatchObject({ kind: 'handled', reply: 'a,s1,s2' });
    }
    expect(await kind(after)).toBe('handled');
    expect(seen).toEqual(['a', 'after']);
  });

  test('one that nobody takes is a follow-up, before what waits below', async () => {
    const { seen, gate, ref } = writer();
    await ref.deliver('stubborn');
    await settleTurn();
    const after = await ref.deliver('note', 'after');
    const steer = await ref.deliver('note', 'steer', { mode: 'steer' });
    gate.open();
    expect(await Promise.all([after, steer].map(kind))).toEqual(['handled', 'handled']);
    expect(seen).toEqual(['steer', 'after']);
  });

  test('bad input: modes', async () => {
    const { ref } = writer();
    for (const options of [{ mode: 'shout' }, { mode: 'steer', lane: 'low' }, { mode: 'constructor' }]) {
      await expect(ref.deliver('note', 'a', options as object)).rejects.toThrow(/mode/);
    }
    const call = ref.call('note', 'a', { guarantee: 'at-least-once', mode: 'steer' } as object);
    await expect(call).rejects.toThrow(/mode/);
  });
});

describe('Message provenance', () => {
  test('sender, times, key, order, attempt, incarnation, sequence', async () => {
    const { env, seen, gate, ref, system } = writer();
    await ref.deliver('stubborn');
    await settleTurn();
    const Sender = defineAgent({
      calls: { go: async (self) => { await self.deliver(ref, 'told', undefined, { order: 'o', mode: 'steer' }); } },
    });
    await system.start(Sender, { name: 'sender' }).call('go');
    const keyed = await ref.deliver('told', undefined, { guarantee: 'exactly-once', key: 'k' });
    await settleTurn();
    const queued = env.wall();
    await env.advance(500);
    env.wallNow += 500; // it does not move by itself
    gate.open();
    await keyed.settled;
    const [first, second] = seen as MessageProvenance[];
    expect(first).toMatchObject({
      sender: 'sender', to: 'writer', op: 'told', order: 'o', mode: 'steer', attempt: 1, incarnation: ref.pid,
      sequence: 2, recovered: false, row: undefined, key: undefined, guarantee: 'at-least-once',
    });
    expect(second).toMatchObject({ sender: undefined, key: 'k', sequence: 3, mode: 'follow-up', order: undefined });
    expect(second?.begunAt).toBe(env.wall());
    expect(Math.abs((second?.queuedAt ?? 0) - queued)).toBeLessThan(5);
  });
});
