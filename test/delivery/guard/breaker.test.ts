import { describe, expect, test } from 'vitest';
import {
  BreakerOpenError, CallError, isCalleeFailure, type Breaker, type BreakerChange,
  type BreakerOptions, type System,
} from '../../../src/index.js';
import { Recorder, testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { boom, held, outcome } from '../calls.js';

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

describe('P29 closed', () => {
  test(
    'P29 it opens at the failure that makes `failures` in a row, not before; a success begins anew',
    async () => {
      const { breaker, changes } = world();
      await bad(breaker, 2);
      await good(breaker);
      await bad(breaker, 2);
      expect(breaker.state).toBe('closed');
      await bad(breaker);
      expect(breaker.state).toBe('open');
      expect(changes).toEqual(['closed>open failures']);
    },
  );

  test('P29 it opens when the rate is reached exactly, once the volume is there', async () => {
    const { breaker, changes } = world({ errorRate: 0.3, volume: 10 });
    await bad(breaker, 3);
    for (let n = 0; n < 6; n++) await good(breaker);
    expect(breaker.state, '3 of 9: above the rate, below the volume').toBe('closed');
    await good(breaker);
    expect(breaker.state, 'a success opens nothing').toBe('closed');
    await bad(breaker);
    expect(changes).toEqual(['closed>open rate']);
    const exact = world({ errorRate: 0.3, volume: 10 });
    for (let n = 0; n < 7; n++) await good(exact.breaker);
    await bad(exact.breaker, 3);
    expect(exact.changes, '3 of 10').toEqual(['closed>open rate']);
    const below = world({ errorRate: 0.31, volume: 10 });
    for (let n = 0; n < 7; n++) await good(below.breaker);
    await bad(below.breaker, 3);
    expect(below.changes).toEqual([]);
  });

  test('P29 rate 1 opens when all have failed', async () => {
    const { breaker } = world({ errorRate: 1, volume: 4 });
    await bad(breaker, 3);
    expect(breaker.state).toBe('closed');
    await bad(breaker);
    expect(breaker.state).toBe('open');
  });

  test('P29 the window forgets, without a timer', async () => {
    const { env, breaker } = world({ errorRate: 0.5, volume: 4, windowMs: 1_000 });
    await bad(breaker, 3);
    env.now += 1_000;
    expect(breaker.stats().window).toEqual({ calls: 0, failures: 0 });
    await bad(breaker, 3);
    expect(breaker.state).toBe('closed');
    env.now += 899;
    await bad(breaker);
    expect(breaker.state, 'the first three are still in it').toBe('open');
    expect(env.pending).toEqual({ timers: 0, held: 0 });
  });

  test('P29 a slow call counts where it ends, however small the window', async () => {
    const { env, breaker } = world({ errorRate: 0.5, volume: 3, windowMs: 1_000 });
    const calls = [held(breaker), held(breaker), held(breaker)];
    env.now += 30_000;
    for (const call of calls) await call.fail();
    expect(breaker.state).toBe('open');
  });
});

describe('P29 open', () => {
  test('P29 it fails fast with BREAKER_OPEN and the ms until the next probe, and does not call', async () => {
    const { env, breaker } = world();
    await bad(breaker, 3);
    env.now += 300.5;
    let called = 0;
    const error = (await outcome(breaker.run(() => called++))) as BreakerOpenError;
    expect(error).toBeInstanceOf(BreakerOpenError);
    expect(error).toMatchObject({ code: 'BREAKER_OPEN', breaker: 'llm', state: 'open', probeInMs: 700 });
    expect(called).toBe(0);
    expect(breaker.stats()).toMatchObject({ rejected: 1, opened: 1, failures: 3, probeInMs: 700 });
  });

  test('P29 the probe is let through at openMs, not one ms before', async () => {
    const { env, breaker, changes } = world();
    await bad(breaker, 3);
    env.now += 999;
    expect(await outcome(good(breaker))).toMatchObject({ code: 'BREAKER_OPEN', probeInMs: 1 });
    env.now += 1;
    expect(await good(breaker)).toBe('ok');
    expect(changes).toEqual(['closed>open failures', 'open>half-open due', 'half-open>closed probe']);
  });

  test('P29 a call that began before it opened changes nothing when it ends, in no later state', async () => {
    const { env, breaker, changes } = world();
    const late = Array.from({ length: 5 }, () => held(breaker));
    await bad(breaker, 3);
    await late[0]?.ok();
    expect(breaker.state).toBe('open');
    env.now += 1_000;
    const probe = held(breaker);
    await late[1]?.ok();
    await late[2]?.fail();
    expect(breaker.state).toBe('half-open');
    await probe.ok();
    await late[3]?.fail();
    await late[4]?.fail();
    await bad(breaker);
    expect(breaker.state, 'those of before are not in a row with it').toBe('closed');
    expect(changes).toHaveLength(3);
    expect(breaker.stats()).toMatchObject({ successes: 3, failures: 7, running: 0 });
  });
});

describe('P29 half-open', () => {
  test.each([1, 2, 5])('P29 exactly %i probes at once, others fail fast; all must succeed', async (probes) => {
    const { env, breaker, changes } = world({ ...quick, probes });
    await bad(breaker, 3);
    env.now += 1_000;
    const calls = Array.from({ length: probes }, () => held(breaker));
    expect(breaker.stats()).toMatchObject({ running: probes, rejected: 0, state: 'half-open' });
    for (let n = 0; n < 3; n++) expect(await outcome(good(breaker)))
      .toMatchObject({ code: 'BREAKER_OPEN', state: 'half-open', probeInMs: 0 });
    for (const [n, call] of calls.entries()) {
      expect(breaker.state, `after ${n} successes`).toBe('half-open');
      if (n > 0) expect(await outcome(good(breaker)), 'a success is not a free slot')
        .toMatchObject({ code: 'BREAKER_OPEN' });
      await call.ok();
    }
    expect(breaker.state).toBe('closed');
    expect(changes).toHaveLength(3);
  });

  test(
    'P29 one failed probe opens it again for the whole time, and the other probes no longer matter',
    async () => {
      const { env, breaker, changes } = world({ ...quick, probes: 2 });
      await bad(breaker, 3);
      env.now += 1_000;
      const [one, other] = [held(breaker), held(breaker)];
      await one.fail();
      expect(changes.at(-1)).toBe('half-open>open probe');
      await other.ok();
      expect(breaker.state).toBe('open');
      expect(breaker.stats()).toMatchObject({ probeInMs: 1_000, opened: 2 });
      env.now += 1_000;
      const again = [held(breaker), held(breaker)];
      for (const call of again) await call.ok();
      expect(breaker.state).toBe('closed');
    },
  );

  test('P29 a probe that was aborted gives its slot back and decides nothing', async () => {
    const { env, breaker } = world();
    await bad(breaker, 3);
    env.now += 1_000;
    await held(breaker).fail(new DOMException('stop', 'AbortError'));
    expect(breaker.state).toBe('half-open');
    await good(breaker);
    expect(breaker.state).toBe('closed');
  });

  test('P29 a probe without an outcome has failed after probeTimeoutMs; its late success changes nothing', async () => {
    const { env, breaker, changes } = world({ ...quick, probeTimeoutMs: 500 });
    await bad(breaker, 3);
    await env.advance(1_000);
    const probe = held(breaker);
    await env.advance(499);
    expect(breaker.state).toBe('half-open');
    await env.advance(2);
    expect(breaker.state).toBe('open');
    await probe.ok();
    expect(breaker.state).toBe('open');
    expect(changes).toHaveLength(3);
    expect(env.pending.held).toBe(0);
  });

  test('P29 after closing, the failures of before are forgotten', async () => {
    const { env, breaker } = world({ errorRate: 0.5, volume: 2, windowMs: 60_000, openMs: 10 });
    await bad(breaker, 2);
    env.now += 10;
    await good(breaker);
    expect(breaker.stats().window).toEqual({ calls: 0, failures: 0 });
    await bad(breaker);
    expect(breaker.state).toBe('closed');
  });
});

describe('P29 what is a failure', () => {
  test('P29 caller cancellation, full mailboxes and refusals are not, unless configured', async () => {
    const { breaker } = world({ failures: 1 });
    const controller = new AbortController();
    const fields = { target: 'a', op: 'b' };
    const ignored = [
      new DOMException('stop', 'AbortError'), new CallError('MAILBOX_FULL', fields),
      new CallError('REFUSED', fields), new BreakerOpenError('other', 'open', 1),
    ];
    for (const error of ignored) expect(await outcome(breaker.run(() => Promise.reject(error)))).toBe(error);
    const aborted = breaker.run(
      async (signal) => { controller.abort('gave up'); if (signal.aborted) throw boom; },
      { signal: controller.signal },
    );
    expect(await outcome(aborted)).toBe(boom);
    expect(breaker.stats()).toMatchObject({ ignored: 5, failures: 0, state: 'closed' });
    const strict = world({ failures: 1, isFailure: () => true }).breaker;
    await outcome(strict.run(() => Promise.reject(ignored[1] as Error)));
    expect(strict.state).toBe('open');
  });

  test('P29 a timeout is one, also by the signal', async () => {
    for (const reason of [
      new DOMException('late', 'TimeoutError'),
      new CallError('TIMEOUT', { target: 'a', op: 'b', timeoutMs: 1 }),
    ]) {
      expect(isCalleeFailure(reason, new AbortController().signal)).toBe(true);
    }
    expect(isCalleeFailure(
      new DOMException('stop', 'AbortError'),
      AbortSignal.abort(new DOMException('late', 'TimeoutError')),
    )).toBe(true);
  });

  test('P29 a signal that has fired before: no call, nothing counted', async () => {
    const { breaker } = world();
    expect(await outcome(breaker.run(() => 'called', { signal: AbortSignal.abort('no') }))).toBe('no');
    expect(breaker.stats()).toMatchObject({ successes: 0, ignored: 0, running: 0 });
  });

  test('a throw of isFailure is logged and counts as a failure; the caller gets the error of the call', async () => {
    const logger = new Recorder();
    const system = testSystem({ logger });
    const breaker = system.breaker('odd', { failures: 1, isFailure: () => { throw new Error('bug'); } });
    expect(await outcome(breaker.run(() => { throw boom; }))).toBe(boom);
    expect(breaker.state).toBe('open');
    expect(logger.texts('warn'))
      .toEqual(['isFailure of a breaker threw: the call counts as failed', 'breaker open']);
  });
});

describe('P29 by hand', () => {
  test('open() opens for openMs, a given time, or until close(); close() forgets', async () => {
    const { env, breaker, changes } = world();
    breaker.open();
    expect(breaker.stats()).toMatchObject({ state: 'open', probeInMs: 1_000, opened: 1 });
    breaker.open(50);
    expect(breaker.stats(), 'no second change').toMatchObject({ probeInMs: 50, opened: 1 });
    breaker.open('infinity');
    env.now += 1e9;
    expect(await outcome(good(breaker))).toMatchObject({
      probeInMs: Infinity, message: "breaker 'llm' is open: until somebody closes it",
    });
    breaker.close();
    breaker.close();
    expect(changes).toEqual(['closed>open manual', 'open>closed manual']);
    await bad(breaker, 2);
    breaker.close();
    await bad(breaker, 2);
    expect(breaker.state, 'not in a row across a close').toBe('closed');
  });

  test('open() while probes run: half-open ends, the probes decide nothing', async () => {
    const { env, breaker, changes } = world({ ...quick, probeTimeoutMs: 10 });
    await bad(breaker, 3);
    env.now += 1_000;
    const probe = held(breaker);
    breaker.open();
    await probe.ok();
    await env.advance(50);
    expect(breaker.state).toBe('open');
    expect(changes.at(-1)).toBe('half-open>open manual');
  });
});

describe('P29 events', () => {
  test('P29 one log line and one event a change, in order also when a listener causes the next; a throw is logged', async () => {
    const logger = new Recorder();
    const system = testSystem({ logger });
    const breaker = system.breaker('llm', { failures: 1 });
    const seen: BreakerChange[] = [];
    breaker.watch((change) => { if (change.to === 'open') breaker.close(); });
    breaker.watch(() => { throw new Error('listener'); });
    const stop = breaker.watch((change) => seen.push(change));
    await bad(breaker);
    expect(seen).toEqual([
      { breaker: 'llm', from: 'closed', to: 'open', cause: 'failures' },
      { breaker: 'llm', from: 'open', to: 'closed', cause: 'manual' },
    ]);
    expect(logger.lines.filter(({ text }) => text.startsWith('breaker')).map(
      ({ level, text, fields }) => [level, text, fields['cause']],
    )).toEqual([['warn', 'breaker open', 'failures'], ['info', 'breaker closed', 'manual']]);
    expect(logger.texts('warn').filter((text) => text.includes('listener'))).toHaveLength(2);
    stop();
    breaker.open();
    expect(seen).toHaveLength(2);
  });
});
