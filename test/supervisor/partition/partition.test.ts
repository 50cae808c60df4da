import { describe, expect, test } from 'vitest';
import { child, defineAgent, dynamicSupervisor, type Pid } from '../../../src/index.js';
import { via, type ViaProvider } from '../../../src/behaviour/names/public.js';
import { partitionsOf, partitionSupervisor } from '../../../src/supervisor/public.js';
import { partitionOf } from '../../../src/supervisor/partition/partition.js';
import { testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { boom, family } from '../family.js';
import { rejection, settled } from '../wait.js';

const Shard = defineAgent({
  init: (...args: number[]) => ({ args, n: 0 }),
  calls: { args: (self) => self.state.args, count: (self) => ++self.state.n },
  casts: { crash() { throw boom; } },
});

describe('a partition supervisor', () => {
  test('PS-01 N copies of one spec, their ids are the numbers, 3 restarts in 5,000 ms; the default N is that of the cores', async () => {
    const system = testSystem();
    const shards = await system.supervise(partitionSupervisor(
      'partitions', { name: 'shards', child: child('shard', Shard, 7), partitions: 3 }
    ), { onGiveUp: 'ignore' });
    expect((await shards.whichChildren()).map((row) => row.id)).toEqual(['2', '1', '0']);
    expect(system.registered().sort()).toEqual(['shards', 'shards/0', 'shards/1', 'shards/2']);
    for (let n = 0; n < 3; n++) {
      system.ref(Shard, 'shards/1').cast('crash');
      await settled();
    }
    expect(await shards.countChildren()).toMatchObject({ active: 3 });
    system.ref(Shard, 'shards/1').cast('crash');
    expect(await shards.down).toBe('shutdown');
    const cores = await system.supervise(
      partitionSupervisor('partitions', { name: 'cores', child: child('shard', Shard) })
    );
    expect(cores.partitions).toBeGreaterThanOrEqual(1);
  });

  test('the number of cores is the Env\'s: a simulation does not depend on the machine', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env: Object.assign(env, { cores: 5 }) });
    expect((
      await system.supervise(partitionSupervisor('partitions', { name: 'cores', child: child('shard', Shard) }))
    ).partitions).toBe(5);
  });

  test('PS-02 whole numbers by their remainder, texts by a stable hash; the same key means the same living partition', async () => {
    const system = testSystem();
    const shards = await system.supervise(
      partitionSupervisor('partitions', { name: 'shards', child: child('shard', Shard), partitions: 5 })
    );
    expect([0, 4, 5, 12, -7, -5, 12n, -7n].map((key) => shards.partitionOf(key)))
      .toEqual([0, 4, 0, 2, 2, 0, 2, 2]);
    expect(['alice', 'bob', 'carol'].map((key) => partitionOf(key, 1_000))).toEqual([802, 190, 314]);
    const spread = new Set(Array.from({ length: 100 }, (_, n) => shards.partitionOf(`key-${n}`)));
    expect(spread.size).toBe(5);
    const ref = shards.ref('alice');
    expect(await ref.call('count')).toBe(1);
    expect(await shards.ref('alice').call('count')).toBe(2);
    shards.ref('alice').cast('crash');
    await settled();
    expect(await ref.call('count'), 'the ref survives the restart of its partition').toBe(1);
    for (const bad of [1.5, NaN, {}, undefined]) {
      expect(() => shards.ref(bad as string)).toThrow(/a whole number or a text/);
    }
  });

  test('PS-03 a ref by key is callable, castable and startable; withArguments makes the arguments of each partition', async () => {
    const system = testSystem();
    const shards = await system.supervise(partitionSupervisor('partitions', {
      name: 'shards', child: child('shard', Shard, 7), partitions: 2, withArguments: (args, n) => [n, ...args],
    }));
    expect(await shards.ref(0).call('args')).toEqual([0, 7]);
    expect(await shards.ref(1).call('args')).toEqual([1, 7]);
    const { worker } = family();
    const pools = await system.supervise(
      partitionSupervisor('partitions', { name: 'pools', child: dynamicSupervisor('pool'), partitions: 2 })
    );
    for (const key of ['a', 'b', 'c', 'd', 'e', 'f']) await pools.ref(key).startChild(worker(key));
    const counts = await Promise.all([0, 1].map(async (n) => (await pools.ref(n).countChildren()).active));
    expect(counts.reduce((sum, n) => sum + n)).toBe(6);
    expect(Math.min(...counts)).toBeGreaterThan(0);
  });

  test('PS-05 nobody under that name is noproc; a missing name or child and bad partitions are refused at once', async () => {
    const system = testSystem();
    const spec = child('shard', Shard);
    expect(() => system.ref(partitionsOf(spec), 'nobody').ref('x')).toThrow(/noproc/);
    await system.supervise({ name: 'plain', children: [] });
    expect(() => system.ref(partitionsOf(spec), 'plain').ref('x'), 'it has no partitions').toThrow(/noproc/);
    const bad: [object, RegExp][] = [
      [{ child: spec }, /name/], [{ name: 'p' }, /child/], [
        { name: 'p', child: spec, partitions: 0 }, /partitions/,
      ], [{ name: 'p', child: spec, partitions: 1.5 }, /partitions/],
      [{ name: 'p', child: spec, withArguments: 1 }, /withArguments/], [
        { name: 'p', child: spec, withArguments: () => 1 }, /an array of init arguments/,
      ], [{ name: 'p', child: spec, partition: 2 }, /no such option/],
      [{ name: 'p', child: child('t', Shard, { restart: 'temporary', significant: true }) }, /significant/],
    ];
    for (const [options, message] of bad) {
      const started = (async () => system.supervise(partitionSupervisor('partitions', options as never)))();
      expect(
        (await rejection(started) as Error).message
      ).toMatch(message);
    }
  });

  test('nested: its handle is what startChild gives, and by name', async () => {
    const system = testSystem();
    const spec = child('shard', Shard);
    const top = await system.supervise({ children: [] });
    const shards = await top.startChild(
      partitionSupervisor('shards', { name: 'shards', child: spec, partitions: 2 }),
    );
    expect(await shards.ref(1).call('count')).toBe(1);
    expect(await system.ref(partitionsOf(spec), 'shards').ref(1).call('count')).toBe(2);
    await top.terminateChild('shards');
    expect(() => shards.ref(1)).toThrow(/noproc/);
  });

  test('PS-03 RG-06 under a via name the partitions are named after it in its registry, and survive restarts', async () => {
    const system = testSystem();
    const owners = new Map<string, Pid>();
    const registry: ViaProvider<string> = {
      registerName: (key, pid) => !owners.has(key) && !!owners.set(key, pid),
      unregisterName: (key) => void owners.delete(key),
      whereisName: (key) => owners.get(key),
    };
    const shards = await system.supervise(partitionSupervisor(
      'partitions',
      { name: via(
        registry, 'shards',
      ), child: child('shard', Shard), partitions: 2, withArguments: (_args, n) => [n] }
    ));
    expect([...owners.keys()]).toEqual(['shards', 'shards/0', 'shards/1']);
    expect(system.registered()).toEqual([]);
    expect(owners.get('shards')).toBe(shards.pid);
    expect(shards.partitions).toBe(2);
    const one = shards.ref(1);
    expect(await one.call('args')).toEqual([1]);
    one.cast('crash');
    await settled();
    expect(await one.call('args')).toEqual([1]);
    const again = system.ref(partitionsOf(child('shard', Shard)), via(registry, 'shards'));
    expect(await again.ref(3).call('args')).toEqual([1]);
    expect(() => system.ref(partitionsOf(child('shard', Shard)), via(registry, 'nobody')).ref(1)).toThrow(
      /noproc: no partition supervisor 'via nobody'/,
    );
    const top = await system.supervise({ children: [
      partitionSupervisor('p', {
        name: via(registry, 'nested'), child: child('shard', Shard, 9), partitions: 1,
      }),
    ] });
    expect(
      await system.ref(partitionsOf(child('shard', Shard)), via(registry, 'nested')).ref('x').call('args')
    ).toEqual([9]);
    await Promise.all([shards.stop(), top.stop()]);
    expect([...owners.keys()]).toEqual([]);
    const keys = { registerName: () => true, unregisterName: () => undefined, whereisName: () => undefined };
    expect(
      () => partitionSupervisor('partitions', {
        name: via(keys, 7), child: child('shard', Shard), partitions: 1,
      }),
    ).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
    expect(() => system.ref(partitionsOf(child('shard', Shard)), via(keys, 7))).toThrow(/a text as the key/);
  });
});
