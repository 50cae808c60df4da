import { describe, expect, test } from 'vitest';
import {
  child, createSystem, defineAgent, Exit, supervisor, type ExitReason, type StopReport, type System,
} from '../../src/index.js';
import { expectConserved, settleTurn, testSystem } from '../support/system.js';
import { VirtualEnv } from '../support/virtual-env.js';
import { rejection, sleep } from '../supervisor/wait.js';

/** Agents that write down what happens to them. */
function staff() {
  const log: string[] = [];
  const Agent = defineAgent({
    trapExit: true,
    init: (id: string) => ({ id }),
    casts: {
      work(self, what: string) { log.push(`${self.state.id} ${what}`); },
      async slow(self, ms: number) { await sleep(ms); log.push(`${self.state.id} slow`); },
    },
    calls: { id: (self) => self.state.id, async hang() { await new Promise(() => undefined); } },
    terminate(self, reason) { log.push(`-${self.state.id} ${String(reason)}`); },
  });
  return { Agent, log };
}

describe('system.stop', () => {
  test('P15 trees newest first, each newest child first, then what nobody supervises, newest first', async () => {
    const system = testSystem();
    const { Agent, log } = staff();
    system.start(Agent, 'loose1');
    await system.supervise({ children: [
      child('a', Agent, 'a'), supervisor('sub', { children: [child('b', Agent, 'b'), child('c', Agent, 'c')] }),
      child('d', Agent, 'd'),
    ] });
    system.start(Agent, 'loose2');
    await system.supervise({ children: [child('x', Agent, 'x'), child('y', Agent, 'y')] });
    const report = await system.stop();
    expect(log).toEqual([
      '-y shutdown', '-x shutdown', '-d shutdown', '-c shutdown', '-b shutdown', '-a shutdown',
      '-loose2 shutdown',
      '-loose1 shutdown',
    ]);
    expect(report).toEqual({ drained: true, killed: 0, deadLettered: 0 });
    expect(system.stats()).toMatchObject({ processes: 0, crashes: 0 });
  });

  test('it is idempotent: the same promise, also while it runs and afterwards', async () => {
    const system = testSystem();
    const { Agent, log } = staff();
    system.start(Agent, 'a');
    const first = system.stop();
    expect(system.stop({ drain: true })).toBe(first);
    await first;
    expect(system.stop()).toBe(first);
    await system[Symbol.asyncDispose]();
    expect(log).toEqual(['-a shutdown']);
  });

  test('with drain what is queued, running and sent meanwhile is handled first', async () => {
    const system = testSystem();
    const { Agent, log } = staff();
    const a = system.start(Agent, 'a');
    const Relay = defineAgent({ casts: { async pass() { await sleep(5); a.cast('work', 'relayed'); } } });
    const relay = system.start(Relay);
    a.cast('slow', 3);
    a.cast('work', 'queued');
    relay.cast('pass');
    const report = await system.stop({ drain: true });
    expect(report).toEqual({ drained: true, killed: 0, deadLettered: 0 });
    expect(log).toEqual(['a slow', 'a queued', 'a relayed', '-a shutdown']);
  });

  test('a drain that takes too long ends after four fifths of the time', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const Stuck = defineAgent({ casts: { async hang() { await new Promise(() => undefined); } } });
    const stuck = system.start(Stuck);
    stuck.cast('hang');
    stuck.cast('hang');
    let report: StopReport | undefined;
    void system.stop({ drain: true, timeoutMs: 1_000 }).then((made) => { report = made; });
    await env.advance(799);
    expect(report).toBeUndefined();
    await env.advance(2);
    await env.settle();
    expect(report, 'it does not trap: nobody had to be killed')
      .toEqual({ drained: false, killed: 0, deadLettered: 1 });
  });

  test('an idle system drains at once', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const { Agent } = staff();
    system.start(Agent, 'a');
    await env.settle();
    expect(await system.stop({ drain: true })).toMatchObject({ drained: true });
    expect(env.pending.timers).toBe(0);
  });

  test('P2 without drain what was not started becomes dead letters, counted in the report; callers hear why', async () => {
    const system = testSystem();
    const { Agent } = staff();
    const Plain = defineAgent({
      casts: { work: () => undefined, async hang() { await new Promise(() => undefined); } },
      calls: { ask: () => 1 },
    });
    const a = system.start(Plain);
    a.cast('hang');
    await settleTurn();
    a.cast('work');
    a.cast('work', undefined, { lane: 'low' });
    const call = a.tryCall('ask');
    const trapping = system.start(Agent, 't');
    const report = await system.stop();
    expect(report).toEqual({ drained: true, killed: 0, deadLettered: 3 });
    expect(await call).toMatchObject({ ok: false, error: { code: 'EXIT', reason: 'shutdown' } });
    expect(system.deadLetters.list().map((letter) => [letter.op, letter.reason])).toEqual(
      [['work', 'shutdown'], ['ask', 'shutdown'], ['work', 'shutdown']],
    );
    expect(trapping.pid).toBeUndefined();
  });

  test('what does not end in time is killed, and counted', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const Stuck = defineAgent({ trapExit: true, terminate: () => new Promise(() => undefined) });
    const { Agent, log } = staff();
    system.start(Agent, 'good');
    const downs = [system.start(Stuck), system.start(Stuck)].map((ref) => system.monitor(ref).down);
    await system.supervise({ children: [child('s', Stuck, { shutdown: 'infinity' })] });
    let report: StopReport | undefined;
    void system.stop({ timeoutMs: 100 }).then((made) => { report = made; });
    await env.advance(250);
    await env.settle();
    expect(report?.killed).toBeGreaterThanOrEqual(3);
    for (const down of downs) expect((await down).reason).toBe('killed');
    expect(log).toEqual(['-good shutdown']);
    expect(env.now - 1_000).toBeLessThanOrEqual(251);
  });

  test('P15 everything fits into timeoutMs, although a tree and loose agents are stuck', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const Stuck = defineAgent({ trapExit: true, terminate: () => new Promise(() => undefined) });
    system.start(Stuck);
    for (let n = 0; n < 3; n++) await system.supervise({
      children: [child(`s${n}`, Stuck, { shutdown: 'infinity' })],
    });
    let done = false;
    void system.stop({ timeoutMs: 100 }).then(() => { done = true; });
    await env.advance(105);
    await env.settle();
    expect(done).toBe(true);
  });

  test(
    'a plain process that traps gets an Exit with shutdown, as from anybody who asks it to end',
    async () => {
      const system = testSystem();
      const got: unknown[] = [];
      system.spawn(async (self) => { self.trapExit(true); got.push(await self.receive()); });
      await settleTurn();
      expect(await system.stop({ timeoutMs: 300 })).toMatchObject({ killed: 0 });
      expect(got).toEqual([new Exit(undefined, 'shutdown')]);
    },
  );

  test('P15 what a terminate starts during the stop does not outlive it', async () => {
    const system = testSystem();
    const { Agent, log } = staff();
    const Heir = defineAgent({ trapExit: true, terminate(
      self,
    ) {
      self.spawn(async (late) => { await late.receive(); }, { link: false });
      system.start(Agent, 'heir');
    } });
    system.start(Heir);
    expect((await system.stop({ timeoutMs: 500 })).killed).toBeLessThanOrEqual(2);
    expect(system.processes()).toEqual([]);
    expect(log.filter((line) => line.startsWith('+'))).toEqual([]);
  });

  test('after the stop nothing starts any more, and sends are harmless', async () => {
    const system = testSystem();
    const { Agent } = staff();
    const a = system.start(Agent, 'a', { name: 'a' });
    await system.stop();
    expect(() => system.start(Agent, 'b')).toThrow(expect.objectContaining({ code: 'SYSTEM_STOPPED' }));
    expect(() => system.spawn(() => undefined)).toThrow(expect.objectContaining({ code: 'SYSTEM_STOPPED' }));
    expect(await rejection(system.supervise({ children: [] }))).toMatchObject({ code: 'SYSTEM_STOPPED' });
    a.cast('work', 'x');
    a.send('x');
    expect(await a.tryCall('id')).toMatchObject({ ok: false, error: { code: 'NOPROC' } });
    expect(system.registered()).toEqual([]);
  });

  test('a bad timeout is an error and stops nothing', async () => {
    const system = testSystem();
    const { Agent } = staff();
    const a = system.start(Agent, 'a');
    await expect((async () => system.stop({ timeoutMs: -1 }))()).rejects.toMatchObject({ code: 'BAD_OPTION' });
    expect(await a.call('id')).toBe('a');
  });
});

