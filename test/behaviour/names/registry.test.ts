import { describe, expect, it } from 'vitest';
import type { Down, Exit } from '../../../src/index.js';
import {
  child, defineAgent, OptionError, type ProcessSelf, type System,
} from '../../../src/index.js';
import type { RegistryRef } from '../../../src/behaviour/names/public.js';
import {
  anything, defineRegistry, RegistryEvent, via, type RegistryDefinition,
} from '../../../src/behaviour/names/public.js';
import { idler, listener, reasonOfEnd, settle } from '../../process/peers.js';
import { testSystem } from '../../support/system.js';

interface Part { readonly role: string; readonly rank: number }

/** A running registry of each kind, over texts. */
function registries<V = Part>(
  system: System, kind: 'unique' | 'duplicate' = 'unique',
): RegistryRef<unknown, V> {
  const definition: RegistryDefinition<unknown, V> = defineRegistry<unknown, V>({ name: 'parts', keys: kind });
  system.start(definition, { name: 'parts' });
  return system.ref(definition);
}

const selves = async (system: System, count: number): Promise<ProcessSelf[]> =>
  (await Promise.all(Array.from({ length: count }, () => idler(system)))).map((one) => one.self);

describe('a unique registry', () => {
  it('RY-01 a key has one owner; a second register names it, for the owner too, and leaks nothing', async () => {
    const system = testSystem();
    const parts = registries<number>(system);
    const [a, b] = await selves(system, 2) as [ProcessSelf, ProcessSelf];
    expect(parts.register(a, 'x', 1)).toEqual({ ok: true });
    expect(parts.register(b, 'x', 2)).toEqual({ ok: false, alreadyRegistered: a.pid });
    expect(parts.register(a, 'x', 3)).toEqual({ ok: false, alreadyRegistered: a.pid });
    expect([parts.lookup('x'), parts.keys(b), parts.count()]).toEqual([[{ pid: a.pid, value: 1 }], [], 1]);
    expect(system.inspect(b)?.links).toEqual([]);
    expect(parts.register(a, 'y', 4)).toEqual({ ok: true });
    expect(parts.keys(a)).toEqual(['x', 'y']);
  });

  it('RY-04 the key of a process that has just ended can be taken at once', async () => {
    const system = testSystem();
    const parts = registries<number>(system);
    const taken: unknown[] = [];
    const [a, b] = await selves(system, 2) as [ProcessSelf, ProcessSelf];
    parts.register(a, 'x', 1);
    system.exit(a, 'kill');
    expect(parts.register(b, 'x', 2)).toEqual({ ok: true });
    expect(parts.lookup('x')).toEqual([{ pid: b.pid, value: 2 }]);
    // also in the middle of its end: a timer's or request's listener runs before the exit hook
    const Callee = defineAgent({ calls: { wait: async (self) => { self.signal.addEventListener(
      'abort',
      () => { taken.push(parts.lookup('y'), parts.whereisName('y'), parts.register(b, 'y', 9)); },
    ); await new Promise(() => undefined); } } });
    const callee = system.start(Callee);
    const Caller = defineAgent({
      casts: { async ask(self) { parts.register(self, 'y', 8); await self.call(callee, 'wait'); } },
    });
    const caller = system.start(Caller);
    caller.cast('ask');
    await settle();
    expect(parts.whereisName('y')).toBe(caller.pid);
    system.exit(caller, 'kill');
    expect(taken).toEqual([[], undefined, { ok: true }]);
    expect(parts.whereisName('y')).toBe(b.pid);
  });

  it('RY-09 only the owner updates its value, and only in a unique registry', async () => {
    const system = testSystem();
    const parts = registries<number>(system);
    const [a, b] = await selves(system, 2) as [ProcessSelf, ProcessSelf];
    parts.register(a, 'x', 1);
    expect(parts.updateValue(a, 'x', (n) => n + 1)).toEqual({ ok: true, value: 2, previous: 1 });
    expect(parts.updateValue(b, 'x', (n) => n + 1)).toEqual({ ok: false });
    expect(parts.updateValue(a, 'other', (n) => n + 1)).toEqual({ ok: false });
    expect(() => parts.updateValue(a, 'x', () => { throw new Error('no'); })).toThrow('no');
    expect(parts.lookup('x')).toEqual([{ pid: a.pid, value: 2 }]);
    const many = defineRegistry<string, number>({ name: 'many', keys: 'duplicate' });
    system.start(many, { name: 'many' });
    expect(() => system.ref(many).updateValue(a, 'x', (n) => n))
      .toThrow(expect.objectContaining({ code: 'DUPLICATE_KEYS' }));
  });

  it('RY-12 RG-06 via names what it starts, with a value; a duplicate registry refuses', async () => {
    const system = testSystem();
    const parts = registries<Part>(system);
    const Agent = defineAgent({ calls: { who: (self) => self.pid } });
    const first = system.start(Agent, { name: parts.via('a', { role: 'cell', rank: 1 }) });
    await system.supervise({ children: [child('b', Agent, { name: via(parts, 'b') })] });
    expect(parts.lookup('a')).toEqual([{ pid: first.pid, value: { role: 'cell', rank: 1 } }]);
    expect(parts.lookup('b')).toEqual([{ pid: parts.whereisName('b'), value: undefined }]);
    expect(await system.ref(Agent, via(parts, 'b')).call('who')).toBe(parts.whereisName('b'));
    expect(() => system.start(Agent, { name: via(parts, 'a') }))
      .toThrow(expect.objectContaining({ reason: { alreadyStarted: first.pid } }));
    await expect(system.ref(Agent, via(parts, 'nobody')).call('who')).rejects.toMatchObject({ code: 'NOPROC' });
    parts.unregisterName('a');
    expect([parts.whereisName('a'), parts.registerName('a', 'gone' as never)]).toEqual([undefined, false]);
    const many = defineRegistry({ name: 'many', keys: 'duplicate' });
    system.start(many, { name: 'many' });
    expect(() => system.ref(many).via('x')).toThrow(expect.objectContaining({ code: 'DUPLICATE_KEYS' }));
    expect(() => via(system.ref(many), 'x')).toThrow(expect.objectContaining({ code: 'DUPLICATE_KEYS' }));
  });

  it('RY-08 keys are compared as a Map compares them', async () => {
    const system = testSystem();
    const parts = registries<number>(system);
    const [a] = await selves(system, 1) as [ProcessSelf];
    const object = { id: 1 };
    const keys = [1, '1', 1n, true, NaN, null, undefined, object, [1], Symbol.for('one')];
    keys.forEach((key, at) => { expect(parts.register(a, key, at)).toEqual({ ok: true }); });
    expect(keys.map((key) => parts.lookup(key)[0]?.value)).toEqual(keys.map((_, at) => at));
    expect([parts.lookup({ id: 1 }), parts.lookup([1])]).toEqual([[], []]);
    parts.register(a, 0, 100);
    expect(parts.lookup(-0)[0]?.value).toBe(100);
  });
});

