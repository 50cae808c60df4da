import { join } from 'node:path';
import { startCastcall } from './castcall.js';
import { ContestantError } from './contestant.js';
import { rangesOverlap, ratioOf, summarize, type Summary } from './figures.js';
import { interleave, withContestants } from './interleave.js';
import { planOf, type Metric } from './metric.js';
import { UsageError, type Options } from './options.js';
import { root } from './repository.js';
import { build, buildRevision, type Revision } from './revision.js';
import { ratioCell, summaryCell, Table, verdictCell } from './table.js';

/** Slower than this and out of the range of noise fails the run. */
const RATIO_MIN = 0.95;

interface Result {
  readonly metric: string;
  readonly unit: string;
  readonly current: Summary;
  readonly against: Summary & { readonly commit: string };
  readonly ratio: number;
  readonly pass: boolean;
}

const table = new Table([
  { title: 'metric', width: 19, align: 'left' },
  { title: 'current', width: 28, align: 'left' },
  { title: 'against', width: 28, align: 'left' },
  { title: 'ratio', width: 7, align: 'right' },
  { title: '', width: 6, align: 'left' },
]);

/**
 * The current tree and another revision in alternation. Resolves with 1 when a metric got slower or
 * a case of the tree failed.
 */
export async function compareWithRevision(options: Options, name: string): Promise<number> {
  const revision = checkedOut(name);
  try {
    const current = build(root, join(root, '.build', 'against'));
    if (!options.json) announce(name, revision);
    let failures = 0;
    for (const metric of options.selected) {
      try {
        const result = await measure(metric, options, current, revision);
        if (!result.pass) failures += 1;
        print(result, metric, options);
      } catch (error) {
        if (!isTheirs(error)) failures += 1;
        console.error(`${metric.name}: ${(error as Error).message}`);
      }
    }
    return failures === 0 ? 0 : 1;
  } finally {
    revision.remove();
  }
}

/** Heaps are not measured to the last byte: 0.04 bytes each are no worse than 0.02. */
const GRAIN_BYTES = 0.5;
const sameBytes = ({ unit }: Metric, a: Summary, b: Summary): boolean =>
  unit === 'bytes' && Math.abs(a.median - b.median) < GRAIN_BYTES;

/** A case that the other revision cannot run yet says nothing about this one. */
const isTheirs = (error: unknown): boolean => error instanceof ContestantError && error.label === 'against';

function checkedOut(name: string): Revision {
  try {
    return buildRevision(name);
  } catch (error) {
    throw new UsageError(
      `--against ${name}: no such revision, or it does not build: ${(error as Error).message}`,
      { cause: error },
    );
  }
}

function announce(name: string, revision: Revision): void {
  const against = `${name} (${revision.commit.slice(0, 12)})`;
  console.log(`node ${process.versions.node} · this tree against ${against} · interleaved · median (min–max)`);
  console.log(`ratio above 1: this tree is better; below ${RATIO_MIN} with ranges apart: fails\n`);
  table.header();
}

async function measure(metric: Metric, options: Options, library: string, revision: Revision): Promise<Result> {
  const plan = planOf(metric, options.quick, options.runs);
  const contestants = [
    startCastcall(metric, library, 'current'), startCastcall(metric, revision.library, 'against'),
  ];
  const [ours, theirs] = await withContestants(contestants, (both) => interleave(metric.name, plan, both));
  const current = summarize(ours!);
  const against = summarize(theirs!);
  const ratio = ratioOf(metric, current, against);
  const pass = ratio >= RATIO_MIN || rangesOverlap(current, against) || sameBytes(metric, current, against);
  return {
    metric: metric.name, unit: metric.unit, current,
    against: { ...against, commit: revision.commit }, ratio, pass,
  };
}

function print(result: Result, metric: Metric, options: Options): void {
  if (options.json) {
    console.log(JSON.stringify(result));
    return;
  }
  const { current, against, ratio, pass } = result;
  const cells = [summaryCell(current, metric.unit), summaryCell(against, metric.unit), ratioCell(ratio)];
  table.row([metric.name, ...cells, pass ? verdictCell(null) : 'SLOWER']);
}
