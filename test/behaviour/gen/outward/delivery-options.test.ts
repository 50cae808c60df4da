import { describe, expect, it } from 'vitest';
import {
  keyOf, readDeliver as read, STANDARD, type Terms, termsOf,
} from '../../../../src/behaviour/gen/outward/delivery-options.js';
import { type DeliverOptions, OptionError } from '../../../../src/index.js';
import { Rank } from '../../../../src/mailbox/index.js';

const readDeliver = (where: string, given: DeliverOptions, base: Terms): ReturnType<typeof read> =>
  read(where, given, base, () => 0);

/** The option that is refused, and the rule it breaks. */
function refused(given: object): string {
  try {
    termsOf('deliver', given, STANDARD);
  } catch (error) {
    expect(error).toBeInstanceOf(OptionError);
    return (error as OptionError).message;
  }
  throw new Error(`accepted: ${JSON.stringify(given)}`);
}

describe('the terms of a delivery', () => {
  it('are the standard ones where nothing is asked for', () => {
    expect(termsOf('deliver', {}, STANDARD)).toEqual({
      guarantee: 'at-least-once', attemptsMax: 5, ackTimeoutMs: -1, expiresInMs: 300_000, rank: Rank.Normal,
      backoff: { baseMs: 100, factor: 2, maxMs: 30_000, jitter: 0.5 }, onError: null,
    });
  });

  it('lie over those of the definition, option by option, also within the back-off', () => {
    const own = termsOf(
      'defineAgent.delivery', { attemptsMax: 2, backoff: { baseMs: 10, jitter: 0 } }, STANDARD,
    );
    expect(own.backoff).toEqual({ baseMs: 10, factor: 2, maxMs: 30_000, jitter: 0 });
    const one = termsOf('deliver', { lane: 'critical', backoff: { factor: 3 } }, own);
    expect(one).toMatchObject({
      attemptsMax: 2, rank: Rank.Critical, backoff: { baseMs: 10, factor: 3, jitter: 0 },
    });
    expect(own.backoff.factor, 'the terms below stay as they are').toBe(2);
  });

  it('a back-off that begins above the standard maximum never shrinks: its maximum goes along', () => {
    expect(termsOf('deliver', { backoff: { baseMs: 60_000 } }, STANDARD).backoff.maxMs).toBe(60_000);
    expect(
      termsOf('deliver', { backoff: { baseMs: 60_000, maxMs: 90_000 } }, STANDARD).backoff.maxMs,
    ).toBe(90_000);
  });

  it.each<[object, string | RegExp]>([
    [{ guarantee: 'twice' }, /^deliver\.guarantee: .*one of at-most-once, at-least-once, exactly-once/],
    [{ attemptsMax: 0 }, /^deliver\.attemptsMax: got 0.*a message that may never be handled need not be sent/],
    [{ attemptsMax: 1.5 }, /^deliver\.attemptsMax: got 1\.5.*from 1 to 1,000,000/],
    [{ attemptsMax: 1_000_001 }, /^deliver\.attemptsMax/],
    [{ attemptsMax: '5' }, /^deliver\.attemptsMax: got '5'/],
    [{ ackTimeoutMs: 0 }, /^deliver\.ackTimeoutMs: got 0/],
    [{ expiresInMs: 0 }, /^deliver\.expiresInMs: got 0/],
    [{ expiresInMs: NaN }, /^deliver\.expiresInMs/],
    [{ lane: 'top' }, /^deliver\.lane/],
    [{ onError: 'retry' }, /^deliver\.onError: got 'retry'.*a function from the error/],
    [{ backoff: { maxMs: 99 } }, /^deliver\.backoff\.maxMs: got 99, expected at least baseMs \(100\)/],
    [{ backoff: { factor: 0.5 } }, /^deliver\.backoff\.factor: got 0\.5, expected a finite number from 1/],
    [{ backoff: { factor: Infinity } }, /^deliver\.backoff\.factor/],
    [{ backoff: { jitter: 1.1 } }, /^deliver\.backoff\.jitter: got 1\.1, expected a number from 0 to 1/],
    [{ backoff: { jitter: NaN } }, /^deliver\.backoff\.jitter/],
    [{ backoff: { base: 1 } }, /^deliver\.backoff\.base: got 1.*did you mean baseMs/],
    [{ key: 'k' }, /^deliver\.key: got 'k', expected no such option/],
  ])('%j is refused where it enters', (given, message) => {
    expect(refused(given)).toMatch(message);
  });

  it('the bounds themselves are fine', () => {
    for (const given of [
      { attemptsMax: 1 }, { attemptsMax: 1_000_000 }, { ackTimeoutMs: 1 }, { expiresInMs: 1 },
      { backoff: { baseMs: 0, maxMs: 0, factor: 1, jitter: 0 } }, { backoff: { jitter: 1 } },
    ]) expect(termsOf('deliver', given, STANDARD), JSON.stringify(given)).toMatchObject(given);
  });
});

