import type { ProcessSelf } from '../../src/index.js';
import { defineStatem } from '../../src/behaviour/statem/public.js';
import type { Simulation } from '../../src/testing/index.js';
import { suite, type Suite } from './suite.js';

/** C11: what a change of state sets off comes in one order, whatever arrives meanwhile. */
async function transition(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const inserted = Array.from({ length: random.int(3) }, (_, i) => `i${i}`);
  const timer = random.pick(['none', 'event', 'state']);
  const log: string[] = [];
  const postponed: string[] = [];
  const note = (text: string): undefined => { log.push(text); };
  const Machine = defineStatem({
    name: 'machine',
    init: () => ({ state: 'a', data: {} }),
    states: {
      a: {
        calls: {
          go(self) {
            let then = self.next('b').reply('R');
            for (const content of inserted) then = then.internal(content);
            note('go');
            return timer === 'event'
              ? then.timeout(0, 'x')
              : timer === 'state' ? then.stateTimeout(0, 's') : then;
          },
        },
        casts: {
          later(self, text: string) {
            postponed.push(text);
            return self.keep().postpone();
          },
          now: (_self, text: string) => note(text),
        },
      },
      b: {
        enter: () => note('enter'),
        casts: { later: (_self, text: string) => note(text), now: (_self, text: string) => note(text) },
        internal: (_self, content) => note(String(content)),
        timeout: (_self, content) => note(String(content)),
        stateTimeout: (_self, content) => note(String(content)),
      },
    },
    common: { info: (_self, message) => note(String(message)) },
  });
  const machine = system.start(Machine);
  const sent: string[] = [];
  const say = (self: ProcessSelf): void => {
    const text = `m${sent.length}`;
    sent.push(text);
    switch (random.int(4)) {
      case 0: self.send(machine, text); return;
      case 1: self.cast(machine, 'now', text); return;
      default: self.cast(machine, 'later', text);
    }
  };
  const talker = async (self: ProcessSelf): Promise<void> => {
    for (let i = random.int(4); i > 0; i--) {
      say(self);
      if (random.chance(0.3)) await sim.sleep(random.int(3));
    }
  };
  for (let i = random.int(3); i > 0; i--) system.spawn(talker);
  let answer: unknown;
  system.spawn(async (self) => {
    await talker(self);
    const asked = self.call(machine, 'go');
    for (let i = random.int(3); i > 0; i--) say(self);
    answer = await asked;
  });
  await sim.sleep(50);
  const after = log.slice(log.indexOf('go') + 1);
  const inside = [...inserted, ...postponed];
  // An event timeout of 0 ms is cancelled by any event; without one it comes before the outside, as
  // a state timeout does.
  const due = timer === 'state' ? ['s'] : timer === 'event' && inside.length === 0 ? ['x'] : [];
  const expected = ['enter', ...inside, ...due];
  sim.equal(answer, 'R', 'the reply of the change arrives (SM-01)');
  sim.equal(
    after.slice(0, expected.length).join(), expected.join(),
    'enter call, inserted events, postponed events oldest first, timeouts of 0 ms, then the outside (SM-05, SM-08, SM-13)',
  );
  sim.equal(
    log.filter((text) => text.startsWith('m')).sort().join(), [...sent].sort().join(),
    'every event is handled once',
  );
  sim.equal(log.length, 1 + expected.length - postponed.length + sent.length, 'and nothing else happens');
  sim.sometimes(due[0] === 'x', 'an event timeout of 0 ms with nothing to cancel it');
  sim.sometimes(timer === 'event' && due.length === 0, 'an event timeout of 0 ms that is cancelled');
  sim.sometimes(
    after.length > expected.length && postponed.length > 1,
    'postponed events and events from outside behind them',
  );
}

export const transitionSuite: Suite =
  suite('transition', 'C11: the order of a change of state of a state machine', transition);
