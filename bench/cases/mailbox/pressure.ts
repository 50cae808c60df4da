import type { Case, Castcall, Run } from '../../lib/case.js';
import type { MailboxOptions } from '../../../src/index.js';
import { nextTurn, nowMs } from '../../lib/clock.js';
import { expectCount, withSystem } from '../../lib/system.js';
import { laneOptions } from '../../lib/older.js';
import { defineCounter } from '../counter.js';

const BURST = 1_000;
const BLOCKS = 100;

interface Counting {
  cast(op: 'add', payload?: undefined, options?: { readonly lane: 'high' }): void;
  call(op: 'count', payload: undefined, options: { readonly timeoutMs: 'infinity' }): Promise<number>;
}

/** The middle of ever so many times, in ms. */
const median = (times: readonly number[]): number => [...times]
  .sort((a, b) => a - b)[times.length >> 1] as number;

/**
 * How much longer bursts of casts take than plain ones, in percent; both in turns, so that they
 * share the machine's moods.
 */
function slower(library: Castcall, mailbox: MailboxOptions, send: (ref: Counting) => void): Run {
  const Counter = defineCounter(library);
  return (size) => withSystem(library, async (system) => {
    const plain: Counting = system.start(Counter);
    const other: Counting = system.start(Counter, { mailbox });
    const block = Math.floor(size / BLOCKS / BURST) * BURST;
    const plainTimes: number[] = [];
    const otherTimes: number[] = [];
    for (let turn = 0; turn < BLOCKS * 2; turn++) {
      const which = (turn + (turn >> 1)) & 1; // who begins changes
      const began = nowMs();
      for (let sent = 1; sent <= block; sent++) {
        if (which === 0) plain.cast('add');
        else send(other);
        if (sent % BURST === 0) await nextTurn();
      }
      (which === 0 ? plainTimes : otherTimes).push(nowMs() - began);
    }
    for (const ref of [plain, other]) {
      expectCount(
        'casts handled', await ref.call('count', undefined, { timeoutMs: 'infinity' }),
        block * BLOCKS,
      );
    }
    return 100 * (median(otherTimes) / median(plainTimes) - 1);
  });
}

/** Casts to a mailbox with a bound that is not reached. */
export const boundedCast: Case =
  (library) => slower(library, { capacity: 100_000, overflow: 'suspend' }, (ref) => ref.cast('add'));

/** Casts into another lane. */
export const laneCast: Case = (library) => {
  const high = laneOptions(library, 'high');
  return slower(library, {}, (ref) => ref.cast('add', undefined, high));
};
