import type { Metric } from './metric.js';

export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function summarize(figures: readonly number[]): Summary {
  const sorted = [...figures].sort((a, b) => a - b);
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (min === undefined || max === undefined) throw new Error('no figures to summarize');
  const middle = (sorted.length - 1) / 2;
  const median = (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
  return { median: rounded(median), min: rounded(min), max: rounded(max) };
}

/** How many times better `ours` is, whatever better means for the metric: above 1 we win. */
export function ratioOf(metric: Metric, ours: Summary, theirs: Summary): number {
  const ratio = metric.better === 'higher' ? ours.median / theirs.median : theirs.median / ours.median;
  return rounded(ratio);
}

export function rangesOverlap(a: Summary, b: Summary): boolean {
  return a.min <= b.max && b.min <= a.max;
}

export function meetsTarget(metric: Metric, ours: Summary, ratio: number | null): boolean | null {
  const { kind, bound } = metric.target;
  if (kind === 'ratio') return ratio === null ? null : ratio >= bound;
  return metric.better === 'higher' ? ours.median >= bound : ours.median <= bound;
}

const rounded = (figure: number): number => Number(figure.toPrecision(5));
