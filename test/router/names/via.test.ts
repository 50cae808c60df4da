import { describe, expect, it } from 'vitest';
import type { Down } from '../../../src/index.js';
import { child, defineAgent, OptionError, type Pid } from '../../../src/index.js';
import { via, type ViaProvider } from '../../../src/behaviour/names/public.js';
import { Recorder, testSystem } from '../../support/system.js';
import { listener, settle } from '../../process/peers.js';

const Agent = defineAgent({
  name: 'Agent', init: () => ({ notes: 0 }),
  calls: { who: (self) => self.pid, notes: (self) => self.state.notes },
  casts: { note(self) { self.state.notes++; }, fail() { throw new Error('no'); } }, info: () => undefined,
});

/** The simplest directory: one owner per key, and it does not watch its owners. */
class Directory implements ViaProvider<string> {
  readonly owners = new Map<string, Pid>();
  readonly values = new Map<string, unknown>();
  readonly log: string[] = [];
  registerName(key: string, pid: Pid, value?: unknown): boolean {
    this.log.push(`register ${key}`);
    if (this.owners.has(key)) return false;
    this.owners.set(key, pid);
    this.values.set(key, value);
    return true;
  }
  unregisterName(key: string): void {
    this.log.push(`unregister ${key}`);
    this.owners.delete(key);
  }
  whereisName(key: string): Pid | undefined {
    return this.owners.get(key);
  }
}

