import { beforeEach, describe, expect, test } from 'vitest';
import { child, defineAgent, type AgentRef, type System } from '../../../src/index.js';
import { settleTurn, testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';

const Taker = defineAgent({ name: 'Taker', calls: { take: (_self, _payload: unknown) => 'taken' } });
const once = { guarantee: 'exactly-once', key: 'k' } as const;

let system: System;
let names = 0;
beforeEach(() => {
  system = testSystem({ development: false });
});

/** What becomes of a second send with the same key, while the first one is under way and when it is over. */
async function second(first: unknown, other: unknown): Promise<'duplicate' | 'conflict'> {
  const held = system.ref(Taker, `nobody-${++names}`);
  await held.deliver('take', first, once);
  const early = await resent(held, other);
  const ref = system.start(Taker);
  await (await ref.deliver('take', first, once)).settled;
  const late = await resent(ref, other);
  expect(early, 'the same while the first is under way').toBe(late);
  return late;
}

async function resent(ref: AgentRef<typeof Taker>, other: unknown): Promise<'duplicate' | 'conflict'> {
  const code = await ref.deliver('take', other, once).then(
    () => 'duplicate', (error: { code: string }) => error.code,
  );
  expect(['duplicate', 'KEY_CONFLICT']).toContain(code);
  const again = code === 'duplicate';
  expect(ref.stats().delivery).toMatchObject(
    { accepted: 1, duplicatesSuppressed: again ? 1 : 0, conflicts: again ? 0 : 1 },
  );
  return again ? 'duplicate' : 'conflict';
}

class Point { constructor(readonly x: number) {} }
class Other { constructor(readonly x: number) {} }
class Secret { #x: unknown; constructor(x: unknown) { this.#x = x; } get x(): unknown { return this.#x; } }
class Heir extends Secret { readonly y = 1; }
const stored = new WeakMap<object, unknown>();
class Lowered { constructor(x: unknown) { stored.set(this, x); } }
class Amounts extends Map<string, number> { readonly unit = 'EUR'; }
const loop = (
  n: number,
): unknown => {
  const made: Record<string, unknown> = { n };
  made['self'] = made;
  made['list'] = [made];
  return made;
};
const sparse = (at: number): unknown[] => {
  const made: unknown[] = [];
  made[at] = 1;
  made.length = 4;
  return made;
};
const plus = <T extends object>(to: T, more: object): T => Object.assign(to, more);
const fn = (): undefined => undefined;
const sym = Symbol('s');

describe('P21 payloads with one key are compared by structure, whoever made them', () => {
  test.each<[string, () => unknown, () => unknown]>([
    ['texts', () => 'ab'.repeat(300), () => `${'ab'.repeat(299)}ac`],
    ['short texts', () => 'ab', () => 'ba'],
    ['texts of other letters', () => `${'ü'.repeat(5_000)}ж`, () => `${'ü'.repeat(5_000)}з`],
    ['lone surrogates', () => `${'x'.repeat(40)}\ud800`, () => `${'x'.repeat(40)}\ud801`],
    ['text and number', () => '5', () => 5],
    ['text and object', () => 'ab', () => ({ ab: 1 })], ['object and text', () => ({ ab: 1 }), () => 'ab'],
    ['zeros', () => -0, () => 0],
    ['NaN and Infinity', () => NaN, () => Infinity],
    ['big numbers', () => 2n ** 80n, () => 2n ** 80n + 1n],
    ['fractions', () => 0.1, () => 0.1 + 1e-17 * 3],
    ['large whole numbers', () => 2 ** 40, () => 2 ** 40 + 1],
    ['undefined and null', () => ({ a: undefined }), () => ({ a: null })],
    ['undefined and absent', () => ({ a: undefined }), () => ({})],
    [
      'the order of keys does not count', () => ({ a: 1, b: { c: 2, d: 3 } }),
      () => ({ a: 1, b: { c: 3, d: 2 } }),
    ],
    ['names of keys', () => ({ ab: 1, c: 2 }), () => ({ a: 1, bc: 2 })],
    ['keys beside a key of many', () => ({ a: { b: 1 }, c: 2 }), () => ({ a: { b: 1, c: 2 } })],
    ['holes are no undefined', () => sparse(2), () => [undefined, undefined, 1, undefined]],
    ['places in a sparse array', () => sparse(1), () => sparse(2)],
    ['what an array has besides', () => plus([1], { note: 1 }), () => plus([1], { note: 2 })],
    ['nesting', () => [[1], 2], () => [[1, 2]]],
    ['dates', () => ({ at: new Date(5) }), () => ({ at: new Date(6) })],
    ['maps, in any order', () =>
      new Map([['a', new Set([1])], ['b', new Set()]]), () => new Map([['b', new Set([1])], ['a', new Set()]])],
    ['maps with objects as keys', () => new Map([[{ id: 1 }, 'x']]), () => new Map([[{ id: 2 }, 'x']])],
    ['sets', () => new Set([1, { a: 1 }]), () => new Set([1, { a: 2 }])],
    ['bytes', () => Uint8Array.of(1, 2), () => Uint8Array.of(1, 3)],
    ['kinds of byte arrays', () => Uint8Array.of(1, 0), () => Int8Array.of(1, 0)],
    ['many bytes', () =>
      Buffer.alloc(10_000, 1), () => { const made = Buffer.alloc(10_000, 1); made[9_999] = 2; return made; }],
    ['a part of a buffer', () =>
      new Uint8Array(
        Uint8Array.of(9, 1, 2).buffer, 1,
      ), () => new Uint8Array(Uint8Array.of(9, 1, 2).buffer, 0, 2)],
    ['array buffers', () => Uint8Array.of(1).buffer, () => Uint8Array.of(2).buffer],
    ['patterns', () => /a/g, () => /a/i],
    ['errors', () => new Error('a', { cause: 1 }), () => new Error('a', { cause: 2 })],
    ['kinds of errors', () => new TypeError('a'), () => new RangeError('a')],
    ['URLs', () => new URL('https://a.example'), () => new URL('https://b.example')],
    ['boxed values', () => Object('a') as unknown, () => Object('b') as unknown],
    ['instances of classes', () => new Point(1), () => new Point(2)],
    ['classes', () => new Point(1), () => new Other(1)],
    ['an instance and an object', () => new Point(1), () => ({ x: 1 })],
    ['heirs of collections', () => new Amounts([['a', 1]]), () => new Amounts([['a', 2]])],
    [
      'objects without a prototype', () => Object.assign(Object.create(null) as object, { a: 1 }),
      () => ({ a: 1 }),
    ],
    ['keys that are symbols', () => ({ [sym]: 1 }), () => ({ [sym]: 2 })],
    ['symbols of the registry', () => Symbol.for('a'), () => Symbol.for('b')],
    ['getters', () => ({ get a() { return 1; } }), () => ({ get a() { return 2; } })],
    ['cycles', () => loop(1), () => loop(2)],
  ])('%s', async (_what, made, other) => {
    expect(await second(made(), made())).toBe('duplicate');
    expect(await second(made(), other())).toBe('conflict');
    expect(await second(other(), made())).toBe('conflict');
  });

  test('the order in which properties were set says nothing', async () => {
    expect(await second({ a: 1, b: [{ c: 1, d: 2 }] }, { b: [{ d: 2, c: 1 }], a: 1 })).toBe('duplicate');
  });

  test('refs are whom they name', async () => {
    const [ref, other] = [system.start(Taker), system.start(Taker)];
    const named = (name: string): object => ({ replyTo: system.ref(Taker, name) });
    expect([
      await second(named('a'), named('a')), await second(named('a'), named('b')),
      await second({ ref }, { ref: system.ref(Taker, ref.pid as string) }),
      await second({ ref }, { ref: other }),
    ])
      .toEqual(['duplicate', 'conflict', 'duplicate', 'conflict']);
  });
});

describe('P21 what nobody can look into is equal to itself only', () => {
  test.each<[string, () => unknown]>([
    ['private fields', () => new Secret(1)],
    ['private fields of a class that it extends', () => new Heir(1)],
    ['private fields as compilers write them for older engines', () => new Lowered(1)],
    ['URLSearchParams', () => new URLSearchParams('a=1')],
    ['Headers', () => new Headers({ a: '1' })],
    ['FormData', () => new FormData()],
    ['Blob', () => new Blob(['a'])],
    ['Request', () => new Request('https://a.example')],
    ['AbortSignal', () => new AbortController().signal],
    ['WeakRef', () => new WeakRef({})],
    ['WeakMap', () => new WeakMap()],
    ['promises', () => Promise.resolve(1)],
    ['functions', () => () => 1],
    ['bound functions', () => fn.bind(null)],
    ['classes', () => class {}],
    ['symbols', () => Symbol('a')],
    ['proxies', () => new Proxy({}, {})],
    ['proxies with hostile traps', () =>
      new Proxy({}, { getPrototypeOf() { throw new Error('trap'); }, ownKeys() { throw new Error('trap'); } })],
    ['generators', () => (function* () { yield 1; })()],
    ['iterators', () => [1][Symbol.iterator]()],
    ['getters that throw', () => ({ get a(): never { throw new Error('getter'); } })],
    ['formatters', () => new Intl.NumberFormat('en')],
  ])('%s', async (_what, made) => {
    const one = made();
    expect(await second(one, one)).toBe('duplicate');
    expect(await second(made(), made())).toBe('conflict');
    expect(await second({ deep: [made()] }, { deep: [made()] })).toBe('conflict');
  });

  test('P21 a payload that is nested too deeply, or too large, to be compared is a conflict, not a bare RangeError', async () => {
    const deep = (): unknown => Array.from({ length: 100_000 }).reduce((inner) => ({ inner }), {});
    expect(await second(deep(), deep())).toBe('conflict');
    const wide = (): unknown => Array.from({ length: 30 }).reduce((inner) => [inner, inner], {});
    expect(await second(wide(), wide())).toBe('conflict');
  });

  test('a getter that sends something itself spoils no digest', async () => {
    const ref = system.start(Taker);
    const nasty = (): object => ({ a: 1, get b() { void ref.deliver(
      'take', { inner: [1, 2, 3] }, { guarantee: 'exactly-once', key: 'inner' },
    ).catch(() => undefined); return 2; }, c: 3 });
    await (await ref.deliver('take', nasty(), once)).settled;
    await (await ref.deliver('take', { a: 1, b: 2, c: 3 }, once)).settled;
    expect(ref.stats().delivery).toMatchObject({ accepted: 2, duplicatesSuppressed: 1, conflicts: 0 });
  });
});

describe('P21 a key is compared with what was sent, not with what a handler has made of it', () => {
  const payload = (): {
    list: number[]; seen: Map<string, number>; bytes: Uint8Array; inner: { list: number[] };
  } =>
    ({ list: [1], seen: new Map([['a', 1]]), bytes: Uint8Array.of(1), inner: Object.freeze({ list: [1] }) });
  const Changer = defineAgent({
    name: 'Changer',
    calls: {
      change(self, one: ReturnType<typeof payload>) {
        one.seen.set('b', 2);
        one.bytes[0] = 9;
        one.inner.list.push(2);
        if (!Object.isFrozen(one.list)) one.list.push(2);
        if (self.delivery?.attempt === 1) throw new Error('not yet');
        return 'changed';
      },
    },
  });

  test.each(
    ['shared', 'frozen'] as const,
  )('payloads %s: through retries, at any time, an equal payload is a duplicate and the changed one a conflict', async (
    payloads,
  ) => {
    const env = new VirtualEnv();
    const own = testSystem({ env, payloads, delivery: { backoff: { baseMs: 10 } } });
    await own.supervise({ intensity: 100, children: [child('c', Changer)] });
    const ref = own.ref(Changer, 'c');
    const sent = payload();
    const [first, queued] = [ref.deliver('change', sent, once), ref.deliver('change', payload(), once)];
    const receipt = await first;
    await settleTurn();
    expect((await ref.deliver('change', payload(), once)).state).toBe('pending');
    await expect(ref.deliver('change', sent, once)).rejects.toMatchObject({ code: 'KEY_CONFLICT' });
    await env.advance(20);
    expect(await receipt.settled).toMatchObject({ kind: 'handled', attempts: 2 });
    expect(await (await queued).settled).toBe(await receipt.settled);
    expect((await ref.deliver('change', payload(), once)).state).toBe('handled');
    expect(ref.stats().delivery)
      .toMatchObject({ accepted: 1, delivered: 2, duplicatesSuppressed: 3, conflicts: 1 });
  });

  test('a dead letter that is sent again is the message that it was; one that was corrected is another', async () => {
    const env = new VirtualEnv();
    const own = testSystem({ env, payloads: 'shared', delivery: { attemptsMax: 1 } });
    await own.supervise({ intensity: 100, children: [child('c', Changer)] });
    const ref = own.ref(Changer, 'c');
    const wait = { ...once, expiresInMs: 60_000 };
    for (const corrected of [false, true]) {
      await (await ref.deliver('change', payload(), wait)).settled;
      const [letter] = own.deadLetters.list();
      own.suspend(ref);
      if (corrected) own.deadLetters.edit(letter?.id ?? 0, payload());
      expect(own.deadLetters.retry({}).refused).toEqual([]);
      expect((await ref.deliver('change', payload(), wait)).state).toBe('in-transit');
      if (!corrected) {
        await expect(ref.deliver('change', letter?.payload as never, wait)).rejects.toMatchObject(
          { code: 'KEY_CONFLICT' },
        );
      }
      own.resume(ref);
      await env.settle();
      own.deadLetters.prune({});
    }
  });

  test('frozen: what waits for an owner is frozen as well, so that its sender cannot change it', async () => {
    const own = testSystem({ payloads: 'frozen' });
    const sent = payload();
    const receipt = await own.ref(Changer, 'c').deliver('change', sent, { ...once, attemptsMax: 2 });
    expect(() => sent.list.push(5)).toThrow(TypeError);
    await own.supervise({ intensity: 100, children: [child('c', Changer)] });
    await receipt.settled;
  });
});
