import { describe, expect, test } from 'vitest';
import { CallError, createSystem, defineAgent, type CastOptions } from '../../../src/index.js';
import type { Logger } from '../../../src/observe/public.js';
import { testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { program } from '../../system/program.js';

const Sink = defineAgent({
  name: 'Sink', init: () => ({ got: 0 }),
  calls: { got: (self) => self.state.got, async *items() { yield 1; } },
  casts: { put(self) { self.state.got++; } },
});

const LANES: readonly NonNullable<CastOptions['lane']>[] = ['low', 'normal', 'high', 'critical'];

function loaded(logger: Logger | false = false) {
  const env = new VirtualEnv();
  const system = createSystem({ env, logger, memory: { ceilingBytes: 1_000, highWater: 0.8, lowWater: 0.7 } });
  const sink = system.start(Sink, { name: 'sink' });
  /** What a send of each lane is told at that much memory, once it has been looked at. */
  const at = (resident: number): string => {
    env.resident = resident;
    for (let n = 0; n < 128; n++) sink.cast('put', undefined, { lane: 'low' });
    return LANES.map((priority) => sink.tryCast('put', undefined, { lane: priority })).map(
      (told) => (told === 'ok' ? '1' : '0'),
    ).join('');
  };
  return { env, system, sink, at };
}

/**
 * Garbage that V8 has not collected is resident, too: up to 48 MB with this, up to 128 MB as Node
 * 24 has it by default.
 */
const YOUNG = { NODE_OPTIONS: '--max-semi-space-size=16' };

describe('a memory ceiling', () => {
  test('P11 refuses the lanes one after the other, the lowest first, and takes them back with hysteresis', async () => {
    const { env, system, sink, at } = loaded();
    expect([799, 800, 849, 850, 900, 949, 950, 5_000].map(at)).toEqual(
      ['1111', '0111', '0111', '0011', '0001', '0001', '0000', '0000'],
    );
    expect([850, 849, 800, 799, 750, 749, 701, 700, 699].map(at)).toEqual(
      ['0000', '0001', '0001', '0011', '0011', '0111', '0111', '0111', '1111'],
    );
    await env.settle();
    expect(env.collections).toBe(1);   // at most every two seconds
    const { sent, handled, rejected, shed, queued } = system.stats();
    expect([sent, queued]).toEqual([handled + rejected, 0]);
    expect([shed, await sink.call('got')]).toEqual([rejected, handled]);
    expect(rejected).toBeGreaterThan(1_000);
  });

  test('P11 tells each crossing once', () => {
    const lines: unknown[] = [];
    const { at } =
      loaded({
        error: () => undefined, warn: (fields) => lines.push(fields),
        info: (fields) => lines.push(fields),
      });
    for (const resident of [700, 900, 860, 990, 820, 600, 500, 810]) at(resident);
    expect(lines).toMatchObject([
      { label: 'memory above high water', residentBytes: 900, ceilingBytes: 1_000 },
      { label: 'memory below low water', residentBytes: 600 },
      { label: 'memory above high water', residentBytes: 810 },
    ]);
  });

  test('P11 P3 every verb says so with OVERLOADED and the numbers, nothing is lost, and signals pass', async () => {
    const { env, system, sink, at } = loaded();
    at(990);
    const errors = await Promise.all([
      sink.call('got').catch((error: unknown) => error),
      sink.put('put').catch((error: unknown) => error),
      sink.deliver('put').catch((error: unknown) => error),
      sink.stream('items').next().catch((error: unknown) => error),
      system.ref(Sink, 'sink').call('got', undefined, { guarantee: 'at-least-once' })
        .catch((error: unknown) => error),
    ]);
    for (const error of errors) {
      expect(error).toBeInstanceOf(CallError);
      expect(error).toMatchObject(
        {
          code: 'OVERLOADED',
          message: expect.stringContaining('memory.ceilingBytes 1000, resident 990') as unknown,
        },
      );
    }
    const sender = system.spawn(async (self) => {
      self.sendAfter(5, 'timer');
      await self.receive((message) => message === 'timer');
    });
    const { down } = system.monitor(sender);
    await env.advance(10);
    expect(await down).toMatchObject({ reason: 'normal' });
    env.resident = 0;
    await env.advance(1);
    for (let n = 0; n < 16; n++) sink.cast('put');
    expect(await sink.call('got')).toBeGreaterThan(0);
    const { sent, handled, rejected, queued, running, held } = system.stats();
    expect([sent, queued, running, held]).toEqual([handled + rejected, 0, 0, 0]);
  });

  test('P11 an accepted delivery that is tried again while there is no memory waits', async () => {
    const { env, system, at } = loaded();
    let fail = true;
    const Shaky =
      defineAgent({
        name: 'Shaky', init: () => ({}),
        casts: { work() { if (fail) throw new Error('not now'); } },
      });
    const start = (): unknown => system.start(Shaky, { name: 'shaky' });
    start();
    const receipt = await system.ref(Shaky, 'shaky').deliver('work');
    await env.settle();
    fail = false;
    at(990);
    start();
    await env.advance(30_000);
    expect(receipt.state).toBe('pending');
    env.resident = 0;
    await env.advance(60_000);
    expect((await receipt.settled).kind).toBe('handled');
  });

  test.each<[object, string]>([
    [{ ceilingBytes: 0 }, 'createSystem.memory.ceilingBytes'],
    [{ ceilingBytes: 1.5 }, 'createSystem.memory.ceilingBytes'],
    [{}, 'createSystem.memory.ceilingBytes'],
    [{ ceilingBytes: 1, highWater: 1 }, 'createSystem.memory.highWater'],
    [{ ceilingBytes: 1, highWater: 0.5, lowWater: 0.6 }, 'createSystem.memory.lowWater'],
    [{ ceilingBytes: 1, high: 0.5 }, 'createSystem.memory.high'],
  ])('%j is refused where it enters', (memory, path) => {
    expect(() => testSystem({ memory: memory as never })).toThrow(path);
  });

  test('P11 keeps a real program under it for ten times more than it can handle, and lets it go on afterwards', {
    timeout: 60_000,
  }, async () => {
    const ended = await program(`
      const MB = 1024 * 1024;
      const base = process.memoryUsage.rss();
      const ceilingBytes = base + 192 * MB;
      const system = createSystem({ logger: false, development: false, memory: { ceilingBytes } });
      const Slow = defineAgent({ init: () => ({}), casts: { async work(self, text) { await new Promise((resolve) => setTimeout(resolve, 1)); } } });
      const sinks = Array.from({ length: 200 }, () => system.start(Slow, { mailbox: { capacity: 10_000, capacityBytes: 8 * MB } }));
      let peak = 0;
      let text = 0;
      const flood = (ms) => new Promise((resolve) => {
        const end = performance.now() + ms;
        const round = () => {
          for (let n = 0; n < 4_000; n++) sinks[n % sinks.length].cast('work', 'x'.repeat(500) + text++ + 'y'.repeat(500));
          peak = Math.max(peak, process.memoryUsage.rss());
          const { shed } = system.stats();
          if (performance.now() < end || (shed === 0 && performance.now() < end + 15_000)) setImmediate(round); else resolve();
        };
        round();
      });
      say('ready');
      await flood(3_000);
      const { shed, queued } = system.stats();
      for (const sink of sinks) system.exit(sink.pid, 'kill');
      const fresh = system.start(Slow);
      const began = performance.now();
      while (fresh.tryCast('work', 'z') !== 'ok' && performance.now() - began < 20_000) {
        // work as usual, which collects garbage
        for (let n = 0; n < 200; n++) text += 'x'.repeat(10_000).concat(String(n)).length;
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      const again = performance.now() - began;
      const { sent, handled, rejected, deadLettered, queued: left, running } = system.stats();
      say(JSON.stringify({ shed, over: peak - ceilingBytes, queued, again, books: sent - handled - rejected - deadLettered - left - running }));
      await system.stop({ timeoutMs: 1_000 });
    `, { limitMs: 50_000, env: YOUNG });
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const { shed, over, queued, again, books } =
      JSON.parse(ended.stdout.slice(ended.stdout.indexOf('{'))) as Record<string, number>;
    expect(books).toBe(0);
    expect(shed).toBeGreaterThan(0);
    expect(queued).toBeGreaterThan(10_000);
    expect(over).toBeLessThan(0);
    expect(again).toBeLessThan(10_000);
  });
});
