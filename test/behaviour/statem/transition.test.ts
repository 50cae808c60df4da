import { describe, expect, it } from 'vitest';
import { Down, Exit } from '../../../src/index.js';
import { defineStatem } from '../../../src/behaviour/statem/public.js';
import { settleTurn, testSystem } from '../../support/system.js';

describe('states and modules', () => {

  it('SM-22 hibernate gives storage back only when no event is queued', async () => {
    const system = testSystem();
    const heads: boolean[] = [];
    const Sleeper = defineStatem({
      init: () => ({ state: 's', data: 0 }),
      states: { s: { casts: { sleep: (self) => self.keep().hibernate(), stay: (self) => self.keep() } } },
    });
    const machine = system.start(Sleeper);
    const storage = (): unknown =>
      (machine as unknown as { addr: { mailbox: { head: unknown } } }).addr.mailbox.head;
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
});
