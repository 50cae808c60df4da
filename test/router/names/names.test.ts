import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostOf } from '../../../src/behaviour/gen/host.js';
import { defineAgent, OptionError, type DeliverOptions, type Pid, type System } from '../../../src/index.js';
import { checkName, Names } from '../../../src/router/names/names.js';
import { kernelOf } from '../../../src/system/create.js';
import { testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { idler, settle } from '../../process/peers.js';

const Agent = defineAgent(
  { name: 'Agent', init: () => ({}), calls: { who: (self) => self.pid }, casts: { note: () => undefined } },
);
const cellsOf = (system: System): ReadonlyMap<string, unknown> =>
  (hostOf(kernelOf(system)).router.names as unknown as { readonly cells: Map<string, unknown> }).cells;

describe('registered names', () => {
  it('RG-01 a name that is taken, a process that has one, a dead process and a reserved name are refused', async () => {
    const system = testSystem();
    const [a, b, dead] = [await idler(system), await idler(system), await idler(system)];
    system.exit(dead.ref, 'kill');
    system.register('role', a.ref);
    expect(() => system.register('role', b.ref)).toThrow(
      expect.objectContaining({ code: 'ALREADY_REGISTERED', message: expect.stringContaining(a.ref.pid) }),
    );
    expect(() => system.register('other', a.ref)).toThrow(expect.objectContaining(
      { message: "name: got 'other', expected a process without a name (it is 'role'); unregister it first" },
    ));
    expect(() => system.register('third', dead.ref)).toThrow(expect.objectContaining({ code: 'NOPROC' }));
    expect(() => system.register('undefined', b.ref)).toThrow(expect.objectContaining({ code: 'BAD_NAME' }));
    expect(system.registered()).toEqual(['role']);
    expect([system.whereis('role'), system.whereis('other'), system.whereis('third')]).toEqual(
      [a.ref.pid, undefined, undefined],
    );
  });

  it('RG-02 whereis, unregister and registered', async () => {
    const system = testSystem();
    const [a, b] = [await idler(system, { name: 'a' }), await idler(system)];
    system.register('b', b.ref.pid);
    expect(system.registered().sort()).toEqual(['a', 'b']);
    expect([system.whereis('a'), system.whereis('b'), system.whereis('c')])
      .toEqual([a.ref.pid, b.ref.pid, undefined]);
    system.unregister('a');
    expect(system.whereis('a')).toBeUndefined();
    expect(system.inspect(a.ref)?.name).toBeUndefined();
    expect(() => system.unregister('a')).toThrow(expect.objectContaining({ code: 'NOT_REGISTERED' }));
    system.register('a2', a.ref);
    expect(system.registered().sort()).toEqual(['a2', 'b']);
  });

  it('RG-03 the end of its owner frees a name at once', async () => {
    const system = testSystem();
    const a = await idler(system, { name: 'role' });
    system.exit(a.ref, 'gone');
    expect(system.whereis('role')).toBeUndefined();
    expect(system.registered()).toEqual([]);
    const b = system.start(Agent, { name: 'role' });
    expect(system.whereis('role')).toBe(b.pid);
  });

  it('RG-03 the end of a former owner does not take the name from its successor', async () => {
    const system = testSystem();
    const a = await idler(system, { name: 'role' });
    system.unregister('role');
    const b = await idler(system, { name: 'role' });
    system.exit(a.ref, 'gone');
    expect(system.whereis('role')).toBe(b.ref.pid);
  });

  it('RG-04 a ref by name finds the owner of the moment, at every use', async () => {
    const system = testSystem();
    const ref = system.ref(Agent, 'role');
    expect(ref.pid).toBeUndefined();
    const pids: (Pid | undefined)[] = [];
    for (let i = 0; i < 3; i++) {
      const one = system.start(Agent, { name: 'role' });
      expect(await ref.call('who')).toBe(one.pid);
      pids.push(ref.pid);
      system.exit(one, 'kill');
      await expect(ref.call('who')).rejects.toMatchObject({ code: 'NOPROC', target: 'role' });
    }
    expect(new Set(pids).size).toBe(3);
  });

  it('RG-04 a ref by pid means that one life', async () => {
    const system = testSystem();
    const one = system.start(Agent, { name: 'role' });
    const byPid = system.ref(Agent, one.pid as string);
    system.exit(one, 'kill');
    system.start(Agent, { name: 'role' });
    await expect(byPid.call('who')).rejects.toMatchObject({ code: 'NOPROC' });
  });

  it('RG-05 of two racing registrations exactly one wins, and the loser is as it was', async () => {
    const system = testSystem();
    const wins = await Promise.all(Array.from({ length: 20 }, async () => {
      const p = await idler(system);
      try {
        system.register('role', p.ref);
        return p.ref.pid;
      } catch {
        expect(system.inspect(p.ref)?.name).toBeUndefined();
        return undefined;
      }
    }));
    expect(wins.filter((pid) => pid !== undefined)).toEqual([system.whereis('role')]);
  });

  it('RG-07 GS-12 a call or stop by a name nobody owns is noproc, a cast is silent', async () => {
    const system = testSystem();
    const ref = system.ref(Agent, 'nobody');
    await expect(ref.call('who')).rejects.toMatchObject({ code: 'NOPROC', target: 'nobody', op: 'who' });
    await expect(ref.stop()).rejects.toMatchObject({ code: 'NOPROC' });
    expect(ref.cast('note')).toBeUndefined();
    expect(ref.tryCast('note')).toBe('dead');
    expect(system.deadLetters.list()).toEqual(
      [expect.objectContaining({ to: 'nobody', op: 'note', reason: 'noproc' })],
    );
  });

  it('a start with a taken name runs no init and leaves nothing', async () => {
    const system = testSystem();
    let ran = 0;
    const Counting = defineAgent({ name: 'Counting', init: () => ({ n: ran++ }) });
    const first = system.start(Counting, { name: 'role' });
    expect(() => system.start(Counting, { name: 'role' })).toThrow(
      expect.objectContaining({ code: 'START_FAILED', reason: { alreadyStarted: first.pid } }),
    );
    expect(() => system.spawn(() => undefined, { name: 'role' })).toThrow(
      expect.objectContaining({ code: 'ALREADY_REGISTERED' }),
    );
    expect([ran, system.stats().processes, system.whereis('role')]).toEqual([1, 1, first.pid]);
  });
});

describe('P39 the syntax of names', () => {
  it.each(['a', 'A-b_c', 'bank.accounts.alice', 'queue:jobs/high', '0', 'x'.repeat(
    128,
  ), `${'x'.repeat(127)}.`.repeat(3)
    + 'x'.repeat(128)])('%s is one', (name) => {
    expect(checkName('name', name)).toBe(name);
  });

  it.each([
    '', ' ', 'a b', '.', 'a..b', '/etc', 'a/', '../x', 'a/../b', 'a\\b', 'a*', 'a.>',
    "a'; drop table x", 'ä', 'a\n', 'a\u0000', '名', 'x'.repeat(
      129,
    ), 'ab.'.repeat(171) + 'a',
    'undefined', 'null', '__proto__', 'constructor', 'prototype', 'infinity', undefined, null, 7, {}, [
      'a',
    ], Symbol('a'),
  ])('%s is none', (name) => {
    expect(() => checkName('name', name)).toThrow(
      expect.objectContaining({ code: 'BAD_NAME', option: 'name', value: name }),
    );
  });

  it('what is accepted has neither traversal, wildcards, quotes nor spaces in it', () => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom(...'aZ09_-.:/ *>\\\'"%$#\n\u0000é') }), (name) => {
      let accepted = true;
      try {
        checkName('name', name);
      } catch (error) {
        if (!(error instanceof OptionError)) throw error;
        accepted = false;
      }
      return accepted === (/^[A-Za-z0-9_-]+([.:/][A-Za-z0-9_-]+)*$/.test(name));
    }));
  });

  it('every door checks it', async () => {
    const system = testSystem();
    const p = await idler(system);
    const bad = expect.objectContaining({ code: 'BAD_NAME' }) as Error;
    expect(() => system.start(Agent, { name: '../x' })).toThrow(bad);
    expect(() => system.spawn(() => undefined, { name: 'a b' })).toThrow(bad);
    expect(() => p.self.spawn(() => undefined, { name: 'a b' })).toThrow(bad);
    expect(() => system.register('a b', p.ref)).toThrow(bad);
    expect(() => system.ref(Agent, 'a b')).toThrow(bad);
    await expect(system.supervise({ name: 'a b', children: [] })).rejects.toThrow(bad);
    expect(() => testSystem({ name: 'a b' })).toThrow(bad);
    expect(system.stats().processes).toBe(1);
  });

  it('a name cannot be mistaken for a pid of the system', async () => {
    const system = testSystem();
    const p = await idler(system);
    const prefix = p.ref.pid.slice(0, p.ref.pid.lastIndexOf('.') + 1);
    for (const name of [p.ref.pid, `${prefix}4711`, `${prefix}x`]) {
      expect(() => system.start(Agent, { name })).toThrow(expect.objectContaining({ code: 'BAD_NAME' }));
      expect(() => system.register(name, p.ref)).toThrow(expect.objectContaining({ code: 'BAD_NAME' }));
    }
  });
});

