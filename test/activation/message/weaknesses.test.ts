import { afterEach, describe, expect, test } from 'vitest';
import { defineAgent } from '../../../src/index.js';
import { dies, lifeOn, TestDisk } from '../../delivery/durable/lives.js';
import { expectConserved, settleTurn, testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';

afterEach(() => settleTurn());

const Kept = defineAgent({
  name: 'kept', durable: true, init: () => ({ texts: [] as string[] }),
  calls: { turn(self, text: string) { self.state.texts.push(text); return self.state.texts.join(' '); } },
});

function world() {
  const env = new VirtualEnv();
  const system = testSystem({ env, development: false });
  const seen: string[] = [];
  const Chat = defineAgent({
    init: (at: string) => ({ at }),
    calls: {
      async turn(self, text: string) {
        seen.push(text);
        if (text === 'hold') await new Promise((resolve) => { self.signal.addEventListener('abort', resolve); });
        if (text === 'steps') for (let step = 0; step < 20; step++) await Promise.resolve();
        if (text === 'fail') throw new Error('told to');
        return self.state.at;
      },
    },
  });
  return { env, system, seen, Chat };
}

describe('Ownership lock', () => {
  test('O weakness 3: an error at the end of a turn strands nothing that was enqueued meanwhile', async () => {
    const disk = new TestDisk();
    const first = lifeOn(disk);
    const address = first.address(Kept, 'k/1');
    await (await first.message(address, 'a')).receipt?.settled;
    disk.hold();
    const turn = first.message(address, 'b').catch(() => undefined);
    await settleTurn();
    const behind = first.message(address, 'c', { enqueue: true }).catch(() => undefined);
    await settleTurn();
    disk.fail();
    await Promise.all([turn, behind]);
    dies(first, disk);

    const second = lifeOn(disk);
    const answer = await second.message<string>(second.address(Kept, 'k/1'), 'd');
    const reply = (await answer.receipt?.settled)?.reply as string;
    expect(reply.split(' ')[0]).toBe('a');
    expect(reply.split(' ').at(-1)).toBe('d');
    expect(second.stats().delivery).toMatchObject({ pending: 0, inTransit: 0, running: 0 });
  });

  test('O weakness 4: a wait that was abandoned starts nobody later', async () => {
    const { env, system } = world();
    let starts = 0;
    const Never = defineAgent({
      init() { starts++; throw new Error('no network'); }, calls: { turn: () => true },
    });
    system.activate(Never, { backoff: { baseMs: 1_000, maxMs: 1_000 }, activationsMax: 100 });
    const receipt = await system.address(Never, 'n/1').deliver('turn');
    await env.advance(1_500);
    const before = starts;
    expect(before).toBeGreaterThan(1);
    expect(receipt.cancel()).toBe(true);
    await env.advance(60_000);
    expect(starts).toBe(before);
    expect(await receipt.settled).toMatchObject({ kind: 'cancelled' });
    expectConserved(system.stats());
  });

  test('O weakness 5: a/b_c and a_b/c are two addresses, and _ in a prefix is itself', async () => {
    const { system, Chat } = world();
    for (const path of ['a/b_c', 'a_b/c', 'axb/c']) {
      const { receipt } = await system.message(system.address(Chat, path), 'x');
      expect(await receipt?.settled).toMatchObject({ kind: 'handled', reply: path });
    }
    expect(system.registered().filter((name) => name.includes('/')).sort()).toEqual(['a/b_c', 'a_b/c', 'axb/c']);
    expect((await system.addresses('a_b').list()).map(({ address }) => address)).toEqual(['a_b/c']);
  });

  test('O weakness 6: an acknowledgement deadline, retries, dead letters, expiry, priorities, a bound', async () => {
    const { env, system, seen, Chat } = world();
    system.activate(Chat, { mailbox: { capacity: 2, reserve: 1 } });
    const chat = system.address(Chat, 'c/1');
    const failed = await chat.deliver('turn', 'fail', { attemptsMax: 2, backoff: { baseMs: 10, maxMs: 10 } });
    await env.advance(1_000);
    expect(await failed.settled).toMatchObject({ kind: 'dead-lettered', attempts: 2 });
    expect(system.deadLetters.list()).toMatchObject([{ op: 'turn', payload: 'fail' }]);
    await env.advance(10_000);
    const held = await chat.deliver('turn', 'hold', { ackTimeoutMs: 5_000, attemptsMax: 1 });
    await env.settle();
    await chat.deliver('turn', 'low', { lane: 'low' });
    await chat.deliver('turn', 'high', { lane: 'high' });
    await expect(chat.deliver('turn', 'full')).rejects.toMatchObject({ code: 'MAILBOX_FULL' });
    await env.advance(20_000);
    expect(await held.settled).toMatchObject({ kind: 'dead-lettered', reason: 'ack_timeout' });
    expect(seen).toEqual(['fail', 'fail', 'hold', 'high', 'low']);
    await chat.deliver('turn', 'hold', { ackTimeoutMs: 5_000, attemptsMax: 1 });
    await env.settle();
    const short = await chat.deliver('turn', 'short', { expiresInMs: 100 });
    await env.advance(20_000);
    expect((await short.settled).kind).toBe('expired');
    expect(seen).not.toContain('short');
    expectConserved(system.stats());
  });
});

describe('Withdrawal, step by step', () => {
  test.each([false, true])('O weakness 1: taken back or handled, never both (already there: %s)', async (there) => {
    const ends = new Set<unknown>();
    for (let steps = 0; steps <= 40; steps++) {
      const { env, system, seen, Chat } = world();
      const chat = system.address(Chat, 'c/1');
      if (there) await (await chat.deliver('turn', 'before')).settled;
      void chat.deliver('turn', 'steps'); // it is handled for a while
      const controller = new AbortController();
      const sent = system.message(chat, 'x', { signal: controller.signal });
      for (let step = 0; step < steps; step++) await Promise.resolve();
      controller.abort();
      await env.settle();
      const { kind } = await (await sent).receipt?.settled ?? {};
      const handled = seen.filter((text) => text === 'x').length;
      expect([kind, handled], `after ${steps} steps`).toEqual(handled === 1 ? ['handled', 1] : ['cancelled', 0]);
      ends.add(kind);
      expectConserved(system.stats());
    }
    expect(ends).toEqual(new Set(['cancelled', 'handled']));
  });
});
