import { describe, expect, it } from 'vitest';
import type { Down } from '../../../src/index.js';
import {
  child, defineAgent, OptionError, type Exit, type ProcessSelf, type System,
} from '../../../src/index.js';
import type { GroupChange } from '../../../src/behaviour/names/public.js';
import { defineScope, type ScopeRef } from '../../../src/behaviour/names/public.js';
import { idler, listener, settle, type Listener } from '../../process/peers.js';
import { expectConserved, testSystem } from '../../support/system.js';

const Groups = defineScope<unknown>({ name: 'groups' });
const Agent = defineAgent({
  init: () => ({ got: [] as unknown[] }), calls: { got: (self) => self.state.got },
  casts: { item(self, n: number) { self.state.got.push(n); } },
  info(self, message) { self.state.got.push(message); },
});

function scopeOf(system: System, name = 'groups'): ScopeRef<unknown> {
  system.start(Groups, { name });
  return system.ref(Groups, name);
}

/** What a watcher was told, short. */
const told = (watcher: Listener): unknown[] =>
  watcher.seen.map((one) => {
    const { change, group, pids } = one as GroupChange;
    return [change, group, ...pids];
  });
const pair = async (system: System): Promise<
  [{ ref: { pid: never }; self: ProcessSelf }, { ref: { pid: never }; self: ProcessSelf }]
> => [await idler(system), await idler(system)] as never;

