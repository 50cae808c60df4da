import fc from 'fast-check';

/**
 * What a scenario is decoded from: numbers that every choice is read off. A number too few reads as
 * 0, and every choice has its simplest case at 0, so fast-check's shrinking (fewer numbers, smaller
 * numbers) makes simpler scenarios that are still sound ones.
 */
export interface Tape {
  readonly setup: readonly number[];
  readonly steps: readonly (readonly number[])[];
}

const NUMBER_MAX = 9_999;

/** `width`: how many numbers a step is decoded from, at most. */
export function tapes(stepsMax: number, width: number): fc.Arbitrary<Tape> {
  return fc.record({
    setup: fc.array(fc.nat(NUMBER_MAX), { minLength: 4, maxLength: 20 + width, size: 'max' }),
    steps: fc.array(
      fc.array(fc.nat(NUMBER_MAX), { minLength: width - 2, maxLength: width, size: 'max' }),
      { minLength: 1, maxLength: stepsMax, size: 'max' },
    ),
  });
}

/** Reads choices off a row of numbers. */
export class Draw {
  private at = 0;
  constructor(private readonly numbers: readonly number[]) {}

  /** 0 to `size` - 1 */
  below(size: number): number {
    return (this.numbers[this.at++] ?? 0) % size;
  }

  between(min: number, max: number): number {
    return min + this.below(max - min + 1);
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }

  /** one time in `of`; never at the end of the tape */
  rarely(of: number): boolean {
    return this.below(of) === of - 1;
  }

  /** by weight: `weighted([['link', 4], ['exit', 1]])` */
  weighted<T>(choices: readonly (readonly [T, number])[]): T {
    let left = this.below(choices.reduce((sum, [, weight]) => sum + weight, 0));
    for (const [choice, weight] of choices) {
      if (left < weight) return choice;
      left -= weight;
    }
    throw new Error('no choice');
  }
}
