import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineAgent, on } from '../../../src/index.js';
import { runtimeOf } from '../../../src/behaviour/gen/index.js';
import type { Op } from '../../../src/mailbox/message/index.js';
import { UpcastError } from '../../../src/process/public.js';
import { testSystem } from '../../support/system.js';

const schema = z.object({ amount: z.number(), currency: z.string() });
type Old = { readonly amount?: number; readonly cents?: number };

/** Version 1 had whole units, version 2 cents, both without a currency. */
const upcast = (old: Old, from: number): unknown => {
  if (old.cents === 13) throw new RangeError('unlucky');
  return { amount: from === 1 ? old.amount : (old.cents ?? NaN) / 100, currency: 'EUR' };
};
const Bank = defineAgent({
  init: () => ({ sum: 0 }),
  calls: {
    add: { schema, version: 3, upcast, handle: (self, { amount }) => (self.state.sum += amount) },
    same: on(z.number(), (_self, n) => n, { version: 2, upcast: (old) => Number(old) }),
    plain: (_self, n: number) => n,
  },
  casts: { note: { version: 2, upcast: (old) => [old], handle(_self, _texts: string[]) { /* nothing */ } } },
  allow: (_from, op) => op !== 'never',
});

const op = (name: string): Op => {
  const { calls, casts } = runtimeOf(Bank);
  return (calls.get(name) ?? casts.get(name)) as Op;
};
const thrown = (run: () => unknown): UpcastError => {
  try { run(); } catch (error) { return error as UpcastError; }
  throw new Error('nothing was thrown');
};

describe('a payload of an older version', () => {
  test('is what its upcast makes of it, checked by the schema; that of today is as it is', () => {
    expect([op('add').version, op('same').version, op('plain').version, op('note').version]).toEqual([3, 2, 1, 2]);
    expect(op('add').upcast({ amount: 7 }, 1)).toEqual({ amount: 7, currency: 'EUR' });
    expect(op('add').upcast({ cents: 250 }, 2)).toEqual({ amount: 2.5, currency: 'EUR' });
    const today = { amount: 1, currency: 'USD' };
    expect(op('add').upcast(today, 3)).toBe(today);
    expect(op('plain').upcast(today, 1)).toBe(today);
    expect(op('same').upcast('12', 1)).toBe(12);
    expect(op('note').upcast('x', 1), 'without a schema as it was made').toEqual(['x']);
  });

  test('that upcast does not understand is UPCAST_FAILED, with the cause', () => {
    const thrower = thrown(() => op('add').upcast({ cents: 13 }, 2));
    expect(thrower).toBeInstanceOf(UpcastError);
    expect(thrower).toMatchObject({ code: 'UPCAST_FAILED', op: 'add', from: 2, version: 3 });
    expect(thrower.cause).toEqual(new RangeError('unlucky'));
    const misfit = thrown(() => op('add').upcast({}, 1));
    expect(misfit).toMatchObject({ code: 'UPCAST_FAILED', cause: { code: 'INVALID_PAYLOAD' } });
    const Later = defineAgent({ casts: { go: { version: 2, upcast: async () => 1, handle: () => undefined } } });
    const go = runtimeOf(Later).casts.get('go') as Op;
    expect(thrown(() => go.upcast(1, 1))).toMatchObject({ code: 'UPCAST_FAILED', cause: { code: 'ASYNC_CALLBACK' } });
    const Wild = defineAgent({ casts: { go: { version: 2, upcast: () => { throw null; }, handle: () => undefined } } });
    expect(thrown(() => (runtimeOf(Wild).casts.get('go') as Op).upcast(1, 1)).code).toBe('UPCAST_FAILED');
  });

  test('that is newer than the definition, or none at all, is VERSION_UNKNOWN', () => {
    for (const from of [4, 0, -1, 1.5, NaN]) {
      expect(thrown(() => op('add').upcast({}, from)), String(from)).toMatchObject({ code: 'VERSION_UNKNOWN', from });
    }
    expect(thrown(() => op('plain').upcast(1, 2)).message)
      .toBe("a message of 'plain' has payload version 2, the definition has 1: it is of a newer program; run that one");
  });

  test('misuse is told at the definition', () => {
    const code = (entry: object): unknown => {
      try {
        defineAgent({ casts: { go: { handle: () => undefined, ...entry } } });
      } catch (error) {
        return (error as { code?: unknown }).code;
      }
      return 'done';
    };
    for (const version of [0, -1, 1.5, NaN, '2', null]) {
      expect(code({ version, upcast }), String(version)).toBe('BAD_OPTION');
    }
    expect(code({ version: 2, upcast: 'old' })).toBe('BAD_OPTION');
    expect(code({ upcast })).toBe('BAD_COMBINATION');
    expect(code({ version: 1, upcast })).toBe('BAD_COMBINATION');
    expect(code({ version: 2 })).toBe('BAD_COMBINATION');
    expect(code({ version: 1 })).toBe('done');
    expect(code({ versoin: 2 })).toBe('UNKNOWN_OPTION');
  });

  test('messages in memory are of today: upcast is never called for them', async () => {
    const bank = testSystem().start(Bank);
    expect(await bank.call('add', { amount: 2, currency: 'EUR' })).toBe(2);
    expect(await bank.call('same', 4)).toBe(4);
    const receipt = await bank.deliver('add', { amount: 3, currency: 'EUR' });
    expect(await receipt.settled).toMatchObject({ kind: 'handled', reply: 5 });
  });
});
