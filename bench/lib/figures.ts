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

/**
 * How many times better `ours` is, whatever better means for the metric: above 1 we win. A cost in
 * percent is one on top of 100, and may be less than nothing.
 */
export function ratioOf(metric: Metric, ours: Summary, theirs: Summary): number {
  if (metric.better === 'higher') return rounded(ours.median / theirs.median);
  const base = metric.unit === '%' ? 100 : 0;
  return rounded((base + theirs.median) / (base + ours.median));
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
