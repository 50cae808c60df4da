import { describe, expect, test } from 'vitest';
import { defineAgent, OptionError } from '../../../../src/index.js';
import { settleTurn, testSystem } from '../../../support/system.js';
import { VirtualEnv } from '../../../support/virtual-env.js';
import { Gate, sleep, until } from '../../help.js';

function idler() {
  const seen: unknown[] = [];
  const gate = new Gate();
  const Idler = defineAgent({
    casts: {
      arm(self, ms: number) { self.timeout(ms); },
      async armLater(self, ms: number) { self.timeout(ms); await gate.promise; },
      touch() { seen.push('touch'); },
    },
    calls: { arm(self, ms: number) { self.timeout(ms); return 'armed'; }, ping: () => 'pong', bad(
      self, ms: number,
    ) { try { self.timeout(ms); return 'accepted'; } catch (error) { return error instanceof OptionError; } } },
    info(_self, message) { seen.push((message as { tag?: string }).tag ?? message); },
  });
  return { Idler, seen, gate };
}

describe('the idle timeout', () => {
  test('GS-27 it arrives in info once, and must be asked for again', async () => {
    const system = testSystem();
    const { Idler, seen } = idler();
    const ref = system.start(Idler);
    expect(await ref.call('arm', 2)).toBe('armed');
    await until(() => seen.length > 0);
    await sleep(6);
    expect(seen).toEqual(['TIMEOUT']);
    ref.cast('arm', 1);
    await until(() => seen.length > 1);
    expect(seen).toEqual(['TIMEOUT', 'TIMEOUT']);
  });

  for (const kind of ['cast', 'call', 'info', 'dropped'] as const) {
    test(`GS-27 any message cancels it (${kind})`, async () => {
      const env = new VirtualEnv();
      const system = testSystem({ env });
      const { Idler, seen } = idler();
      const ref = system.start(Idler);
      ref.cast('arm', 400);
      await env.advance(399);
      if (kind === 'cast') ref.cast('touch');
      else if (kind === 'call') await ref.call('ping');
      else if (kind === 'info') ref.send('hello');
      else ref.cast('touch', undefined, { expiresInMs: 0 });
      await env.advance(1_000);
      expect(seen).not.toContain('TIMEOUT');
    });
  }

  test('GS-27 without a message it comes when its time is over, not before', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const { Idler, seen } = idler();
    system.start(Idler).cast('arm', 400);
    await env.advance(399);
    expect(seen).toEqual([]);
    await env.advance(2);
    expect(seen).toEqual(['TIMEOUT']);
  });

  test('GS-27 it runs from the return of the handler, also of an asynchronous one', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const { Idler, seen, gate } = idler();
    system.start(Idler).cast('armLater', 400);
    await env.advance(1_000);
    gate.open();
    await env.advance(399);
    expect(seen).toEqual([]);
    await env.advance(1);
    expect(seen).toEqual(['TIMEOUT']);
  });

  test(
    'GS-28 0 of an asynchronous handler lets what came while it awaited go first, and is gone then',
    async () => {
      const system = testSystem();
      const { Idler, seen, gate } = idler();
      const ref = system.start(Idler);
      ref.cast('armLater', 0);
      await settleTurn();
      ref.cast('touch');
      gate.open();
      await sleep(5);
      expect(seen).toEqual(['touch']);
    },
  );

  for (const how of ['init', 'info', 'continue', 'call', 'stream', 'thrown', 'abandoned'] as const) {
    test(`GS-27 it runs from the return of an asynchronous ${how}`, async () => {
      const env = new VirtualEnv();
      const system = testSystem({ env });
      const gate = new Gate();
      const seen: unknown[] = [];
      const wait =
        async (self: { timeout(ms: number): void }): Promise<void> => { self.timeout(50); await gate.promise; };
      const Agent = defineAgent({
        async init(given: string) { if (given === 'init') await wait(this); return {}; },
        calls: {
          async call(self) { await wait(self); return 1; },
          async thrown(self): Promise<never> { await wait(self); throw self.refuse('NO'); },
          async abandoned(self) { const { signal } = self; await wait(self); throw signal.reason; },
          async *stream(self) { await wait(self); yield 1; },
        },
        casts: { continue(self) { self.continue(); } },
        continue: wait,
        info(
          self, message,
        ) {
          if (message === 'go') return wait(self);
          seen.push((message as { tag?: string }).tag);
          return undefined;
        },
      });
      const started = system.start(Agent, how);
      if (how === 'init') setImmediate(() => { gate.open(); });
      const ref = await started;
      const controller = new AbortController();
      if (how === 'info') ref.send('go');
      else if (how === 'continue') ref.cast('continue');
      else if (how === 'stream') void (async () => {
        for await (const one of ref.stream('stream')) seen.length = Number(one) - 1;
      })();
      else if (how !== 'init') void ref.tryCall(how, undefined, {
        timeoutMs: 'infinity', signal: controller.signal,
      });
      if (how !== 'init') await env.advance(200);
      controller.abort(new Error('left'));
      gate.open();
      await env.advance(49);
      expect(seen).toEqual([]);
      await env.advance(1);
      expect(seen).toEqual(['TIMEOUT']);
    });
  }

  test('GS-27 asked for by code of a handler that has returned, it runs from then', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const seen: unknown[] = [];
    const Agent = defineAgent({
      casts: { float(self) { env.timer(100, () => { self.timeout(50); }); } },
      info: (_self, message) => { seen.push(message); },
    });
    system.start(Agent).cast('float');
    await env.advance(149);
    expect(seen).toEqual([]);
    await env.advance(1);
    expect(seen).toHaveLength(1);
  });

  test('GS-27 a later arm replaces the earlier one', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const { Idler, seen } = idler();
    const ref = system.start(Idler);
    ref.cast('arm', 100);
    ref.cast('arm', 1_000);
    await env.advance(500);
    expect(seen).toEqual([]);
    await env.advance(501);
    expect(seen).toEqual(['TIMEOUT']);
  });

  test('GS-27 an abandoned request leaves the idle timeout as any message does: cancelled by the next one', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const seen: unknown[] = [];
    const controller = new AbortController();
    const Agent = defineAgent({
      calls: { async obey(self) { self.timeout(100); await new Promise(
        (_, reject) => self.signal.addEventListener('abort', () => reject(self.signal.reason as Error)),
      ); } },
      casts: { touch: () => undefined },
      info(_self, message) { seen.push(message); },
    });
    const ref = system.start(Agent);
    const call = ref.tryCall('obey', undefined, { signal: controller.signal });
    await env.settle();
    controller.abort(new Error('left'));
    await call;
    ref.cast('touch');
    await env.advance(500);
    expect(seen).toEqual([]);
  });

  test('GS-28 a timeout of 0 yields to a message that is already queued, and is gone then', async () => {
    const system = testSystem();
    const { Idler, seen } = idler();
    const ref = system.start(Idler);
    ref.cast('arm', 0);
    ref.cast('touch');
    await sleep(3);
    expect(seen).toEqual(['touch']);
    ref.cast('arm', 0);
    await until(() => seen.length > 1);
    expect(seen).toEqual(['touch', 'TIMEOUT']);
  });

  test('GS-28 one that was cancelled while its message was queued does not come, even when a new one is armed', async () => {
    const system = testSystem();
    const { Idler, seen } = idler();
    const ref = system.start(Idler);
    ref.cast('arm', 0);
    ref.cast('arm', 60_000);
    await sleep(3);
    expect(seen).toEqual([]);
  });

  test('a bad delay is refused where it enters', async () => {
    const system = testSystem();
    const { Idler } = idler();
    const ref = system.start(Idler);
    for (const ms of [-1, 1.5, Number.NaN, Infinity]) expect(await ref.call('bad', ms)).toBe(true);
  });

  test('a timeout that is pending does not reach the successor of a stopped agent', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const { Idler, seen } = idler();
    const ref = system.start(Idler, { name: 'idler' });
    await ref.call('arm', 300);
    await ref.stop();
    system.start(Idler, { name: 'idler' });
    await env.advance(1_000);
    expect(seen).toEqual([]);
  });

  test('a definition without info takes its timeout without a warning', async () => {
    const system = testSystem();
    const Agent = defineAgent({ casts: { arm(self) { self.timeout(0); } }, calls: { ping: () => 'pong' } });
    const ref = system.start(Agent);
    ref.cast('arm');
    await sleep(2);
    expect(await ref.call('ping')).toBe('pong');
  });
});
