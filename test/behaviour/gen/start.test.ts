import { describe, expect, test } from 'vitest';
import { defineAgent, Exit, StartError } from '../../../src/index.js';
import { Recorder, settleTurn, testSystem } from '../../support/system.js';
import { Gate, startFailure } from '../help.js';
import { VirtualEnv } from '../../support/virtual-env.js';

const boom = new Error('boom');

/** One definition per way in which init may end badly; each with a synchronous and an asynchronous init. */
const failing = {
  throws: {
    sync: defineAgent({ init: (): { n: number } => { throw boom; } }),
    later: defineAgent({
      init: async (): Promise<{ n: number }> => { await settleTurn(); throw boom; },
    }), reason: boom,
  },
  stops: {
    sync: defineAgent({ init() { return this.stop('no_funds'); } }),
    later: defineAgent({ async init() { await settleTurn(); return this.stop('no_funds'); } }),
    reason: 'no_funds',
  },
  ignores: {
    sync: defineAgent({ init() { return this.ignore(); } }),
    later: defineAgent({ async init() { await settleTurn(); return this.ignore(); } }), reason: 'ignore',
  },
  exits: {
    sync: defineAgent({ init() { return this.exit({ shutdown: 'later' }); } }),
    later: defineAgent({ async init() { await settleTurn(); return this.exit({ shutdown: 'later' }); } }),
    reason: { shutdown: 'later' },
  },
  throwsData: {
    sync: defineAgent({ init: (): { n: number } => { throw 42; } }),
    later: defineAgent({ init: async (): Promise<{ n: number }> => { await settleTurn(); throw 42; } }),
    reason: { nocatch: 42 },
  },
} as const;

/** A start that the types would refuse. */
function startAny(starter: { start: unknown }, definition: unknown, ...args: unknown[]): unknown {
  return (starter.start as (...all: unknown[]) => unknown).call(starter, definition, ...args);
}

describe('a start that works', () => {
  test('GS-01 init makes the state, synchronously or later, and its arguments arrive', async () => {
    const system = testSystem();
    const calls = { sum: (self: { state: { sum: number } }) => self.state.sum };
    const Sync = defineAgent({ init: (a: number, b: number) => ({ sum: a + b }), calls });
    const Later =
      defineAgent({
        init: async (a: number, b: number) => { await settleTurn(); return { sum: a * b }; }, calls,
      });
    expect(await system.start(Sync, 2, 3).call('sum')).toBe(5);
    const later = system.start(Later, 2, 3);
    expect(later).toBeInstanceOf(Promise);
    expect(await (await later).call('sum')).toBe(6);
  });

  test('GS-01 init may ask for a timeout and for a continue', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const seen: unknown[] = [];
    const Agent = defineAgent({
      init() { this.continue('first'); this.timeout(1); return {}; },
      continue: (self, what) => { seen.push(what); self.timeout(1); },
      info: (self, message) => { seen.push((message as { tag: string }).tag); },
      calls: { ping: () => 'pong' },
    });
    const ref = system.start(Agent);
    expect(seen, 'GS-25 continue runs only once start has returned').toEqual([]);
    await env.settle();
    expect(seen).toEqual(['first']);
    await env.advance(1);
    expect(seen).toEqual(['first', 'TIMEOUT']);
    expect(await ref.call('ping')).toBe('pong');
  });

  test('a definition without init has the state undefined', async () => {
    const system = testSystem();
    expect(
      await system.start(defineAgent({ calls: { state: (self) => self.state } })).call('state'),
    ).toBeUndefined();
  });

  test('options come after the declared arguments, and a plain object that init declares is no options', async () => {
    const system = testSystem();
    const Agent = defineAgent({
      init: (given: object) => ({ given }), calls: { given: (self) => self.state.given },
    });
    expect(await system.start(Agent, { name: 'no-option' }).call('given')).toEqual({ name: 'no-option' });
    expect(system.whereis('no-option')).toBeUndefined();
    const named = system.start(Agent, { a: 1 }, { name: 'named' });
    expect(system.whereis('named')).toBe(named.pid);
    expect(() => startAny(system, Agent, {}, { nmae: 'x' })).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_OPTION' }),
    );
  });
});

