import { describe, expect, test } from 'vitest';
import {
  createSystem, defineAgent, type Breaker, type BreakerOptions, type System,
} from '../../../src/index.js';
import { testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { boom, outcome } from '../calls.js';

const quick: BreakerOptions = { failures: 3, openMs: 1_000 };

function world(
  options: BreakerOptions = quick,
): { env: VirtualEnv; system: System; breaker: Breaker; changes: string[] } {
  const env = new VirtualEnv();
  const system = testSystem({ env });
  const breaker = system.breaker('llm', options);
  const changes: string[] = [];
  breaker.watch(({ from, to, cause }) => changes.push(`${from}>${to} ${cause}`));
  return { env, system, breaker, changes };
}

const good = (breaker: Breaker): Promise<unknown> => breaker.run(() => 'ok');

async function bad(breaker: Breaker, times = 1): Promise<void> {
  for (let n = 0; n < times; n++) await outcome(breaker.run(() => Promise.reject(boom)));
}

describe('breakers of agents', () => {
  const Agent = defineAgent({
    calls: {
      ask: (self, fn: (signal: AbortSignal) => unknown) => self.breaker('llm', quick).run(fn),
    },
  });

  test('one state a name and system, shared by all agents and the outside', async () => {
    const system = testSystem();
    for (let n = 0; n < 3; n++) expect(
      await outcome(system.start(Agent).call('ask', () => { throw boom; })),
    ).toMatchObject({ code: 'EXIT', reason: boom });
    expect(await outcome(system.start(Agent).call('ask', () => 'called')))
      .toMatchObject({ code: 'EXIT', reason: { code: 'BREAKER_OPEN' } });
    expect(await outcome(system.breaker('llm').run(() => 'called'))).toMatchObject({ code: 'BREAKER_OPEN' });
    const other = createSystem({ logger: false });
    expect(other.breaker('llm').stats().failures).toBe(0);
    await other.stop();
  });

  test('P29 the death of an agent frees its probe at once and is no failure; what its call does later is ignored', async () => {
    const { env, system, breaker } = world();
    const agent = system.start(Agent);
    await bad(breaker, 3);
    env.now += 1_000;
    let finish: (value: unknown) => void = () => undefined;
    const asked = outcome(agent.call('ask', () => new Promise((resolve) => { finish = resolve; }), {
      timeoutMs: 60_000,
    }));
    await env.settle();
    expect(breaker.stats()).toMatchObject({ state: 'half-open', running: 1 });
    system.exit(agent, 'kill');
    expect(breaker.stats()).toMatchObject({ state: 'half-open', running: 0, ignored: 1 });
    expect(await asked).toMatchObject({ code: 'EXIT' });
    finish('late');
    await env.settle();
    expect(breaker.stats()).toMatchObject({ state: 'half-open', successes: 0 });
    expect(await good(breaker)).toBe('ok');
    expect(breaker.state).toBe('closed');
  });

  test('P16 a handle that outlives its agent calls nothing: ZOMBIE, counted', async () => {
    const system = testSystem();
    let kept: Breaker | undefined;
    const p = system.spawn((self) => { kept = self.breaker('llm'); });
    await system.monitor(p).down;
    expect(await outcome((kept as Breaker).run(() => 'called'))).toMatchObject({ code: 'ZOMBIE' });
    expect(system.stats().zombies).toBe(1);
  });

  test('the caller that gave up is no failure of the callee: its signal is the default', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const agent = system.start(Agent);
    const wait = (signal: AbortSignal): Promise<never> => new Promise((_, reject) =>
      signal.addEventListener('abort', () => reject(new Error('socket closed'))));
    const asked = outcome(agent.call('ask', wait, { timeoutMs: 10 }));
    await env.advance(20);
    expect(await asked).toMatchObject({ code: 'TIMEOUT' });
    expect(system.breaker('llm').stats()).toMatchObject({ ignored: 1, failures: 0 });
  });

  test('wrap keeps the arguments and the type', async () => {
    const { breaker } = world();
    const ask = breaker.wrap((prompt: string, n: number) => prompt.repeat(n));
    const answer: string = await ask('a', 3);
    expect(answer).toBe('aaa');
  });
});
