import { describe, expect, test } from 'vitest';
import type { CallError } from '../../../src/index.js';
import { defineAgent, OptionError, type AgentRef, type System } from '../../../src/index.js';
import type { Balancer } from '../../../src/delivery/group/public.js';
import { testSystem } from '../../support/system.js';
import { SeededEnv } from '../seeded.js';

const Worker = defineAgent({
  name: 'worker',
  init: (label: string) => ({ label, done: [] as unknown[] }),
  calls: {
    label: (self) => self.state.label,
    done: (self) => self.state.done,
    items: function* (self) { yield self.state.label; },
    later: (self) => self.noreply(),
  },
  casts: {
    work(self, job: unknown) { self.state.done.push(job); },
    hang: () => new Promise<void>(() => undefined),
    crash() { throw new Error('boom'); },
  },
  info(self, message) { self.state.done.push(message); },
});

interface World { readonly env: SeededEnv; readonly system: System; readonly refs: AgentRef<typeof Worker>[] }
function world(count: number): World {
  const env = new SeededEnv();
  const system = testSystem({ env });
  return { env, system, refs: Array.from({ length: count }, (_, n) => system.start(Worker, `w${n}`)) };
}
const picks = (balancer: Balancer<typeof Worker>): number[] =>
  balancer.stats().members.map((member) => member.picks);
const spread = (counts: readonly number[]): number => Math.max(...counts) - Math.min(...counts);

describe('P30 round robin', () => {
  test('P30 counts differ by at most one at every moment', () => {
    const { system, refs } = world(7);
    const balancer = system.balance(Worker, { members: refs });
    for (let n = 0; n < 50; n++) {
      balancer.cast('work', n);
      expect(spread(picks(balancer))).toBeLessThanOrEqual(1);
    }
  });

  test('P30 who leaves does not make the next one lose its turn', async () => {
    const { system, refs } = world(4);
    const balancer = system.balance(Worker, { members: refs });
    await balancer.call('label');
    await balancer.call('label');
    expect(balancer.leave(refs[0] as never)).toBe(true);
    expect(
      [await balancer.call('label'), await balancer.call('label'), await balancer.call('label')],
    ).toEqual(['w2', 'w3', 'w1']);
  });
});

describe('P30 least loaded', () => {
  test('P30 takes the least of queued, running and to be replied to later', async () => {
    const { env, system, refs } = world(3);
    const [a, b, c] = refs as [AgentRef<typeof Worker>, AgentRef<typeof Worker>, AgentRef<typeof Worker>];
    const balancer = system.balance(Worker, { strategy: 'least-loaded', members: refs });
    a.cast('hang');
    void b.call('later', undefined, { timeoutMs: 'infinity' });
    void b.call('later', undefined, { timeoutMs: 'infinity' });
    await env.settle();
    expect(balancer.stats().members.map(({ load }) => load)).toEqual([1, 2, 0]);
    balancer.cast('hang');
    await env.settle();
    expect(balancer.stats().members.map(({ load }) => load)).toEqual([1, 2, 1]);
    balancer.cast('work', 1);
    balancer.cast('work', 2);
    expect(balancer.stats().members.map(({ load }) => load)).toEqual([2, 2, 2]);
    expect(c.stats().mailbox.running).toBe(1);
    for (const ref of refs) system.exit(ref, 'kill');
    await env.settle();
  });

  test('P30 idle members take turns', async () => {
    const { env, system, refs } = world(3);
    const balancer = system.balance(Worker, { strategy: 'least-loaded', members: refs });
    for (let n = 0; n < 9; n++) {
      balancer.cast('work', n);
      await env.settle();
    }
    expect(picks(balancer)).toEqual([3, 3, 3]);
  });
});

