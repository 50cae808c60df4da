import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { retryStream } from '../../../src/bus/stream/public.js';
import { OptionError } from '../../../src/index.js';
import { rejection } from '../../behaviour/help.js';
import { Strays } from '../../support/strays.js';
import { settleTurn, testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { boom, expectFree, read, source } from './streams.js';

/* What each guard makes of a stream: slots and turns, successes and failures, attempts. V Service queues. */
const strays = new Strays();
beforeEach(() => strays.begin());
afterEach(async () => {
  expect(await strays.seen()).toEqual([]);
  strays.end();
});

test('V Service queues: a limit holds its slot until the stream closes, and wakes the next one then', async () => {
  const system = testSystem();
  const limit = system.limit('l', { concurrency: 1 });
  const items = limit.stream(source([]));
  await items.next();
  let ran = false;
  const next = limit.run(() => { ran = true; });
  await items.next();
  await settleTurn();
  expect([ran, limit.stats().running, limit.stats().waiting]).toEqual([false, 1, 1]);
  await items.return?.();
  await next;
  expect(limit.stats()).toMatchObject({ running: 0, started: 2 });
});

test('a stream waits for its turn as a run does: its time, its end', async () => {
  const env = new VirtualEnv();
  const system = testSystem({ env });
  const limit = system.limit('l', { concurrency: 1 });
  const held = limit.stream(source([]));
  await held.next();
  const failed = rejection(limit.stream(source([]), { timeoutMs: 10 }).next());
  const left = limit.stream(source([]));
  const waiting = left.next();
  await env.advance(11);
  expect(await failed).toMatchObject({ code: 'LIMIT_TIMEOUT' });
  await left.return?.();
  expect(await waiting).toEqual({ done: true, value: undefined });
  expect(limit.stats()).toMatchObject({ running: 1, waiting: 0, timedOut: 1, withdrawn: 1 });
  await held.return?.();
});

test('an error of a stream with retryAfterMs pauses the limit', async () => {
  const env = new VirtualEnv();
  const system = testSystem({ env });
  const limit = system.limit('l', { concurrency: 1 });
  const busy = Object.assign(new Error('429'), { retryAfterMs: 30 });
  const items = limit.stream(async function* () { yield 1; throw busy; });
  await items.next();
  await rejection(items.next());
  expect(limit.stats().pausedMs).toBe(30);
});

test('a breaker counts the end as success, the error as failure, and leaving by whether an item came', async () => {
  const system = testSystem();
  const breaker = system.breaker('b', { failures: 9, isFailure: () => true });
  const counts = (): readonly number[] => {
    const { successes, failures, ignored, running } = breaker.stats();
    return [successes, failures, ignored, running];
  };
  const items = breaker.stream(source([]));
  await items.next();
  expect(counts()).toEqual([0, 0, 0, 1]);
  await read(items);
  expect(counts()).toEqual([1, 0, 0, 0]);
  await rejection(read(breaker.stream(source([], 2))));
  expect(counts()).toEqual([1, 1, 0, 0]);
  for await (const item of breaker.stream(source([]))) if (item === 1) break;
  expect(counts()).toEqual([2, 1, 0, 0]);
  const early = breaker.stream(() => new Promise(() => undefined));
  void early.next();
  await settleTurn();
  await early.return?.();
  expect(counts()).toEqual([2, 1, 1, 0]);
});

test('an open breaker refuses a stream; the time limit of a probe begins anew with each item', async () => {
  const env = new VirtualEnv();
  const system = testSystem({ env });
  const breaker = system.breaker('b', { failures: 1, openMs: 10, probeTimeoutMs: 100 });
  await rejection(breaker.run(() => { throw boom; }));
  const log: string[] = [];
  expect(await rejection(breaker.stream(source(log)).next())).toMatchObject({ code: 'BREAKER_OPEN' });
  expect(log).toEqual([]);
  await env.advance(10);
  const probe = breaker.stream(source([]));
  for (let n = 0; n < 3; n++) {
    await probe.next();
    await env.advance(90);
  }
  expect(breaker.state).toBe('half-open');
  await probe.next();
  expect(breaker.state).toBe('closed');
  await rejection(breaker.run(() => { throw boom; }));
  await env.advance(10);
  const stuck = breaker.stream(source([]));
  await stuck.next();
  await env.advance(101);
  expect(breaker.state).toBe('open');
  await stuck.return?.();
});

test('a timeout by the signal is a failure of a stream, an abort is none', async () => {
  const system = testSystem();
  const breaker = system.breaker('b', { failures: 9 });
  for (const reason of [new DOMException('late', 'TimeoutError'), 'enough']) {
    const controller = new AbortController();
    const waiting = breaker.stream(() => new Promise(() => undefined), { signal: controller.signal }).next();
    controller.abort(reason);
    await rejection(waiting);
    await settleTurn();
  }
  expect(breaker.stats()).toMatchObject({ failures: 1, ignored: 1, running: 0 });
});

describe('retryStream', () => {
  test('opens anew before the first item, and not behind it', async () => {
    const system = testSystem();
    const numbers: (readonly number[])[] = [];
    const items = system.retryStream(async function* (number, taken) {
      numbers.push([number, taken]);
      if (number < 3) throw boom;
      yield 'to';
      throw boom;
    }, { backoff: { baseMs: 0 } });
    expect(await items.next()).toEqual({ done: false, value: 'to' });
    expect(await rejection(items.next())).toBe(boom);
    expect(numbers).toEqual([[1, 0], [2, 0], [3, 0]]);
  });

  test('with resume it goes on behind the items taken; attemptsMax counts all attempts', async () => {
    const system = testSystem();
    const all = ['to', 'be', 'or', 'not'];
    const told: number[] = [];
    const items = system.retryStream(async function* (_number, taken) {
      yield all[taken];
      if (taken + 1 < all.length) throw boom;
    }, { backoff: { baseMs: 0 }, resume: true, onRetry: ({ attempt }) => told.push(attempt) });
    expect(await read(items)).toEqual(all);
    expect(told).toEqual([1, 2, 3]);
    const few = system.retryStream(async function* () { yield 1; throw boom; }, {
      backoff: { baseMs: 0 }, resume: true, attemptsMax: 2,
    });
    expect([await few.next(), await few.next()]).toEqual([{ done: false, value: 1 }, { done: false, value: 1 }]);
    expect(await rejection(few.next())).toBe(boom);
  });

  test('`when` decides before the first item; a reader that leaves ends the wait between attempts', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    let made = 0;
    const fails = (): never => { made++; throw boom; };
    expect(await rejection(system.retryStream(fails, { when: () => false }).next())).toBe(boom);
    expect(made).toBe(1);
    const items = system.retryStream(fails, { backoff: { baseMs: 50, jitter: 0 } });
    const waiting = items.next();
    await env.advance(10);
    await items.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
    await env.advance(1_000);
    expect(made).toBe(2);
    expect(env.pending.held).toBe(0);
  });

  test('free, without a system', async () => {
    const items = retryStream((number) => {
      if (number < 2) throw boom;
      return [1, 2];
    }, { backoff: { baseMs: 1 } });
    expect(await read(items)).toEqual([1, 2]);
    const controller = new AbortController();
    const other = retryStream(() => new Promise(() => undefined), { signal: controller.signal });
    const waiting = other.next();
    controller.abort('enough');
    expect(await rejection(waiting)).toBe('enough');
    expect(() => retryStream(5 as never)).toThrow(OptionError);
    expect(() => retryStream(() => [], { resume: 'yes' as never })).toThrow(/retryStream.resume/);
    expect(() => retryStream(() => [], { attemptsMax: 0 })).toThrow(/retryStream.attemptsMax/);
    expect(() => retryStream(() => [], { retryAfterMaxMs: -1 })).toThrow(/retryStream.retryAfterMaxMs/);
  });

  test('around a limit around a breaker: leaving closes all of them', async () => {
    const system = testSystem();
    const log: string[] = [];
    const items = system.retryStream(() => system.limit('l', { concurrency: 1 }).stream(
      () => system.breaker('b').stream(source(log)),
    ));
    await items.next();
    expect([system.limits()[0]?.running, system.breakers()[0]?.running]).toEqual([1, 1]);
    await items.return?.();
    await settleTurn();
    expect(log).toEqual(['open', 'aborted', 'closed']);
    expectFree(system);
    expect(system.breaker('b').stats().successes).toBe(1);
  });
});
