import { describe, expect, it, test } from 'vitest';
import {
  Aborted, checkKeys, checkSignal, laneOnly, splitArgs, throwIfFired,
} from '../../../src/behaviour/gen/options.js';
import { defineAgent, OptionError } from '../../../src/index.js';
import { Rank } from '../../../src/mailbox/index.js';
import { testSystem } from '../../support/system.js';

test('GS-32 options that cannot be read are refused and counted, never thrown, also for a lane alone', () => {
  const system = testSystem();
  const ref = system.start(defineAgent({ casts: { note: () => undefined } })) as unknown as { cast(
    op: string, payload: unknown, options: unknown,
  ): void; stats(): { mailbox: { sent: number } } };
  const hostile = new Proxy({}, { ownKeys() { throw new Error('no keys'); } });
  for (const options of [
    null, 7, 'high', { lane: 'top' }, { lane: 'high', what: 1 },
    { get lane(): string { throw new Error('no'); } }, hostile,
  ]) ref.cast('note', 1, options);
  for (const lane of ['low', 'normal', 'high', 'critical']) ref.cast('note', 1, { lane });
  ref.cast('note', 1, Object.create({ lane: 'low' }));
  expect(system.stats()).toMatchObject({ rejected: 7, queued: 5 });
});

describe('the arguments of a start', () => {
  it('end with options when there are more than init declares and the last is a plain object', () => {
    const options = { name: 'x' };
    expect(splitArgs([], 0)).toEqual({ init: [], options: undefined });
    expect(splitArgs([options], 0)).toEqual({ init: [], options });
    expect(splitArgs([options], 1), 'it is what init declares').toEqual({ init: [options], options: undefined });
    expect(splitArgs([1, options], 1)).toEqual({ init: [1], options });
    expect(splitArgs([1, Object.create(null)], 1)).toEqual({ init: [1], options: {} });
    for (const last of [new Map(), [], null, 7, new (class Options {})()]) {
      expect(splitArgs([1, last], 1), 'no plain object').toEqual({ init: [1, last], options: undefined });
    }
  });
});

describe('options of a cast that ask for a lane and nothing else', () => {
  it('are read without a copy: any other key, and what is no lane, goes the longer way', () => {
    expect((['low', 'normal', 'high', 'critical'] as const).map((lane) => laneOnly({ lane })))
      .toEqual([Rank.Low, Rank.Normal, Rank.High, Rank.Critical]);
    for (const options of [
      {}, { lane: undefined }, { lane: 'top' }, { lane: 'high', expiresInMs: 1 }, { coalesce: 'k' },
      Object.assign(Object.create({ inherited: 1 }) as object, { lane: 'high' }),
    ]) expect(laneOnly(options)).toBe(-1);
  });

  it('that throw when they are looked at are left to the road that refuses them', () => {
    expect(laneOnly({ get lane(): string { throw new Error('no'); } })).toBe(-1);
    expect(laneOnly(new Proxy({}, { ownKeys() { throw new Error('no'); } }))).toBe(-1);
  });
});

describe('keys that are no options', () => {
  it('are refused with the verb, the nearest known one, and its neighbours', () => {
    expect(() => checkKeys('cast', { prioritty: 'high' }, ['priority', 'expiresInMs'])).toThrow(
      /^cast\.prioritty: got 'high', expected no such option; did you mean priority\? known options: priority, expiresInMs/,
    );
    for (const options of [null, 7, 'high']) {
      expect(() => checkKeys('put', options as never, ['priority'])).toThrow(/^put options: got .*expected an object/);
    }
    expect(() => checkKeys('cast', Object.create({ priority: 1 }) as object, [])).not.toThrow();
  });

  it('of a guarantee, given to a call without one, say that a guarantee is missing', async () => {
    const system = testSystem();
    const ref = system.start(defineAgent({ calls: { get: () => 1 } }));
    for (const key of ['attemptsMax', 'ackTimeoutMs', 'backoff', 'onError', 'key', 'order']) {
      await expect(ref.call('get', undefined, { [key]: 1 })).rejects.toMatchObject({
        code: 'UNKNOWN_OPTION', option: `call.${key}`,
        message: expect.stringContaining("guarantee: 'at-least-once'") as string,
      });
    }
    await expect(ref.call('get', undefined, { retries: 1 } as never)).rejects.toMatchObject({ option: 'call.retries' });
    expect(system.stats()).toMatchObject({ rejected: 7, handled: 0 });
  });

  it('are refused by put and stream as well, with what these take', async () => {
    const system = testSystem();
    const ref = system.start(defineAgent({ calls: { async *items() { yield 1; } }, casts: { note: () => undefined } }));
    await expect(ref.put('note', undefined, { skipAbandoned: true } as never)).rejects.toMatchObject(
      { code: 'UNKNOWN_OPTION', option: 'put.skipAbandoned' },
    );
    for (const options of [{ priority: 'high' }, { timeoutMs: -1 }, { timeoutMs: 1.5 }, { signal: {} }]) {
      expect(() => ref.stream('items', undefined, options as never), JSON.stringify(options)).toThrow(OptionError);
    }
  });
});

describe('a fired signal', () => {
  it('is carried through a throw with its reason, whatever that is', () => {
    for (const reason of [undefined, null, 'enough', new Error('x')]) {
      let thrown: unknown;
      try { throwIfFired(AbortSignal.abort(reason)); } catch (error) { thrown = error; }
      expect(thrown).toBeInstanceOf(Aborted);
      if (reason !== undefined) expect((thrown as Aborted).reason).toBe(reason);
      else expect((thrown as Aborted).reason).toBeInstanceOf(DOMException);
    }
    expect(throwIfFired(undefined)).toBeUndefined();
    expect(throwIfFired(new AbortController().signal)).toBeUndefined();
  });

  it.each([null, {}, 7, 'signal'])('is no %j', (signal) => {
    expect(() => checkSignal('call', signal as never)).toThrow(/^call\.signal: got .*expected an AbortSignal/);
  });
});
