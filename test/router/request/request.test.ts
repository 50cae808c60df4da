import { describe, expect, it } from 'vitest';
import { defineAgent, type CallError, type From } from '../../../src/index.js';
import { expectConserved, testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { idler, listener, settle } from '../../process/peers.js';

interface Shared { from: From | undefined; release: () => void; runs: number }
const newShared = (): Shared => ({ from: undefined, release: () => undefined, runs: 0 });
const Desk = defineAgent({
  name: 'Desk',
  init: (shared: Shared) => ({ shared }),
  calls: {
    ping: () => 'pong',
    async slow(self, reply: string) {
      self.state.shared.runs++;
      await new Promise<void>((resolve) => { self.state.shared.release = resolve; });
      return reply;
    },
    later(self): string {
      self.state.shared.from = self.from;
      return self.noreply() as never;
    },
    twice(self): string {
      const { from } = self;
      if (from !== undefined) self.reply(from, 'first');
      return 'second';
    },
    refuses: (self): number => self.refuse('NO_FUNDS', { short: 5 }) as never,
    crash(): number { throw new Error('boom'); },
    stops: (self) => self.stop('done', 'last words'),
    quits: (self): number => self.stop('normal') as never,
  },
  casts: { answer(
    self, value: string,
  ) { if (self.state.shared.from !== undefined) self.reply(self.state.shared.from, value); } },
});

describe('P6 a call settles exactly once', () => {
  it('trap I: GS-11 P6 a reply that comes after the timeout is dropped and counted, and no later call sees it', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const shared = newShared();
    const ref = system.start(Desk, shared);
    const caller = await listener(system);
    const late = caller.self.call(ref, 'slow', 'late', { timeoutMs: 10 }).catch((error: unknown) => error);
    await env.advance(10);
    expect(await late).toMatchObject({
      code: 'TIMEOUT', op: 'slow',
      message: expect.stringContaining('no reply within 10 ms; whether it was handled is unknown'),
    });
    const next = caller.self.call(ref, 'ping');
    shared.release();
    expect(await next).toBe('pong');
    await env.settle();
    expect(shared.runs).toBe(1);
    expect(caller.seen).toEqual([]);
    expect(system.stats()).toMatchObject({ lateReplies: 1, callsFailed: 1, handled: 2 });
  });

  it('GS-18 of two replies the first counts, the second is dropped and counted', async () => {
    const system = testSystem();
    const ref = system.start(Desk, newShared());
    expect(await ref.call('twice')).toBe('first');
    expect(system.stats().lateReplies).toBe(1);
  });

  it('GS-19 anybody who has From may reply, once', async () => {
    const system = testSystem();
    const shared = newShared();
    const ref = system.start(Desk, shared);
    const call = ref.call('later');
    await settle(1);
    expect(shared.from?.settled).toBe(false);
    ref.cast('answer', 'one');
    ref.cast('answer', 'two');
    expect(await call).toBe('one');
    await settle(1);
    expect(shared.from?.settled).toBe(true);
    expect(system.stats().lateReplies).toBe(1);
  });

  it('GS-12 a dead pid and an unknown name are noproc, at once', async () => {
    const system = testSystem();
    const ref = system.start(Desk, newShared());
    system.exit(ref, 'kill');
    for (const one of [ref, system.ref(Desk, 'nobody')]) {
      await expect(one.call('ping')).rejects.toMatchObject(
        { name: 'CallError', code: 'NOPROC', reason: 'noproc', op: 'ping' },
      );
      expect(await one.tryCall('ping')).toMatchObject({ ok: false, error: { code: 'NOPROC' } });
    }
    expect(system.stats()).toMatchObject({ rejected: 4, callsFailed: 4 });
  });

  it('GS-13 a call to oneself, by ref or by name, fails at once', async () => {
    const system = testSystem();
    const outcomes: unknown[] = [];
    const Narcissus = defineAgent({
      name: 'Narcissus', init: () => ({}),
      calls: {
        async self(self): Promise<number> {
          const ref = system.ref<{ call(op: string): Promise<unknown>; tryCall(op: string): Promise<unknown> }>(
            Narcissus as never, 'narcissus',
          );
          outcomes.push(
            await ref.tryCall('x'), await (self.bind(ref as never) as typeof ref).tryCall('ping'),
            await self.call(ref as never, 'ping' as never).catch((error: unknown) => error),
          );
          return 1;
        },
        sync: (): Promise<unknown> =>
          system.ref<{ tryCall(op: string): Promise<unknown> }>(Narcissus as never, 'narcissus')
            .tryCall('ping'),
        ping: () => 'pong',
      },
    });
    const ref = system.start(Narcissus, { name: 'narcissus' });
    await ref.call('self');
    expect(outcomes[0]).toMatchObject({ ok: false, error: { code: 'UNKNOWN_OPERATION' } });
    expect(outcomes[1]).toMatchObject({ ok: false, error: { code: 'CALLING_SELF' } });
    expect(outcomes[2]).toMatchObject({ code: 'CALLING_SELF', target: 'narcissus' });
    expect(await ref.call('sync')).toMatchObject({ ok: false, error: { code: 'CALLING_SELF' } });
    expect(await ref.call('ping')).toBe('pong');
  });

  it('trap F: GS-14 P6 the callee\'s end before the reply is EXIT with its reason, normal too', async () => {
    const system = testSystem();
    const crash = system.start(Desk, newShared());
    const both = await Promise.allSettled([crash.call('crash'), crash.call('ping')]);
    for (const one of both) {
      expect(one).toMatchObject(
        { status: 'rejected', reason: { code: 'EXIT', reason: new Error('boom'), cause: new Error('boom') } },
      );
    }
    await expect(system.start(Desk, newShared()).call('quits')).rejects.toMatchObject(
      { code: 'EXIT', reason: 'normal' },
    );
    const hung = system.start(Desk, newShared());
    const call = hung.tryCall('slow', 'x');
    const deferred = system.start(Desk, newShared());
    const reply = deferred.tryCall('later');
    await settle(1);
    system.exit(hung, 'why');
    system.exit(deferred, 'kill');
    expect(await call).toMatchObject({ ok: false, error: { code: 'EXIT', reason: 'why' } });
    expect(await reply).toMatchObject({ ok: false, error: { code: 'EXIT', reason: 'killed' } });
    expect(await system.start(Desk, newShared()).call('stops')).toBe('last words');
  });

  it('a refusal is an error to the caller and no crash', async () => {
    const system = testSystem();
    const ref = system.start(Desk, newShared());
    await expect(ref.call('refuses')).rejects.toMatchObject(
      { code: 'REFUSED', refusal: 'NO_FUNDS', details: { short: 5 } },
    );
    expect(ref.stats().mailbox).toMatchObject({ handled: 1, refused: 1, crashed: 0 });
    expect(await ref.call('ping')).toBe('pong');
  });

  it('an unknown operation names the known ones', async () => {
    const system = testSystem();
    const ref = system.start(Desk, newShared());
    for (const op of [
      'pong', 'constructor', '__proto__',
    ]) await expect(ref.call(op as never)).rejects.toMatchObject(
      { code: 'UNKNOWN_OPERATION', message: expect.stringContaining('known: ping, slow, later') },
    );
    await expect(ref.call('answer' as never)).rejects.toMatchObject(
      { code: 'UNKNOWN_OPERATION', message: expect.stringContaining('it is a cast; use cast') },
    );
    expect(() => ref.tryCast('ping' as never)).toThrow(expect.objectContaining({ code: 'UNKNOWN_OPERATION' }));
    expectConserved(system.stats());
  });

  it('an aborted call rejects with the signal\'s reason, the callee\'s signal fires, nothing stays behind', async () => {
    const system = testSystem();
    let callee: AbortSignal | undefined;
    const Slow = defineAgent({
      name: 'Slow', init: () => ({}),
      calls: { wait: (self) => { callee = self.signal; return new Promise<void>(() => undefined); } },
    });
    const ref = system.start(Slow);
    const controller = new AbortController();
    const call = ref.call('wait', undefined, { signal: controller.signal, timeoutMs: 'infinity' });
    await settle(1);
    controller.abort('enough');
    await expect(call).rejects.toBe('enough');
    expect([callee?.aborted, callee?.reason]).toEqual([true, 'enough']);
    await expect(ref.call('wait', undefined, { signal: controller.signal })).rejects.toBe('enough');
  });

  it('GS-17 RE-05 finished calls leave nothing with their caller, also in the middle of others', async () => {
    const system = testSystem();
    const shared = newShared();
    const [quick, slow] = [system.start(Desk, newShared()), system.start(Desk, shared)];
    const caller = await idler(system);
    const open = caller.self.call(slow, 'slow', 'x');
    for (let i = 0; i < 500; i++) expect(await caller.self.call(quick, 'ping')).toBe('pong');
    await settle(1);
    shared.release();
    expect(await open).toBe('x');
    system.exit(caller.ref, 'kill');
    expect(system.stats().callsFailed).toBe(0);
  });
});

