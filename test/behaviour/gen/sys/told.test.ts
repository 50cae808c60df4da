import { describe, expect, test } from 'vitest';
import { defineAgent, type AgentRef, type CallError, type System } from '../../../../src/index.js';
import type { Sys } from '../../../../src/observe/public.js';
import { testSystem } from '../../../support/system.js';
import { VirtualEnv } from '../../../support/virtual-env.js';

const hang = (): Promise<never> => new Promise(() => undefined);
const hostile: unknown =
  new Proxy({}, { getPrototypeOf() { throw new Error('hostile'); }, get() { throw new Error('hostile'); } });

const Agent = defineAgent({
  init: (starting?: 'hangs' | 'fails') =>
    (starting === undefined ? {} : starting === 'hangs' ? hang() : Promise.reject(new Error('no'))),
  casts: {
    hang,
    crash() { throw new Error('boom'); },
    quit: (self) => self.stop(),
    slowly: async () => { await Promise.resolve(); await Promise.resolve(); throw new Error('boom'); },
  },
});
type Ref = AgentRef<typeof Agent>;

const Trapping = defineAgent({ trapExit: true, casts: { quit: (self) => self.stop() }, terminate: hang });

/** Requests of the sys protocol that wait without limit. */
const ASK: Readonly<Record<string, (sys: Sys) => Promise<unknown>>> = {
  getState: (sys) => sys.getState({ timeoutMs: 'infinity' }),
  getStatus: (sys) => sys.getStatus({ timeoutMs: 'infinity' }),
  suspend: (sys) => sys.suspend({ timeoutMs: 'infinity' }),
  resume: (sys) => sys.resume({ timeoutMs: 'infinity' }),
  replaceState: (sys) => sys.replaceState((state) => state, { timeoutMs: 'infinity' }),
};

/** How a process ends while a request is on its way to it; `ask` sends the request. */
const ENDS: Readonly<
  Record<string, (system: System, ask: (target: string) => void, env: VirtualEnv) => Promise<void> | void>
> = {
  'in the handler before it': (
    system, ask,
  ) => { const ref = system.start(Agent); ref.cast('crash'); ask(ref.pid as string); },
  'in order, in the handler before it': (
    system, ask,
  ) => { const ref = system.start(Agent); ref.cast('quit'); ask(ref.pid as string); },
  'after an await of the handler before it': (
    system, ask,
  ) => { const ref = system.start(Agent); ref.cast('slowly'); ask(ref.pid as string); },
  'by a kill before its turn': (
    system, ask,
  ) => { const ref = system.start(Agent); ask(ref.pid as string); system.exit(ref, 'kill'); },
  'by a kill while a handler awaits': async (
    system, ask, env,
  ) => { const ref: Ref = system.start(Agent); ref.cast(
    'hang',
  ); await env.settle(); ask(ref.pid as string); system.exit(ref, 'kill'); },
  'by a kill while it is suspended': async (
    system, ask, env,
  ) => { const ref = system.start(Agent); system.suspend(
    ref,
  ); await env.settle(); ask(ref.pid as string); system.exit(ref, 'kill'); },
  'by a kill while its init awaits': async (system, ask, env) => {
    Promise.resolve(system.start(Agent, 'hangs')).catch(() => undefined);
    await env.settle();
    const [pid] = system.processes();
    ask(pid as string);
    system.exit(pid as never, 'kill');
  },
  'by its init': (system, ask) => {
    Promise.resolve(system.start(Agent, 'fails')).catch(() => undefined);
    ask(system.processes()[0] as string);
  },
  'by a kill while its terminate awaits': async (
    system, ask, env,
  ) => { const ref = system.start(Trapping); ref.cast(
    'quit',
  ); await env.settle(); ask(ref.pid as string); system.exit(ref, 'kill'); },
  'with the system': async (system, ask, env) => {
    const ref: Ref = system.start(Agent);
    ref.cast('hang');
    await env.settle();
    ask(ref.pid as string);
    await Promise.all([system.stop({ timeoutMs: 100 }), env.advance(1_000)]);
  },
  'long ago': (
    system, ask,
  ) => { const ref = system.start(Agent); const pid = ref.pid as string; system.exit(ref, 'kill'); ask(pid); },
};

describe.each(
  Object.entries(ENDS),
)('a request of the sys protocol to a process that ends %s is told', (_, end) => {
  test.each(Object.keys(ASK))('P6 SY-11 %s', async (verb) => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const told: string[] = [];
    const ask = (target: string): void => {
      (ASK[verb] as (sys: Sys) => Promise<unknown>)(system.sys(target)).then(
        () => told.push('answered'), ({ code }: CallError) => told.push(code),
      );
    };
    await end(system, ask, env);
    await env.advance(10);
    expect(told).toHaveLength(1);
    expect(['EXIT', 'NOPROC']).toContain(told[0]);
  });
});

describe('a request of the sys protocol whose callback throws', () => {
  test.each(
    [['an Error', new Error('no')], ['nothing', undefined], ['what cannot be looked at', hostile]],
  )('P6 P17 %s: its sender is told, and nothing is changed', async (_, thrown) => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const ref = system.start(Agent);
    const told = system.sys(ref).replaceState(() => { throw thrown; }, { timeoutMs: 'infinity' }).catch(
      ({ code }: CallError) => code,
    );
    await env.settle();
    expect(await told).toBe('CALLBACK_FAILED');
    expect(ref.stats().alive).toBe(true);
  });

  test('P6 a callback that ends the process: its sender is told', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const ref = system.start(Agent);
    let over = false;
    void system.sys(ref).replaceState((state) => { system.exit(ref, 'kill'); return state; }, {
      timeoutMs: 'infinity',
    })
      .then(() => (over = true), () => (over = true));
    await env.settle();
    expect([over, ref.stats().alive]).toEqual([true, false]);
  });
});
