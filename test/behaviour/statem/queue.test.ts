import {
  eventOf, GENERIC_TIMED_OUT, Inside, INTERNAL, Queued, STATE_TIMED_OUT, TIMED_OUT,
} from '../../../src/behaviour/statem/queue.js';
import { Kind, Op } from '../../../src/mailbox/message/op.js';
import { describe, expect, it } from 'vitest';
import { defineStatem } from '../../../src/behaviour/statem/public.js';
import { settleTurn, testSystem } from '../../support/system.js';

describe('events inside a machine', () => {
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
      casts: { go: (self) => self.keep().internal() },
      internal(self) { self.data++; return self.keep().internal(); },
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
});

describe('the queue inside a machine', () => {
  const one = (name: string, counted: boolean = true): Queued =>
    new Queued(new Op(Kind.Cast, name, null, null, false), name, null, counted);
  const names = (list: readonly {
    readonly payload: unknown;
  }[]): unknown[] => list.map(({ payload }) => payload);

  it('SM-05 SM-07 inserted events come in the order of their list, replayed ones behind those that are inserted then', () => {
    const queue = new Inside();
    queue.postponed.push(one('p1'), one('p2'));
    queue.replay();
    queue.insert([one('i1'), one('i2')]);
    expect(queue.size).toBe(4);
    const order: unknown[] = [];
    for (let next = queue.next.pop(); next !== undefined; next = queue.next.pop()) order.push(next.payload);
    expect(order).toEqual(['i1', 'i2', 'p1', 'p2']);
    expect(queue.postponed).toEqual([]);
  });

  it('SM-17 gives back what came through the mailbox, in the order in which it would be handled, and only that', () => {
    const queue = new Inside();
    queue.insert([one('inserted', false), one('replayed')]);
    queue.postponed.push(one('postponed'), one('a timeout', false));
    expect(names(queue.list() as Queued[])).toEqual(['replayed', 'postponed']);
    expect(queue.size, 'a look takes nothing').toBe(4);
    expect(names(queue.drain() as Queued[])).toEqual(['replayed', 'postponed']);
    expect([queue.size, queue.drain()]).toEqual([0, []]);
  });

  it('SM-25 an event is shown by its type, with what that type carries', () => {
    expect(eventOf(new Op(Kind.Cast, 'go', null, null, false), 1, null))
      .toEqual({ type: 'cast', op: 'go', payload: 1 });
    expect(eventOf(new Op(Kind.Call, 'ask', null, null, false), 1, 'from')).toEqual(
      { type: 'call', op: 'ask', payload: 1, from: 'from' },
    );
    expect(eventOf(INTERNAL, 1, null)).toEqual({ type: 'internal', content: 1 });
    expect(eventOf(TIMED_OUT, 1, null)).toEqual({ type: 'timeout', content: 1 });
    expect(eventOf(STATE_TIMED_OUT, 1, null)).toEqual({ type: 'stateTimeout', content: 1 });
    expect(eventOf(GENERIC_TIMED_OUT, 1, 'name')).toEqual({ type: 'genericTimeout', name: 'name', content: 1 });
    expect(eventOf(new Op(Kind.Info, 'info', null, null, false), 1, null))
      .toEqual({ type: 'info', message: 1 });
  });
});
