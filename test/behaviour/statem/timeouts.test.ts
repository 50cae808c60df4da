import { describe, expect, it } from 'vitest';
import { actions, type Transition } from '../../../src/behaviour/statem/public.js';
import { settleTurn, testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { MODES, startTraced, type Decide } from './trace.js';

/** On the cast of that content do this; otherwise nothing. */
const on = (acts: Readonly<Record<string, (self: Parameters<Decide>[0]) => Transition<unknown>>>): Decide =>
  (self, event) => (event.type === 'cast' ? acts[String(event.payload)]?.(self) : undefined);

describe.each(MODES)('timeouts, with %s', (mode) => {
  /** Casts and waits (numbers, ms), then the trace without the first enter call. */
  const run = async (
    decide: Decide, steps: readonly (string | number)[], initial?: Transition<unknown>,
  ): Promise<string[]> => {
    const env = new VirtualEnv();
    const log: string[] = [];
    const machine =
      startTraced(testSystem({ env }), mode, log, decide, initial === undefined ? {} : { actions: initial });
    await env.settle();
    for (const step of steps) {
      if (typeof step === 'number') await env.advance(step);
      else machine.cast('tell', step);
    }
    await env.settle();
    return log.slice(1);
  };

  it('SM-10 an event timeout comes when no event does, once', async () => {
    expect(await run(
      on({ go: (self) => self.keep().timeout(20, 'e') }), ['go', 19, 'x', 30, 'go', 21, 40],
    )).toEqual(
      ['cast go in a', 'cast x in a', 'cast go in a', 'timeout e in a'],
    );
  });

  it('SM-10 inserted events and other timeouts cancel it too, also one that is already due', async () => {
    expect(await run(on({ go: (self) => self.keep().timeout(20, 'e').internal('i') }), ['go', 40])).toEqual(
      ['cast go in a', 'internal i in a'],
    );
    expect(await run(
      on({ go: (self) => self.keep().timeout(20, 'e').stateTimeout(10, 's') }), ['go', 40],
    )).toEqual(
      ['cast go in a', 'stateTimeout s in a'],
    );
  });

  it('SM-10 an event that is replayed cancels it', async () => {
    const decide: Decide = (self, event) => {
      if (event.type !== 'cast') return undefined;
      if (event.payload === 'p' && self.state === 'a') return self.keep().postpone();
      return event.payload === 'go' ? self.next('b').timeout(20, 'e') : undefined;
    };
    expect(await run(decide, ['p', 'go', 40]))
      .toEqual(['cast p in a', 'cast go in a', 'enter a in b', 'cast p in b']);
  });

  it('SM-11 a state timeout survives events that keep the state, and is cancelled by its change', async () => {
    const decide = on({
      go: (self) => self.next('b').stateTimeout(20, 's'), same: (self) => self.next('b'),
      back: (self) => self.next('a'),
    });
    expect(await run(decide, ['go', 10, 'x', 'same', 11])).toEqual(
      ['cast go in a', 'enter a in b', 'cast x in b', 'cast same in b', 'stateTimeout s in b'],
    );
    expect(await run(decide, ['go', 10, 'back', 40])).toEqual(
      ['cast go in a', 'enter a in b', 'cast back in b', 'enter b in a'],
    );
  });

  it('SM-11 one that is set with the change, or by the enter call, belongs to the new state', async () => {
    const decide: Decide = (self, event) => {
      if (event.type === 'enter' && self.state === 'b') return self.keep().stateTimeout(20, 'of b');
      return event.type === 'cast' && event.payload === 'go'
        ? self.next('b').stateTimeout(5, 'lost to the enter call')
        : undefined;
    };
    expect(await run(decide, ['go', 40], actions().stateTimeout(10, 'of a'))).toEqual(
      ['cast go in a', 'enter a in b', 'stateTimeout of b in b'],
    );
  });

  it('SM-12 generic timeouts run by name, across states; set anew they start again, infinity and cancel stop them', async () => {
    const decide = on({
      go: (self) =>
        self.next('b').genericTimeout('g', 20, 1).genericTimeout('h', 30, 2), other: (self) => self.next('c'),
      again: (self) => self.keep().genericTimeout('g', 20, 3), never: (self) =>
        self.keep().genericTimeout('g', 'infinity'), stop: (self) => self.keep().genericTimeout('h', 'cancel'),
    });
    const only = (log: string[]): string[] => log.filter((line) => line.startsWith('generic'));
    expect(only(await run(decide, ['go', 'other', 40]))).toEqual(
      ['genericTimeout g:1 in c', 'genericTimeout h:2 in c'],
    );
    expect(only(await run(decide, ['go', 15, 'again', 40]))).toEqual(
      ['genericTimeout h:2 in b', 'genericTimeout g:3 in b'],
    );
    expect(only(await run(decide, ['go', 15, 'never', 40]))).toEqual(['genericTimeout h:2 in b']);
    expect(only(await run(decide, ['go', 15, 'stop', 40]))).toEqual(['genericTimeout g:1 in b']);
    expect(only(await run(decide, ['stop', 'never', 40]))).toEqual([]);
  });

  it('SM-14 update changes the content and not the due time', async () => {
    const decide = on({
      go: (self) => self.next('b').stateTimeout(20, 'old').genericTimeout('g', 30, 'old'),
      up: (self) => self.keep().stateTimeout('update', 'new').genericTimeout('g', 'update', 'new'),
    });
    expect(await run(decide, ['go', 15, 'up', 4, 'x', 1, 'y', 20])).toEqual([
      'cast go in a', 'enter a in b', 'cast up in b', 'cast x in b', 'stateTimeout new in b', 'cast y in b',
      'genericTimeout g:new in b',
    ]);
  });

  it('SM-14 an update of an event timeout that ran acts like one of 0 ms, because this event has cancelled it', async () => {
    expect(await run(
      on({ go: (self) => self.keep().timeout('update', 'u') }), [5, 'go', 40], actions().timeout(20, 'first'),
    )).toEqual(['cast go in a', 'timeout u in a']);
  });

  it('SM-15 an absolute time is a reading of self.now(); one that has passed is due as soon as a timer can be', async () => {
    const decide = on({
      go: (self) => self.keep().stateTimeout({ at: self.now() + 20 }, 's'),
      past: (self) => self.keep().stateTimeout({ at: self.now() - 5 }, 'late'),
    });
    expect(await run(decide, ['go', 19, 'x', 2]))
      .toEqual(['cast go in a', 'cast x in a', 'stateTimeout s in a']);
    expect(await run(decide, ['past', 'ext', 5])).toEqual(
      ['cast past in a', 'cast ext in a', 'stateTimeout late in a'],
    );
  });

  it('SM-13 a timeout of 0 ms that is set again moves to the end, one that is cancelled in time never comes', async () => {
    const decide: Decide = (self, event) => {
      if (event.type === 'internal') return self.keep().stateTimeout(0, 's2').genericTimeout('h', 'cancel');
      return event.type === 'cast'
        ? self.keep().internal('i').stateTimeout(0, 's1').genericTimeout('g', 0, 1).genericTimeout('h', 0, 2)
        : undefined;
    };
    expect(await run(decide, ['go'])).toEqual(
      ['cast go in a', 'internal i in a', 'genericTimeout g:1 in a', 'stateTimeout s2 in a'],
    );
  });

  it('SM-10 SM-11 SM-12 timeouts die with the machine', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const log: string[] = [];
    const machine = startTraced(
      system, mode, log, (self, event) => (event.type === 'cast' ? self.stop() : undefined),
      { actions: actions().timeout(50).stateTimeout(60).genericTimeout('g', 70) },
    );
    await env.settle();
    machine.cast('tell', 'end');
    await env.advance(200);
    expect(log).toEqual(['enter a in a', 'cast end in a', 'terminate normal in a']);
  });

  it('SM-10 a due event timeout whose message waits behind another event is stale', async () => {
    const env = new VirtualEnv();
    const log: string[] = [];
    const machine = startTraced(
      testSystem({ env }), mode, log, on({ go: (self) => self.keep().timeout(10, 'e') }),
    );
    machine.cast('tell', 'go');
    await env.settle();
    machine.cast('tell', 'x');
    env.jump(20);
    await settleTurn();
    await env.settle();
    expect(log).toEqual(['enter a in a', 'cast go in a', 'cast x in a']);
  });
});
