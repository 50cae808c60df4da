import { describe, expect, test } from 'vitest';
import { defineAgent, OptionError } from '../../src/index.js';
import { settleTurn, testSystem } from '../support/system.js';
import { Gate, sleep, until } from './help.js';

function idler() {
  const seen: unknown[] = [];
  const gate = new Gate();
  const Idler = defineAgent({
    casts: {
      arm(self, ms: number) { self.timeout(ms); },
      async armLater(self, ms: number) { self.timeout(ms); await gate.promise; },
      touch() { seen.push('touch'); },
    },
    calls: { arm(self, ms: number) { self.timeout(ms); return 'armed'; }, ping: () => 'pong', bad(self, ms: number) { try { self.timeout(ms); return 'accepted'; } catch (error) { return error instanceof OptionError; } } },
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
      const system = testSystem();
      const { Idler, seen } = idler();
      const ref = system.start(Idler);
      ref.cast('arm', 4);
      await settleTurn();
      if (kind === 'cast') ref.cast('touch');
      else if (kind === 'call') await ref.call('ping');
      else if (kind === 'info') ref.send('hello');
      else ref.cast('touch', undefined, { expiresInMs: 0 });
      await sleep(12);
      expect(seen).not.toContain('TIMEOUT');
    });
  }

  test('GS-27 a later arm replaces the earlier one', async () => {
    const system = testSystem();
    const { Idler, seen } = idler();
    const ref = system.start(Idler);
    ref.cast('arm', 1);
    ref.cast('arm', 60_000);
    await sleep(6);
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
    await sleep(3);
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

  test('a timeout that is pending does not keep a stopped agent alive and does not reach its successor', async () => {
    const system = testSystem();
    const { Idler, seen } = idler();
    const ref = system.start(Idler, { name: 'idler' });
    await ref.call('arm', 3);
    await ref.stop();
    system.start(Idler, { name: 'idler' });
    await sleep(8);
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
