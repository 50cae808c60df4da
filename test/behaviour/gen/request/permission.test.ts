import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  defineAgent, settledAll, type CallError, type ProcessVerbs, type System,
} from '../../../../src/index.js';
import { callFailure, rejection } from '../../help.js';
import { Recorder, settleTurn, testSystem } from '../../../support/system.js';

/* `allow`: who may send what. P Namespacing: permission check per send. */

interface Asked {
  readonly from: string | undefined;
  readonly op: string;
}
const asked: Asked[] = [];
const handled: string[] = [];
const Account = defineAgent({
  name: 'account',
  allow(from, op) {
    asked.push({ from: from === undefined ? undefined : from.name ?? from.pid, op });
    if (op === 'peek') return true;
    return from?.definition === Teller || 'only a teller may';
  },
  calls: {
    peek: () => 'peeked',
    pay: { schema: z.number(), handle: (_self, n) => { handled.push(`pay ${n}`); return n; } },
    async *list() { handled.push('list'); yield 1; },
  },
  casts: { note(_self, text: string) { handled.push(text); } },
});
const Teller = defineAgent({
  name: 'teller',
  calls: {
    async does(self, work: (self: ProcessVerbs) => unknown): Promise<unknown> { return await work(self); },
  },
});

function world(system: System = testSystem()) {
  asked.length = 0;
  handled.length = 0;
  const account = system.start(Account, { name: 'acct' });
  const teller = system.start(Teller, { name: 'tim' });
  return { system, account, teller };
}