describe('system.stop from inside a handler', () => {
  /** Starts the stop in every way in which a handler may; tells what the stop resolved to. */
  async function stopFrom(
    how: 'sync' | 'awaited' | 'after an await', trapExit: boolean, supervised: boolean, drain: boolean,
  ): Promise<{ report: StopReport; reasons: ExitReason[]; system: System }> {
    const system = createSystem({ logger: false });
    const reasons: ExitReason[] = [];
    let stopping: Promise<StopReport> | undefined;
    const options = { drain, timeoutMs: 400 };
    const Quitter = defineAgent({
      trapExit,
      casts: {
        quit() {
          if (how === 'sync') { stopping = system.stop(options); return undefined; }
          return (async () => {
            if (how === 'after an await') await settleTurn();
            stopping = system.stop(options);
            await stopping;
          })();
        },
      },
    });
    if (supervised) await system.supervise({ children: [child('q', Quitter)] });
    else system.start(Quitter, { name: 'q' });
    void system.monitor('q').down.then((down) => reasons.push(down.reason));
    system.ref(Quitter, 'q').cast('quit');
    while (stopping === undefined) await settleTurn();
    const report = await stopping;
    return { report, reasons, system };
  }

  for (const how of ['sync', 'awaited'] as const) {
    for (const trapExit of [false, true]) {
      for (const supervised of [false, true]) {
        for (const drain of [false, true]) {
          test(`${how}, ${trapExit ? 'trapping' : 'not trapping'}, ${supervised
            ? 'supervised'
            : 'loose'}, ${drain ? 'with' : 'without'} drain: it ends, nobody waits for the one who asked`, async () => {
            const { report, reasons, system } = await stopFrom(how, trapExit, supervised, drain);
            expect(report).toEqual({ drained: true, killed: 0, deadLettered: 0 });
            expect(reasons).toEqual(['shutdown']);
            expect(system.stats()).toMatchObject({ processes: 0, running: 0, queued: 0 });
            expectConserved(system.stats());
          });
        }
      }
    }
  }

  for (const trapExit of [false, true]) {
    for (const supervised of [false, true]) {
      for (const drain of [false, true]) {
        test(`after an await, ${trapExit ? 'trapping' : 'not trapping'}, ${supervised ? 'supervised' : 'loose'}, ${drain
          ? 'with'
          : 'without'} drain: nobody can know who asked, so it ends at the latest when time is up`, async () => {
          const began = performance.now();
          const { reasons, system } = await stopFrom('after an await', trapExit, supervised, drain);
          expect(performance.now() - began).toBeLessThan(1_500);
          expect(reasons).toHaveLength(1);
          expect(system.stats()).toMatchObject({ processes: 0, running: 0, queued: 0 });
          expectConserved(system.stats());
        });
      }
    }
  }
});