describe('the other strategies', () => {
  test('two choices takes the less loaded of two, so never the most loaded', async () => {
    const { env, system, refs } = world(5);
    const balancer = system.balance(Worker, { strategy: 'two-choices', members: refs });
    refs[0]?.cast('hang');
    await env.settle();
    for (let n = 0; n < 300; n++) {
      balancer.cast('work', n);
      await env.settle();
    }
    const [busy, ...idle] = picks(balancer);
    expect(busy).toBe(0);
    for (const count of idle) expect(count).toBeGreaterThan(40);
    system.exit(refs[0] as never, 'kill');
    await env.settle();
  });

  test('random gives equal chances, also beside one that has ended', async () => {
    const { env, system, refs } = world(0);
    for (const name of ['a', 'b', 'c', 'd', 'e']) system.start(Worker, name, { name });
    for (const name of ['a', 'b', 'c', 'd', 'e']) refs.push(system.ref(Worker, name));
    const balancer = system.balance(Worker, { strategy: 'random', members: refs });
    await refs[2]?.stop();
    for (let n = 0; n < 4_000; n++) balancer.cast('work', n);
    await env.settle();
    const counts = picks(balancer);
    expect(counts[2]).toBe(0);
    for (const at of [0, 1, 3, 4]) expect(Math.abs((counts[at] as number) - 1_000)).toBeLessThan(130);
  });

  test('weighted: in each run of the sum of the weights everybody has its share, spread out', async () => {
    const { system, refs } = world(3);
    const [a, b, c] = refs as [AgentRef<typeof Worker>, AgentRef<typeof Worker>, AgentRef<typeof Worker>];
    const balancer = system.balance(Worker, {
      strategy: 'weighted', members: [{ ref: a, weight: 5 }, b, { ref: c, weight: 1 }],
    });
    const order: string[] = [];
    for (let n = 0; n < 14; n++) order.push(await balancer.call('label'));
    expect(order.join(' ')).toBe('w0 w0 w1 w0 w2 w0 w0 w0 w0 w1 w0 w2 w0 w0');
    expect(balancer.join(a, { weight: 1 })).toBe(false);
    expect(balancer.stats().members[0]?.weight).toBe(1);
  });

  test('weighted: whoever stays owes nothing to who has gone, and each has its share from the first choice on', async () => {
    const { system, refs } = world(3);
    const [a, b, c] = refs as [AgentRef<typeof Worker>, AgentRef<typeof Worker>, AgentRef<typeof Worker>];
    const balancer = system.balance(Worker, { strategy: 'weighted', members: [{ ref: a, weight: 50 }, b, c] });
    const order: string[] = [];
    for (let n = 0; n < 26; n++) await balancer.call('label');
    system.exit(a, 'kill');
    for (let n = 0; n < 6; n++) order.push(await balancer.call('label'));
    expect(order.join(' ')).toBe('w1 w2 w1 w2 w1 w2');
  });

  test('fastest tries everybody, then prefers who replies sooner, and tries the slow again when what is known is old', async () => {
    const { env, system } = world(0);
    const delays = new Map([['quick', 10], ['slow', 200]]);
    const Timed = defineAgent({
      init: (label: string) => label,
      calls: { ask(self) {
        const from = self.from as never;
        self.sendAfter(delays.get(self.state) as number, from);
        return self.noreply();
      } },
      info(self, from) { self.reply(from as never, self.state); },
    });
    const balancer = system.balance(Timed, {
      strategy: 'fastest', members: [system.start(Timed, 'slow'), system.start(Timed, 'quick')],
    });
    const ask = async (): Promise<string> => {
      const reply = balancer.call('ask');
      await env.advance(200);
      return reply;
    };
    const replies: string[] = [];
    for (let n = 0; n < 12; n++) replies.push(await ask());
    expect(replies.slice(0, 2).sort()).toEqual(['quick', 'slow']);
    expect(replies.slice(2)).toEqual(Array(10).fill('quick'));
    expect(balancer.stats().members[0]?.averageMs).toBeLessThan(200);
    delays.set('quick', 150);
    delays.set('slow', 10);
    await env.advance(60_000);
    const later: string[] = [];
    for (let n = 0; n < 80; n++) later.push(await ask());
    expect(later.at(-1)).toBe('slow');
  });

  test('fastest: no reply in time counts as long as it was waited for', async () => {
    const { env, system, refs } = world(2);
    const balancer = system.balance(Worker, { strategy: 'fastest', members: refs });
    const first = balancer.call('later', undefined, { timeoutMs: 400 }).catch((error: CallError) => error.code);
    await env.advance(400);
    expect(await first).toBe('TIMEOUT');
    expect(
      balancer.stats().members.map(({ averageMs }) => averageMs).filter((ms) => ms !== undefined),
    ).toEqual([400]);
  });
});

