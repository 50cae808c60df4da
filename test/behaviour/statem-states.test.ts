import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { actions, defineStatem, defineStatemHandler, Down, Exit, operation, OptionError } from '../../src/index.js';
import { Recorder, settleTurn, testSystem } from '../support/system.js';
import { rejection, startFailure } from './help.js';

describe('states and modules', () => {
  it('SM-21 change, push and pop switch the callbacks, those of the enter call of the same transition included', async () => {
    const system = testSystem();
    const log: string[] = [];
    const Other = defineStatemHandler({
      name: 'other',
      init: () => ({ state: 'x', data: 0 }),
      casts: { back: operation<void>(), push: operation<void>() },
      enter: (self, from) => { log.push(`other entered ${self.state} from ${from}`); },
      handle: (self, event) => {
        log.push(`other got ${event.type} ${event.type === 'cast' ? event.op : ''}`);
        return event.type === 'cast' && event.op === 'back' ? self.next('base').popModule() : undefined;
      },
      terminate: () => { log.push('other terminates'); },
    });
    const Base = defineStatem({
      name: 'base',
      init: () => ({ state: 'base', data: 0 }),
      states: {
        base: {
          enter: (_self, from) => { log.push(`base entered from ${from}`); },
          casts: {
            push: (self) => self.next('away').pushModule(Other),
            change: (self) => self.next('away').changeModule(Other), back() { log.push('base got back'); },
          },
        },
        away: {},
      },
    });
    const machine = system.start(Base);
    for (const op of ['push', 'push', 'back', 'back', 'change', 'push'] as const) machine.cast(op);
    await settleTurn();
    expect(log).toEqual([
      'base entered from base', 'other entered away from base', 'other got cast push', 'other got cast back',
      'base entered from away', 'base got back', 'other entered away from base', 'other got cast push',
    ]);
    const down = system.monitor(machine.pid ?? '').down;
    machine.cast('back');
    expect((await down).reason).toMatchObject({ code: 'BAD_ACTION' });
    expect(log.at(-1)).toBe('other terminates');
  });

  it('SM-28 equal states are the same state: identity for primitives and instances, structure for plain objects and arrays', async () => {
    class Point { constructor(readonly x: number) {} }
    const point = new Point(1);
    const cyclic: { me?: unknown; n: number } = { n: 1 };
    cyclic.me = cyclic;
    const cyclic2: { me?: unknown; n: number } = { n: 1 };
    cyclic2.me = cyclic2;
    const same: [unknown, unknown][] = [
      ['a', 'a'], [NaN, NaN], [{ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }], [{ a: 1, b: 2 }, { b: 2, a: 1 }],
      [point, point], [[], []], [null, null], [cyclic, cyclic2],
    ];
    const different: [unknown, unknown][] = [
      ['a', 'b'], [1, '1'], [0, -0], [{ a: 1 }, { a: 1, b: undefined }], [{ a: undefined }, { b: undefined }],
      [[1], [1, 2]], [[], {}], [new Point(1), new Point(1)], [new Map(), new Map()], [null, undefined],
      [[undefined], new Array(1)],
    ];
    const system = testSystem();
    const entersOn = async (from: unknown, to: unknown): Promise<number> => {
      let entered = -1;
      const M = defineStatemHandler({
        init: () => ({ state: from, data: 0 }), casts: { go: operation<void>() }, enter: () => { entered++; },
        handle: (self) => self.next(to),
      });
      system.start(M).cast('go');
      await settleTurn();
      return entered;
    };
    for (const [a, b] of same) expect(await entersOn(a, b), JSON.stringify(String(a))).toBe(0);
    for (const [a, b] of different) expect(await entersOn(a, b), `${String(a)} ${String(b)}`).toBe(1);
  });

  it('SM-22 hibernate gives storage back only when no event is queued', async () => {
    const system = testSystem();
    const heads: boolean[] = [];
    const Sleeper = defineStatem({
      init: () => ({ state: 's', data: 0 }),
      states: { s: { casts: { sleep: (self) => self.keep().hibernate(), stay: (self) => self.keep() } } },
    });
    const machine = system.start(Sleeper);
    const storage = (): unknown => (machine as unknown as { addr: { mailbox: { head: unknown } } }).addr.mailbox.head;
    machine.cast('stay');
    await settleTurn();
    heads.push(storage() === null);
    machine.cast('sleep');
    await settleTurn();
    heads.push(storage() === null);
    machine.cast('sleep');
    machine.cast('stay');
    await settleTurn();
    heads.push(storage() === null);
    expect(heads).toEqual([false, true, false]);
  });

  it('SM-19 an unknown state and an unhandled event are reasons of their own; an unhandled info is a warning', async () => {
    const logger = new Recorder();
    const system = testSystem({ logger });
    const M = defineStatem({ init: () => ({ state: 'a', data: 0 }), states: {
      a: { casts: { go: (self) => self.next('zork' as 'a'), out: (self) => self.next('b') } },
      b: { casts: { only() { /* b's */ } } },
    } });
    const reason = async (...ops: ('go' | 'out' | 'only')[]): Promise<unknown> => {
      const machine = system.start(M);
      const down = system.monitor(machine.pid ?? '').down;
      for (const op of ops) machine.cast(op);
      return (await down).reason;
    };
    expect(await reason('go')).toMatchObject({ code: 'UNKNOWN_STATE' });
    expect(await reason('only')).toMatchObject({ code: 'UNHANDLED_EVENT' });
    expect(await reason('out', 'go')).toMatchObject({ code: 'UNHANDLED_EVENT' });
    const machine = system.start(M);
    machine.send('hello');
    await settleTurn();
    expect(machine.pid).toBeDefined();
    expect(logger.texts('warn')).toContain(
      'a message was dropped: the state machine has no info handler for it (GS-26)',
    );
    expect(await startFailure(
      () => system.start(defineStatem({ init: () => ({ state: 'zork' as 'a', data: 0 }), states: { a: {} } })),
    )).toMatchObject({ code: 'UNKNOWN_STATE' });
    expect(await startFailure(() => system.start(defineStatem({ init: () => 1 as never, states: { a: {} } }))))
      .toMatchObject({ code: 'BAD_RETURN_VALUE' });
  });

  it('SM-16 messages of sendAfter are info events, Down and Exit too', async () => {
    const system = testSystem();
    const seen: unknown[] = [];
    const M = defineStatem({
      trapExit: true,
      init: () => ({ state: 'a', data: 0 }),
      states: {
        a: { casts: {
          go(self) { self.sendAfter(0, 'tick'); self.monitor(self.spawn((one) => one.exit('x'))); },
        }, info: (self, message) => {
          seen.push(message instanceof Down ? 'Down' : message instanceof Exit ? 'Exit' : message);
          return seen.length === 3 ? self.stop() : undefined;
        } },
      },
    });
    const machine = system.start(M);
    const down = system.monitor(machine.pid ?? '').down;
    machine.cast('go');
    await down;
    expect(new Set(seen)).toEqual(new Set(['tick', 'Down', 'Exit']));
  });

  it('SM-05 SM-17 postponed signals stay in their account', async () => {
    const system = testSystem();
    const M = defineStatem({
      init: () => ({ state: 'a', data: 0 }),
      states: {
        a: {
          casts: { go(self) { self.monitor('nobody'); }, to: (self) => self.next('b') },
          info: (self) => self.keep().postpone(),
        },
        b: { info(self) { self.data++; }, calls: { n: (self) => self.data } },
      },
    });
    const machine = system.start(M);
    machine.cast('go');
    await settleTurn();
    const { signals } = system.stats();
    expect(signals.sent - signals.handled - signals.dropped).toBe(1);
    machine.cast('to');
    expect(await machine.call('n')).toBe(1);
    const held = system.start(M);
    held.cast('go');
    await settleTurn();
  });

  it('SM-07 a machine that feeds itself for ever starves nobody', async () => {
    const system = testSystem();
    const M = defineStatem({ init: () => ({ state: 'a', data: 0 }), states: { a: {
      casts: { go: (self) => self.keep().internal() }, internal(self) { self.data++; return self.keep().internal(); },
    } } });
    const machine = system.start(M);
    machine.cast('go');
    for (let turn = 0; turn < 3; turn++) await settleTurn();
    const other = system.start(
      defineStatem({ init: () => ({ state: 'a', data: 0 }), states: { a: { calls: { look: () => 'here' } } } }),
    );
    expect(await other.call('look')).toBe('here');
    system.exit(machine.pid ?? '', 'kill');
  });

  it('SM-20 SM-27 a wrong definition is refused where it is made', async () => {
    const bad = (make: () => unknown): string => {
      try {
        make();
      } catch (error) {
        return (error as OptionError).option;
      }
      return 'accepted';
    };
    const init = (): { state: 'a'; data: number } => ({ state: 'a', data: 0 });
    expect(bad(() => defineStatem({ init, states: Object.create(null) as never }))).toBe('defineStatem.states');
    expect(bad(() => defineStatem({ init, states: { a: { zork: 1 } as never } }))).toBe('defineStatem.states.a.zork');
    expect(bad(() => defineStatem({ init, states: { a: { casts: { x: 1 as never } } } }))).toBe(
      'defineStatem.states.a.casts.x',
    );
    expect(bad(() => defineStatem({ init, states: { a: { calls: { *x() { yield 1; } } } } }))).toBe(
      'defineStatem.states.a.calls.x',
    );
    expect(bad(() => defineStatem({ init: 1 as never, states: { a: {} } }))).toBe('defineStatem.init');
    expect(bad(() => defineStatem({ init, states: { a: {} }, schemas: { x: z.number() } }))).toBe(
      'defineStatem.schemas.x',
    );
    expect(bad(() => defineStatemHandler({ init, handle: 1 as never }))).toBe('defineStatemHandler.handle');
    expect(bad(() => defineStatemHandler({ init, handle: () => undefined, calls: { x: 1 as never } }))).toBe(
      'defineStatemHandler.calls.x',
    );
    expect(bad(() => actions().timeout(NaN))).toBe('timeout');
    expect(await rejection(Promise.resolve().then(() => actions().reply(1)))).toBeInstanceOf(OptionError);
  });
});
