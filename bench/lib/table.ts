import type { Summary } from './figures.js';
import type { Metric, Unit } from './metric.js';

/** A table that grows: each row is printed when it is known, so a long run shows where it is. */
export class Table {
  constructor(private readonly columns: readonly Column[]) {}

  header(): void {
    console.log(this.#line(this.columns.map((column) => column.title)));
    console.log(this.#line(this.columns.map((column) => '-'.repeat(column.width))));
  }

  row(cells: readonly string[]): void {
    console.log(this.#line(cells));
  }

  #line(cells: readonly string[]): string {
    const padded = this.columns.map((column, index) =>
      column.align === 'right'
        ? (cells[index] ?? '').padStart(column.width)
        : (cells[index] ?? '').padEnd(column.width));
    return padded.join('  ').trimEnd();
  }
}

export interface Column {
  readonly title: string;
  readonly width: number;
  readonly align: 'left' | 'right';
}

/** "12.3 M/s (11.9–12.8)". */
export function summaryCell(summary: Summary, unit: Unit): string {
  const scale = scaleOf(summary.median, unit);
  const figure = (value: number): string => short(value / scale.divisor);
  return `${figure(summary.median)} ${scale.name} (${figure(summary.min)}–${figure(summary.max)})`;
}

export function ratioCell(ratio: number | null): string {
  return ratio === null ? '–' : `${short(ratio)} ×`;
}

export function targetCell(metric: Metric): string {
  const { kind, bound } = metric.target;
  if (kind === 'ratio') return `≥ ${bound} ×`;
  const scale = scaleOf(bound, metric.unit);
  return `${metric.better === 'higher' ? '≥' : '≤'} ${bound / scale.divisor} ${scale.name}`;
}

export function verdictCell(met: boolean | null): string {
  if (met === null) return '';
  return met ? 'pass' : 'MISS';
}

interface Scale {
  readonly divisor: number;
  readonly name: string;
}

function scaleOf(figure: number, unit: Unit): Scale {
  if (unit === 'us') return { divisor: 1, name: 'µs' };
  if (unit !== 'ops/s') return { divisor: 1, name: unit };
  if (figure >= 1e6) return { divisor: 1e6, name: 'M/s' };
  if (figure >= 1e3) return { divisor: 1e3, name: 'k/s' };
  return { divisor: 1, name: '/s' };
}

function short(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) return value.toFixed(0);
  return value.toFixed(size >= 10 ? 1 : 2);
}