describe('P31 consistent hash', () => {
  const keys = Array.from({ length: 4_000 }, (_, n) => `user-${n}`);
  const owners = async (of: (key: string) => Promise<unknown>): Promise<Map<string, unknown>> => {
    const found = new Map<string, unknown>();
    for (const key of keys) found.set(key, await of(key));
    return found;
  };
  const Keyed = defineAgent({
    init: (label: string) => label, calls: { who: (self, _key: string) => self.state },
  });
  const keyed = (
    system: System, count: number,
  ): AgentRef<typeof Keyed>[] => Array.from({ length: count }, (_, n) => {
    system.start(Keyed, `k${n}`, { name: `k${n}` });
    return system.ref(Keyed, `k${n}`);
  });

  test('P31 a join or leave moves at most 1/n + 5 % of the keys, and none between those that stay', async () => {
    const system = testSystem({ env: new SeededEnv() });
    const all = keyed(system, 16);
    for (const n of [2, 5, 16]) {
      const refs = all.slice(0, n);
      const balancer = system.balance(Keyed, {
        strategy: 'consistent-hash', key: (_op, key: string) => key, members: refs.slice(0, -1),
      });
      const of = (key: string): Promise<unknown> => balancer.call('who', key);
      const before = await owners(of);
      balancer.join(refs.at(-1) as never);
      const joined = await owners(of);
      const newest = `k${n - 1}`;
      const moved = keys.filter((key) => before.get(key) !== joined.get(key));
      expect(moved.length / keys.length).toBeLessThanOrEqual(1 / n + 0.05);
      expect(moved.length).toBeGreaterThan(0);
      for (const key of moved) expect(joined.get(key)).toBe(newest);
      for (const ref of refs) expect(
        keys.filter((key) => joined.get(key) === `k${refs.indexOf(ref)}`).length / keys.length,
      ).toBeLessThanOrEqual(1 / n + 0.05);
      balancer.leave(refs.at(-1) as never);
      expect(await owners(of)).toEqual(before);
    }
  });

  test('P31 the keys of a member that restarts are its own again', async () => {
    const system = testSystem({ env: new SeededEnv() });
    const refs = keyed(system, 4);
    const balancer = system.balance(Keyed, {
      strategy: 'consistent-hash', key: (_op, key: string) => key, members: refs,
    });
    const of = (key: string): Promise<unknown> => balancer.call('who', key);
    const before = await owners(of);
    await refs[1]?.stop();
    const without = await owners(of);
    for (const key of keys) if (before.get(key) !== 'k1') expect(without.get(key)).toBe(before.get(key));
    system.start(Keyed, 'k1', { name: 'k1' });
    expect(await owners(of)).toEqual(before);
  });

  test('a key that is none: calls reject, tryCast throws, a cast is counted', async () => {
    const system = testSystem({ env: new SeededEnv() });
    const balancer = system.balance(Worker, {
      strategy: 'consistent-hash', key: (_op, payload: never) => payload,
      members: [system.start(Worker, 'a')],
    });
    expect(await balancer.call('label').catch((error: OptionError) => error.option)).toBe('balance.key');
    expect(await balancer.deliver('work', {}).catch((error: OptionError) => error.option)).toBe('balance.key');
    expect(await balancer.put('work', {}).catch((error: OptionError) => error.option)).toBe('balance.key');
    expect(() => balancer.tryCast('work', Number.NaN))
      .toThrow("balance.key: got NaN, expected a text or a number");
    const { rejected } = system.stats();
    balancer.cast('work', null);
    expect(system.stats().rejected).toBe(rejected + 1);
  });
});

describe('options', () => {
  const bad: readonly (readonly [string, unknown, string])[] = [
    ['an unknown strategy', {
      strategy: 'best',
    }, "balance.strategy: got 'best', expected one of round-robin, least-loaded, two-choices, random, fastest, consistent-hash, weighted"],
    ['an unknown option', { stratgy: 'random' }, 'balance.stratgy'],
    ['consistent hash without a key', {
      strategy: 'consistent-hash',
    }, 'balance.key: got undefined, expected a function of operation and payload'],
    ['a key for others', {
      key: () => 'a',
    }, "balance.key: got [function], expected none unless strategy is 'consistent-hash'"],
    ['no array', { members: 'a' }, 'balance.members'],
    ['an empty name', { name: '' }, "balance.name: got '', expected a text that is not empty"],
    ['no scope', { group: { scope: {}, name: 'a' } }, 'balance.group.scope'],
    ['no options', null, 'balance: got null, expected an object'],
  ];
  test.each(bad)('%s', (_, options, text) => {
    const { system } = world(0);
    expect(() => system.balance(Worker, options as never)).toThrow(text);
  });

  test.each([0, -1, 1.5, Number.NaN, Infinity, '1'])('weight %s is refused', (weight) => {
    const { system, refs } = world(1);
    expect(() => system.balance(Worker, {
      strategy: 'weighted', members: [{ ref: refs[0] as never, weight: weight as number }],
    })).toThrow('expected a whole number from 1');
  });

  test('a weight where nobody looks at it is refused, and what is no member', () => {
    const { system, refs } = world(1);
    expect(() => system.balance(Worker, { members: [{ ref: refs[0] as never, weight: 2 }] }))
      .toThrow("expected no weight unless strategy is 'weighted'");
    for (const one of [
      null, 1, {}, { ref: refs[0], wait: 1 },
    ]) expect(() => system.balance(Worker, { members: [one as never] })).toThrow(OptionError);
  });
});