describe('timeouts of calls', () => {
  it('trap F: GS-10 the default is 5,000 ms; the callee is not disturbed and handles the request', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const shared = newShared();
    const ref = system.start(Desk, shared);
    let failed: CallError | undefined;
    ref.call('slow', 'x').catch((error: unknown) => (failed = error as CallError));
    await env.advance(4_999);
    expect(failed).toBeUndefined();
    await env.advance(1);
    expect(failed).toMatchObject({ code: 'TIMEOUT', message: expect.stringContaining('5000 ms') });
    expect(system.alive(ref.pid as string)).toBe(true);
    shared.release();
    expect(await ref.call('ping')).toBe('pong');
    expect(shared.runs).toBe(1);
  });

  it("'infinity' waits forever and arms nothing", async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const shared = newShared();
    const ref = system.start(Desk, shared);
    let settled = false;
    const call = ref.call('slow', 'at last', { timeoutMs: 'infinity' }).finally(() => (settled = true));
    await env.advance(400 * 86_400_000);
    expect([settled, env.pending.timers]).toEqual([false, 0]);
    shared.release();
    expect(await call).toBe('at last');
  });

  it.each([2 ** 31, 2 ** 33])('P32 J3 a timeout of %d ms is that long', async (timeoutMs) => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const ref = system.start(Desk, newShared());
    let failed = false;
    void ref.call('slow', 'x', { timeoutMs }).catch(() => (failed = true));
    await env.advance(timeoutMs - 1);
    expect(failed).toBe(false);
    await env.advance(1);
    expect(failed).toBe(true);
  });

  it('a timeout of 0 fails, unless the reply is there in the same turn', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const ref = system.start(Desk, newShared());
    expect(await ref.call('ping', undefined, { timeoutMs: 0 })).toBe('pong');
    const slow = ref.tryCall('slow', 'x', { timeoutMs: 0 });
    await env.advance(1);
    expect(await slow).toMatchObject({ ok: false, error: { code: 'TIMEOUT' } });
  });

  it.each(
    [-1, 0.5, Number.NaN, Infinity, '5', null],
  )('GS-16 P32 a timeout of %s is refused and the callee left alone', async (timeoutMs) => {
    const system = testSystem();
    const shared = newShared();
    const ref = system.start(Desk, shared);
    await expect(ref.call('slow', 'x', { timeoutMs: timeoutMs as never })).rejects.toMatchObject(
      { code: 'BAD_OPTION', option: 'call.timeoutMs', value: timeoutMs },
    );
    expect([shared.runs, ref.stats().mailbox.size]).toEqual([0, 0]);
  });

  it.each([
    [{ timeout: 5 }, 'call.timeout'], [{ lane: 'urgent' }, 'call.lane'], [{ signal: {} }, 'call.signal'],
    [{ expiresInMs: -1 }, 'call.expiresInMs'],
  ])('options %j name the offence', async (options, option) => {
    const system = testSystem();
    const ref = system.start(Desk, newShared());
    await expect(ref.call('ping', undefined, options as never)).rejects.toMatchObject({ option });
    expectConserved(system.stats());
  });

  it('a reply in time leaves no timer that holds the program', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const ref = system.start(Desk, newShared());
    for (let i = 0; i < 100; i++) await ref.call('ping', undefined, { timeoutMs: 1_000 + i });
    await env.settle();
    expect(env.pending.held).toBe(0);
  });
});
