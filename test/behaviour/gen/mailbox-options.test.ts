import { describe, expect, it, test } from 'vitest';
import { OptionError } from '../../../src/index.js';
import { Worker } from '../../support/mailbox.js';
import { testSystem } from '../../support/system.js';
import { log } from './note-log.js';

describe('the options of a mailbox', () => {
  test('a capacity of 0, a fraction and an unknown policy are errors that say the rule', () => {
    const system = testSystem();
    const { Log } = log();
    for (const mailbox of [
      { capacity: 0 }, { capacity: 1.5 }, { capacity: -1 }, { capacity: '5' },
      { overflow: 'suspend' }, { size: 5 },
    ]) {
      expect(() => system.start(Log, { mailbox } as never), JSON.stringify(mailbox)).toThrow(OptionError);
    }
    expect(() => system.start(Log, { mailbox: { capacity: 0 } })).toThrow(/unbounded/);
    expect(system.processes()).toEqual([]);
  });

  it('P9 an unknown option, or one that does not fit the others, is refused at the start', () => {
    const system = testSystem();
    const bad = (mailbox: unknown): unknown => {
      try {
        (system.start as (...args: unknown[]) => unknown)(Worker, [], { mailbox });
        return undefined;
      } catch (error) {
        return `${(error as { code: string }).code} ${(error as Error).message}`;
      }
    };
    for (const capacity of [0, -1, 1.5, 2 ** 53, '10', NaN, Infinity, null]) {
      expect(bad({ capacity })).toMatch(
        /^BAD_OPTION start\.mailbox\.capacity: got .*expected a whole number of messages from 1/,
      );
    }
    for (const capacityBytes of [0, -1, 0.5, 2 ** 53, '1']) {
      expect(bad({ capacityBytes })).toMatch(
        /^BAD_OPTION start\.mailbox\.capacityBytes: got .*expected a whole number of bytes from 1/,
      );
    }
    expect(bad({ capacity: 1, overflow: 'drop' })).toBe(
      "BAD_OPTION start.mailbox.overflow: got 'drop', expected 'reject', 'drop-newest', 'drop-oldest' or 'suspend'",
    );
    expect(bad({ overflow: 'suspend' })).toMatch(
      /^BAD_COMBINATION mailbox\.overflow: got 'suspend', expected a mailbox with a bound/,
    );
    expect(bad({ capacity: 10, highWater: 8, lowWater: 8 })).toMatch(
      /^BAD_OPTION mailbox\.lowWater: got 8, expected a number below highWater, which is 8/,
    );
    expect(bad({ capacity: 10, highWater: 11 })).toMatch(
      /^BAD_OPTION mailbox\.highWater: got 11, expected at most the capacity, which is 10/,
    );
    expect(bad({ capacity: 10, reserve: -1 })).toMatch(
      /^BAD_OPTION start\.mailbox\.reserve: got -1, expected a whole number of critical messages from 0/,
    );
    expect(bad({ capacityBytes: 10, reserve: 1 })).toMatch(
      /^BAD_COMBINATION mailbox\.reserve: got 1, expected a capacity beside it/,
    );
    expect(bad({ capacity: 10, lowWater: 1 })).toMatch(/^BAD_COMBINATION mailbox\.lowWater/);
    expect(bad({ capacity: 10, sizeOf: () => 1 })).toMatch(/^BAD_COMBINATION mailbox\.sizeOf/);
    expect(bad({ capacityBytes: 10, sizeOf: 4 })).toMatch(/^BAD_OPTION start\.mailbox\.sizeOf/);
    for (const lanes of ['fair', { ageEvery: 0 }, { ageEvery: 1.5 }, {}]) {
      expect(bad({ lanes })).toMatch(/^BAD_OPTION start\.mailbox\.lanes/);
    }
    expect(bad({ size: 1 })).toMatch(
      /^UNKNOWN_OPTION start\.mailbox\.size: got 1, expected no such option; did you mean sizeOf\? known options: capacity, reserve, capacityBytes/,
    );
    expect(bad(7)).toMatch(/^BAD_OPTION start\.mailbox: got 7/);
    expect(system.stats().processes).toBe(0);
  });
});
