import { describe, expect, it } from 'vitest';
import { fieldOf, isA } from '../../../src/base/text/foreign.js';
import { CallError, child, defineAgent, isCalleeFailure, retry, StartError } from '../../../src/index.js';
import { settleTurn, testSystem } from '../../support/system.js';
import { hostileValues } from '../hostile.js';

const trap = (): never => {
  throw new Error('trap');
};
/** What tells that it is an error, also one of ours, and then does not let itself be read. */
const liars = {
  'an error that hides its fields': new Proxy(new Error('hidden'), { get: trap, has: trap }),
  'a CallError that hides its code': new Proxy(new CallError('TIMEOUT', { target: 'a', op: 'b' }), {
    get: trap,
  }),
  'a StartError that hides its reason': new Proxy(new StartError('A', 'b'), { get: trap }),
};
const hostile: Record<string, unknown> = { ...hostileValues(), ...liars };

const Member = defineAgent({ calls: { ask: () => new Promise<never>(() => undefined) } });

describe('P17 a foreign value is looked at with care', () => {
  it('one of its fields, and what it is, without a throw', () => {
    for (const value of Object.values(hostile)) {
      expect(() => [fieldOf(value, 'code'), isA(value, CallError)]).not.toThrow();
    }
    expect([
      fieldOf({ a: 1 }, 'a'), fieldOf(undefined, 'a'), fieldOf(null, 'a'),
      fieldOf('text', 'length'),
    ]).toEqual(
      [1, undefined, undefined, 4],
    );
    expect(isA(new StartError('A', 1), StartError)).toBe(true);
  });

  for (const [name, value] of Object.entries(hostile)) {
    it(`${name}: thrown in a limit, a breaker and a retry it arrives as it is`, async () => {
      const system = testSystem();
      const thrown = async (promise: Promise<unknown>): Promise<boolean> =>
        promise.then(() => false, (error: unknown) => Object.is(error, value));
      const fail = (): never => { throw value; };
      expect(await thrown(system.limit('l', { concurrency: 1 }).run(fail))).toBe(true);
      expect(await thrown(system.breaker('b').run(fail))).toBe(true);
      expect(await thrown(retry(fail, { attemptsMax: 2, backoff: { baseMs: 0 } }))).toBe(true);
      expect(system.breaker('b').stats()).toMatchObject({ failures: 1, running: 0 });
      expect(() => isCalleeFailure(value, new AbortController().signal)).not.toThrow();
      expect(() => isCalleeFailure(value, AbortSignal.abort(value))).not.toThrow();
    });

    it(`${name}: thrown by an init it is why a child did not start`, async () => {
      const system = testSystem();
      const Bad = defineAgent({ name: 'Bad', init(): object { throw value; } });
      const top = await system.supervise({ children: [] });
      const error: unknown = await top.startChild(child('bad', Bad)).then(
        () => undefined, (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({ code: 'REFUSED', refusal: 'start_failed' });
      const { reason } = (error as { details: { reason: unknown } }).details;
      expect(fieldOf(reason, 'message')).not.toBe('trap');
    });

    it(`${name}: the reason of an abort reaches who calls a balanced agent`, async () => {
      const system = testSystem();
      const team = system.balance(Member, {
        members: [system.start(Member)], strategy: 'fastest', name: 'team',
      });
      const controller = new AbortController();
      const call = team.call('ask', undefined, { signal: controller.signal }).then(
        () => false, (error: unknown) => value === undefined || Object.is(error, value),
      );
      await settleTurn();
      controller.abort(value);
      expect(await call).toBe(true);
    });
  }
});
