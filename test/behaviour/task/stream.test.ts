import { describe, expect, it } from 'vitest';
import { Down, TaskError, type ProcessSelf, type StreamOutcome, type TaskStream } from '../../../src/index.js';
import { listener, settle } from '../../process/peers.js';
import { testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { Gate, rejection } from '../help.js';

const boom = new Error('boom');

async function consumer(trap = false) {
  const env = new VirtualEnv();
  const system = testSystem({ env });
  const { ref, self, seen } = await listener(system, { trap });
  return { env, system, ref, self, task: self.task, seen };
}

async function collect<T, V>(stream: TaskStream<T, V>): Promise<StreamOutcome<T, V>[]> {
  const found: StreamOutcome<T, V>[] = [];
  for await (const outcome of stream) found.push(outcome);
  return found;
}

/** Work that is done when the test says so. */
function gated() {
  const gates = new Map<number, Gate>();
  const running: number[] = [];
  const run = async (_self: unknown, n: number): Promise<number> => {
    running.push(n);
    const gate = new Gate();
    gates.set(n, gate);
    await gate.promise;
    return n * 10;
  };
  return { run, running, open: (n: number) => gates.get(n)?.open() };
}

describe('a stream of tasks', () => {
  it('TK-11 runs at most `concurrency` tasks at once, in order by default', async () => {
    const { env, system, task } = await consumer();
    const { run, running, open } = gated();
    const all = collect(task.stream([1, 2, 3, 4], run, { concurrency: 2 }));
    await env.settle();
    expect(running).toEqual([1, 2]);
    open(2);
    await env.settle();
    expect(running, 'a result that waits for its turn counts').toEqual([1, 2]);
    open(1);
    await env.settle();
    expect(running).toEqual([1, 2, 3, 4]);
    expect(system.stats().processes).toBe(3);
    open(4);
    open(3);
    expect(await all).toEqual([1, 2, 3, 4].map((n) => ({ ok: true, value: n * 10 })));
  });

  it('TK-11 the default concurrency is the number of cores', async () => {
    const { env, task } = await consumer();
    const { run, running, open } = gated();
    const all = collect(task.stream([1, 2, 3], run));
    await env.settle();
    expect(running).toHaveLength(env.cores);
    for (const n of [1, 2, 3]) {
      open(n);
      await env.settle();
    }
    expect(await all).toHaveLength(3);
  });

  it('TK-11 ordered: false emits by completion', async () => {
    const { env, task } = await consumer();
    const { run, open } = gated();
    const all = collect(task.stream([1, 2, 3], run, { concurrency: 3, ordered: false }));
    await env.settle();
    for (const n of [3, 1, 2]) {
      open(n);
      await env.settle();
    }
    expect((await all).map((one) => one.ok && one.value)).toEqual([30, 10, 20]);
  });

  it('TK-11 takes any iterable, also an async one, whose failure is the failure of the stream', async () => {
    const { task, system } = await consumer();
    const closed: string[] = [];
    async function* source(fails: boolean): AsyncGenerator<number> {
      try {
        yield 1;
        yield 2;
        if (fails) throw boom;
      } finally {
        closed.push('closed');
      }
    }
    const twice = (_self: unknown, n: number): number => n * 2;
    expect(await collect(task.stream(source(false), twice)))
      .toEqual([{ ok: true, value: 2 }, { ok: true, value: 4 }]);
    expect(await rejection(collect(task.stream(source(true), twice, { concurrency: 1 })))).toBe(boom);
    expect(await collect(task.stream(new Set('ab'), (_self, letter) => letter.toUpperCase()))).toEqual(
      [{ ok: true, value: 'A' }, { ok: true, value: 'B' }],
    );
    expect(await collect(task.stream([], twice))).toEqual([]);
    expect(await rejection(collect(task.stream(throwing(), twice)))).toBe(boom);
    expect(closed).toEqual(['closed', 'closed']);
    expect(system.stats().processes).toBe(1);
  });

  it('TK-12 leaving the loop shuts down what still runs, closes the source and leaks no message', async () => {
    const { env, system, task, seen } = await consumer(true);
    let closed = false;
    function* source(): Generator<number> {
      try {
        for (let n = 1; ; n++) yield n;
      } finally {
        closed = true;
      }
    }
    for await (const outcome of task.stream(
      source(), (_self, n) => (n === 1 ? n : new Promise<number>(() => undefined)), { concurrency: 5 },
    )) {
      expect(outcome).toEqual({ ok: true, value: 1 });
      expect(system.stats().processes).toBe(5);
      break;
    }
    await env.settle();
    expect(system.stats().processes).toBe(1);
    expect(closed).toBe(true);
    expect(seen).toEqual([]);
    expect(env.pending.held).toBe(0);
  });

  it('TK-12 a slow consumer: tasks that are done wait without messages, and no more are started', async () => {
    const { env, task, seen } = await consumer(true);
    let started = 0;
    const iterator =
      task.stream([1, 2, 3, 4, 5], (_self, n) => { started++; return n; }, {
        concurrency: 2,
      })[Symbol.asyncIterator]();
    expect(await iterator.next()).toEqual({ done: false, value: { ok: true, value: 1 } });
    await env.advance(60_000);
    expect(started).toBe(2);
    expect(await iterator.next()).toMatchObject({ value: { value: 2 } });
    await iterator.return?.(undefined);
    await env.settle();
    expect(seen).toEqual([]);
  });

  it('TK-12 the end of the consumer is the end of its tasks', async () => {
    const { env, system, ref, task } = await consumer();
    void collect(task.stream([1, 2], () => new Promise(() => undefined)));
    await env.settle();
    expect(system.stats().processes).toBe(3);
    system.exit(ref, 'kill');
    await env.settle();
    expect(system.stats().processes).toBe(0);
    expect(env.pending.held).toBe(0);
  });

  it('TK-13 an element that takes too long fails the stream, or is killed', async () => {
    const { env, system, task, seen } = await consumer();
    const work =
      (_self: unknown, n: number): number
        | Promise<number> => (n === 1 ? n : new Promise<number>(() => undefined));
    const exits = rejection(collect(task.stream([1, 2], work, { timeoutMs: 100, concurrency: 2 })));
    await env.advance(100);
    const error = await exits as TaskError;
    expect(error).toBeInstanceOf(TaskError);
    expect(error).toMatchObject({ code: 'TIMEOUT', verb: 'stream', timeoutMs: 100 });
    expect(system.stats().processes).toBe(1);
    const killed = collect(task.stream([2, 1], work, { timeoutMs: 100, onTimeout: 'kill' }));
    await env.advance(100);
    expect(await killed).toEqual([{ ok: false, reason: 'timeout' }, { ok: true, value: 1 }]);
    const zipped = collect(
      task.stream([2, 1], work, { timeoutMs: 100, onTimeout: 'kill', zipInputOnExit: true }),
    );
    await env.advance(100);
    expect(await zipped).toEqual([{ ok: false, reason: 'timeout', input: 2 }, { ok: true, value: 1 }]);
    const usual = rejection(collect(task.stream([2], work)));
    await env.advance(5_000);
    expect(await usual, 'the default').toMatchObject({ timeoutMs: 5_000 });
    expect(seen).toEqual([]);
  });

  const failing = (_self: unknown, n: number): number => { if (n === 2) throw boom; return n; };

  it('TK-12 P16 a source that ends its own consumer is asked for nothing more', async () => {
    const { system, ref, task } = await consumer();
    let asked = 0;
    function* source(): Generator<number> {
      while (asked < 1_000) {
        if (++asked === 3) system.exit(ref, 'kill');
        yield asked;
      }
    }
    void collect(task.stream(source(), (_self, n: number) => n, { concurrency: 8 }));
    await settle();
    expect(asked).toBe(3);
    expect(system.stats()).toMatchObject({ processes: 0, exited: 4 });
  });

  it('TK-13 a crash is an outcome for a consumer that traps exits, without an Exit', async () => {
    const { task, seen } = await consumer(true);
    expect(await collect(task.stream([1, 2, 3], failing, { zipInputOnExit: true }))).toEqual(
      [{ ok: true, value: 1 }, { ok: false, reason: boom, input: 2 }, { ok: true, value: 3 }],
    );
    expect(seen).toEqual([]);
  });

  it('TK-13 a crash ends a consumer that does not trap, and the other tasks with it', async () => {
    const { env, system, ref, task } = await consumer();
    const { down } = system.monitor(ref);
    const seen: unknown[] = [];
    void (async () => { for await (const one of task.stream([1, 2, 3, 4], failing)) seen.push(one); })();
    expect((await down).reason).toBe(boom);
    await env.settle();
    expect(system.stats().processes).toBe(0);
    expect(seen.length, 'the loop of a dead consumer gets nothing more').toBeLessThan(2);
  });

  it('TK-13 without the link a crash is an outcome for everybody', async () => {
    const { task } = await consumer();
    expect(await collect(task.streamNolink([1, 2, 3], failing))).toEqual(
      [{ ok: true, value: 1 }, { ok: false, reason: boom }, { ok: true, value: 3 }],
    );
  });

  it('TK-14 nothing runs before somebody loops, every loop runs anew, and another process may be the consumer', async () => {
    const { env, task, system } = await consumer();
    let runs = 0;
    const stream = task.stream([1, 2], (self) => { runs++; return self.callers[0]; });
    await env.settle();
    expect(runs).toBe(0);
    const other = await listener(system, { setup: (self: ProcessSelf) => void self });
    const outcomes = await collect(other.self.bind(stream));
    expect(outcomes).toEqual([{ ok: true, value: other.ref.pid }, { ok: true, value: other.ref.pid }]);
    await collect(stream);
    expect(runs).toBe(4);
    expect(await collect(system.task.stream([3], (_self, n) => n + 1))).toEqual([{ ok: true, value: 4 }]);
  });

  it('TK-15 foreign messages that look like Downs are left alone', async () => {
    const { env, system, ref, task, seen } = await consumer();
    const fake = new Down(null, ref.pid, undefined, 'fake');
    const all = collect(task.stream([1, 2, 3], (self, n) => { self.send(ref, fake); return n; }));
    system.send(ref, fake);
    expect((await all).map((one) => one.ok && one.value)).toEqual([1, 2, 3]);
    await env.settle();
    expect(seen).toEqual([fake, fake, fake, fake]);
  });

  it('what is wrong is named where it enters', async () => {
    const { task, env, system, ref } = await consumer();
    const work = (): number => 1;
    expect(() => task.stream(5 as never, work)).toThrow(/task.stream.items: got 5/);
    expect(() => task.stream([], 5 as never)).toThrow(/task.stream: got 5/);
    expect(() => task.stream([], work, { concurrency: 0 })).toThrow(/task.stream.concurrency: got 0/);
    expect(() => task.streamNolink([], work, { onTimeout: 'ignore' as never }))
      .toThrow(/task.streamNolink.onTimeout/);
    expect(() => task.stream([], work, { order: true } as never)).toThrow(/task.stream.order/);
    const late = task.stream([1], work);
    system.exit(ref, 'kill');
    await env.settle();
    expect(await rejection(collect(late))).toMatchObject({ code: 'ZOMBIE' });
  });
});

function* throwing(): Generator<number> {
  throw boom;
}
