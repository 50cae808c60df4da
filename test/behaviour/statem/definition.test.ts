import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { OptionError } from '../../../src/index.js';
import {
  actions, defineStatem, defineStatemHandler,
} from '../../../src/behaviour/statem/public.js';
import { rejection } from '../help.js';

describe('the definition of a state machine', () => {
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
    expect(bad(() => defineStatem({ init, states: { a: { zork: 1 } as never } })))
      .toBe('defineStatem.states.a.zork');
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
