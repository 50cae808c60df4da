import { describe, expect, test } from 'vitest';
import {
  CallError, defineAgent, Down, Exit, OptionError, StartError, Timeout, TimerFired, type Pid,
  type SettledDelivery,
} from '../../../src/index.js';
import { HandlerExit } from '../../../src/behaviour/event/public.js';
import { RegistryEvent } from '../../../src/behaviour/names/public.js';
import { settleTurn, testSystem } from '../../support/system.js';

const boom =
  Object.assign(new TypeError('boom', { cause: new Error('below') }), {
    code: 'E_BOOM', config: { token: 's3cret' },
  });
const told = { name: 'TypeError', message: 'boom', code: 'E_BOOM', cause: { name: 'Error', message: 'below' } };
const json = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const pid = 'a.b.1' as Pid;

class Coded extends Error {
  toJSON(): object {
    return { headers: 's3cret' };
  }
}
const ring: { self?: unknown; n: bigint } = { n: 1n };
ring.self = ring;
const back = new Error('back');
back.cause = new CallError('EXIT', { target: 'a', op: 'b', reason: back });
const trap = new Proxy({}, {
  get: () => { throw boom; }, ownKeys: () => { throw boom; }, has: () => { throw boom; },
});
const getter = Object.defineProperty(new Error('getter'), 'code', { get: () => { throw boom; } });

const reasons: readonly (readonly [string, unknown, unknown])[] = [
  ['an error with a code and a cause', boom, told],
  ['a frozen error', Object.freeze(new Error('frozen')), { name: 'Error', message: 'frozen' }],
  ['an error with a toJSON of its own', new Coded('coded'), { name: 'Coded', message: 'coded' }],
  [
    'an AggregateError', new AggregateError([boom], 'all'),
    { name: 'AggregateError', message: 'all', errors: [told] },
  ],
  [
    'a DOMException', new DOMException('late', 'TimeoutError'),
    { name: 'TimeoutError', message: 'late', code: 23 },
  ],
  ['an error whose code throws', getter, { name: 'Error', message: 'getter', code: '[unprintable]' }],
  [
    'an error in a cycle with one of castcall', back,
    { name: 'Error', message: 'back', cause: { name: 'CallError', code: 'EXIT', reason: '[circular]' } },
  ],
  [
    'a CallError', new CallError('REFUSED', { target: 'a', op: 'b', refusal: 'NO', details: { n: 1n } }),
    { name: 'CallError', code: 'REFUSED', target: 'a', op: 'b', refusal: 'NO', details: { n: '1n' } },
  ],
  ['a text', 'odd', 'odd'], [
    'null', null, null,
  ], ['a symbol', Symbol('odd'), 'Symbol(odd)'], ['a bigint', 7n, '7n'], ['a function', () => 1, '[function]'],
  ['an object with an error', { shutdown: boom }, { shutdown: told }],
  ['a cycle', ring, { n: '1n', self: '[circular]' }],
  ['a Date', new Date(0), '1970-01-01T00:00:00.000Z'],
  ['a trap', trap, '[unprintable]'],
  [
    'an Exit in itself',
    (() => { const reason: { exit?: Exit } = {}; reason.exit = new Exit(pid, reason); return reason; })(),
    { exit: { tag: 'EXIT', reason: '[circular]' } },
  ],
];

const Failing = defineAgent({
  casts: { job(_self, how: { readonly of: () => unknown }): void { throw how.of(); } },
});

