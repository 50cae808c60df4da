import { describe, expect, test } from 'vitest';
import { defineAgent, type System } from '../../../../src/index.js';
import { settleTurn, testSystem } from '../../../support/system.js';
import { VirtualEnv } from '../../../support/virtual-env.js';
import { callFailure, Gate, rejection } from '../../help.js';

const boom = new Error('boom');

function alive(system: System): { crashes: number; alive: number } {
  const { crashes, spawned, exited } = system.stats();
  return { crashes, alive: spawned - exited };
}

function source(env?: VirtualEnv) {
  const log: string[] = [];
  const gate = new Gate();
  const pids: string[] = [];
  const aborted = (signal: AbortSignal): Promise<never> => new Promise((_, reject) => {
    signal.addEventListener('abort', () => { log.push('abort'); reject(signal.reason as Error); });
  });
  const Source = defineAgent({
    init: () => ({ n: 1 }),
    calls: {
      count: {
        concurrent: true,
        async *handle(self, to: number) {
          pids.push(self.pid);
          try { for (let n = 1; n <= to; n++) { self.state.n = n; yield n; } } finally { log.push('finally'); }
        },
      },
      plain: { concurrent: true, *handle(_self, to: number) { for (let n = 1; n <= to; n++) yield n; } },
      crash: { concurrent: true, async *handle() { yield 1; throw boom; } },
      refuses: { concurrent: true, async *handle(self) { yield 1; return self.refuse('ENOUGH'); } },
      waits: { concurrent: true, async *handle(self) { yield 1; await aborted(self.signal); } },
      hangs: {
        concurrent: true,
        async *handle(self) { pids.push(self.pid); yield 1; await gate.promise; log.push('zombie'); yield 2; },
      },
      state: (self) => self.state.n,
    },
  });
  const system = env === undefined ? testSystem() : testSystem({ env });
  return { system, ref: system.start(Source), log, pids, gate, Source };
}