describe('a key', () => {
  it('has 1 to 1,024 bytes, counted as UTF-8 whatever its characters are', () => {
    for (const key of ['a', 'a'.repeat(1_024), 'é'.repeat(512), '€'.repeat(341), '𝄞'.repeat(256)]) {
      expect(keyOf('deliver.key', key)).toBe(key);
    }
    for (const [key, bytes] of [
      ['a'.repeat(1_025), 1_025], ['é'.repeat(513), 1_026], ['€'.repeat(342), 1_026], ['𝄞'.repeat(257), 1_028],
    ] as const) {
      expect(() => keyOf('deliver.key', key))
        .toThrow(`deliver.key: got '${bytes} bytes', expected a text of 1 to 1,024 bytes`);
    }
  });

  it.each(['', 7, null, undefined, {}])('is not %j', (key) => {
    expect(() => keyOf('deliver.order', key)).toThrow(/^deliver\.order: got/);
  });
});

describe('the options of one delivery', () => {
  it('make no terms of their own when they ask for a guarantee, a key or an order only', () => {
    expect(readDeliver('deliver', {}, STANDARD).terms).toBe(STANDARD);
    expect(readDeliver('deliver', { guarantee: 'at-least-once', order: 'o' }, STANDARD)).toEqual(
      {
        terms: STANDARD, key: null, order: 'o', delayMs: 0, coalesce: null, mode: null, headers: null,
        durable: undefined,
      },
    );
    const { terms } = readDeliver('deliver', { guarantee: 'exactly-once', key: 'a' }, STANDARD);
    expect(terms).toEqual({ ...STANDARD, guarantee: 'exactly-once' });
    for (const guarantee of ['at-most-once', 'exactly-once'] as const) {
      const [one, other] = [1, 2].map(() => readDeliver('deliver', { guarantee }, STANDARD).terms);
      expect(one, guarantee).toBe(other);
    }
    expect(readDeliver('deliver', { guarantee: 'exactly-once', key: 'b' }, STANDARD).terms).toBe(terms);
  });

  it('a key asks for exactly-once, and says what to do instead', () => {
    for (const guarantee of ['at-most-once', 'at-least-once', undefined] as const) {
      expect(() => readDeliver(
        'deliver', guarantee === undefined ? { key: 'k' } : { key: 'k', guarantee }, STANDARD,
      ))
        .toThrow(/^deliver\.key: .*guarantee: 'exactly-once', or use order/);
    }
    const once = termsOf('defineAgent.delivery', { guarantee: 'exactly-once' }, STANDARD);
    expect(readDeliver('deliver', { key: 'k', attemptsMax: 1 }, once))
      .toMatchObject({ key: 'k', terms: { attemptsMax: 1 } });
  });

  it.each([null, 7, 'at-most-once'])('are not %j', (options) => {
    expect(() => readDeliver('deliver', options as never, STANDARD))
      .toThrow(/^deliver options: got .*expected an object/);
  });
});