describe('process groups', () => {
  it('PG-01 a group appears with its first member and vanishes with its last', async () => {
    const system = testSystem();
    const groups = scopeOf(system);
    const [a, b] = await pair(system);
    expect([groups.whichGroups(), groups.members('blue')]).toEqual([[], []]);
    groups.join('blue', a.self);
    groups.join('red', b.ref);
    groups.join('none', []);
    expect([groups.whichGroups(), groups.members('blue'), groups.localMembers('red')]).toEqual(
      [['blue', 'red'], [a.ref.pid], [b.ref.pid]],
    );
    groups.leave('blue', a.self);
    expect([groups.whichGroups(), groups.members('blue')]).toEqual([['red'], []]);
  });

  it('PG-02 membership is a multiset: who joined twice must leave twice', async () => {
    const system = testSystem();
    const groups = scopeOf(system);
    const [a, b] = await pair(system);
    groups.join('blue', [a.ref, b.ref.pid]);
    groups.join('blue', a.self);
    expect(groups.members('blue')).toEqual([a.ref.pid, a.ref.pid, b.ref.pid]);
    expect(groups.leave('blue', a.ref)).toBe(true);
    expect(groups.members('blue')).toEqual([a.ref.pid, b.ref.pid]);
    expect([groups.leave('blue', a.ref), groups.leave('blue', a.ref)]).toEqual([true, false]);
    expect(groups.members('blue')).toEqual([b.ref.pid]);
  });

  it('PG-03 C12 death removes all memberships before its Down or Exit arrives', async () => {
    const system = testSystem();
    const groups = scopeOf(system);
    const [a, b] = await pair(system);
    groups.join('blue', [a.ref, a.ref, b.ref]);
    groups.join('red', a.ref);
    const seen: unknown[] = [];
    const Watcher = defineAgent({
      trapExit: true, init(pid: string) { this.monitor(pid); this.link(pid); return {}; },
      info(self, message) {
        seen.push([(message as Down | Exit).tag, groups.members('blue'), groups.whichGroups()]);
      },
    });
    system.start(Watcher, a.ref.pid);
    system.exit(a.ref, 'gone');
    await settle();
    expect(seen).toHaveLength(2);
    expect(seen).toEqual(
      expect.arrayContaining([['DOWN', [b.ref.pid], ['blue']], ['EXIT', [b.ref.pid], ['blue']]]),
    );
  });

  it('PG-04 join and leave take lists; leave is false only when none was a member, and tells of those that were', async () => {
    const system = testSystem();
    const groups = scopeOf(system);
    const watcher = await listener(system);
    const [a, b] = await pair(system);
    groups.monitor(watcher.self, 'blue');
    groups.join('blue', [a.ref, b.ref, a.ref]);
    expect(groups.leave('blue', [a.ref, watcher.self, a.ref, a.ref])).toBe(true);
    expect([
      groups.leave('blue', [a.ref, watcher.self]), groups.leave('blue', []),
      groups.leave('never', a.ref),
    ])
      .toEqual([false, false, false]);
    await settle();
    expect(told(watcher)).toEqual(
      [['join', 'blue', a.ref.pid, b.ref.pid, a.ref.pid], ['leave', 'blue', a.ref.pid, a.ref.pid]],
    );
  });

  it('PG-05 only processes of this system are members; anything else throws and changes nothing', async () => {
    const system = testSystem();
    const groups = scopeOf(system);
    const other = testSystem();
    const [a] = await pair(system);
    const foreign = await idler(other);
    for (const bad of [
      undefined, null, 7, 'groups', 'x', {}, foreign.ref, foreign.ref.pid, system.ref(Agent, 'nobody'),
      `${a.ref.pid as string}x`,
    ]) {
      expect(() => groups.join('blue', [a.ref, bad as never])).toThrow(OptionError);
      expect(() => groups.leave('blue', bad as never)).toThrow(OptionError);
    }
    expect(groups.whichGroups()).toEqual([]);
  });

  it('PG-05 the error says what the text is, and what to write', async () => {
    const system = testSystem({ name: 'bank' });
    const groups = scopeOf(system);
    const [a] = await pair(system);
    const own = (a.ref.pid as string).replace(/\d+$/, '');
    const told = (member: string): string => {
      try {
        groups.join('blue', member as never);
      } catch (error) {
        return error instanceof OptionError ? `${error.code} ${error.message}` : String(error);
      }
      return 'joined';
    };
    expect(
      told('groups'),
    ).toBe("BAD_OPTION scope.join: got 'groups', expected a process of this system: its self, a ref "
      + "that has a pid, or the pid; that is a name, which its next owner has as well: system.whereis('groups') is its "
      + 'pid now');
    expect(told('bank.2xk4pz.7'))
      .toMatch(/got 'bank\.2xk4pz\.7'.*of another system, or of an earlier run of this one/);
    expect(told(`${own}99`)).toMatch(/; this system has made no such pid$/);
    expect(told('worker')).toMatch(
      /; that is no pid: take it from a ref, from self\.pid, or from system\.whereis\(name\)$/,
    );
    expect(told(a.ref.pid)).toBe('joined');
    system.exit(a.ref.pid, 'kill');
    expect(told(a.ref.pid), 'PG-11').toBe('joined');
  });

  it('PG-06 monitor gives the members, then every change once and in order', async () => {
    const system = testSystem();
    const groups = scopeOf(system);
    const watcher = await listener(system);
    const [a, b] = await pair(system);
    groups.join('blue', a.ref);
    const { ref, members } = groups.monitor(watcher.self, 'blue');
    expect(members).toEqual([a.ref.pid]);
    groups.join('blue', [b.ref, b.ref]);
    groups.join('red', b.ref);
    groups.leave('blue', a.ref);
    system.exit(b.ref, 'gone');
    await settle();
    const pid = b.ref.pid;
    expect(told(watcher)).toEqual(
      [['join', 'blue', pid, pid], [
        'leave', 'blue', a.ref.pid,
      ], ['leave', 'blue', pid], ['leave', 'blue', pid]],
    );
    expect(watcher.seen.every((one) => (one as GroupChange).ref === ref)).toBe(true);
    expect(JSON.stringify(watcher.seen[1])).toBe(
      JSON.stringify({ tag: 'GROUP', change: 'leave', group: 'blue', pids: [a.ref.pid] }),
    );
    groups.join('blue', a.ref); // the group vanished meanwhile: the monitor still watches it
    await settle();
    expect(told(watcher).at(-1)).toEqual(['join', 'blue', a.ref.pid]);
  });

  it('PG-06 an agent gets changes in info, in the order of what happened between its messages', async () => {
    const system = testSystem();
    const groups = scopeOf(system);
    const [a] = await pair(system);
    const agent = system.start(Agent);
    const Starter = defineAgent({
      init() { groups.monitor(this, 'blue'); return { got: [] as string[] }; },
      casts: { note(self, text: string) { self.state.got.push(text); } },
      calls: { got: (self) => self.state.got },
      info(self, message) { self.state.got.push((message as GroupChange).change); },
    });
    const watching = system.start(Starter);
    watching.cast('note', 'before');
    groups.join('blue', a.ref);
    watching.cast('note', 'between');
    groups.leave('blue', a.ref);
    expect(await watching.call('got')).toEqual(['before', 'join', 'between', 'leave']);
    await agent.stop();
  });

  it('PG-07 monitorScope tells all groups and every change; many monitors of one process; a dead watcher is forgotten', async () => {
    const system = testSystem();
    const groups = scopeOf(system);
    const watcher = await listener(system);
    const [a, b] = await pair(system);
    groups.join('blue', [a.ref, a.ref]);
    groups.join('red', b.ref);
    const all = groups.monitorScope(watcher.self);
    expect([...all.groups]).toEqual([['blue', [a.ref.pid, a.ref.pid]], ['red', [b.ref.pid]]]);
    const refs = [
      all.ref, groups.monitor(watcher.self, 'blue').ref, groups.monitor(watcher.self, 'blue').ref,
      groups.monitorScope(watcher.self).ref,
    ];
    expect(new Set(refs).size).toBe(4);
    groups.join('blue', b.ref);
    groups.join('green', b.ref);
    await settle();
    expect(watcher.seen.filter((one) => (one as GroupChange).group === 'blue').map(
      (one) => refs.indexOf((one as GroupChange).ref),
    ).sort((x, y) => x - y)).toEqual([0, 1, 2, 3]);
    expect(watcher.seen.filter((one) => (one as GroupChange).group === 'green').map(
      (one) => refs.indexOf((one as GroupChange).ref),
    )).toEqual([0, 3]);
    system.exit(watcher.ref, 'kill');
    const before = system.stats().signals;
    groups.leave('blue', b.ref);
    expect(system.stats().signals).toEqual(before);
    expect(refs.map((ref) => groups.demonitor(ref))).toEqual([false, false, false, false]);
  });

  it('PG-08 a process that watches and joins the same group may die', async () => {
    const system = testSystem();
    const groups = scopeOf(system);
    const both = await listener(system);
    const other = await listener(system);
    groups.monitor(both.self, 'blue');
    groups.monitorScope(both.self);
    groups.monitor(other.self, 'blue');
    groups.join('blue', [both.self, both.self]);
    const scope = groups.pid;
    system.exit(both.ref, 'kill');
    await settle();
    expect([groups.pid, groups.whichGroups()]).toEqual([scope, []]);
    expect(told(other).slice(1)).toEqual([['leave', 'blue', both.ref.pid], ['leave', 'blue', both.ref.pid]]);
  });

  it('PG-09 demonitor stops a monitor, drops what it has queued, and is false the second time', async () => {
    const system = testSystem();
    const groups = scopeOf(system);
    const watcher = await listener(system);
    const agent = system.start(Agent);
    const [a] = await pair(system);
    const { ref } = groups.monitor(watcher.self, 'blue');
    const kept = groups.monitor(watcher.self, 'blue').ref;
    groups.join('blue', a.ref);
    expect([groups.demonitor(ref), groups.demonitor(ref)]).toEqual([true, false]);
    groups.join('blue', a.ref);
    await settle();
    expect(watcher.seen.map((one) => (one as GroupChange).ref === kept)).toEqual([true, true]);
    expect(() => groups.demonitor({} as never)).toThrow(OptionError);
    const Waiting = defineAgent({ init: () => ({ got: 0 }), calls: { async watch(self) {
      const made = groups.monitor(self, 'red');
      groups.join('red', a.ref);
      await settle(1);
      return groups.demonitor(made.ref);
    }, got: (self) => self.state.got }, info(self) { self.state.got++; } });
    const waiting = system.start(Waiting);
    expect([await waiting.call('watch'), await waiting.call('got')]).toEqual([true, 0]);
    await agent.stop();
    // a plain process that has it queued behind its receive
    const late = system.spawn(async (self) => {
      const made = groups.monitor(self, 'green');
      groups.join('green', a.ref);
      await self.receive((message) => message === 'go');
      groups.demonitor(made.ref);
      return self.exit([await self.receive(undefined, { timeoutMs: 0 })]);
    });
    await settle(1);
    late.send('go');
    expect((await system.monitor(late).down).reason).toEqual([undefined]);
  });

  it('PG-10 scopes know nothing of each other; without a scope reads find nothing and writes are noproc', async () => {
    const system = testSystem();
    const [one, two] = [scopeOf(system, 'one'), scopeOf(system, 'two')];
    const [a, b] = await pair(system);
    one.join('blue', a.ref);
    two.join('blue', b.ref);
    expect([one.members('blue'), two.members('blue')]).toEqual([[a.ref.pid], [b.ref.pid]]);
    system.exit(a.ref, 'gone');
    expect([one.whichGroups(), two.whichGroups()]).toEqual([[], ['blue']]);
    const none = system.ref(Groups, 'three');
    expect([
      none.pid, none.members('blue'), none.localMembers('blue'), none.whichGroups(), none.send('blue', 1),
      none.cast('blue', Agent, 'item', 1),
    ]).toEqual([undefined, [], [], [], 0, 0]);
    const { ref } = one.monitor(b.self, 'blue');
    for (const write of [() => none.join('blue', b.ref), () => none.leave('blue', b.ref), () =>
      none.monitor(b.self, 'blue'), () => none.monitorScope(b.self), () => none.demonitor(ref)]) {
      expect(write).toThrow(expect.objectContaining({ code: 'NOPROC', target: 'three' }));
    }
  });

  it('PG-11 a join just before or after the death of the member is safe', async () => {
    const system = testSystem();
    const groups = scopeOf(system);
    const watcher = await listener(system);
    const [a, b] = await pair(system);
    groups.monitor(watcher.self, 'blue');
    groups.join('blue', a.ref);
    system.exit(a.ref, 'gone');
    expect(groups.leave('blue', a.ref)).toBe(false);
    system.exit(b.ref, 'gone');
    groups.join('blue', b.ref);
    groups.join('blue', b.ref.pid);
    await settle();
    const [p, q] = [a.ref.pid, b.ref.pid];
    expect(told(watcher)).toEqual([
      ['join', 'blue', p], ['leave', 'blue', p], ['join', 'blue', q], ['leave', 'blue', q], ['join', 'blue', q],
      ['leave', 'blue', q],
    ]);
    expect([groups.whichGroups(), groups.members('blue')]).toEqual([[], []]);
  });

  it('PG-12 a scope that restarts has no members, members and watchers live on', async () => {
    const system = testSystem();
    await system.supervise({ children: [child('groups', Groups)] });
    const groups = system.ref(Groups);
    const watcher = await listener(system);
    const [a] = await pair(system);
    groups.join('blue', a.ref);
    groups.monitor(watcher.self, 'blue');
    const before = groups.pid;
    system.exit('groups', 'kill');
    await settle();
    expect([groups.pid === before, groups.whichGroups(), system.alive(a.ref.pid)]).toEqual([false, [], true]);
    groups.join('blue', a.ref);
    system.exit(a.ref, 'gone');
    await settle();
    expect([groups.whichGroups(), watcher.seen]).toEqual([[], []]);
  });
});

