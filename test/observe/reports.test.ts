import { describe, expect, test } from 'vitest';
import { child, defineAgent, supervisor, type ExitReason } from '../../src/index.js';
import type { Logger } from '../../src/observe/public.js';
import { Recorder, settleTurn, testSystem, type Line } from '../support/system.js';

const boom = new Error('boom');

const Ender = defineAgent({
  name: 'ender',
  init: (_how?: string) => ({ secret: 'state-secret' }),
  casts: {
    end: (self, given: { reason: ExitReason; secret?: string }) => self.stop(given.reason),
    exit: (self, reason: ExitReason) => self.exit(reason), crash(_self, _payload: unknown) { throw boom; },
  },
  calls: { crash(_self, _payload: unknown): void { throw boom; } },
});

const crashes = (logger: Recorder): readonly Line[] =>
  logger.lines.filter((line) => line.text === 'process crashed');

describe('crash reports', () => {
  for (const reason of ['normal', 'shutdown', { shutdown: 'config' }] as ExitReason[]) {
    test(`PL-08 GS-41 none for ${JSON.stringify(reason)}, however it comes about`, async () => {
      const logger = new Recorder();
      const system = testSystem({ logger });
      system.start(Ender).cast('end', { reason });
      system.start(Ender).cast('exit', reason);
      system.exit(system.start(Ender), reason);
      system.spawn((self) => self.exit(reason));
      await settleTurn();
      expect(logger.lines).toEqual([]);
      expect(system.stats().crashes).toBe(0);
    });
  }

  const ends: [string, (system: ReturnType<typeof testSystem>) => void, string][] = [
    ['a thrown error', (system) => system.start(Ender).cast('crash', 1), 'Error: boom'],
    ['a stop with another reason', (system) => system.start(Ender).cast('end', { reason: 'odd' }), 'odd'],
    ['an exit', (system) => system.start(Ender).cast('exit', { code: 7 }), '{ code: 7 }'],
    ['a kill from outside', (system) => system.exit(system.start(Ender), 'kill'), 'killed'],
    ['an exit signal', (system) => system.exit(system.start(Ender), 'odd'), 'odd'],
    ['a plain process that throws', (system) => system.spawn(() => { throw boom; }), 'Error: boom'],
    ['a plain process that rejects', (system) =>
      system.spawn(async () => { await settleTurn(); throw boom; }), 'Error: boom'],
    [
      'a thrown non-error', (system) => system.spawn(() => { throw 42 as unknown as Error; }),
      '{ nocatch: 42 }',
    ],
  ];
  for (const [name, end, reason] of ends) {
    test(`PL-08 exactly one for ${name}`, async () => {
      const logger = new Recorder();
      const system = testSystem({ logger });
      end(system);
      await settleTurn();
      await settleTurn();
      expect(crashes(logger).map((line) => [line.text, line.fields['reason']]))
        .toEqual([['process crashed', reason]]);
      expect(system.stats().crashes).toBe(1);
    });
  }

  test('PL-07 PL-09 it says who, what, why, how much was waiting, and under whom', async () => {
    const logger = new Recorder();
    const system = testSystem({ logger, name: 'bank' });
    await system.supervise({
      name: 'top', children: [supervisor('sub', { children: [child('e', Ender, 'x')] })],
    });
    const pid = system.whereis('e');
    const [sub] = system.inspect('e')?.ancestors as string[];
    const ref = system.ref(Ender, 'e');
    ref.cast('crash', 1);
    ref.cast('crash', 2);
    ref.cast('crash', 3);
    await settleTurn();
    const [first] = crashes(logger);
    expect(first?.fields).toMatchObject({
      system: 'bank', label: 'process crashed', pid, name: 'e', behaviour: 'ender', op: 'crash',
      reason: 'Error: boom',
      err: { name: 'Error', message: 'boom' }, queued: 2, ancestors: [sub, 'top'], trapExit: false,
    });
    expect(sub, 'a supervisor without a name is told by its pid').toMatch(/^bank\./);
  });

  test(
    'a restart, a retry and a crash that a link spreads are each one report per process that ended',
    async () => {
      const logger = new Recorder();
      const system = testSystem({ logger });
      const Parent = defineAgent({
        name: 'parent', calls: { begin(self) { return self.start(Ender, 'x').pid; } },
      });
      const parent = system.start(Parent);
      const pid = (await parent.call('begin')) as string;
      system.ref(Ender, pid).cast('crash', 1);
      await settleTurn();
      expect(crashes(logger).map((line) => line.fields['behaviour'])).toEqual(['ender', 'parent']);
    },
  );

  test('P37 payloads, state and replies are never logged, only the names of operations', async () => {
    const logger = new Recorder();
    const system = testSystem({ logger, development: true });
    const ref = system.start(Ender);
    await ref.tryCall('crash', { password: 'payload-secret' });
    const second = system.start(Ender);
    second.cast('nope' as never, { password: 'payload-secret' } as never);
    second.cast('crash', { password: 'payload-secret' }, { lane: 'urgent' as never });
    second.send({ password: 'payload-secret' });
    second.cast('crash', 'payload-secret');
    second.cast('crash', 'payload-secret');
    await settleTurn();
    expect(logger.lines.length).toBeGreaterThanOrEqual(4);
    expect(JSON.stringify(logger.lines)).not.toContain('secret');
  });

  test('LG-01 the end of a supervisor that gave up is reported, with the child that was one too many', async () => {
    const logger = new Recorder();
    const system = testSystem({ logger });
    const sup =
      await system.supervise({ name: 'top', intensity: 0, periodMs: 100, children: [child('e', Ender, 'x')] });
    const { down } = sup;
    system.ref(Ender, 'e').cast('crash', 1);
    await down;
    expect(logger.lines.filter((line) => line.text === 'supervisor gives up')).toMatchObject([{
      level: 'error',
      fields: {
        supervisor: 'top', reason: 'reached_max_restart_intensity',
        offender: { id: 'e', start: 'ender' },
      },
    }]);
    expect(crashes(logger), 'shutdown is no crash').toHaveLength(1);
  });

  test('a stop with children that are killed in time reports no crash of theirs', async () => {
    const logger = new Recorder();
    const system = testSystem({ logger });
    const Stuck = defineAgent({ trapExit: true, terminate: () => new Promise(() => undefined) });
    await system.supervise(
      { children: [child('s', Stuck, { shutdown: 2 }), child('k', Ender, 'x', { shutdown: 'brutal_kill' })] },
    );
    await system.stop();
    expect(crashes(logger)).toEqual([]);
  });
});