describe('via', () => {
  it('RG-06 any object that meets the contract names agents, plain processes and children', async () => {
    const system = testSystem();
    const directory = new Directory();
    const agent = system.start(Agent, { name: via(directory, 'agent', { floor: 2 }) });
    const plain = system.spawn((self) => self.receive(), { name: via(directory, 'plain') });
    const top = await system.supervise(
      { name: via(directory, 'top'), children: [child('one', Agent, { name: via(directory, 'one') })] },
    );
    expect([...directory.owners]).toEqual(
      [['agent', agent.pid], [
        'plain', plain.pid,
      ], ['top', top.pid], ['one', system.whereis(via(directory, 'one'))]],
    );
    expect(directory.values.get('agent')).toEqual({ floor: 2 });
    expect(await system.ref(Agent, via(directory, 'agent')).call('who')).toBe(agent.pid);
    expect(await system.ref(Agent, via(directory, 'one')).call('who')).toBe(directory.owners.get('one'));
    expect(system.registered()).toEqual([]);
    expect(() => system.start(Agent, { name: via(directory, 'agent') })).toThrow(
      expect.objectContaining({ code: 'START_FAILED', reason: { alreadyStarted: agent.pid } }),
    );
    expect(() => system.spawn(() => undefined, { name: via(directory, 'plain') })).toThrow(
      expect.objectContaining({ code: 'ALREADY_REGISTERED', message: expect.stringContaining(plain.pid) }),
    );
  });

  it('RG-06 a via name is a target of send, sendAfter, link, monitor and exit, and resolved at every use', async () => {
    const system = testSystem();
    const directory = new Directory();
    const name = via(directory, 'role');
    const watcher = await listener(system);
    const first = await listener(system);
    directory.owners.set('role', first.ref.pid);
    const ref = system.ref(Agent, name);
    expect(ref.pid).toBe(first.ref.pid);
    system.send(name, 'by system');
    watcher.self.send(name, 'by self');
    watcher.self.sendAfter(0, 'by timer', name);
    watcher.self.monitor(name);
    watcher.self.link(name);
    await settle();
    await expect.poll(() => first.seen, { interval: 5 }).toEqual(['by system', 'by self', 'by timer']);
    system.exit(name, 'kill');
    await settle();
    expect(ref.pid).toBeUndefined();
    expect(watcher.seen).toEqual(expect.arrayContaining([
      expect.objectContaining({ tag: 'DOWN', pid: first.ref.pid, name: 'via role', reason: 'killed' }),
      expect.objectContaining({ tag: 'EXIT', reason: 'killed' }),
    ]));
    const second = await listener(system);
    directory.owners.set('role', second.ref.pid);
    expect([ref.pid, system.whereis(name), system.inspect(name)?.pid]).toEqual(
      [second.ref.pid, second.ref.pid, second.ref.pid],
    );
    watcher.self.bind(ref).send('by ref');
    await settle();
    expect(second.seen).toEqual(['by ref']);
  });

  it('RG-07 call and stop by a missing via name are noproc, a cast is a dead letter and a monitor fires at once', async () => {
    const system = testSystem();
    const directory = new Directory();
    const ref = system.ref(Agent, via(directory, 'nobody'));
    await expect(ref.call('who')).rejects.toMatchObject({ code: 'NOPROC', target: 'via nobody', op: 'who' });
    await expect(ref.stop()).rejects.toMatchObject({ code: 'NOPROC' });
    expect([ref.cast('note'), ref.tryCast('note')]).toEqual([undefined, 'dead']);
    expect(system.deadLetters.list()).toEqual(
      [expect.objectContaining({ to: 'via nobody', op: 'note', reason: 'noproc' })],
    );
    expect(await system.monitor(via(directory, 'nobody')).down).toEqual(
      expect.objectContaining({ reason: 'noproc', name: 'via nobody' }),
    );
    directory.owners.set('nobody', 'elsewhere.x.1' as Pid);
    await expect(ref.call('who')).rejects.toMatchObject({ code: 'NOPROC' });
  });

  it('RG-06 the name is freed before the starter hears of a failed start, and before a Down of its owner', async () => {
    const system = testSystem();
    const directory = new Directory();
    const Failing = defineAgent(
      {
        name: 'Failing',
        init: (how: string) => { if (how === 'throw') throw new Error('no init'); return {}; },
      },
    );
    expect(() => system.start(Failing, 'throw', { name: via(directory, 'x') })).toThrow(
      expect.objectContaining({ code: 'START_FAILED' }),
    );
    expect(directory.log).toEqual(['register x', 'unregister x']);
    const owner = system.start(Failing, 'ok', { name: via(directory, 'x') });
    let seen: Pid | undefined = 'unset' as Pid;
    const down = system.monitor(owner).down.then((one: Down) => one);
    const watcher =
      system.spawn(async (self) => {
        self.monitor(owner);
        await self.receive();
        seen = directory.owners.get('x');
      });
    await settle();
    system.exit(owner, 'gone');
    await down;
    await system.monitor(watcher).down;
    expect(seen).toBeUndefined();
  });

  it('RG-06 the end of a former owner does not free the name of its successor', async () => {
    const system = testSystem();
    const directory = new Directory();
    const first = system.start(Agent, { name: via(directory, 'role') });
    directory.owners.delete('role');
    const second = system.start(Agent, { name: via(directory, 'role') });
    await first.stop();
    expect(system.whereis(via(directory, 'role'))).toBe(second.pid);
  });

  it('RG-06 RG-04 a supervised agent takes its via name again after a restart', async () => {
    const system = testSystem();
    const directory = new Directory();
    await system.supervise({ children: [child('one', Agent, { name: via(directory, 'one') })] });
    const ref = system.ref(Agent, via(directory, 'one'));
    const before = ref.pid;
    ref.cast('fail');
    await settle();
    expect(ref.pid).not.toBe(before);
    expect(await ref.call('who')).toBe(ref.pid);
  });

  it('RG-06 a provider that throws fails that start, and is nobody to every other use', async () => {
    const logger = new Recorder();
    const system = testSystem({ logger });
    const broken = new Error('broken');
    const fail = (): never => { throw broken; };
    const provider: ViaProvider<string> = { registerName: fail, unregisterName: fail, whereisName: fail };
    expect(() => system.start(Agent, { name: via(provider, 'x') })).toThrow(
      expect.objectContaining({ code: 'START_FAILED', reason: broken }),
    );
    expect(() => system.spawn(() => undefined, { name: via(provider, 'x') })).toThrow(broken);
    await expect(system.ref(Agent, via(provider, 'x')).call('who')).rejects.toMatchObject({ code: 'NOPROC' });
    expect(system.stats().processes).toBe(0);
    const late = system.start(Agent, { name: via({ ...provider, registerName: () => true }, 'x') });
    await late.stop();
    expect(logger.texts('warn')).toEqual(
      expect.arrayContaining(
        [expect.stringContaining('whereisName'), expect.stringContaining('failed to release')],
      ),
    );
  });

  it('what is no provider is refused where it enters', () => {
    for (const bad of [undefined, null, 7, {}, { registerName: () => true }]) {
      expect(() => via(bad as never, 'x')).toThrow(OptionError);
    }
    const system = testSystem();
    expect(() => system.start(Agent, { name: 7 as never })).toThrow(
      expect.objectContaining({ code: 'BAD_OPTION', rule: 'a registered name, or via(registry, key)' }),
    );
  });
});
