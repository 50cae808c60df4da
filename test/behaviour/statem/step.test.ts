import { describe, expect, it } from 'vitest';
import { actions, type Transition } from '../../../src/behaviour/statem/public.js';
import { settleTurn, testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { MODES, startTraced, type Decide } from './trace.js';

/*
 * Every expected trace of this file was made by a gen_statem on OTP 25: a scripted callback module
 * that prints each call of it. `enter`, `cast` … are the event types, then the content, then the
 * state in which it was handled.
 */

const nothing: Decide = () => undefined;
/** On the cast of that content, in that state, do this. */
const on = (
  content: string, act: (self: Parameters<Decide>[0]) => Transition<unknown>, then: Decide = nothing,
): Decide => (self, event, from) =>
  event.type === 'cast' && event.payload === content ? act(self) : then(self, event, from);

describe.each(MODES)('the order of a transition, with %s', (mode) => {
  const trace = async (
    decide: Decide, casts: readonly string[], options: Parameters<typeof startTraced>[4] = {},
  ): Promise<string[]> => {
    const log: string[] = [];
    const machine = startTraced(testSystem(), mode, log, decide, options);
    for (const one of casts) machine.cast('tell', one);
    await settleTurn();
    await settleTurn();
    return log;
  };

  /** C11 of the conformance list */
  const c11 = async (timeout: (t: Transition<unknown>) => Transition<unknown>): Promise<string[]> => {
    const log: string[] = [];
    const machine = startTraced(testSystem(), mode, log, (self, event) => {
      if (event.type === 'cast' && self.state === 'a') return self.keep().postpone();
      if (event.type === 'call') return timeout(self.next('b').reply('r').internal('i1').internal('i2'));
      return undefined;
    });
    machine.cast('tell', 'p1');
    machine.cast('tell', 'p2');
    const reply = machine.call('ask', 'go').then((value) => log.push(`reply ${String(value)}`));
    machine.cast('tell', 'ext');
    await reply;
    await settleTurn();
    return log.filter((line) => !line.startsWith('reply'));
  };

  it('SM-01 SM-05 SM-07 SM-08 C11 actions, enter call, inserted events, postponed events, then the outside; an event timeout of 0 ms is cancelled', async () => {
    expect(await c11((t) => t.timeout(0, 'x'))).toEqual([
      'enter a in a', 'cast p1 in a', 'cast p2 in a', 'call go in a', 'enter a in b',
      'internal i1 in b', 'internal i2 in b', 'cast p1 in b', 'cast p2 in b', 'cast ext in b',
    ]);
  });

  it('SM-08 SM-13 C11 a state timeout of 0 ms comes after inserted and postponed events, before any from outside', async () => {
    expect(await c11((t) => t.stateTimeout(0, 'x'))).toEqual([
      'enter a in a', 'cast p1 in a', 'cast p2 in a', 'call go in a', 'enter a in b',
      'internal i1 in b', 'internal i2 in b', 'cast p1 in b', 'cast p2 in b', 'stateTimeout x in b',
      'cast ext in b',
    ]);
  });

  it('SM-10 SM-13 timeouts of 0 ms come in the order of request, before the outside; the event timeout is cancelled by the first of them', async () => {
    expect(await trace(on(
      'go',
      (self) => self.next('b').genericTimeout('g', 0, 1).stateTimeout(0, 's').timeout(0, 'e')
        .genericTimeout('h', 0, 2),
    ), ['go', 'ext'])).toEqual([
      'enter a in a', 'cast go in a', 'enter a in b', 'genericTimeout g:1 in b',
      'stateTimeout s in b', 'genericTimeout h:2 in b', 'cast ext in b',
    ]);
  });

  it('SM-04 SM-13 of two requests for one timeout the last wins, with its place', async () => {
    expect(await trace(
      on('go', (self) => self.next('b').genericTimeout('g', 0, 1).stateTimeout(0, 's')
        .genericTimeout('g', 0, 2)),
      ['go'],
    )).toEqual([
      'enter a in a', 'cast go in a', 'enter a in b', 'stateTimeout s in b', 'genericTimeout g:2 in b',
    ]);
  });

  it('SM-10 SM-13 an event timeout of 0 ms comes before what is queued outside: unlike an agent’s, it lets no message slip in', async () => {
    expect(await trace(on('go', (self) => self.next('b').timeout(0, 'e')), ['go', 'ext'])).toEqual(
      ['enter a in a', 'cast go in a', 'enter a in b', 'timeout e in b', 'cast ext in b'],
    );
  });

  it('SM-14 an update of a timeout that does not run acts like one of 0 ms', async () => {
    expect(await trace(
      on('go', (self) => self.keep().stateTimeout('update', 'u').genericTimeout('g', 'update', 'v')
        .internal('i')),
      ['go'],
    )).toEqual([
      'enter a in a', 'cast go in a', 'internal i in a', 'stateTimeout u in a', 'genericTimeout g:v in a',
    ]);
  });

  it('SM-02 SM-05 repeat runs the enter call again and replays nothing', async () => {
    const log: string[] = [];
    const env = new VirtualEnv();
    const machine = startTraced(testSystem({ env }), mode, log, on(
      'p', (self) => self.keep().postpone(),
      on('go', (self) => self.repeat().stateTimeout(10, 's'), on('again', (self) => self.repeat())),
    ));
    for (const one of ['p', 'go', 'again']) machine.cast('tell', one);
    await env.advance(15);
    expect(log).toEqual([
      'enter a in a', 'cast p in a', 'cast go in a', 'enter a in a', 'cast again in a', 'enter a in a',
      'stateTimeout s in a',
    ]);
  });

  it('SM-02 SM-05 SM-06 only a change of state replays, oldest first, and what is postponed again waits for the next', async () => {
    const decide: Decide = (self, event) => {
      if (event.type !== 'cast') return undefined;
      const what = String(event.payload);
      if (what.startsWith('p') && self.state !== 'c') return self.keep().postpone();
      if (what === 'same') return self.next(self.state);
      return what.startsWith('to') ? self.next(what.slice(2) as 'a') : undefined;
    };
    expect(await trace(decide, ['p1', 'p2', 'same', 'tob', 'p3', 'toc'])).toEqual([
      'enter a in a', 'cast p1 in a', 'cast p2 in a', 'cast same in a', 'cast tob in a',
      'enter a in b', 'cast p1 in b', 'cast p2 in b', 'cast p3 in b',
      'cast toc in b', 'enter b in c', 'cast p1 in c', 'cast p2 in c', 'cast p3 in c',
    ]);
  });

  it('SM-05 SM-08 an event that is postponed by the change itself comes again in the new state, after inserted events', async () => {
    const decide: Decide = (self, event) =>
      (event.type === 'cast' && self.state === 'a' ? self.next('b').postpone().internal('i') : undefined);
    expect(await trace(decide, ['e'])).toEqual(
      ['enter a in a', 'cast e in a', 'enter a in b', 'internal i in b', 'cast e in b'],
    );
  });

  it('SM-07 an inserted event may change the state and so replay the event that inserted it', async () => {
    const decide: Decide = (self, event) => {
      if (event.type === 'cast' && self.state === 'a') return self.keep().postpone().internal('i');
      return event.type === 'internal' ? self.next('b') : undefined;
    };
    expect(await trace(decide, ['e'])).toEqual(
      ['enter a in a', 'cast e in a', 'internal i in a', 'enter a in b', 'cast e in b'],
    );
  });

  it('SM-04 for postpone and hibernate the last one wins', async () => {
    const decide: Decide = (self, event) => {
      if (event.type !== 'cast' || self.state !== 'a') return undefined;
      if (event.payload === 'no') return self.keep().postpone().postpone(false);
      return event.payload === 'yes' ? self.keep().postpone(false).postpone() : self.next('b');
    };
    expect(await trace(decide, ['no', 'yes', 'go'])).toEqual(
      ['enter a in a', 'cast no in a', 'cast yes in a', 'cast go in a', 'enter a in b', 'cast yes in b'],
    );
  });

  it(
    'SM-27 actions of init come after the enter call and before the outside; postpone is ignored',
    async () => {
      expect(await trace(nothing, ['ext'], {
        actions: actions().postpone().internal('i').stateTimeout(0, 's'),
      })).toEqual(
        ['enter a in a', 'internal i in a', 'stateTimeout s in a', 'cast ext in a'],
      );
    },
  );

  it('SM-18 a thrown transition is a returned one, also out of an enter call', async () => {
    const decide: Decide = (self, event) => {
      if (event.type === 'cast' && event.payload === 'go') throw self.next('b') as unknown as Error;
      if (event.type === 'enter'
        && self.state === 'b') throw self.keep().stateTimeout(0, 's') as unknown as Error;
      return undefined;
    };
    expect(await trace(decide, ['go', 'ext'])).toEqual(
      ['enter a in a', 'cast go in a', 'enter a in b', 'stateTimeout s in b', 'cast ext in b'],
    );
  });

  it('SM-05 SM-09 a timeout that was due can be postponed like any event', async () => {
    const decide: Decide = (self, event) => {
      if (event.type === 'stateTimeout' && self.state === 'a') return self.keep().postpone();
      return event.type === 'cast' ? self.next('b') : undefined;
    };
    expect(await trace(decide, ['go'], { actions: actions().stateTimeout(0, 's') })).toEqual(
      ['enter a in a', 'stateTimeout s in a', 'cast go in a', 'enter a in b', 'stateTimeout s in b'],
    );
  });

  it('SM-07 SM-09 any type of event can be inserted, in list order', async () => {
    const decide: Decide = (self, event) => {
      if (event.type !== 'cast' || event.payload !== 'go') return undefined;
      return self.keep()
        .nextEvent({ type: 'cast', op: 'tell', payload: 1 }).nextEvent({ type: 'info', message: 2 }).nextEvent(
          { type: 'internal', content: 3 },
        )
        .nextEvent({ type: 'timeout', content: 4 }).nextEvent({ type: 'stateTimeout', content: 5 }).nextEvent(
          { type: 'genericTimeout', name: 'g', content: 6 },
        );
    };
    expect(await trace(decide, ['go', 'ext'])).toEqual([
      'enter a in a', 'cast go in a', 'cast 1 in a', 'info 2 in a', 'internal 3 in a',
      'timeout 4 in a', 'stateTimeout 5 in a', 'genericTimeout g:6 in a', 'cast ext in a',
    ]);
  });
});
