import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createSystem, defineAgent, type From, type System } from '../../src/index.js';
import { Strays } from '../support/strays.js';
import { Recorder, settleTurn, testSystem } from '../support/system.js';
import { VirtualEnv } from '../support/virtual-env.js';

const strays = new Strays();
beforeEach(() => strays.begin());
afterEach(() => strays.end());

const Desk = defineAgent({
  name: 'desk',
  calls: {
    refuse: (self) => self.refuse('NO'),
    crash() { throw new Error('boom'); },
    hang: { concurrent: true, handle: () => new Promise<number>(() => undefined) },
    later(self, given: PromiseLike<unknown>) { self.reply(self.from as From, given); return self.noreply(); },
    twice: { schema: z.number(), handle: (_self, n) => n * 2 },
    ok: () => 'ok',
  },
  casts: { note: () => undefined, stuck: () => new Promise<void>(() => undefined) },
});

const failing = (): Promise<never> => {
  const made = Promise.reject<never>(new Error('lost'));
  made.catch(() => undefined);
  return made;
};

/** What each leaves in `failures`; nobody looks at the promise. */
const LEFT: Readonly<Record<string, [(system: System) => void, object]>> = {
  'calls to nobody': [(system) => {
    const nobody = system.ref(Desk, 'nobody');
    void nobody.call('ok');
    void nobody.tryCall('ok');
    void nobody.put('note');
    void nobody.call('ok', undefined, { guarantee: 'at-least-once', timeoutMs: 5 });
  }, { NOPROC: 3, TIMEOUT: 1 }],
  'time that ran out': [
    (system) => void system.start(Desk).call('hang', undefined, { timeoutMs: 3 }), { TIMEOUT: 1 },
  ],
  'a refusal and a crash': [(system) => {
    void system.start(Desk).call('refuse');
    const one = system.start(Desk);
    void one.call('crash');
    void one.call('ok');
  }, { REFUSED: 1, EXIT: 2 }],
  'a full mailbox': [(system) => {
    const full = system.start(Desk, { mailbox: { capacity: 1 } });
    for (let n = 0; n < 4; n++) void full.put('note');
    void full.deliver('note', undefined, { guarantee: 'at-most-once' });
  }, { MAILBOX_FULL: 4 }],
  'room that did not come': [(system) => {
    const full = system.start(Desk, { mailbox: { capacity: 1, overflow: 'suspend' } });
    full.cast('stuck');
    system.suspend(full);
    void full.put('note', undefined, { timeoutMs: 5 });
  }, { TIMEOUT: 1 }],
  'signals': [(system) => {
    const one = system.start(Desk);
    void one.call('hang', undefined, { signal: AbortSignal.abort('enough') });
    const controller = new AbortController();
    void one.call('hang', undefined, { signal: controller.signal });
    void one.call('hang', undefined, { signal: controller.signal, guarantee: 'at-least-once' });
    controller.abort('enough');
  }, { ABORTED: 3 }],
  'a reply that rejects': [(system) => void system.start(Desk).call('later', failing()), { REPLY_FAILED: 1 }],
  'requests': [(system) => void system.spawn((self) => {
    self.requests.send(system.ref(Desk, 'nobody'), 'ok');
    void self.call(system.ref(Desk, 'nobody'), 'ok');
  }), { NOPROC: 2 }],
  'mistakes': [(system) => {
    const one = system.start(Desk);
    void one.call('okay' as 'ok');
    void one.call('twice', '2' as never);
    void one.call('ok', undefined, { timeoutMs: -1 });
    void one.deliver('ok', undefined, { attempts: 1 } as never);
  }, { UNKNOWN_OPERATION: 1, INVALID_PAYLOAD: 1, BAD_OPTION: 1, UNKNOWN_OPTION: 1 }],
  'nothing': [(system) => void system.start(Desk).call('ok'), {}],
};

describe('P17 failures that nobody looks at are counted by code', () => {
  for (const [what, [leave, expected]] of Object.entries(LEFT)) {
    test(what, async () => {
      const env = new VirtualEnv();
      const system = testSystem({ env });
      leave(system);
      await env.advance(50);
      expect(system.stats().failures).toEqual(expected);
      expect(await strays.seen()).toEqual([]);
      void system.stop();
      await env.advance(40_000);
    });
  }

  test('of two systems each has its own, and a figure that was taken stays', async () => {
    const [one, other] = [testSystem(), testSystem()];
    const before = one.stats().failures;
    void one.ref(Desk, 'nobody').call('ok');
    await settleTurn();
    expect([before, one.stats().failures, other.stats().failures]).toEqual([{}, { NOPROC: 1 }, {}]);
  });
});

describe('mistakes of a sender are logged', () => {
  test('one line for each kind, however often it is made: verb, definition, operation, code, option', async () => {
    const logger = new Recorder();
    const system = createSystem({ logger });
    const [one, other] = [system.start(Desk), system.start(Desk)];
    for (let n = 0; n < 5; n++) {
      void one.call('okay' as 'ok');
      void other.call('okay' as 'ok');
      void one.deliver('okay' as 'ok');
      void one.call('twice', 'a secret' as never);
      void one.call('ok', undefined, { timeoutMs: -1 });
      void one.put('note', undefined, { timeoutMs: -1 });
      void one.put('note', undefined, { attempts: 1 } as never);
      void one.call('refuse');
      void system.ref(Desk, 'nobody').call('ok');
    }
    await settleTurn();
    expect(logger.lines.map(({ level, text, fields }) => [level, text, fields.op])).toEqual([
      ['warn', 'a call was refused at the ref', 'okay'],
      ['warn', 'a deliver was refused at the ref', 'okay'],
      ['warn', 'a call was refused at the ref', 'twice'],
      ['warn', 'a call was refused at the ref', 'ok'],
      ['warn', 'a put was refused at the ref', 'note'],
      ['warn', 'a put was refused at the ref', 'note'],
    ]);
    expect(JSON.stringify(logger.lines)).not.toContain('a secret');
    await system.stop();
  });

  test('names that come from outside make no flood: 256 kinds a system', async () => {
    const logger = new Recorder();
    const system = createSystem({ logger });
    const one = system.start(Desk);
    for (let n = 0; n < 300; n++) void one.call(`guess-${n}` as 'ok');
    await settleTurn();
    expect(logger.lines).toHaveLength(256);
    expect(system.stats().failures).toEqual({ UNKNOWN_OPERATION: 300 });
    await system.stop();
  });
});