describe('a concurrent stream', () => {
  test('does not hold its agent: the next message is handled at once, over a state of its own', async () => {
    const { system, ref, pids } = source();
    const one = ref.stream('count', 3);
    const two = ref.stream('count', 3, { credit: 64 });
    expect(await one.next()).toEqual({ done: false, value: 1 });
    ref.cast('nothing' as never, undefined);
    expect(await ref.call('state')).toBe(1);
    expect(await two.collect()).toEqual([1, 2, 3]);
    expect(await one.collect()).toEqual([2, 3]);
    expect(await ref.stream('plain', 3, { credit: 2 }).collect()).toEqual([1, 2, 3]);
    await settleTurn();
    expect(pids).toHaveLength(2);
    expect(pids.some((pid) => system.alive(pid as never)), 'their processes have ended').toBe(false);
    expect(await ref.call('state')).toBe(1);
    expect(system.stats()).toMatchObject({ crashes: 0 });
    expect(ref.stats().mailbox).toMatchObject({ sent: 5, handled: 5 });
  });

  test('the reader that goes ends the handler and its process; the signal of the handler fires', async () => {
    const { system, ref, log, pids } = source();
    for await (const n of ref.stream('count', 99)) if (n === 2) break;
    await settleTurn();
    expect(log).toEqual(['finally']);
    expect(system.alive(pids[0] as never)).toBe(false);
    const items = ref.stream('waits');
    await items.next();
    const asked = items.next();
    await settleTurn();
    await items.return();
    expect(await asked).toEqual({ done: true, value: undefined });
    await settleTurn();
    expect(log).toEqual(['finally', 'abort']);
    expect(alive(system)).toEqual({ crashes: 0, alive: 1 });
  });

  test('a timeout, an abort and a forgotten stream end it as well', async () => {
    const env = new VirtualEnv();
    const { system, ref, log } = source(env);
    const late = ref.stream('waits', undefined, { timeoutMs: 5 });
    await late.next();
    const error = callFailure(late.next());
    await env.advance(5);
    expect(await error).toMatchObject({ code: 'TIMEOUT' });
    const controller = new AbortController();
    const stopped = ref.stream('waits', undefined, { signal: controller.signal });
    await stopped.next();
    controller.abort('enough');
    expect(await rejection(stopped.next())).toBe('enough');
    const forgotten = ref.stream('count', 9, { itemTimeoutMs: 50 });
    await env.advance(50);
    expect(await callFailure(forgotten.next())).toMatchObject({ code: 'TIMEOUT' });
    await env.settle();
    expect(log).toEqual(['abort']);
    expect(alive(system)).toEqual({ crashes: 0, alive: 1 });
  });

  test('a crash of the handler ends the stream with its reason, and reaches the agent through the link', async () => {
    const { system, ref } = source();
    const { down } = system.monitor(ref);
    const items = ref.stream('crash');
    expect(await items.next()).toEqual({ done: false, value: 1 });
    expect(await callFailure(items.next())).toMatchObject({ code: 'EXIT', reason: boom });
    expect((await down).reason).toBe(boom);
  });

  test('a refusal ends it with an error to the reader, which is no crash', async () => {
    const { system, ref } = source();
    const items = ref.stream('refuses', undefined, { credit: 2 });
    expect(await items.next()).toEqual({ done: false, value: 1 });
    expect(await callFailure(items.next())).toMatchObject({ code: 'REFUSED', refusal: 'ENOUGH' });
    await settleTurn();
    expect(alive(system)).toEqual({ crashes: 0, alive: 1 });
    expect(ref.stats().mailbox).toMatchObject({ sent: 1, handled: 1 });
  });

  test.each(['normal', 'outage'])('P35 the end of its agent (%s) ends streams and handlers', async (reason) => {
    const { system, ref, pids, log, gate } = source();
    const items = ref.stream('hangs');
    await items.next();
    const asked = callFailure(items.next());
    const idle = ref.stream('count', 9);
    await idle.next();
    if (reason === 'normal') await ref.stop();
    else system.exit(ref, reason);
    expect(await asked).toMatchObject({ code: 'EXIT', reason });
    expect(await callFailure(idle.next())).toMatchObject({ code: 'EXIT', reason });
    await settleTurn();
    expect(pids.map((pid) => system.alive(pid as never))).toEqual([false, false]);
    expect(log).toEqual(['finally']);
    gate.open();
    await settleTurn();
    expect(log, 'P16 the generator of a dead handler runs to its next yield, and no further')
      .toEqual(['finally', 'zombie']);
  });

  test.each(['normal', 'outage'])('the signal of a handler fires when its agent ends (%s)', async (reason) => {
    const { system, ref, log } = source();
    const items = ref.stream('waits');
    await items.next();
    void items.next();
    await settleTurn();
    if (reason === 'normal') await ref.stop();
    else system.exit(ref, reason);
    await settleTurn();
    expect(log).toEqual(['abort']);
    expect(alive(system).alive).toBe(0);
  });

  test('P35 a handler that still cleans up after its reader has left ends with its agent', async () => {
    const { system, ref, pids } = source();
    const items = ref.stream('hangs');
    await items.next();
    void items.next();
    await settleTurn();
    await items.return();
    await settleTurn();
    expect(system.alive(pids[0] as never), 'it goes on to its next yield').toBe(true);
    await ref.stop();
    await settleTurn();
    expect(alive(system).alive).toBe(0);
  });

  test('a stream that was left before it began starts no process', async () => {
    const { system, ref } = source();
    const items = ref.stream('count', 9);
    await items.return();
    await settleTurn();
    expect(system.stats()).toMatchObject({ spawned: 1 });
  });

  test('a state that cannot be copied is a crash of the agent, which the stream tells', async () => {
    const system = testSystem();
    const Odd = defineAgent({
      init: () => ({ f: () => 1 }), calls: { items: { concurrent: true, async *handle() { yield 1; } } },
    });
    const error = await callFailure(system.start(Odd).stream('items').next());
    expect(error).toMatchObject({ code: 'EXIT', reason: { code: 'STATE_NOT_CLONABLE' } });
  });
});
