// Two ways to do the same in one program, in turns: what the machine does meanwhile happens to both.
import { ownMs } from './clock.js';

export const median = (figures: readonly number[]): number => (
  [...figures].sort((a, b) => a - b)[figures.length >> 1] as number
);

/** Does something `times` times, the first time as number `from`. */
export type Block = (from: number, times: number) => Promise<void>;

/**
 * How many times `ours` takes as much processor time as `theirs`, by the medians of their blocks;
 * each is done `size` times, in blocks of so many, and who begins changes from block to block.
 */
export async function timesAsLong(size: number, block: number, ours: Block, theirs: Block): Promise<number> {
  const both = [ours, theirs] as const;
  const times: [number[], number[]] = [[], []];
  for (let done = 0, round = 0; done < size; done += block, round++) {
    for (const which of round % 2 === 0 ? [0, 1] as const : [1, 0] as const) {
      const began = ownMs();
      await both[which](done, Math.min(block, size - done));
      times[which].push(ownMs() - began);
    }
  }
  return median(times[0]) / median(times[1]);
}
