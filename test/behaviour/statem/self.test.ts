import { describe, expect, it } from 'vitest';
import {
  actions, defineStatem, defineStatemHandler, operation,
} from '../../../src/behaviour/statem/public.js';
import { testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { startFailure } from '../help.js';

describe('what init of a machine returns', () => {
  const machine = (made: unknown) =>
    defineStatem({ init: () => made as { state: 'a'; data: number }, states: { a: {} } });

  it.each([
    [undefined], [null], ['a'], [{}], [{ state: 'a' }], [{ data: 0 }], [[]],
    [{ state: 'a', data: 0, actions: null }],
    [{ state: 'a', data: 0, actions: {} }], [{ state: 'a', data: 0, actions: [] }],
  ])('SM-27 %j fails the start, and says what is returned there', async (made) => {
    const system = testSystem();
    expect(await startFailure(() => system.start(machine(made)))).toMatchObject({
      code: 'BAD_RETURN_VALUE', message: expect.stringContaining('returns { state, data, actions? }') as string,
    });
    expect(system.processes()).toEqual([]);
  });

  it('SM-27 state and data may be anything, undefined as well', async () => {
    const system = testSystem();
    const M = defineStatemHandler({
      init: () => ({ state: undefined, data: undefined }),
      calls: { look: operation<void>().replies<unknown>() },
      handle: (self) => self.keep().reply([self.state, self.data]),
    });
    expect(await system.start(M).call('look')).toEqual([undefined, undefined]);
  });

  it('SM-27 actions of another move than to keep are refused: there is no state to leave yet', async () => {
    const system = testSystem();
    let leaves: unknown;
    const Other = defineStatem({
      init: () => ({ state: 'a', data: 0 }),
      states: { a: { casts: { go(self) { leaves = self.next('a'); } } } },
    });
    system.start(Other).cast('go');
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect(await startFailure(() => system.start(machine({ state: 'a', data: 0, actions: leaves }))))
      .toMatchObject({ code: 'BAD_RETURN_VALUE' });
    expect(system.start(machine({ state: 'a', data: 0, actions: actions() })).pid).toBeDefined();
  });
});

describe('the self of a machine', () => {
  it('now is the clock that absolute timeouts are read against', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const log: number[] = [];
    const M = defineStatem({
      init: () => ({ state: 'a', data: 0 }),
      states: {
        a: {
          casts: { go: (self) => self.keep().stateTimeout({ at: self.now() + 10 }) },
          stateTimeout(self) { log.push(self.now()); },
        },
      },
    });
    const begun = env.mono();
    system.start(M).cast('go');
    await env.advance(9);
    expect(log).toEqual([]);
    await env.advance(1);
    expect(log).toEqual([begun + 10]);
  });

  it('a stop outside of every handler ends the machine by a message of its own', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    let later: () => unknown = () => undefined;
    const M = defineStatem({
      init: () => ({ state: 'a', data: 0 }),
      states: { a: { casts: { arm(self) { later = () => self.stop('from a timer'); } } } },
    });
    const machine = system.start(M);
    const { down } = system.monitor(machine.pid ?? '');
    machine.cast('arm');
    await env.settle();
    later();
    await env.settle();
    expect((await down).reason).toBe('from a timer');
    expect(() => later(), 'once more, by one that has ended: nothing').not.toThrow();
    expect(system.stats().processes).toBe(0);
  });

  it('SM-18 terminate sees state and data of the last transition, not what the handler that crashed made of them', async () => {
    const system = testSystem();
    const seen: unknown[] = [];
    const M = defineStatem({
      init: () => ({ state: 'a', data: { n: 0 } }),
      states: {
        a: { casts: {
          set(self) { self.data = { n: 1 }; return self.next('b'); },
        } },
        b: { casts: { crash(self) { self.data = { n: 2 }; throw new Error('boom'); } } },
      },
      terminate(self) { seen.push(self.state, self.data); },
    });
    const machine = system.start(M);
    const { down } = system.monitor(machine.pid ?? '');
    machine.cast('set');
    machine.cast('crash');
    await down;
    expect(seen).toEqual(['b', { n: 1 }]);
  });
});
