import { describe, expect, it } from 'vitest';
import { defineAgent, type StartError } from '../../../src/index.js';
import type { TreeNode } from '../../../src/observe/public.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { Recorder, settleTurn, testSystem } from '../../support/system.js';
import { ends, owner, stubborn, told, worker } from './help.js';

const Worker = worker();
const bad = (options: object) => ({ op: 'echo', payload: 'x', ...options }) as never;

function shape(nodes: readonly TreeNode[]): string {
  return nodes.map((one) => `${one.definition}(${shape(one.children)})`).join(' ');
}

describe('P Sub-agents: launch', () => {
  it('P Sub-agents: starts, asks and replies; the child ends after its reply', async () => {
    const system = testSystem();
    const { self, pid } = owner(system);
    const one = self.launch(Worker, { op: 'echo', payload: 'hello' });
    expect(one.pid).toBe(one.ref.pid);
    expect(system.inspect(one.pid as string)?.parent, 'its parent is the supervisor').not.toBe(pid);
    expect(await one.result).toBe('hello');
    await settleTurn();
    expect(system.alive(one.pid as string)).toBe(false);
    expect(await one.result, 'the result stays').toBe('hello');
    expect(system.alive(pid)).toBe(true);
  });

  it('P Sub-agents: visible in the tree below its agent', async () => {
    const system = testSystem();
    const { self } = owner(system);
    const hanging = [1, 2].map(() => self.launch(Worker, { op: 'hang' }));
    expect(shape(system.tree())).toBe('owner(dynamic supervisor(worker() worker()))');
    const nested = owner(system);
    nested.self.launch(Worker, { op: 'hang', name: 'deep' });
    expect(system.whereis('deep')).toBeDefined();
    await Promise.all(hanging.map((one) => one.cancel()));
    expect(shape(system.tree())).toBe('owner(dynamic supervisor()) owner(dynamic supervisor(worker()))');
  });

  it('gives init its arguments', async () => {
    const system = testSystem();
    const { self } = owner(system);
    expect(await self.launch(Worker, { op: 'label', args: ['mine'] }).result).toBe('mine');
    expect(await self.launch(Worker, { op: 'label' }).result).toBe('w');
  });

  it('P Sub-agents: a crash, a refusal and an end without a reply are the result, and nothing more', async () => {
    const logger = new Recorder();
    const system = testSystem({ logger });
    const { self, pid } = owner(system);
    const crashed = self.launch(Worker, { op: 'crash' });
    expect(await ends(crashed)).toBe('EXIT');
    const error = await crashed.result.catch((failed: unknown) => failed);
    expect(error).toMatchObject({ code: 'EXIT', reason: { message: 'broken' } });
    await expect(self.launch(Worker, { op: 'refuse' }).result)
      .rejects.toMatchObject({ code: 'REFUSED', refusal: 'NO' });
    expect(await ends(self.launch(Worker, { op: 'leave' }))).toBe('EXIT');
    await settleTurn();
    expect(system.alive(pid), 'the owner lives').toBe(true);
    expect(shape(system.tree())).toBe('owner(dynamic supervisor())');
    expect(logger.texts('error'), 'reported like any crash').toContain('process crashed');
  });

  it('throws when a synchronous init fails, and keeps nothing', async () => {
    const system = testSystem();
    const { self } = owner(system);
    const Bad = defineAgent({ name: 'bad', init() { throw new Error('no'); }, calls: { go: () => 1 } });
    const Ignoring = defineAgent({ name: 'ignoring', init() { return this.ignore(); }, calls: { go: () => 1 } });
    expect(() => self.launch(Bad, { op: 'go' })).toThrow('start of bad failed: Error: no');
    expect(() => self.launch(Ignoring, { op: 'go' })).toThrow('start of ignoring failed: ignore');
    self.launch(Worker, { op: 'hang', name: 'taken' });
    expect(() => self.launch(Worker, { op: 'hang', name: 'taken' })).toThrow('alreadyStarted');
    await settleTurn();
    expect(system.stats().processes).toBe(3);
  });

  it('P Sub-agents: slow inits do not wait for each other; a failed one is the result', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const { self } = owner(system);
    const Slow = defineAgent({
      name: 'slow',
      async init(ms: number) {
        await new Promise<void>((resolve) => { system.timers.applyAfter(ms, () => resolve()); });
        if (ms === 30) throw new Error('no key');
        return ms === 20 ? this.ignore() : ms;
      },
      calls: { ms: (self) => self.state },
    });
    const all = [10, 20, 30, 40].map((ms) => self.launch(Slow, { op: 'ms', args: [ms] }));
    expect(all.every((one) => system.alive(one.pid as string))).toBe(true);
    const results = Promise.all(all.map(ends));
    await env.advance(40);
    expect(await results).toEqual(['value 10', 'START_FAILED', 'START_FAILED', 'value 40']);
    const error = await all[2]?.result.catch((failed: unknown) => failed) as StartError;
    expect(error.reason).toMatchObject({ message: 'no key' });
    await env.settle();
    expect(shape(system.tree())).toBe('owner(dynamic supervisor())');
  });

  it('an asynchronous init that ends itself at once is a failed start', async () => {
    const system = testSystem();
    const { self } = owner(system);
    const Gone = defineAgent({
      name: 'gone',
      async init() { system.exit(this.pid, 'kill'); return Promise.resolve(1); },
      calls: { go: () => 1 },
    });
    const one = self.launch(Gone, { op: 'go' });
    expect(one.pid).toBeUndefined();
    expect(await ends(one)).toBe('START_FAILED');
    await one.cancel();
    await settleTurn();
    expect(shape(system.tree())).toBe('owner(dynamic supervisor())');
  });

  it('P Sub-agents, P35: the end of the owner ends its sub-agents in order, detached ones too', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const notes: string[] = [];
    const { self, pid } = owner(system);
    const Stubborn = stubborn(notes, 20);
    const one = self.launch(Stubborn, { op: 'wait' });
    const other = self.launch(worker(notes), { op: 'hang' });
    const detached = self.launch(worker(notes), { op: 'hang' });
    detached.detach();
    await env.settle();
    system.exit(pid, 'crash');
    expect([await ends(one), await ends(other), await ends(detached)]).toEqual(['ZOMBIE', 'ZOMBIE', 'DETACHED']);
    await env.settle();
    expect(system.stats().processes, 'its supervisor waits for the stubborn one').toBe(2);
    await env.advance(20);
    expect(system.stats().processes).toBe(0);
    expect(notes).toContain('terminate shutdown');
    expect(notes.at(-1)).toBe('done');
  });

  it('P16: of a process that has ended nothing is launched, and its handles do nothing', async () => {
    const system = testSystem();
    const { self, pid } = owner(system);
    const one = self.launch(Worker, { op: 'hang' });
    system.exit(pid, 'kill');
    expect(() => self.launch(Worker, { op: 'hang' })).toThrow('has ended');
    expect(await told(one.wait())).toBe('ZOMBIE');
    one.detach();
    await one.cancel();
    expect(await ends(one)).toBe('ZOMBIE');
    await settleTurn();
    expect(system.stats().processes).toBe(0);
  });

  it('starts a new supervisor when the former one was stopped', async () => {
    const system = testSystem();
    const { self, pid } = owner(system);
    const one = self.launch(Worker, { op: 'hang' });
    const supervisor = system.tree().find((node) => node.pid === pid)?.children[0]?.pid as string;
    system.exit(supervisor, 'normal');
    await system.sys(supervisor).terminate('normal').catch(() => undefined);
    expect(await ends(one)).toBe('EXIT');
    expect(await self.launch(Worker, { op: 'echo', payload: 'again' }).result).toBe('again');
  });

  it('works within init, and from a process', async () => {
    const system = testSystem();
    const Lead = defineAgent({
      init() { return { sub: this.launch(Worker, { op: 'echo', payload: 'early' }) }; },
      calls: { result: (self) => self.state.sub.result },
    });
    expect(await system.start(Lead).call('result')).toBe('early');
    const got = new Promise((resolve) => {
      system.spawn(async (self) => resolve(await self.launch(Worker, { op: 'echo', payload: 'plain' }).result));
    });
    expect(await got).toBe('plain');
  });

  it('system.launch: the same for the outside, below a supervisor of the system', async () => {
    const system = testSystem();
    const one = system.launch(Worker, { op: 'hang' });
    const other = system.launch(Worker, { op: 'echo', payload: 'out' });
    expect(shape(system.tree())).toBe('dynamic supervisor(worker() worker())');
    expect(await other.result).toBe('out');
    await one.cancel('enough');
    expect(await ends(one)).toBe('enough');
    const last = system.launch(Worker, { op: 'hang' });
    await system.stop();
    expect(await ends(last)).toBe('EXIT');
    expect(() => system.launch(Worker, { op: 'hang' })).toThrow('stopped');
  });

  it('refuses what breaks its rule before anything starts', () => {
    const system = testSystem();
    const { self } = owner(system);
    const cases: readonly (readonly [object, string])[] = [
      [{ opp: 1 }, 'did you mean op?'],
      [{ op: 'ecko' }, 'unknown operation'],
      [{ op: 'note' }, 'it is a cast'],
      [{ args: 'x' }, 'launch.args'],
      [{ name: 5 }, 'launch.name'],
      [{ shutdown: -5 }, 'launch.shutdown'],
      [{ timeoutMs: -1 }, 'launch.timeoutMs'],
      [{ timeoutMs: Infinity }, "write 'infinity'"],
      [{ signal: {} }, 'launch.signal'],
    ];
    for (const [options, text] of cases) expect(() => self.launch(Worker, bad(options)), text).toThrow(text);
    expect(() => self.launch(Worker, null as never)).toThrow('launch options');
    expect(() => self.launch({} as never, bad({}))).toThrow('definition');
    const Plain = defineAgent({ calls: { go: () => 1 } });
    expect(() => self.launch(Plain, { op: 'go', args: [1] } as never)).toThrow('no init argument');
    expect(() => self.launch(Worker, { op: 'hang', signal: AbortSignal.abort('before') })).toThrow('before');
    expect(system.stats().processes, 'the owner alone').toBe(1);
  });
});