describe('P35 cells of names', () => {
  it('P35 a name that only a ref knows is forgotten with its last ref; 100,000 of them leave no trace', async () => {
    const names = new Names('castcall.test.');
    const inside = names as unknown as { readonly cells: Map<string, unknown> };
    const kept = names.cell('kept');
    for (let round = 0; round < 10; round++) {
      for (let i = 0; i < 10_000; i++) names.cell(`n${round}-${i}`);
      await settle(1);
      globalThis.gc?.();
      await settle(1);
    }
    for (let i = 0; i < 40_000; i++) names.cell(`last-${i % 2_000}-${Math.floor(i / 2_000)}`);
    expect(inside.cells.size).toBeLessThan(80_000);
    expect(names.cell('kept')).toBe(kept);
  });

  it('a cell that a ref holds stays the same through owners and sweeps', async () => {
    const system = testSystem();
    const ref = system.ref(Agent, 'role');
    for (let i = 0; i < 5_000; i++) void system.ref(Agent, `other-${i}`).pid;
    await settle(1);
    globalThis.gc?.();
    await settle(1);
    for (let i = 0; i < 5_000; i++) void system.ref(Agent, `more-${i}`).pid;
    const one = system.start(Agent, { name: 'role' });
    expect(ref.pid).toBe(one.pid);
    expect(system.ref(Agent, 'role').pid).toBe(one.pid);
    expect(system.registered()).toEqual(['role']);
  });

  it('names that are given up in batches are swept as well: no number of them is met exactly', () => {
    const system = testSystem();
    for (let round = 0; round < 50; round++) {
      const batch = Array.from({ length: 100 }, (_, i) => system.start(Agent, { name: `n${round}-${i}` }));
      for (const ref of batch) system.exit(ref, 'kill');
    }
    expect([...cellsOf(system).values()].filter((cell) => cell instanceof WeakRef).length)
      .toBeGreaterThan(3_000);
  });

  it('P35 a name that messages were delivered to is forgotten like others; one whose keys are remembered is not', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env, delivery: { dedupe: { ageMs: 1_000 } } });
    const strong = (): number =>
      [...cellsOf(system)].filter(([name, cell]) => name.startsWith('d') && !(cell instanceof WeakRef)).length;
    const churn = async (prefix: string, options: DeliverOptions | undefined): Promise<void> => {
      for (let i = 0; i < 2_000; i++) {
        const ref = system.start(Agent, { name: `${prefix}${i}` });
        void ref.deliver('who', undefined, options);
        await ref.stop();
      }
    };
    await churn('d', undefined);
    await churn('x', undefined);
    expect(strong()).toBe(0);
    await churn('dk', { guarantee: 'exactly-once', key: 'k' });
    await churn('y', undefined);
    expect(strong()).toBe(2_000);
    const late = await system.ref(Agent, 'dk7')
      .deliver('who', undefined, { guarantee: 'exactly-once', key: 'k' });
    // by the owner that is gone: the key is remembered
    expect((await late.settled).kind).toBe('handled');
    await env.advance(2_000);
    await churn('z', undefined);
    expect(strong()).toBe(0);
  });

  it('100,000 processes that come and go under names of their own leave no names', async () => {
    const names = testSystem();
    for (let i = 0; i < 100_000; i++) {
      const ref = names.start(Agent, { name: `p${i}` });
      names.exit(ref, 'normal');
      names.exit(ref, 'kill');
      if (i % 5_000 === 0) {
        await settle(1);
        globalThis.gc?.();
      }
    }
    expect(names.registered()).toEqual([]);
  });
});
