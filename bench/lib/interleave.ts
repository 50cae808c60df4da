import type { Contestant } from './contestant.js';
import type { Plan } from './metric.js';

/** What is asked of a contestant. */
export type Measured = Pick<Contestant, 'measure' | 'stop'>;

/**
 * Measures all contestants in alternation, so that whatever the machine does meanwhile happens to
 * all of them. The one that begins changes from round to round. Returns the measured figures of
 * each, without the warm-ups.
 */
export async function interleave(
  metric: string, plan: Plan, contestants: readonly Measured[],
): Promise<number[][]> {
  const figures: number[][] = contestants.map(() => []);
  for (let round = 0; round < plan.warmups + plan.runs; round++) {
    for (let turn = 0; turn < contestants.length; turn++) {
      const index = (turn + round) % contestants.length;
      const figure = await contestants[index]!.measure(metric, plan.size);
      if (round >= plan.warmups) figures[index]!.push(figure);
    }
  }
  return figures;
}

/** Stops them all, also after a failure. */
export async function withContestants<T, const C extends readonly Measured[]>(
  contestants: C,
  body: (contestants: C) => Promise<T>,
): Promise<T> {
  try {
    return await body(contestants);
  } finally {
    await Promise.all(contestants.map((contestant) => contestant.stop()));
  }
}
