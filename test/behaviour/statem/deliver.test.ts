import { describe, expect, it } from 'vitest';
import { child } from '../../../src/index.js';
import { defineStatem, defineStatemHandler, operation } from '../../../src/behaviour/statem/public.js';
import { testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';

const QUICK = { backoff: { baseMs: 1, jitter: 0 } } as const;

let seen: string[] = [];

/** Opened by a coin; what is pushed before is postponed. */
const Gate = defineStatem({
  name: 'gate',
  init: () => ({ state: 'locked', data: { coins: 0, pushes: 0 } }),
  states: {
    locked: {
      calls: {
        push: (self) => self.keep().postpone(),
        answered: (self) => self.keep().reply('early').postpone(),
      },
      casts: {
        coin(self, n: number) { self.data.coins += n; return self.next('open'); },
        note: (self) => self.keep().postpone(),
      },
    },
    open: {
      calls: {
        push(self) { self.data.pushes++; return self.keep().reply(`push ${self.delivery?.attempt}`); },
        answered: () => 'late',
      },
      casts: {
        coin: (self) => self.next('locked'),
        note(self, text: string) { seen.push(`${text} ${self.delivery?.attempt} ${self.message?.sender}`); },
      },
    },
  },
  common: {
    calls: {
      look: (self) => `${self.state} ${self.data.coins} ${self.data.pushes}`,
      no: (self) => self.refuse('NO'),
      later: (self) => self.next('open'),
      leave: (self, how: string) => self.stop(how),
    },
    casts: {
      fail(self, times: number) {
        self.data.coins = 99;
        if ((self.delivery?.attempt ?? 0) <= times) throw new Error('boom');
        self.data.coins = 1;
      },
      async slow(self) { await Promise.resolve(); throw self.next('open'); },
      nack(self) { self.delivery?.nack(1); self.data.coins++; return self.next('open'); },
      bad: (self) => self.next('nowhere' as 'open'),
      crash() { throw new Error('crash'); },
      none: () => ({ not: 'a transition' }) as never,
    },
  },
});

async function gate(env?: VirtualEnv) {
  seen = [];
  const system = testSystem(env === undefined ? {} : { env });
  await system.supervise({ intensity: 100, children: [child('gate', Gate)] });
  return { system, ref: system.ref(Gate, 'gate') };
}

describe('deliveries to a state machine', () => {
  it('P19 P20 are handled by their state: a reply, a refusal, a cast, an asynchronous transition', async () => {
    const { ref } = await gate();
    const look = await ref.deliver('look', undefined, { guarantee: 'at-most-once' });
    expect(await look.settled).toMatchObject({ kind: 'handled', reply: 'locked 0 0', attempts: 1 });
    expect(await (await ref.deliver('no')).settled).toMatchObject({ kind: 'refused', reason: 'NO' });
    const coin = await ref.deliver('coin', 5, { guarantee: 'exactly-once', key: 'k' });
    expect(await coin.settled).toMatchObject({ kind: 'handled', reply: undefined });
    const again = await ref.deliver('coin', 5, { guarantee: 'exactly-once', key: 'k' });
    expect(await again.settled).toMatchObject({ kind: 'handled' });
    expect(await ref.call('look')).toBe('open 5 0');
    expect(await ref.call('push', undefined, { guarantee: 'exactly-once' })).toBe('push 1');
    expect(await (await ref.deliver('slow')).settled).toMatchObject({ kind: 'handled', attempts: 1 });
    expect(ref.stats().delivery).toMatchObject({ accepted: 5, acknowledged: 5, duplicatesSuppressed: 1 });
  });

  it('SM-05 P20 one that is postponed is handled when its event is, in the same attempt', async () => {
    const { ref } = await gate();
    const push = await ref.deliver('push');
    const note = await ref.deliver('note', 'hello');
    expect(await ref.call('look')).toBe('locked 0 0');
    expect([push.state, note.state]).toEqual(['in-transit', 'in-transit']);
    expect(ref.stats().delivery).toMatchObject({ inTransit: 2, running: 0, acknowledged: 0 });
    ref.cast('coin', 1);
    expect(await push.settled).toMatchObject({ kind: 'handled', reply: 'push 1', attempts: 1 });
    expect(await note.settled).toMatchObject({ kind: 'handled', attempts: 1 });
    expect(seen).toEqual(['hello 1 undefined']);
    expect(ref.stats().delivery).toMatchObject({ delivered: 2, retried: 0, acknowledged: 2 });
  });

  it('P20 one that was answered is over, though it says that it is postponed', async () => {
    const { ref } = await gate();
    const receipt = await ref.deliver('answered');
    expect(await receipt.settled).toMatchObject({ kind: 'handled', reply: 'early' });
    await ref.call('look');
    ref.cast('coin', 1);
    expect(await ref.call('look')).toBe('open 1 0');
    expect(ref.stats().delivery).toMatchObject({ delivered: 1, acknowledged: 1 });
  });

  it('P20 a crash of the machine is a failed attempt of what is postponed there; a kill is none', async () => {
    const { system, ref } = await gate();
    const push = await ref.deliver('push', undefined, QUICK);
    const once = await ref.deliver('push', undefined, { guarantee: 'at-most-once' });
    await ref.call('look');
    system.exit('gate', 'kill');
    expect(await once.settled).toMatchObject({ kind: 'dead-lettered' });
    await expect.poll(() => ref.tryCall('look')).toMatchObject({ ok: true });
    ref.cast('crash');
    await expect.poll(() => ref.stats().delivery.retried).toBe(1);
    ref.cast('coin', 1);
    expect(await push.settled).toMatchObject({ kind: 'handled', reply: 'push 2', attempts: 2 });
  });

  it('P22 a crash gives it to the next incarnation, in the state of before; poison is a dead letter', async () => {
    const { system, ref } = await gate();
    const second = await ref.deliver('fail', 1, QUICK);
    expect(await second.settled).toMatchObject({ kind: 'handled', attempts: 2 });
    for (const op of ['bad', 'none', 'crash'] as const) {
      const poison = await ref.deliver(op, undefined, { ...QUICK, attemptsMax: 2 });
      expect(await poison.settled).toMatchObject({ kind: 'dead-lettered', attempts: 2 });
    }
    expect(system.deadLetters.list()).toHaveLength(3);
    const [letter] = system.deadLetters.list({ op: 'crash' });
    expect(letter).toMatchObject({ to: 'gate', attempts: 2 });
  });

  it.each([
    ['retry', { kind: 'handled', attempts: 2 }],
    ['refuse', { kind: 'refused' }],
    ['dead-letter', { kind: 'dead-lettered' }],
  ] as const)('P22 a policy that says %s lets the machine live, in its state of before', async (policy, outcome) => {
    const { ref } = await gate();
    const { pid } = ref;
    const receipt = await ref.deliver('fail', 1, { ...QUICK, onError: () => policy });
    expect(await receipt.settled).toMatchObject(outcome);
    expect(ref.pid).toBe(pid);
    expect(await ref.call('look')).toMatch(/^locked/);
  });

  it('P12 one that is postponed expires, and can be taken back', async () => {
    const env = new VirtualEnv();
    const { ref } = await gate(env);
    const expires = await ref.deliver('push', undefined, { expiresInMs: 1_000, ackTimeoutMs: 100 });
    const cancelled = await ref.deliver('push');
    await env.settle();
    expect(cancelled.cancel()).toBe(true);
    await env.advance(1_500);
    expect(await expires.settled).toMatchObject({ kind: 'expired' });
    ref.cast('coin', 1);
    await env.settle();
    const look = ref.call('look');
    await env.settle();
    expect(await look).toBe('open 1 0');
  });

  it('P20 a call without an answer stays open until that comes; a stop acknowledges, or fails', async () => {
    const env = new VirtualEnv();
    const { ref } = await gate(env);
    const never = await ref.deliver('later', undefined, { ackTimeoutMs: 1_000, attemptsMax: 1 });
    await env.settle();
    expect(never.state).toBe('delivered');
    await env.advance(2_000);
    expect(await never.settled).toMatchObject({ kind: 'dead-lettered', reason: 'ack_timeout' });
    const leaves = await ref.deliver('leave', 'shutdown');
    const fails = await ref.deliver('leave', 'broken', { attemptsMax: 1 });
    await env.advance(2_000);
    expect(await leaves.settled).toMatchObject({ kind: 'handled' });
    expect(await fails.settled).toMatchObject({ kind: 'dead-lettered', reason: 'broken' });
  });

  it('P20 nack gives it back by hand, and the transition is made', async () => {
    const { ref } = await gate();
    const receipt = await ref.deliver('nack', undefined, { attemptsMax: 3 });
    expect(await receipt.settled).toMatchObject({ kind: 'dead-lettered', attempts: 3 });
    expect(await ref.call('look')).toBe('open 3 0');
  });

  it('P20 of one handler, as calls and casts; an inserted event is no delivery', async () => {
    const One = defineStatemHandler({
      init: () => ({ state: 0, data: null }),
      calls: { add: operation<number>().replies<number>(), insert: operation<void>() },
      casts: { set: operation<number>() },
      handle(self, event) {
        if (event.type === 'cast') return self.next(event.payload);
        if (event.type !== 'call') return undefined;
        if (event.op === 'insert') {
          return self.keep().nextEvent({ type: 'call', op: 'add', payload: 1, from: event.from });
        }
        return self.next(self.state + event.payload).reply(self.state + event.payload);
      },
    });
    const system = testSystem();
    await system.supervise({ children: [child('one', One)] });
    const one = system.ref(One, 'one');
    expect(await (await one.deliver('set', 4)).settled).toMatchObject({ kind: 'handled' });
    expect(await (await one.deliver('add', 3)).settled).toMatchObject({ kind: 'handled', reply: 7 });
    expect(await one.call('insert')).toBe(8);
    const inserts = await one.deliver('insert', undefined, { attemptsMax: 1 });
    expect(await inserts.settled).toMatchObject({ kind: 'dead-lettered', reason: { code: 'NOT_DELIVERABLE' } });
  });
});