describe('C6 a start that fails leaves no ghost', () => {
  for (const [how, { sync, later, reason }] of Object.entries(failing)) {
    for (const [kind, definition] of [['sync', sync], ['async', later]] as const) {
      test(`C6 GS-02 GS-03 GS-04 GS-09 init ${how} (${kind}): the reason is told, the process is gone, the name is free now`, async () => {
        const system = testSystem();
        for (let attempt = 0; attempt < 2; attempt++) {
          expect(await startFailure(() => startAny(system, definition, { name: 'ghost' }))).toEqual(reason);
          expect(system.whereis('ghost')).toBeUndefined();
          expect(system.processes()).toEqual([]);
        }
      });

      test(`PL-04 init ${how} (${kind}): a trapping starter gets no stray Exit and keeps no link`, async () => {
        const system = testSystem();
        const Parent = defineAgent({
          trapExit: true,
          init: () => ({ seen: [] as unknown[] }),
          calls: {
            async try(self) { return await startFailure(() => startAny(self, definition, { name: 'ghost' })); },
            seen: (self) => self.state.seen,
          },
          info(self, message) { self.state.seen.push(message); },
        });
        const parent = system.start(Parent);
        expect(await parent.call('try')).toEqual(reason);
        await settleTurn();
        expect(await parent.call('seen')).toEqual([]);
        expect(system.inspect(parent)?.links).toEqual([]);
      });
    }
  }

  test('GS-03 an abnormal failure of init is reported once, an ignore and an orderly stop are not', () => {
    const logger = new Recorder();
    const system = testSystem({ logger });
    for (const definition of [
      failing.throws.sync, failing.stops.sync, failing.ignores.sync, failing.exits.sync,
    ]) {
      expect(() => startAny(system, definition)).toThrow(StartError);
    }
    expect(logger.lines.map((line) => [line.level, line.fields['reason']])).toEqual(
      [['error', 'Error: boom'], ['error', 'no_funds']],
    );
  });

  test('GS-06 a taken name fails the start without running init, and does not disturb the owner', async () => {
    const system = testSystem();
    let ran = 0;
    const Agent = defineAgent({ init: () => { ran++; return {}; }, calls: { ping: () => 'pong' } });
    const first = system.start(Agent, { name: 'alice' });
    expect(await startFailure(() => system.start(Agent, { name: 'alice' })))
      .toEqual({ alreadyStarted: first.pid });
    expect(ran).toBe(1);
    expect(await system.ref(Agent, 'alice').call('ping')).toBe('pong');
    expect(system.stats().crashes).toBe(0);
  });

  test('GS-06 the name is taken before init runs, and what is sent meanwhile waits for init', async () => {
    const system = testSystem();
    const gate = new Gate();
    const Agent = defineAgent({
      async init() { await gate.promise; return { log: ['init'] }; },
      casts: { note(self, what: string) { self.state.log.push(what); } },
      calls: { log: (self) => self.state.log },
    });
    const starting = system.start(Agent, { name: 'slow' });
    const byName = system.ref(Agent, 'slow');
    expect(byName.pid).toBeDefined();
    byName.cast('note', 'cast during init');
    const log = byName.call('log');
    await settleTurn();
    gate.open();
    await starting;
    expect(await log).toEqual(['init', 'cast during init']);
  });

  test('PL-02 death before an asynchronous init has returned fails the start at once, and callers hear it', async () => {
    const system = testSystem();
    const Agent =
      defineAgent({
        init: () => new Promise<{ n: number }>(() => undefined),
        calls: { n: (self) => self.state.n },
      });
    const starting = startFailure(() => system.start(Agent, { name: 'stuck' }));
    const call = system.ref(Agent, 'stuck').tryCall('n');
    system.exit('stuck', 'kill');
    expect(await starting).toBe('killed');
    expect(await call).toMatchObject({ ok: false, error: { code: 'EXIT', reason: 'killed' } });
  });

  test('P16 an init that comes back after its process was killed changes nothing', async () => {
    const system = testSystem();
    const gate = new Gate();
    const Agent = defineAgent({ async init() { await gate.promise; this.sendAfter(0, 'late'); return {}; } });
    const starting = startFailure(() => system.start(Agent, { name: 'stuck' }));
    system.exit('stuck', 'kill');
    expect(await starting).toBe('killed');
    gate.open();
    await settleTurn();
    expect(system.processes()).toEqual([]);
  });
});

describe('a child of an agent', () => {
  test('self.start links: the crash of the child ends a parent that does not trap, and is a message to one that does', async () => {
    const system = testSystem();
    const Child = defineAgent({ casts: { crash() { throw boom; } } });
    const define = (trapExit: boolean) => defineAgent({
      trapExit,
      init: () => ({ seen: [] as unknown[] }),
      calls: { begin(self) { return self.start(Child).pid; }, seen: (self) => self.state.seen },
      info(self, message) { self.state.seen.push(message); },
    });
    const plain = system.start(define(false));
    const down = system.monitor(plain).down;
    system.ref(Child, (await plain.call('begin')) as string).cast('crash');
    expect((await down).reason).toBe(boom);
    const trapping = system.start(define(true));
    const pid = (await trapping.call('begin')) as string;
    system.ref(Child, pid).cast('crash');
    expect(await trapping.call('seen')).toEqual([new Exit(pid as never, boom)]);
  });

  test('defineAgent refuses unknown callbacks and callbacks that are no functions', () => {
    const noFunction: unknown = 1;
    expect(() => defineAgent({ inti: () => 1 } as never))
      .toThrow(expect.objectContaining({ code: 'UNKNOWN_OPTION' }));
    expect(() => defineAgent({ init: 1 } as never)).toThrow(/a function/);
    expect(() => defineAgent({ calls: { x: noFunction as never } })).toThrow(/a handler function/);
    expect(() => startAny(testSystem(), {})).toThrow(/defineAgent/);
  });
});