describe('a duplicate registry', () => {
  it('RY-02 a key has any number of entries, also several of one process', async () => {
    const system = testSystem();
    const parts = registries<number>(system, 'duplicate');
    const [a, b] = await selves(system, 2) as [ProcessSelf, ProcessSelf];
    for (const [self, value] of [
      [a, 1], [b, 2], [a, 3], [a, 3],
    ] as const) expect(parts.register(self, 'x', value)).toEqual({ ok: true });
    expect(parts.lookup('x')).toEqual([
      { pid: a.pid, value: 1 }, { pid: b.pid, value: 2 }, { pid: a.pid, value: 3 },
      { pid: a.pid, value: 3 },
    ]);
    expect([parts.keys(a), parts.values('x', a), parts.count()]).toEqual([['x', 'x', 'x'], [1, 3, 3], 4]);
  });

  it('RY-03 lookup, keys, values, count and countMatch', async () => {
    const system = testSystem();
    const parts = registries(system, 'duplicate');
    const [a, b] = await selves(system, 2) as [ProcessSelf, ProcessSelf];
    parts.register(a, 'x', { role: 'door', rank: 1 });
    parts.register(b, 'x', { role: 'wall', rank: 1 });
    parts.register(b, 'y', { role: 'wall', rank: 2 });
    expect([
      parts.lookup('none'), parts.keys(b), parts.keys('nobody'), parts.values('x', b),
      parts.values('y', a),
    ]).toEqual([[], ['x', 'y'], [], [{ role: 'wall', rank: 1 }], []]);
    expect([
      parts.count(), parts.countMatch('x', anything), parts.countMatch('x', { role: 'wall' }),
      parts.countMatch('none', anything),
    ]).toEqual([3, 2, 1, 0]);
  });

  it('RY-06 unregister removes the entries of the caller only; none is fine', async () => {
    const system = testSystem();
    const parts = registries<number>(system, 'duplicate');
    const [a, b] = await selves(system, 2) as [ProcessSelf, ProcessSelf];
    for (const self of [a, a, b]) parts.register(self, 'x', 1);
    parts.unregister(a, 'x');
    parts.unregister(a, 'x');
    parts.unregister(a, 'never');
    expect(parts.lookup('x')).toEqual([{ pid: b.pid, value: 1 }]);
  });

  it('RY-07 patterns: structures, predicates and the wildcard; a key that is the wildcard is a key', async () => {
    const system = testSystem();
    const parts = registries<unknown>(system, 'duplicate');
    const [a, b] = await selves(system, 2) as [ProcessSelf, ProcessSelf];
    parts.register(a, 'x', { role: 'door', tags: ['red', 1] });
    parts.register(a, 'x', { role: 'wall', tags: ['red', 2] });
    parts.register(b, 'x', 'plain');
    parts.register(b, 'y', NaN);
    const values = (pattern: never): unknown[] => parts.match('x', pattern).map((entry) => entry.value);
    expect(values({ role: 'door' } as never)).toEqual([{ role: 'door', tags: ['red', 1] }]);
    expect(values({ tags: ['red', anything] } as never)).toHaveLength(2);
    expect(values({ tags: ['red'] } as never)).toEqual([]);
    expect(values({ role: (role: string) => role > 'e' } as never))
      .toEqual([{ role: 'wall', tags: ['red', 2] }]);
    expect(values({ absent: undefined } as never)).toEqual([]);
    expect(values('plain' as never)).toEqual(['plain']);
    expect(parts.countMatch('y', NaN)).toBe(1);
    expect(parts.select({ key: 'y' })).toEqual([{ key: 'y', pid: b.pid, value: NaN }]);
    expect(parts.select({ pid: a.pid, value: { role: anything } })).toHaveLength(2);
    expect(parts.select({ where: (row) => row.pid === b.pid && row.value === 'plain' }))
      .toEqual([{ key: 'x', pid: b.pid, value: 'plain' }]);
    expect([
      parts.countSelect(), parts.countSelect({ key: anything }),
      parts.countSelect({ value: 'none' }),
    ]).toEqual([4, 4, 0]);
    parts.register(a, anything, 'reserved');
    expect(parts.match(anything, anything)).toEqual([{ pid: a.pid, value: 'reserved' }]);
    expect(parts.countMatch(anything, anything)).toBe(1);
    parts.unregisterMatch(b, 'x', anything);
    parts.unregisterMatch(a, 'x', { role: 'door' });
    expect(parts.lookup('x').map((entry) => entry.value)).toEqual([{ role: 'wall', tags: ['red', 2] }]);
    parts.unregister(a, anything);
    expect(parts.keys(a)).toEqual(['x']);
    expect(() => parts.match('x', () => { throw new Error('bad predicate'); })).toThrow('bad predicate');
  });

  it('RY-10 dispatch runs in the caller, over all entries at once; a throw goes through', async () => {
    const system = testSystem();
    const parts = registries<number>(system, 'duplicate');
    const [a, b] = [await listener(system), await listener(system)];
    parts.register(a.self, 'x', 1);
    parts.register(b.self, 'x', 2);
    expect(parts.dispatch('x', (entries) => {
      for (const { pid, value } of entries) system.send(pid, value);
      return entries.length;
    })).toBe(2);
    expect(parts.dispatch('none', () => 'called')).toBeUndefined();
    const reached: number[] = [];
    expect(() => parts.dispatch('x', (entries) => {
      for (const { value } of entries) { reached.push(value); throw new Error('stop'); }
    })).toThrow('stop');
    await settle();
    expect([a.seen, b.seen, reached]).toEqual([[1], [2], [1]]);
  });
});

