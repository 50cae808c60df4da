import { describe, expect, it } from 'vitest';
import { defineStatem } from '../../../src/behaviour/statem/public.js';
import { Recorder, settleTurn, testSystem } from '../../support/system.js';
import { startFailure } from '../help.js';

describe('the callback of an event', () => {
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
});
