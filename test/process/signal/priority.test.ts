import { describe, expect, it } from 'vitest';
import { defineAgent, Down, Exit, type Alias, type ProcessSelf, type System } from '../../../src/index.js';
import { testSystem } from '../../support/system.js';
import { idler, settle } from '../peers.js';

/** A process that does not look at its queue until it is told, then takes everything and returns it. */
async function queuer(
  system: System,
): Promise<{ readonly self: ProcessSelf; readonly drain: () => Promise<unknown[]> }> {
  let open = (): void => undefined;
  const gate = new Promise<void>((resolve) => { open = resolve; });
  return new Promise((resolve) => {
    let tell: (all: unknown[]) => void = () => undefined;
    const all = new Promise<unknown[]>((done) => { tell = done; });
    system.spawn(async (self) => {
      self.trapExit(true);
      resolve({ self, drain: () => { open(); return all; } });
      await gate;
      const taken: unknown[] = [];
      for (let next = await self.receive(undefined, { timeoutMs: 0 }); next !== undefined; next =
        await self.receive(undefined, { timeoutMs: 0 })) taken.push(next);
      tell(taken);
    });
  });
}

describe('priority messages', () => {
  it('PM-01 without the receiver\'s opt-in no option of a sender gets it ahead', async () => {
    const system = testSystem();
    const b = await queuer(system);
    const a = await idler(system);
    const ordinary = b.self.alias();
    b.self.link(a.ref);
    b.self.monitor(a.ref);
    a.self.send(b.self.pid, 'first');
    a.self.send(b.self.pid, 'by pid', { urgent: true });
    a.self.send(ordinary, 'by alias', { urgent: true });
    a.self.exitOther(b.self.pid, 'signal', { urgent: true });
    a.self.exitOther(ordinary, 'through', { urgent: true });
    system.exit(a.ref, 'gone');
    const taken = await b.drain();
    expect(taken.slice(0, 5)).toEqual(
      ['first', 'by pid', 'by alias', new Exit(a.ref.pid, 'signal'), new Exit(a.ref.pid, 'through')],
    );
    expect(taken.length).toBe(7);
  });

  it('PM-02 it takes an active priority alias and the option; either alone is ordinary', async () => {
    const system = testSystem();
    const b = await queuer(system);
    const a = await idler(system);
    const alias = b.self.alias({ urgent: true });
    const gone = b.self.alias({ urgent: true });
    b.self.unalias(gone);
    a.self.send(b.self.pid, 1);
    a.self.send(alias, 2);
    a.self.send(b.self.pid, 3, { urgent: true });
    a.self.send(gone, 'nobody', { urgent: true });
    a.self.send(alias, 'priority', { urgent: true });
    expect(() => a.self.send(alias, 4, { urgent: 'high' } as never)).toThrow(
      expect.objectContaining({ name: 'OptionError' }),
    );
    expect(await b.drain()).toEqual(['priority', 1, 2, 3]);
  });

  it('PM-03 behind earlier priority messages, before all ordinary ones, those that were passed over too', async () => {
    const system = testSystem();
    const b = await queuer(system);
    const alias = b.self.alias({ urgent: true });
    system.send(b.self.pid, 'old');
    await settle();
    for (const n of [1, 2]) system.send(alias, `priority ${n}`, { urgent: true });
    system.send(b.self.pid, 'ordinary');
    system.send(alias, 'priority 3', { urgent: true });
    await settle();
    system.send(alias, 'priority 4', { urgent: true });
    expect(await b.drain())
      .toEqual(['priority 1', 'priority 2', 'priority 3', 'priority 4', 'old', 'ordinary']);
  });

  it('PM-03 one that arrives while its receiver runs is before what it had passed over', async () => {
    const system = testSystem();
    const taken: unknown[] = [];
    const p = system.spawn(async (self) => {
      const alias = self.alias({ urgent: true });
      await self.receive((message) => message === 'go');
      self.send(alias, 'priority', { urgent: true });
      taken.push(await self.receive(), await self.receive());
    });
    for (const message of ['old', 'go']) p.send(message);
    await system.monitor(p).down;
    expect(taken).toEqual(['priority', 'old']);
  });

  it('PM-03 an agent handles it before what is queued', async () => {
    const system = testSystem();
    const seen: unknown[] = [];
    const Agent = defineAgent({
      name: 'Agent', init: () => ({}), calls: { alias: (self) => self.alias({ urgent: true }) },
      info: (self, message) => void seen.push(message),
    });
    const ref = system.start(Agent);
    const alias = await ref.call('alias');
    for (const n of [1, 2]) ref.send(n);
    system.send(alias, 'priority', { urgent: true });
    await settle();
    expect(seen).toEqual(['priority', 1, 2]);
  });

  it(
    'PM-04 signals are received in the order they were sent; only the place in the queue differs',
    async () => {
      const system = testSystem();
      const b = await queuer(system);
      const a = await idler(system);
      const alias = b.self.alias({ urgent: true });
      a.self.send(b.self.pid, 'ordinary');
      expect(system.inspect(b.self.pid, ['messages'])).toEqual([['ordinary']]);
      a.self.send(alias, 'priority', { urgent: true });
      expect(system.inspect(b.self.pid, ['messages'])).toEqual([['priority', 'ordinary']]);
      // What was sent before the alias was switched off is there, what was sent after it is not.
      b.self.unalias(alias);
      a.self.send(alias, 'late', { urgent: true });
      expect(await b.drain()).toEqual(['priority', 'ordinary']);
    },
  );

  it('PM-05 exits through an alias, exits of links and Downs may be priority messages', async () => {
    const system = testSystem();
    const b = await queuer(system);
    const [linked, watched, other] = [await idler(system), await idler(system), await idler(system)];
    const alias = b.self.alias({ urgent: true });
    b.self.link(linked.ref, { urgent: true });
    b.self.monitor(watched.ref, { urgent: true });
    system.send(b.self.pid, 'ordinary');
    other.self.exitOther(alias, 'signal', { urgent: true });
    other.self.exitOther(alias, 'plain');
    system.exit(linked.ref, 'link');
    system.exit(watched.ref, 'watch');
    const taken = await b.drain();
    expect(taken.slice(0, 2)).toEqual([new Exit(other.ref.pid, 'signal'), new Exit(linked.ref.pid, 'link')]);
    expect(taken[2]).toMatchObject({ tag: 'DOWN', reason: 'watch' });
    expect(taken.slice(3)).toEqual(['ordinary', new Exit(other.ref.pid, 'plain')]);
  });

  it('PM-05 linking again sets or takes the mark, unlink takes it', async () => {
    const system = testSystem();
    const b = await queuer(system);
    const peers = [await idler(system), await idler(system), await idler(system)];
    const [unmarked, marked, again] = peers;
    b.self.link(unmarked!.ref, { urgent: true });
    b.self.link(unmarked!.ref);
    b.self.link(marked!.ref);
    b.self.link(marked!.ref, { urgent: true });
    b.self.link(again!.ref, { urgent: true });
    b.self.unlink(again!.ref);
    again!.self.link(b.self.pid);
    system.send(b.self.pid, 'ordinary');
    for (const peer of peers) system.exit(peer.ref, 'gone');
    expect(await b.drain()).toEqual([
      new Exit(marked!.ref.pid, 'gone'), 'ordinary', new Exit(unmarked!.ref.pid, 'gone'),
      new Exit(again!.ref.pid, 'gone'),
    ]);
  });

  it('PM-06 a priority exit ends a process that does not trap like any other', async () => {
    const system = testSystem();
    const [b, linked, other] = [await idler(system), await idler(system), await idler(system)];
    const alias = b.self.alias({ urgent: true });
    other.self.exitOther(alias, 'normal', { urgent: true });
    expect(b.ref.alive).toBe(true);
    b.self.link(linked.ref, { urgent: true });
    const { down } = system.monitor(b.ref);
    system.exit(linked.ref, 'gone');
    expect((await down).reason).toBe('gone');
    other.self.exitOther(alias, 'harmless', { urgent: true });
  });

  it('PM-07 it looks like any other message, and the queue length counts both', async () => {
    const system = testSystem();
    const b = await queuer(system);
    const alias = b.self.alias({ urgent: true });
    const p = await idler(system);
    b.self.monitor(p.ref, { urgent: true });
    b.self.monitor(p.ref);
    system.send(alias, { same: true }, { urgent: true });
    system.send(b.self.pid, { same: true });
    system.exit(p.ref, 'gone');
    expect(system.inspect(b.self.pid, ['messageQueueLength'])).toEqual([4]);
    expect(system.inspect(b.self.pid)?.mailbox).toMatchObject({ size: 2, sent: 2 });
    const taken = await b.drain();
    expect(taken[0]).toEqual(taken[2]);
    expect([taken[1], taken[3]].every((down) => down instanceof Down && down.tag === 'DOWN')).toBe(true);
    expect(Object.keys(taken[1] as Down)).toEqual(Object.keys(taken[3] as Down));
  });

  it('PM-08 a Down without the option stays behind what its process had sent, and a priority one takes no reply away', async () => {
    const system = testSystem();
    const Server = defineAgent({
      name: 'Server', init: () => ({}),
      calls: { last: (self, to: Alias) => {
        self.send(to, 'sent before');
        return self.stop('normal', 'reply');
      } },
    });
    const got: unknown[] = [];
    const p = system.spawn(async (self) => {
      const server = system.start(Server);
      self.monitor(server, { urgent: true });
      self.monitor(server);
      got.push(await self.call(server, 'last', self.alias()));
      for (let i = 0; i < 3; i++) got.push(await self.receive());
    });
    await system.monitor(p).down;
    expect(got[0]).toBe('reply');
    expect(got.slice(1).map((message) => (message instanceof Down ? 'Down' : message))).toEqual(
      ['Down', 'sent before', 'Down'],
    );
  });

  it('PM-09 a reply is found at once behind 20,000 priority messages', async () => {
    const system = testSystem();
    const Echo = defineAgent({ name: 'Echo', init: () => ({}), calls: { say: (self, n: number) => n } });
    const echo = system.start(Echo);
    let looked = 0;
    const p = system.spawn(async (self) => {
      const alias = self.alias({ urgent: true });
      for (let i = 0; i < 20_000; i++) self.send(alias, i, { urgent: true });
      let sum = 0;
      for (let i = 0; i < 100; i++) sum += await self.call(echo, 'say', 1);
      expect(sum).toBe(100);
      expect(looked).toBe(0);
      await self.receive((message) => ++looked > 0 && message === 19_999);
    });
    expect((await system.monitor(p).down).reason).toBe('normal');
    expect(looked).toBe(20_000);
  });

  it('PM-10 the lanes of casts are first come, first served each; between lanes the order of one sender is given up', async () => {
    const system = testSystem();
    const seen: string[] = [];
    const Agent =
      defineAgent({
        name: 'Agent', init: () => ({}),
        casts: { note: (self, text: string) => void seen.push(text) },
      });
    const ref = system.start(Agent);
    const lanes = ['low', 'normal', 'high', 'critical'] as const;
    for (const n of [
      1, 2,
    ]) for (const priority of lanes) ref.cast('note', `${priority} ${n}`, { lane: priority });
    await settle();
    expect(seen).toEqual([...lanes].reverse().flatMap((lane) => [`${lane} 1`, `${lane} 2`]));
  });
});
