import { MISSING, startBeam, type Beam } from '../vs/beam/beam.js';
import { startCastcall } from './castcall.js';
import { meetsTarget, ratioOf, summarize, type Summary } from './figures.js';
import { interleave, withContestants } from './interleave.js';
import { planOf, type Metric } from './metric.js';
import type { Options } from './options.js';
import { ratioCell, summaryCell, Table, targetCell, verdictCell } from './table.js';

interface Result {
  readonly metric: string;
  readonly unit: string;
  readonly castcall: Summary;
  readonly beam: (Summary & { readonly release: string }) | null;
  readonly ratio: number | null;
  readonly target: Metric['target'];
  readonly pass: boolean | null;
}

const table = new Table([
  { title: 'metric', width: 19, align: 'left' },
  { title: 'castcall', width: 28, align: 'left' },
  { title: 'BEAM', width: 28, align: 'left' },
  { title: 'ratio', width: 7, align: 'right' },
  { title: 'target', width: 11, align: 'right' },
  { title: '', width: 4, align: 'left' },
]);

/**
 * castcall and the BEAM in alternation, metric by metric. Resolves with the exit code: 1 when a
 * case failed.
 */
export async function compareWithBeam(options: Options): Promise<number> {
  const beam = options.selected.some((metric) => metric.beam) ? await startBeam() : null;
  try {
    announce(options, beam);
    let failures = 0;
    for (const metric of options.selected) {
      try {
        print(await measure(metric, options, beam), metric, options);
      } catch (error) {
        failures += 1;
        console.error(`${metric.name}: ${(error as Error).message}`);
      }
    }
    return failures === 0 ? 0 : 1;
  } finally {
    await beam?.stop();
  }
}

function announce(options: Options, beam: Beam | null): void {
  if (beam === null && options.selected.some((metric) => metric.beam)) console.error(MISSING);
  if (options.json) return;
  const other = beam === null ? 'no BEAM' : `OTP ${beam.release}, one scheduler (+S 1:1)`;
  console.log(
    `node ${process.versions.node} · ${other} · interleaved · median (min–max); ratio above 1: castcall is better\n`,
  );
  table.header();
}

async function measure(metric: Metric, options: Options, beam: Beam | null): Promise<Result> {
  const plan = planOf(metric, options.quick, options.runs);
  const opponent = metric.beam ? beam : null;
  const figures = await withContestants([startCastcall(metric)], ([castcall]) =>
    interleave(metric.name, plan, opponent === null ? [castcall] : [castcall, opponent.contestant]));
  const castcall = summarize(figures[0]!);
  const theirs = opponent === null ? null : { ...summarize(figures[1]!), release: opponent.release };
  const ratio = theirs === null ? null : ratioOf(metric, castcall, theirs);
  const pass = meetsTarget(metric, castcall, ratio);
  return { metric: metric.name, unit: metric.unit, castcall, beam: theirs, ratio, target: metric.target, pass };
}

function print(result: Result, metric: Metric, options: Options): void {
  if (options.json) {
    console.log(JSON.stringify(result));
    return;
  }
  const beam = result.beam === null ? '–' : summaryCell(result.beam, metric.unit);
  const castcall = summaryCell(result.castcall, metric.unit);
  table.row([
    metric.name, castcall, beam, ratioCell(result.ratio), targetCell(metric),
    verdictCell(result.pass),
  ]);
}
