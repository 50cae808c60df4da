import { setTimeout as timer } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { child, createSystem, defineAgent } from '../../../src/index.js';
import { defineStatem } from '../../../src/behaviour/statem/public.js';
import { Recorder, settleTurn, testSystem } from '../../support/system.js';
import { callFailure, Gate, rejection, sleep, until } from '../help.js';

/**
 * Keeps the signals that its handlers saw, outside its state, so that the tests can look at them
 * after its death.
 */
function watcher() {
  const seen: AbortSignal[] = [];
  const gate = new Gate();
  const Agent = defineAgent({
    init: () => ({ n: 0 }),
    calls: {
      async work(self) { seen.push(self.signal); await gate.promise; return 'done'; },
      async obey(self) {
        const { signal } = self;
        seen.push(signal);
        await new Promise((_, reject) => signal.addEventListener(
          'abort', () => reject(signal.reason as Error),
        ));
      },
      keep(self): string | ReturnType<typeof self.noreply> { seen.push(self.signal); return self.noreply(); },
      ping: () => 'pong',
    },
    casts: {
      look(self) { seen.push(self.signal); },
      async sit(self) { seen.push(self.signal); await gate.promise; },
    },
  });
  return { Agent, seen, gate };
}

describe('self.signal fires', () => {
  test('when the caller aborts, with its reason', async () => {
    const system = testSystem();
    const { Agent, seen, gate } = watcher();
    const ref = system.start(Agent);
    const controller = new AbortController();
    const call = rejection(ref.call('work', undefined, { signal: controller.signal }));
    await settleTurn();
    expect(seen[0]?.aborted).toBe(false);
    controller.abort('enough');
    expect(seen[0]?.reason).toBe('enough');
    expect(await call).toBe('enough');
    gate.open();
    expect(await ref.call('ping')).toBe('pong');
  });

  test.each([
    ['the reason itself', (signal: AbortSignal) => new Promise(
      (_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)),
    )],
    ['the AbortError of a timer', (signal: AbortSignal) => timer(1e6, undefined, { signal })],
  ])('at a shutdown, and what a trapping process lets out then is no crash: %s (GS-35, P17)', async (
    _, wait,
  ) => {
    const logger = new Recorder();
    const system = testSystem({ logger });
    const begun: string[] = [];
    const Trapping = defineAgent({
      trapExit: true,
      terminate(self) { self.signal.throwIfAborted(); },
      calls: { async work(self) { begun.push('call'); await wait(self.signal); } },
      casts: { async work(self) { begun.push('cast'); await wait(self.signal); } },
    });
    const Machine = defineStatem({
      trapExit: true,
      terminate(self) { self.signal.throwIfAborted(); },
      init: () => ({ state: 'on', data: 0 }),
      states: { on: { casts: { async work(self) { begun.push('machine'); await wait(self.signal); } } } },
    });
    const agents = [system.start(Trapping), system.start(Trapping)];
    const machine = system.start(Machine);
    const plain = system.spawn(
      async (self) => { self.trapExit(true); begun.push('plain'); await wait(self.signal); },
    );
    const downs = [...agents, machine, plain].map((one) => system.monitor(one).down);
    const Starting = defineAgent({
      trapExit: true, async init() { begun.push('init'); await wait(this.signal); },
    });
    const started = system.start(Starting).catch((error: unknown) => error);
    const caller = callFailure(agents[0]!.call('work', undefined, { timeoutMs: 'infinity' }));
    agents[1]!.cast('work');
    machine.cast('work');
    await until(() => begun.length === 5);
    await system.stop({ drain: false });
    for (const down of downs) expect((await down).reason).toBe('shutdown');
    expect(await caller).toMatchObject({ code: 'EXIT', reason: 'shutdown' });
    expect(await started).toMatchObject({ name: 'StartError', reason: 'shutdown' });
    expect(logger.lines).toEqual([]);
  });

  test('when the call times out', async () => {
    const system = testSystem();
    const { Agent, seen, gate } = watcher();
    const ref = system.start(Agent);
    const error = await callFailure(ref.call('work', undefined, { timeoutMs: 2 }));
    expect(seen[0]?.reason).toBe(error);
    gate.open();
    await ref.call('ping');
  });

  test('when the calling process dies', async () => {
    const system = testSystem();
    const { Agent, seen, gate } = watcher();
    const ref = system.start(Agent);
    const Caller = defineAgent(
      { casts: { async go(self) { await self.call(ref, 'work', undefined, { timeoutMs: 'infinity' }); } } },
    );
    const caller = system.start(Caller);
    caller.cast('go');
    await until(() => seen.length === 1);
    expect(seen[0]?.aborted).toBe(false);
    system.exit(caller, 'kill');
    expect(seen[0]?.reason).toMatchObject({ code: 'ZOMBIE' });
    gate.open();
    await ref.call('ping');
  });

  test('at once when the caller had given up while the request was queued', async () => {
    const system = testSystem();
    const { Agent, seen, gate } = watcher();
    const ref = system.start(Agent);
    ref.cast('sit');
    await callFailure(ref.call('keep', undefined, { timeoutMs: 2 }));
    gate.open();
    await ref.call('ping');
    expect(seen[1]?.aborted).toBe(true);
  });

  test('when the agent itself dies, with its exit reason: in a call, in a cast, and when asked for after death', async () => {
    const system = testSystem();
    const { Agent, seen } = watcher();
    for (const op of ['work', 'sit'] as const) {
      const ref = system.start(Agent);
      const call = op === 'work' ? ref.tryCall('work') : ref.cast('sit');
      await until(() => seen.length > 0);
      system.exit(ref, 'outage');
      expect(seen.splice(0)[0]?.reason).toBe('outage');
      await call;
    }
    let late: AbortSignal | undefined;
    const gate = new Gate();
    const ref = system.start(
      defineAgent({ casts: { async look(self) { await gate.promise; late = self.signal; } } }),
    );
    ref.cast('look');
    await settleTurn();
    system.exit(ref, 'outage');
    gate.open();
    await until(() => late !== undefined);
    expect(late?.reason).toBe('outage');
  });

  for (const asked of ['before', 'after'] as const) {
    test(`when the shutdown of the parent arrives at a trapping agent, in the middle of a handler that asks for it ${asked} it`, async () => {
      const system = testSystem();
      const log: unknown[] = [];
      let begun = false;
      const Agent = defineAgent({
        trapExit: true,
        casts: {
          async long(self) {
            const early = asked === 'before' ? self.signal : undefined;
            begun = true;
            await sleep(15);
            const signal = early ?? self.signal;
            log.push(signal.aborted, signal.reason);
          },
        },
        terminate(_self, reason) { log.push(reason); },
      });
      const sup = await system.supervise({ children: [child('worker', Agent)] });
      system.ref(Agent, 'worker').cast('long');
      await until(() => begun);
      await sup.terminateChild('worker');
      expect(log).toEqual([true, 'shutdown', 'shutdown']);
    });
  }

  test('when the system stops, also at a trapping agent that nobody supervises', async () => {
    const system = createSystem({ logger: false });
    let signal: AbortSignal | undefined;
    const Agent = defineAgent({
      trapExit: true,
      casts: { async long(self) {
        signal = self.signal;
        await new Promise<void>((resolve) => self.signal.addEventListener('abort', () => resolve()));
      } },
    });
    system.start(Agent).cast('long');
    await until(() => signal !== undefined);
    const report = await system.stop({ timeoutMs: 300 });
    expect(signal?.aborted).toBe(true);
    expect(report.killed, 'it ended by itself once it was told').toBe(0);
  });
});