describe('the owners of entries', () => {
  it('RY-05 C12 all entries are gone when the Down or Exit of their owner arrives, in both kinds', async () => {
    const system = testSystem();
    const unique = registries<number>(system);
    const many = defineRegistry<string, number>({ name: 'many', keys: 'duplicate' });
    system.start(many, { name: 'many' });
    const duplicate = system.ref(many);
    const owner = await idler(system);
    for (const key of ['x', 'y']) {
      unique.register(owner.self, key, 1);
      duplicate.register(owner.self, key, 1);
      duplicate.register(owner.self, key, 2);
    }
    const seen: unknown[] = [];
    const Watcher = defineAgent({
      trapExit: true, init(pid: string) { this.monitor(pid); this.link(pid); return {}; },
      info(self, message) { seen.push([
        (message as Down | Exit).tag, unique.count(), duplicate.count(), unique.whereisName('x'),
        duplicate.keys(owner.ref),
      ]); },
    });
    system.start(Watcher, owner.ref.pid);
    system.exit(owner.ref, 'gone');
    expect([unique.count(), duplicate.count()]).toEqual([0, 0]);
    await settle();
    expect(seen).toHaveLength(2);
    expect(seen).toEqual(
      expect.arrayContaining([['DOWN', 0, 0, undefined, []], ['EXIT', 0, 0, undefined, []]]),
    );
  });

  it('RY-13 owners are linked to the registry: its crash ends those that do not trap; the last unregister unlinks', async () => {
    const system = testSystem();
    const parts = registries<number>(system);
    const [plain, freed] = [await idler(system), await idler(system)];
    const trapping = await listener(system);
    for (const [at, self] of [plain.self, freed.self, trapping.self].entries()) {
      parts.register(self, `k${at}`, 0);
      parts.register(self, `l${at}`, 0);
    }
    parts.unregister(freed.self, 'k1');
    expect(system.inspect(freed.ref)?.links).toEqual([parts.pid]);
    parts.unregister(freed.self, 'l1');
    expect(system.inspect(freed.ref)?.links).toEqual([]);
    const registry = parts.pid;
    const reason = reasonOfEnd(system, plain.ref);
    system.exit('parts', 'kill');
    expect(await reason).toBe('killed');
    await settle();
    expect(trapping.seen).toEqual([expect.objectContaining({ tag: 'EXIT', pid: registry, reason: 'killed' })]);
    expect([system.alive(freed.ref.pid), system.alive(trapping.ref.pid)]).toEqual([true, true]);
  });

  it('RY-13 an owner that crashes does not end the registry, and a registry comes back empty under its supervisor', async () => {
    const system = testSystem();
    const Parts = defineRegistry({ name: 'parts', keys: 'unique' });
    await system.supervise({ children: [child('parts', Parts)] });
    const parts = system.ref(Parts);
    const trapping = await listener(system);
    const owner = await idler(system);
    parts.register(trapping.self, 'a');
    parts.register(owner.self, 'b');
    system.exit(owner.ref, new Error('crash'));
    await settle();
    expect(parts.count()).toBe(1);
    system.exit('parts', 'kill');
    await settle();
    expect(parts.count()).toBe(0);
    expect(parts.register(trapping.self, 'a')).toEqual({ ok: true });
    system.exit(trapping.ref, 'kill');
    expect(parts.count()).toBe(0);
  });

  it('RY-11 listeners hear of explicit calls, with the value, and not of a death', async () => {
    const system = testSystem();
    const ear = await listener(system, { name: 'ear' });
    const Parts = defineRegistry<string, number>({
      name: 'parts', keys: 'duplicate', listeners: ['ear', 'nobody'],
    });
    system.start(Parts, { name: 'parts' });
    const parts = system.ref(Parts);
    const owner = await idler(system);
    parts.register(owner.self, 'x', 1);
    parts.register(owner.self, 'y', 2);
    parts.unregister(owner.self, 'x');
    system.exit(owner.ref, 'gone');
    await settle();
    const pid = owner.ref.pid;
    expect(ear.seen).toEqual([
      new RegistryEvent('register', 'parts', 'x', pid, 1),
      new RegistryEvent('register', 'parts', 'y', pid, 2),
      new RegistryEvent('unregister', 'parts', 'x', pid, 1),
    ]);
    expect(system.deadLetters.total).toBe(3);
  });

  it('a process that has ended registers nothing, and counts as a zombie', async () => {
    const system = testSystem();
    const parts = registries<number>(system);
    const owner = await idler(system);
    system.exit(owner.ref, 'kill');
    expect(() => parts.register(owner.self, 'x', 1)).toThrow(expect.objectContaining({ code: 'ZOMBIE' }));
    expect(() => parts.updateValue(owner.self, 'x', (n) => n))
      .toThrow(expect.objectContaining({ code: 'ZOMBIE' }));
    await expect(parts.lock(owner.self, 'x', () => 1)).rejects.toMatchObject({ code: 'ZOMBIE' });
    parts.unregister(owner.self, 'x');
    expect([parts.count(), system.stats().zombies]).toEqual([0, 4]);
    expect(() => parts.register({ pid: owner.ref.pid } as never, 'x', 1)).toThrow(OptionError);
  });

  it('10,000 owners that come and go leave nothing in the registry', async () => {
    const system = testSystem();
    const parts = registries<number>(system, 'duplicate');
    for (let at = 0; at < 10_000; at++) {
      system.spawn((self) => { parts.register(self, at % 7, at); parts.register(self, at, at); });
      if (at % 1_000 === 999) await settle(1);
    }
    await settle();
    expect([parts.count(), parts.select(), system.inspect('parts')?.links]).toEqual([0, [], []]);
  });
});