describe('P23 what users get says in JSON, and as text, why', () => {
  for (const [name, reason, shown] of reasons) {
    test(`${name} as the reason of a message about an end`, () => {
      const signals = [
        new Exit(pid, reason), new Down(null, pid, undefined, reason),
        new HandlerExit(pid, { handler: {}, id: 1 } as never, reason), new StartError('A', reason),
      ];
      for (const one of signals) {
        const inside = json({ inside: [one] });
        expect(inside).toMatchObject({ inside: [{ reason: shown }] });
        expect(json(one)).toEqual((inside as { inside: unknown[] }).inside[0]);
        expect(JSON.stringify(one)).not.toContain('s3cret');
        expect(`${String(one)}`).not.toContain('[object');
      }
    });

    test(`${name} as the reason of a dead letter, an outcome and a record`, async () => {
      const system = testSystem({ delivery: { recent: 10 } });
      const receipt = await system.start(Failing).deliver(
        'job', { of: () => reason },
        { guarantee: 'at-least-once', attemptsMax: 1, onError: () => 'dead-letter' },
      );
      const outcome = await receipt.settled;
      const [letter] = system.deadLetters.list();
      const [record] = system.recentDeliveries({});
      for (const one of [letter, outcome, record as SettledDelivery]) {
        expect(json(one)).toMatchObject({ reason: shown });
        expect(String(one)).toMatch(/^(DeadLetter|Outcome|Delivery)\(.+\)$/);
        expect(String(one)).not.toContain('[object');
      }
      for (const { failures } of [letter, outcome] as { readonly failures: readonly unknown[] }[]) {
        expect(json(failures)).toEqual([{ attempt: 1, reason: (json(letter) as { reason: unknown }).reason }]);
      }
    });
  }

  test('a letter is the same after an edit, in a feed, for a subscriber, and when it dies again', async () => {
    const system = testSystem();
    const seen: unknown[] = [];
    system.deadLetters.subscribe((letter) => seen.push(letter));
    const feed = system.deadLetters.feed({ buffer: 1 });
    system.send('nobody', 1n);
    system.send('nobody', ring);
    expect(String((await feed.next()).value)).toBe('DeadLetterGap(missed: 1)');
    seen.push((await feed.next()).value, system.deadLetters.edit(1, 2n), system.deadLetters.peek(1));
    expect(seen.map(String))
      .toEqual([1, 2, 2, 1, 1].map((id) => `DeadLetter(${id}: send 'info' to nobody: noproc)`));
    expect(json(seen)).toMatchObject([
      { payload: '1n' }, { payload: { n: '1n' } }, { id: 2 }, { payload: '2n', reason: 'noproc', failures: [] },
      { payload: '2n' },
    ]);
  });

  test('a Down and an Exit as they arrive', async () => {
    const system = testSystem();
    const got: unknown[] = [];
    const p = system.spawn(async (self) => { await self.receive(); throw boom; });
    const watcher = system.spawn(async (self) => {
      self.trapExit(true);
      self.monitor(p);
      self.link(p);
      p.send('go');
      got.push(await self.receive(), await self.receive());
    });
    await system.monitor(watcher).down;
    await settleTurn();
    expect(new Set(got.map((one) => (json(one) as { tag: string }).tag))).toEqual(new Set(['DOWN', 'EXIT']));
    for (const one of got) expect(json(one)).toMatchObject({ reason: told });
  });

  test('the other messages, and reports', async () => {
    const texts = [
      new Timeout(), new TimerFired(undefined as never, boom),
      new RegistryEvent('register', 'rooms', 'blue', pid, boom),
    ].map(String);
    expect(texts).toEqual(
      ['Timeout', 'TimerFired(TypeError: boom)', 'RegistryEvent(register blue in rooms: a.b.1)'],
    );
    expect(json(new TimerFired(undefined as never, boom))).toEqual({ tag: 'TIMER', message: told });
    expect(json(new RegistryEvent('register', 'rooms', 1n, pid, boom))).toMatchObject(
      { tag: 'REGISTRY', key: '1n', value: told },
    );
    const system = testSystem();
    const changes: unknown[] = [];
    system.breaker('api').watch((change) => changes.push(change));
    system.breaker('api').open();
    expect(changes.map(String)).toEqual(['BreakerChange(breaker: api, from: closed, to: open, cause: manual)']);
    expect(String(await system.stop())).toBe('StopReport(drained: true, killed: 0, deadLettered: 0)');
  });

  test('errors of castcall have name, message, code, their fields and their cause; what hid in a console hides here', () => {
    expect(json(new CallError('EXIT', { target: 'a', op: 'b', reason: boom }))).toMatchObject({
      name: 'CallError', code: 'EXIT', target: 'a', op: 'b',
      message: "call 'b' to a: the callee ended: TypeError: boom", reason: told, cause: told,
    });
    expect(json(new OptionError('a', 1n, 'a number'))).toMatchObject(
      { name: 'OptionError', code: 'BAD_OPTION', message: 'a: got 1n, expected a number', value: '1n' },
    );
    expect(json(new OptionError('a', { token: 1 }, 'a number'))).not.toHaveProperty('value');
  });
});