describe('P36 a logger cannot hurt', () => {
  const throwing: Logger = { error() { throw boom; }, warn() { throw boom; }, info() { throw boom; } };

  test('one that throws at everything changes no outcome', async () => {
    const system = testSystem({ logger: throwing });
    const sup = await system.supervise({ intensity: 1, children: [child('e', Ender, 'x')] });
    const { down } = sup;
    const ref = system.ref(Ender, 'e');
    expect(await ref.tryCall('crash', 1)).toMatchObject({ ok: false, error: { reason: boom } });
    ref.cast('nope' as never);
    ref.send('dropped');
    await settleTurn();
    expect(system.whereis('e')).toBeDefined();
    ref.cast('crash', 1);
    expect(await down).toBe('shutdown');
  });

  test('one whose write fails on a hostile reason is given the report without it', async () => {
    const lines: unknown[] = [];
    const logger: Logger = { error: (fields) => {
      lines.push(JSON.parse(JSON.stringify({ ...fields, err: String((fields as { err?: unknown }).err) })));
    }, warn: () => undefined, info: () => undefined };
    const system = testSystem({ logger });
    const hostile = Object.defineProperty(new Error('x'), 'toString', { value: () => { throw boom; } });
    system.spawn(() => { throw hostile; });
    await settleTurn();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ reason: 'Error: x' });
  });

  test('a subscriber of dead letters that throws hurts nobody, and the others hear it', () => {
    const system = testSystem();
    const heard: unknown[] = [];
    system.deadLetters.subscribe(() => { throw boom; });
    const off = system.deadLetters.subscribe((letter) => heard.push(letter.payload));
    system.send('nobody', 1);
    off();
    system.send('nobody', 2);
    expect(heard).toEqual([1]);
    expect(system.deadLetters).toMatchObject({ total: 2, size: 2 });
  });

  test('false is a silent logger', async () => {
    const system = testSystem({ logger: false });
    system.start(Ender).cast('crash', 1);
    await settleTurn();
    expect(system.stats().crashes).toBe(1);
  });
});
