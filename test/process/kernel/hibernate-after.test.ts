import { describe, expect, test } from 'vitest';
import { child, defineAgent, type AgentRef, type System } from '../../../src/index.js';
import { testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { Gate } from '../../behaviour/help.js';

const seen: unknown[] = [];
const Agent = defineAgent({
  casts: {
    note: () => undefined, async wait(_self, gate: Promise<unknown>) { await gate; },
    arm(self, ms: number) { self.timeout(ms); },
  },
  calls: { ping: () => 'pong' },
  info: (_self, message) => { seen.push(message); },
});

const statusOf = (system: System, ref: AgentRef<typeof Agent>): unknown => system.inspect(ref)?.status;

describe('hibernateAfterMs', () => {
  test('GS-31 idle for that long it hibernates: spare storage is given back, the status says it', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const ref = system.start(Agent, { hibernateAfterMs: 100 });
    const other = system.start(Agent);
    for (const one of [ref, other]) {
      for (let n = 0; n < 1_000; n++) one.cast('note', undefined, { lane: n % 2 === 0 ? 'normal' : 'high' });
    }
    await env.settle();
    const memory = (of: AgentRef<typeof Agent>): number => (system.inspect(of, ['memory']) ?? [0])[0];
    const [before, beside] = [memory(ref), memory(other)];
    await env.advance(99);
    expect([statusOf(system, ref), memory(ref)]).toEqual(['idle', before]);
    await env.advance(1);
    expect(statusOf(system, ref)).toBe('hibernated');
    expect(before - memory(ref), 'two lanes with a large segment each').toBeGreaterThan(4_000);
    expect([statusOf(system, other), memory(other)], 'one that was not asked to').toEqual(['idle', beside]);
    expect(await ref.call('ping'), 'it wakes as if nothing had been').toBe('pong');
    expect(statusOf(system, ref)).toBe('idle');
    expect(env.pending.timers, 'its deadline is set again').toBe(1);
    await env.advance(100);
    expect(statusOf(system, ref), 'and again').toBe('hibernated');
    expect(env.pending.timers, 'a hibernating agent costs no timer').toBe(0);
  });

  for (const kind of ['cast', 'call', 'info', 'sys', 'timeout'] as const) {
    test(`GS-31 any message resets it (${kind})`, async () => {
      const env = new VirtualEnv();
      const system = testSystem({ env });
      const ref = system.start(Agent, { hibernateAfterMs: 100 });
      if (kind === 'timeout') { ref.cast('arm', 60); await env.settle(); }
      await env.advance(60);
      if (kind === 'cast') ref.cast('note');
      if (kind === 'call') await ref.call('ping');
      if (kind === 'info') ref.send('hello');
      if (kind === 'sys') await system.sys(ref).getState();
      await env.advance(99);
      expect(statusOf(system, ref)).toBe('idle');
      await env.advance(1);
      expect(statusOf(system, ref)).toBe('hibernated');
    });
  }

  test('GS-31 a handler that awaits is not idle, and neither is a suspended agent', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const ref = system.start(Agent, { hibernateAfterMs: 100 });
    const gate = new Gate();
    ref.cast('wait', gate.promise);
    await env.advance(1_050);
    expect(statusOf(system, ref)).toBe('waiting');
    gate.open();
    await env.advance(99);
    expect(statusOf(system, ref), 'the time begins once the handler has ended').toBe('idle');
    await env.advance(1);
    expect(statusOf(system, ref)).toBe('hibernated');
    expect(await ref.call('ping')).toBe('pong');
    await system.sys(ref).suspend();
    await env.advance(500);
    await system.sys(ref).resume();
    expect(statusOf(system, ref)).toBe('idle');
  });

  test('GS-31 it works beside debug functions and a watchdog, and under a supervisor', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const stop = system.watchdog({ queue: { long: 10, short: 5 } }, () => undefined);
    await system.supervise({ children: [child('w', Agent, { hibernateAfterMs: 100, debug: ['statistics'] })] });
    const ref = system.ref(Agent, 'w');
    for (const turn of ['debugged', 'not debugged', 'not watched']) {
      if (turn === 'not debugged') await system.sys(ref).noDebug();
      if (turn === 'not watched') stop();
      ref.cast('note');
      await env.advance(60);
      ref.cast('note');
      await env.advance(99);
      expect([turn, statusOf(system, ref)]).toEqual([turn, 'idle']);
      await env.advance(1);
      expect([turn, statusOf(system, ref)]).toEqual([turn, 'hibernated']);
    }
  });

  test('GS-31 one that ends takes its deadline with it; a bad time is refused', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const ref = system.start(Agent, { hibernateAfterMs: 100 });
    await env.advance(50);
    expect(env.pending.held).toBe(1);
    await ref.stop();
    expect(env.pending.held).toBe(0);
    for (const ms of [0, -1, 1.5, Infinity, '1']) {
      expect(() => system.start(Agent, { hibernateAfterMs: ms as number })).toThrow(/milliseconds from 1/);
    }
  });
});

test('SY-13 GS-07 a child takes the options of a start: debug, label, a limit for its init', async () => {
  const env = new VirtualEnv();
  const system = testSystem({ env });
  await system.supervise({ children: [child('w', Agent, { debug: ['statistics'], label: 'worker' })] });
  expect(await system.sys(system.ref(Agent, 'w')).statistics('get')).toMatchObject({ messagesIn: 0 });
  expect(system.inspect('w')?.label).toBe('worker');
  const Slow = defineAgent({ init: () => new Promise<object>(() => undefined) });
  const failed = system.supervise({ children: [child('slow', Slow, { timeoutMs: 50 })] }).then(
    () => 'started', (error: unknown) => (error as { reason?: unknown }).reason,
  );
  await env.advance(51);
  expect(await failed).toEqual({ shutdown: { failedToStartChild: 'slow', reason: 'timeout' } });
});
