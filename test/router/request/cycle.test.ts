import { describe, expect, it } from 'vitest';
import { defineAgent, type AgentRef, type Pid } from '../../../src/index.js';
import { testSystem } from '../../support/system.js';
import { settle } from '../../process/peers.js';

/** The protocol that agents of this file call in each other, so that none need name its own type. */
const _Protocol = defineAgent(
  { name: 'Protocol', calls: {
    forward: async (_self, path: string[]): Promise<unknown> => path, ping: () => 'pong',
  } },
);
type Callee = AgentRef<typeof _Protocol>;

/** A node forwards a call along a path of names. */
const Node = defineAgent({
  name: 'Node',
  init: (system: () => ReturnType<typeof testSystem>) => ({ system }),
  calls: {
    async forward(self, path: string[]): Promise<unknown> {
      const [next, ...rest] = path;
      if (next === undefined) return 'arrived';
      const ref = self.state.system().ref<never>(Node as never, next) as Callee;
      return self.call(ref, 'forward', rest);
    },
    ping: () => 'pong',
  },
});

function nodes(
  names: readonly string[],
): { readonly system: ReturnType<typeof testSystem>; readonly forward: (path: string[]) => Promise<unknown> } {
  const system = testSystem();
  for (const name of names) system.start(Node, () => system, { name });
  return { system, forward: (path) => system.ref(Node, path[0] as string).call('forward', path.slice(1)) };
}