describe('a broadcast', () => {
  it('reaches each member as often as it joined, by send and by cast, and every copy is counted', async () => {
    const system = testSystem();
    const groups = scopeOf(system);
    const agents = [system.start(Agent), system.start(Agent, { mailbox: { capacity: 1 } })] as const;
    const plain = await listener(system);
    groups.join('all', [agents[0], agents[0], agents[1], plain.self]);
    expect(groups.cast('all', Agent, 'item', 1)).toBe(3);
    await settle();
    expect(groups.send('all', 'hello')).toBe(4);
    await settle();
    groups.join('all', agents[1]);
    groups.cast('all', Agent, 'item', 2);
    expect(await agents[0].call('got')).toEqual([1, 1, 'hello', 'hello', 2, 2]);
    expect(await agents[1].call('got')).toEqual([1, 'hello', 2]);
    expect(plain.seen).toEqual(['hello']);
    expect(system.stats()).toMatchObject({ rejected: 1, deadLettered: 0 });
    expectConserved(system.stats());
    expect(() => groups.cast('all', Agent, 'nothing' as never)).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_OPERATION' }),
    );
  });

  it('comes from its sender: in order with its other messages, and fenced when it has ended', async () => {
    const system = testSystem();
    const groups = scopeOf(system);
    const [agent, owner] = [system.start(Agent), await idler(system)];
    groups.join('all', agent);
    const bound = groups.bind(owner.self);
    expect([bound.send('all', 1), bound.cast('all', Agent, 'item', 2)]).toEqual([1, 1]);
    system.exit(owner.ref, 'kill');
    expect([bound.send('all', 3), bound.cast('all', Agent, 'item', 4)]).toEqual([0, 0]);
    expect(() => groups.monitor(owner.self, 'all')).toThrow(expect.objectContaining({ code: 'ZOMBIE' }));
    expect(await agent.call('got')).toEqual([1, 2]);
    expect(system.stats().zombies).toBe(3);
  });

  it('checks a payload that has a schema once, for all', () => {
    const system = testSystem();
    const groups = scopeOf(system);
    let checks = 0;
    const schema = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => {
      checks++;
      return typeof value === 'number' ? { value } : { issues: [{ message: 'no number' }] };
    } } } as const;
    const Strict = defineAgent({ casts: { item: { schema, handle: () => undefined } } });
    groups.join('all', [system.start(Strict), system.start(Strict)]);
    expect(groups.cast('all', Strict, 'item', 1 as never)).toBe(2);
    expect(checks).toBe(1);
    expect(() => groups.cast('all', Strict, 'item', 'x' as never)).toThrow(
      expect.objectContaining({ code: 'INVALID_PAYLOAD' }),
    );
  });

  it('bad options and what is no scope are refused where they enter', () => {
    const system = testSystem();
    expect(() => defineScope({ nam: 'x' } as never)).toThrow(OptionError);
    for (const what of [
      undefined, {}, 'x', () => 1,
    ]) expect(() => system.ref(what as never, 'x')).toThrow(OptionError);
  });
});
