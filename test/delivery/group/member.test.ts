import { describe, expect, test } from 'vitest';
import type { CallError } from '../../../src/index.js';
import { child, defineAgent, OptionError, type AgentRef, type System } from '../../../src/index.js';
import { defineScope } from '../../../src/behaviour/names/public.js';
import type {
  Balancer, BalanceOptions, BalanceStrategy,
} from '../../../src/delivery/group/public.js';
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

const LIVE: readonly BalanceStrategy[] = [
  'round-robin', 'least-loaded', 'two-choices', 'random', 'fastest', 'weighted',
];

const optionsOf = (strategy: BalanceStrategy): BalanceOptions<typeof Worker> => (strategy
  === 'consistent-hash' ? { strategy, key: (_op, payload: string) => payload } : { strategy });

interface World { readonly env: SeededEnv; readonly system: System; readonly refs: AgentRef<typeof Worker>[] }

function world(count: number): World {
  const env = new SeededEnv();
  const system = testSystem({ env });
  return { env, system, refs: Array.from({ length: count }, (_, n) => system.start(Worker, `w${n}`)) };
}

const picks = (balancer: Balancer<typeof Worker>): number[] =>
  balancer.stats().members.map((member) => member.picks);

describe('members', () => {
  test.each(
    [...LIVE, 'consistent-hash' as const],
  )('P30 %s: nothing goes to a member after its DOWN', async (strategy) => {
    const { env, system, refs } = world(4);
    const balancer = system.balance(Worker, { ...optionsOf(strategy), members: refs });
    const victim = refs[1] as AgentRef<typeof Worker>;
    const watch = system.monitor(victim);
    victim.cast('crash');
    await watch.down;
    const { deadLettered } = system.stats();
    for (let n = 0; n < 40; n++) balancer.cast('work', `${n}`);
    await env.settle();
    expect(system.stats().deadLettered).toBe(deadLettered);
    expect(balancer.members().map(({ pid }) => pid))
      .toEqual(refs.filter((ref) => ref !== victim).map(({ pid }) => pid));
    expect(balancer.stats().members, 'it is forgotten').toHaveLength(3);
  });

  test.each(
    [...LIVE, 'consistent-hash' as const],
  )('P30 %s: a member by name comes back when it is restarted', async (strategy) => {
    const env = new SeededEnv();
    const system = testSystem({ env });
    await system.supervise({ intensity: 9, children: [child('a', Worker, 'a'), child('b', Worker, 'b')] });
    const balancer = system.balance(Worker, {
      ...optionsOf(strategy), members: [system.ref(Worker, 'a'), system.ref(Worker, 'b')],
    });
    const before = system.whereis('a');
    system.ref(Worker, 'a').cast('crash');
    await env.settle();
    expect(system.whereis('a')).not.toBe(before);
    for (let n = 0; n < 60; n++) balancer.cast('work', `${n}`);
    await env.settle();
    for (const { picks: count } of balancer.stats().members) expect(count).toBeGreaterThan(0);
  });

  test('a closed mailbox takes no turn', async () => {
    const { system, refs } = world(2);
    const balancer = system.balance(Worker, { members: refs });
    refs[0]?.close();
    expect([await balancer.call('label'), await balancer.call('label')]).toEqual(['w1', 'w1']);
  });

  test('nobody: a cast is a dead letter, everything else says so', async () => {
    const { env, system } = world(0);
    const balancer = system.balance(Worker, { name: 'workers' });
    balancer.cast('work', 1);
    balancer.send('hello');
    expect(system.deadLetters.list().map(({ to, op, reason }) => ({ to, op, reason }))).toEqual([
      { to: 'workers', op: 'work', reason: 'noproc' },
      { to: 'workers', op: 'info', reason: 'noproc' },
    ]);
    expect(balancer.tryCast('work', 1)).toBe('dead');
    for (const sent of [balancer.call('label'), balancer.put('work', 1), balancer.deliver('work', 1)]) {
      expect(await sent.catch((error: CallError) => ({ code: error.code, target: error.target })))
        .toEqual({ code: 'NOPROC', target: 'workers' });
    }
    expect(await balancer.tryCall('label')).toMatchObject({ ok: false, error: { code: 'NOPROC' } });
    expect(await balancer.stream('items').next().catch((error: CallError) => error.code)).toBe('NOPROC');
    expect(balancer.stats()).toEqual({ strategy: 'round-robin', picks: 0, nobody: 8, members: [] });
    await env.settle();
  });

  test('every verb reaches a member, from outside, from a handler and bound', async () => {
    const { env, system, refs } = world(1);
    const balancer = system.balance(Worker, { members: refs });
    const Client = defineAgent({
      calls: {
        async all(self, bound: boolean) {
          if (bound) {
            const mine = self.bind(balancer);
            mine.cast('work', 'cast');
            mine.tryCast('work', 'tryCast');
            await mine.put('work', 'put');
            await (await mine.deliver('work', 'deliver')).settled;
            for await (const item of mine.stream('items')) expect(item).toBe('w0');
            mine.send('send');
            return mine.call('label');
          }
          self.cast(balancer, 'work', 'self.cast');
          await self.put(balancer, 'work', 'self.put');
          await (await self.deliver(balancer, 'work', 'self.deliver')).settled;
          const response = await self.requests.wait(self.requests.send(balancer, 'label'));
          expect(response).toMatchObject({ value: 'w0' });
          return self.call(balancer, 'label');
        },
      },
    });
    const client = system.start(Client);
    expect(await client.call('all', true)).toBe('w0');
    expect(await client.call('all', false)).toBe('w0');
    expect(await balancer.call('done')).toEqual(
      ['cast', 'tryCast', 'put', 'deliver', 'send', 'self.cast', 'self.put', 'self.deliver'],
    );
    await env.settle();
  });

  test('a balancer finds the cycle of calls that goes through it', async () => {
    const { system } = world(0);
    let group: Balancer<typeof Ring> | null = null;
    const Ring = defineAgent({ name: 'ring', calls: { ask: (self): Promise<string> =>
      self.call(group as Balancer<typeof Ring>, 'ask').catch((error: CallError) => error.code) } });
    group = system.balance(Ring, { members: [system.start(Ring), system.start(Ring)] });
    expect(await group.call('ask')).toBe('CALL_CYCLE');
  });

  test('members of a process group come and go with it; one that has joined twice counts twice', async () => {
    const { env, system, refs } = world(3);
    const Groups = defineScope({ name: 'groups' });
    system.start(Groups, { name: 'groups' });
    const groups = system.ref(Groups);
    const balancer = system.balance(Worker, {
      strategy: 'weighted', group: { scope: groups, name: 'workers' },
    });
    expect(balancer.members()).toEqual([]);
    groups.join('workers', [refs[0] as never, refs[0] as never, refs[1] as never]);
    for (let n = 0; n < 6; n++) balancer.cast('work', n);
    expect(picks(balancer)).toEqual([4, 2]);
    groups.leave('workers', refs[0] as never);
    groups.join('workers', refs[2] as never);
    refs[1]?.cast('crash');
    await env.settle();
    expect(balancer.members().map(({ pid }) => pid)).toEqual([refs[0]?.pid, refs[2]?.pid]);
    expect(() => balancer.join(refs[1] as never)).toThrow('balance.join');
    expect(() => balancer.leave(refs[1] as never)).toThrow('balance.leave');
  });

  test('join and leave: once, not of the dead, not of others', async () => {
    const other = testSystem({ env: new SeededEnv() });
    const { system, refs } = world(2);
    const balancer = system.balance(Worker);
    const [a, b] = refs as [AgentRef<typeof Worker>, AgentRef<typeof Worker>];
    expect([balancer.join(a), balancer.join(a), balancer.leave(a), balancer.leave(a)])
      .toEqual([true, false, true, false]);
    const { pid } = b;
    await b.stop();
    expect([balancer.join(b), balancer.join(system.ref(Worker, pid as never))]).toEqual([false, false]);
    const Other = defineAgent({});
    for (const bad of [
      system.start(Other), 'name', null, balancer, other.start(Worker, 'x'),
    ]) expect(() => balancer.join(bad as never)).toThrow(OptionError);
    expect(() => balancer.join(system.start(Other) as never))
      .toThrow('a ref of worker in this system, made with the same definition as the balancer');
    expect(() => system.balance(Worker, { members: [5 as never] }))
      .toThrow('balance.join: got 5, expected a ref of worker');
    expect(() => system.balance(Worker, { members: ['w1' as never] }))
      .toThrow("balance.join: got 'w1', expected a ref of worker");
    expect(balancer.members()).toEqual([]);
  });
});