describe('CALL_CYCLE', () => {
  it('two agents that call each other: the second edge fails at once, with the path', async () => {
    const { system, forward } = nodes(['a', 'b']);
    await expect(
      forward(['a', 'b', 'a']),
    ).rejects.toMatchObject({ code: 'EXIT', reason: { code: 'EXIT', reason: {
      code: 'CALL_CYCLE', path: ['b', 'a', 'b'], target: 'a', message: expect.stringContaining('b -> a -> b'),
    } } });
    expect(system.stats().processes).toBe(0);
  });

  it.each([3, 10])('%d agents in a ring', async (count) => {
    const names = Array.from({ length: count }, (_, i) => `n${i}`);
    const { forward } = nodes(names);
    let error = await forward([...names, 'n0']).catch(
      (caught: unknown) => caught,
    ) as { code: string; reason?: unknown; path?: string[] };
    while (error.code === 'EXIT') error = error.reason as typeof error;
    expect(error).toMatchObject({ code: 'CALL_CYCLE', path: [`n${count - 1}`, ...names] });
  });

  it('a long path without a cycle, and a diamond, are none', async () => {
    const { system, forward } = nodes(['a', 'b', 'c', 'd']);
    expect(await forward(['a', 'b', 'c', 'd'])).toBe('arrived');
    expect(await Promise.all([forward(['a', 'd']), forward(['b', 'd']), forward(['c', 'd', 'a'])])).toEqual(
      ['arrived', 'arrived', 'arrived'],
    );
    expect(system.stats().crashes).toBe(0);
  });

  it('a caller that catches it goes on', async () => {
    const system = testSystem();
    const A = defineAgent({ name: 'A', init: () => ({}), calls: {
      async go(self): Promise<unknown> { return self.call(system.ref(B, 'b'), 'back'); },
      ping: () => 'pong',
    } });
    const B = defineAgent({ name: 'B', init: () => ({}), calls: {
      back: (self): Promise<string> => self.call(system.ref<never>(A as never, 'a') as Callee, 'ping').then(
        () => 'impossible', (error: { code: string }) => error.code,
      ),
    } });
    const a = system.start(A, { name: 'a' });
    system.start(B, { name: 'b' });
    expect(await a.call('go')).toBe('CALL_CYCLE');
    expect(await a.call('ping')).toBe('pong');
  });

  it('after noreply the agent does not wait: a call back is served', async () => {
    const system = testSystem();
    const A = defineAgent({ name: 'A', init: () => ({}), calls: {
      go(self): unknown {
        const { from } = self;
        void self.call(system.ref(B, 'b'), 'back').then(
          (value) => { if (from !== undefined) self.reply(from, value); },
        );
        return self.noreply();
      },
      ping: () => 'pong',
    } });
    const B = defineAgent({
      name: 'B', init: () => ({}),
      calls: { back: (self): Promise<string> => self.call(
        system.ref<never>(A as never, 'a') as Callee, 'ping',
      ) },
    });
    const a = system.start(A, { name: 'a' });
    system.start(B, { name: 'b' });
    expect(await a.call('go')).toBe('pong');
  });

  it('SU-47 a call to an ancestor that waits for this init fails at once', async () => {
    const system = testSystem();
    const Child = defineAgent(
      { name: 'Child', async init(
        parent: Callee,
      ): Promise<object> { await this.call(parent, 'ping'); return {}; } },
    );
    const Parent = defineAgent({ name: 'Parent', init: () => ({}), calls: {
      async spawnChild(self): Promise<unknown> {
        const me = system.ref<never>(Parent as never, self.pid) as Callee;
        return self.start(Child, me).then(() => 'impossible', (error: { reason: unknown }) => error.reason);
      },
      ping: () => 'pong',
    } });
    const parent = system.start(Parent, { name: 'parent' });
    const reason = await parent.call('spawnChild') as { code: string; path: string[] };
    expect(reason).toMatchObject({ code: 'CALL_CYCLE' });
    expect([reason.path[1], reason.path[0] === reason.path[2], reason.path.length])
      .toEqual(['parent', true, 3]);
    expect(await parent.call('ping')).toBe('pong');
    expect(system.stats().processes).toBe(1);
  });

  it('SU-47 and a call to the grandparent over two inits', async () => {
    const system = testSystem();
    const Grandchild = defineAgent(
      { name: 'Grandchild', async init(
        top: Callee,
      ): Promise<object> { await this.call(top, 'ping'); return {}; } },
    );
    const Child = defineAgent(
      { name: 'Child', async init(
        top: Callee,
      ): Promise<object> { await this.start(Grandchild, top); return {}; } },
    );
    const Top = defineAgent({ name: 'Top', init: () => ({}), calls: {
      async go(self): Promise<unknown> {
        const me = system.ref<never>(Top as never, self.pid) as Callee;
        return self.start(Child, me).then(() => 'impossible', (error: unknown) => {
          let at = error as { code: string; reason: unknown };
          while (at.code === 'START_FAILED') at = at.reason as typeof at;
          return at.code;
        });
      },
      ping: () => 'pong',
    } });
    expect(await system.start(Top).call('go')).toBe('CALL_CYCLE');
  });

  it('two children started at once by one agent are both edges', async () => {
    const system = testSystem();
    const Slow =
      defineAgent({
        name: 'Slow', async init(wait: Promise<void>): Promise<object> { await wait; return {}; },
      });
    const Asker = defineAgent({ name: 'Asker', async init(parent: Callee): Promise<
      object
    > { await settle(1); await this.call(parent, 'ping', undefined, { timeoutMs: 300 }); return {}; } });
    const Parent = defineAgent({ name: 'Parent', init: () => ({}), calls: {
      async go(self): Promise<unknown> {
        const me = system.ref<never>(Parent as never, self.pid) as Callee;
        let release = (): void => undefined;
        const asker =
          self.start(Asker, me).then(
            () => 'impossible', (error: { reason: { code: string } }) => error.reason.code,
          );
        const slow = self.start(Slow, new Promise<void>((resolve) => { release = resolve; }));
        const code = await asker;
        release();
        await slow;
        return code;
      },
      ping: () => 'pong',
    } });
    expect(await system.start(Parent).call('go')).toBe('CALL_CYCLE');
  });

  it('a chain of 20,000 waiting agents is searched without a stack overflow', async () => {
    const system = testSystem();
    const Chain = defineAgent({ name: 'Chain', init: (next: { pid: Pid | undefined }
      | null) => ({ next }), calls: {
      async go(self): Promise<unknown> {
        if (self.state.next === null) return new Promise(() => undefined);
        return self.call(self.state.next as never as Callee, 'go' as never);
      },
    } });
    let at = system.start(Chain, null);
    for (let i = 0; i < 20_000; i++) at = system.start(Chain, at);
    void at.call('go', undefined, { timeoutMs: 'infinity' }).catch(() => undefined);
    for (let turn = 0; turn < 1_000 && system.stats().running < 20_001; turn++) await settle(1);
    expect(system.stats().running).toBe(20_001);
    const Last = defineAgent({ name: 'Last', init: () =>
      ({}), calls: { ask: async (self): Promise<unknown> => self.call(
      at as never as Callee, 'go' as never, undefined as never, { timeoutMs: 5 },
    ).catch((error: { code: string }) => error.code) } });
    expect(await system.start(Last).call('ask')).toBe('TIMEOUT');
  });
});
