import { describe, expect, it } from 'vitest';
import {
  defineStatem, defineStatemHandler, operation,
} from '../../../src/behaviour/statem/public.js';
import { settleTurn, testSystem } from '../../support/system.js';

describe('modules of a machine', () => {
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
});
