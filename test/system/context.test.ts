import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from 'vitest';
import { child, defineAgent, type ProcessSelf, type System } from '../../src/index.js';
import { defineRegistry } from '../../src/behaviour/names/public.js';
import { testSystem } from '../support/system.js';
import { settle, until } from '../process/peers.js';

const storage = new AsyncLocalStorage<string>();
const whose = (): string => storage.getStore() ?? 'nobody';

/** The same for two senders in one turn of the event loop. */
function both<T>(run: () => T | Promise<T>): Promise<T[]> {
  return Promise.all(['A', 'B'].map((name) => storage.run(name, async () => run())));
}

const Helper = defineAgent({ name: 'Helper', calls: { whose } });

function agentOf(system: System, seen: string[]) {
  const helper = system.start(Helper);
  const see = (what: string): void => void seen.push(`${what} ${whose()}`);
  return defineAgent({
    name: 'Agent',
    init() { see('init'); },
    calls: {
      whose,
      async awaits(self) {
        const first = whose();
        await new Promise((resolve) => setTimeout(resolve, 1));
        const afterTimer = whose();
        const byHelper = await self.call(helper, 'whose');
        return [first, afterTimer, byHelper, whose()].join();
      },
      async *items() { for (let n = 0; n < 2; n++) yield whose(); },
      parallel: { concurrent: true, handle: whose },
    },
    casts: {
      arm(self) { self.sendAfter(1, 'timer'); },
      idle(self) { self.timeout(1); },
      crash() { throw new Error('boom'); },
    },
    info(_self, message) { see(typeof message === 'string' ? message : 'idle'); },
    terminate() { see('terminate'); },
  });
}

describe('the async context (AsyncLocalStorage)', () => {
  it('of a handler is nobody\'s, whoever sends first in a turn', async () => {
    const system = testSystem();
    const ref = system.start(agentOf(system, []));
    expect(await both(() => ref.call('whose'))).toEqual(['nobody', 'nobody']);
    expect(await both(() => ref.call('parallel'))).toEqual(['nobody', 'nobody']);
    expect(await both(async () => (await (await ref.deliver('whose')).settled).reply))
      .toEqual(['nobody', 'nobody']);
  });

  it('of a handler that goes on after an await is nobody\'s as well', async () => {
    const system = testSystem();
    const ref = system.start(agentOf(system, []));
    expect(await both(() => ref.call('awaits'))).toEqual(
      ['nobody,nobody,nobody,nobody', 'nobody,nobody,nobody,nobody'],
    );
  });

  it('of a stream is nobody\'s where it is made, its consumer\'s where it is read', async () => {
    const system = testSystem();
    const ref = system.start(agentOf(system, []));
    const read = async (): Promise<string> => {
      const seen: string[] = [];
      for await (const item of ref.stream('items')) seen.push(`${String(item)} ${whose()}`);
      return seen.join();
    };
    expect(await both(read)).toEqual(['nobody A,nobody A', 'nobody B,nobody B']);
  });

  it(
    'of timers, idle timeouts, terminate and restarts is nobody\'s; a first init is its starter\'s',
    async () => {
      const system = testSystem();
      const seen: string[] = [];
      const Agent = agentOf(system, seen);
      await storage.run('A', () => system.supervise({ children: [child('agent', Agent)] }));
      const agent = system.ref(Agent, 'agent');
      expect(seen.splice(0)).toEqual(['init A']);
      await both(() => agent.cast('arm'));
      await until(() => seen.length === 2);
      await both(() => agent.cast('idle'));
      await until(() => seen.length === 3);
      expect(seen.splice(0)).toEqual(['timer nobody', 'timer nobody', 'idle nobody']);
      storage.run('B', () => agent.cast('crash'));
      await until(() => seen.length === 2);
      expect(seen).toEqual(['terminate nobody', 'init nobody']);
    },
  );

  it('of plain processes, tasks and functions of timers is nobody\'s', async () => {
    const system = testSystem();
    const seen: string[] = [];
    storage.run('A', () => {
      system.spawn(async (self) => {
        seen.push(whose());
        await self.receive(undefined, { timeoutMs: 1 });
        seen.push(whose());
      });
      system.timers.applyAfter(1, () => void seen.push(whose()));
    });
    for await (const outcome of system.task.stream(
      [1, 2], whose,
    )) seen.push(String(outcome.ok && outcome.value));
    await until(() => seen.length === 5);
    expect(seen).toEqual(['nobody', 'nobody', 'nobody', 'nobody', 'nobody']);
  });

  it('of what runs for a caller in its own name is that caller\'s: limits, breakers, retries, locks', async () => {
    const system = testSystem();
    const Names = defineRegistry({ name: 'names', keys: 'unique' });
    system.start(Names, { name: 'names' });
    const self = await new Promise<ProcessSelf>((resolve) => {
      system.spawn((own) => {
        resolve(own);
        return new Promise(() => undefined);
      });
    });
    const late = async (): Promise<string> => {
      await settle(1);
      return whose();
    };
    const limit = system.limit('one', { concurrency: 1 });
    expect(await both(() => limit.run(late))).toEqual(['A', 'B']);
    expect(await both(() => system.breaker('b').run(late))).toEqual(['A', 'B']);
    expect(await both(() => self.retry(late))).toEqual(['A', 'B']);
    expect(await both(() => system.retry(late))).toEqual(['A', 'B']);
    expect(await both(() => system.ref(Names, 'names').lock(self, 'key', whose))).toEqual(['A', 'B']);
  });
});