describe('a registry', () => {
  it('RY-15 keeps meta values for as long as its process lives', () => {
    const system = testSystem();
    const parts = registries<number>(system);
    expect(parts.meta('limit')).toBeUndefined();
    parts.putMeta('limit', 7);
    parts.putMeta({ odd: 'key' }, 1);
    expect(parts.meta('limit')).toBe(7);
    parts.putMeta('limit', 8);
    expect(parts.meta('limit')).toBe(8);
    parts.deleteMeta('limit');
    expect(parts.meta('limit')).toBeUndefined();
  });

  it('RY-16 every use of one that does not run throws and names it', async () => {
    const system = testSystem();
    const Parts = defineRegistry<string>({ name: 'parts', keys: 'unique' });
    const parts = system.ref(Parts);
    const { self } = await idler(system);
    const uses: (() => unknown)[] = [
      () => parts.register(self, 'x'), () => parts.unregister(self, 'x'), () => parts.lookup('x'),
      () => parts.match('x', anything), () => parts.select(), () => parts.keys(self),
      () => parts.values('x', self), () => parts.count(),
      () => parts.updateValue(self, 'x', (v) => v), () => parts.dispatch('x', () => 1),
      () => parts.lock(self, 'x', () => 1),
      () => parts.meta('x'), () => parts.putMeta('x', 1), () => parts.deleteMeta('x'),
      () => parts.whereisName('x'), () => parts.registerName('x', self.pid),
      () => parts.unregisterName('x'),
    ];
    for (const use of uses) expect(use)
      .toThrow(expect.objectContaining({ code: 'UNKNOWN_REGISTRY', value: 'parts' }));
    expect(() => system.start(defineAgent({}), { name: parts.via('x') }))
      .toThrow(expect.objectContaining({
        code: 'START_FAILED', reason: expect.objectContaining({ code: 'UNKNOWN_REGISTRY' }),
      }));
    system.start(defineAgent({}), { name: 'parts' });
    expect(() => parts.count()).toThrow(expect.objectContaining({ code: 'UNKNOWN_REGISTRY' }));
    expect(parts.pid).toBe(system.whereis('parts'));
  });

  it('bad options and what is no registry are refused where they enter', () => {
    const system = testSystem();
    for (const bad of [
      undefined, {}, { keys: 'many' }, { keys: 'unique', name: 7 },
      { keys: 'unique', partitions: 2 }, { keys: 'unique', listeners: 'ear' },
    ]) expect(() => defineRegistry(bad as never)).toThrow(OptionError);
    expect(() => system.ref({} as never, 'parts')).toThrow(OptionError);
    expect(() => system.ref(defineRegistry({ keys: 'unique' }), 'no name!'))
      .toThrow(expect.objectContaining({ code: 'BAD_NAME' }));
  });
});