describe('P Namespacing: allow, a permission check per send', () => {
  test('a call, put, deliver, stream, tryCast that is refused fails with FORBIDDEN and reaches nobody', async () => {
    const { system, account } = world();
    const errors = [
      await callFailure(account.call('pay', 5)), await callFailure(account.put('note', 'x')),
      await callFailure(account.deliver('pay', 5)), await callFailure(account.stream('list').next()),
      await callFailure(account.call('pay', 5, { guarantee: 'at-least-once' })),
      await callFailure((async () => account.tryCast('note', 'x'))()),
    ];
    expect(errors.map(({ code }) => code)).toEqual(Array(6).fill('FORBIDDEN'));
    expect(errors[0]?.message).toBe(
      `call 'pay' to ${account.pid}: forbidden: account does not allow 'pay' from outside: only a teller may`,
    );
    expect(errors[1]).toMatchObject({ op: 'note', target: account.pid });
    expect(asked).toHaveLength(6);
    await settleTurn();
    expect(handled).toEqual([]);
    expect(account.stats().mailbox.sent).toBe(0);
    expect(system.stats().failures).toMatchObject({ FORBIDDEN: 4 });
    expect(system.stats().rejected).toBe(6);
  });

  test('a cast is counted as rejected and logged', async () => {
    const logger = new Recorder();
    const { system, account } = world(testSystem({ logger }));
    account.cast('note', 'x');
    await settleTurn();
    expect([handled, system.stats().rejected]).toEqual([[], 1]);
    expect(logger.texts('warn')).toContain('a cast was refused at the ref');
  });

  test('who it lets through is asked once for each message, before the schema', async () => {
    const { account, teller } = world();
    expect(await account.call('peek')).toBe('peeked');
    await teller.call('does', async (self) => {
      self.cast(account, 'note', 'cast');
      await self.put(account, 'note', 'put');
      await (await self.deliver(account, 'note', 'deliver')).settled;
      for await (const item of self.stream(account, 'list')) handled.push(`item ${item}`);
      return self.call(account, 'pay', 5);
    });
    expect(handled).toEqual(['cast', 'put', 'deliver', 'list', 'item 1', 'pay 5']);
    expect(asked.map(({ op }) => op)).toEqual(['peek', 'note', 'note', 'note', 'list', 'pay']);
    expect((await callFailure(account.call('pay', 'text' as never))).code).toBe('FORBIDDEN');
  });

  test('it is told of the outside, of a registered name, of a plain process', async () => {
    const system = testSystem();
    const { account } = world(system);
    const named = system.spawn(async (self) => {
      await self.call(account, 'peek');
      await self.receive();
    }, { name: 'pat' });
    await settleTurn();
    expect(asked).toEqual([{ from: 'pat', op: 'peek' }]);
    await named.stop('kill');
    await account.call('peek');
    expect(asked.at(-1)).toEqual({ from: undefined, op: 'peek' });
  });

  test('topics, queues, schedules and groups send as everybody does', async () => {
    const { system, account } = world();
    const topic = system.topic<string>('news');
    topic.subscribe(account, { cast: 'note' });
    await topic.publish('x');
    const jobs = system.queue<number>('jobs', { attemptsMax: 1 });
    jobs.consume(account, { call: 'pay' });
    await jobs.push(5);
    await settleTurn();
    const results = await system.gather([account], 'pay', 5).catch((error: unknown) => error);
    expect(results).toMatchObject({ code: 'GATHER_FAILED' });
    expect(handled).toEqual([]);
    expect(asked.map(({ op }) => op)).toEqual(['note', 'pay', 'pay']);
  });

  test.each<[string, () => unknown]>([
    ['false', () => false], ['nothing', () => undefined], ['a number', () => 1], ['an empty text', () => ''],
    ['a promise', async () => true], ['a throw', () => { throw new Error('boom'); }],
    ['a throw of nothing', () => { throw undefined; }],
  ])('%s refuses, and crashes nobody', async (_what, allow) => {
    const logger = new Recorder();
    const system = testSystem({ logger });
    const Guarded = defineAgent({ allow: allow as never, calls: { ask: () => 1 }, casts: { note: () => undefined } });
    const ref = system.start(Guarded);
    const error = await callFailure(ref.call('ask'));
    expect(error.code).toBe('FORBIDDEN');
    const threw = /throw|promise/.test(_what);
    expect(logger.texts('warn').includes('allow of an agent threw: the message is refused')).toBe(threw);
    ref.cast('note');
    expect(system.alive(ref.pid as string)).toBe(true);
    expect(system.stats().rejected).toBe(2);
  });

  test('one that is no function is refused where the agent is defined', () => {
    expect(() => defineAgent({ allow: true as never })).toThrow(/defineAgent.allow/);
  });

  test('one that kills the agent, or sends itself, while it is asked', async () => {
    const system = testSystem();
    const log: string[] = [];
    const Guarded = defineAgent({
      allow(_from, op) {
        log.push(op);
        if (op === 'kill') system.exit(ref, 'kill');
        if (op === 'again') ref.cast('note');
        return true;
      },
      calls: { kill: () => 1, again: () => 2 }, casts: { note: () => undefined },
    });
    const ref = system.start(Guarded);
    expect(await ref.call('again')).toBe(2);
    expect(((await rejection(ref.call('kill'))) as CallError).code).toBe('NOPROC');
    expect(log).toEqual(['again', 'note', 'kill']);
  });

  test('a message for nobody is asked for as well, and is a dead letter when it passes', async () => {
    const { system, teller } = world();
    const nobody = system.ref(Account, 'nobody');
    nobody.cast('note', 'x');
    await teller.call('does', (self) => { self.cast(nobody, 'note', 'y'); return 1; });
    expect(system.deadLetters.list().map(({ payload }) => payload)).toEqual(['y']);
    expect(asked).toHaveLength(2);
  });

  test('deliveries that are settled late were asked for once', async () => {
    const { account, teller } = world();
    const receipts = await teller.call(
      'does', (self) => self.deliver(account, 'pay', 1, { guarantee: 'at-least-once' }),
    );
    await settledAll([receipts as never]);
    expect([asked.length, handled]).toEqual([1, ['pay 1']]);
  });
});
