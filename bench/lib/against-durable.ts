import { durablePeers, type DurablePeer } from '../vs/durable/durable.js';
import { startCastcall } from './castcall.js';
import { ContestantError } from './contestant.js';
import { ratioOf, summarize, type Summary } from './figures.js';
import { interleave, type Measured, withContestants } from './interleave.js';
import { type Metric, metrics, planOf } from './metric.js';
import type { Options } from './options.js';
import { ratioCell, summaryCell, Table } from './table.js';

interface Result {
  readonly metric: string;
  readonly unit: string;
  readonly castcall: Summary;
  readonly peers: Readonly<Record<string, Summary & { readonly ratio: number }>>;
}

/** castcall, the bare thread and durable queues, in alternation. Resolves with the exit code. */
export async function compareDurable(options: Options): Promise<number> {
  const peers = await Promise.all(durablePeers((line) => console.error(line)).map(withMetrics));
  const table = new Table([
    { title: 'metric', width: 22, align: 'left' }, { title: 'castcall', width: 26, align: 'left' },
    ...peers.map(({ name }) => ({ title: name, width: 34, align: 'left' as const })),
    { title: 'castcall otherwise', width: 50, align: 'left' },
  ]);
  if (!options.json) table.header();
  let failures = 0;
  for (const metric of options.selected) {
    try {
      print(await measure(metric, options, contendersOf(metric, peers)), metric, options, peers, table);
    } catch (error) {
      failures += 1;
      console.error(`${metric.name}: ${(error as Error).message}`);
    }
  }
  return failures === 0 ? 0 : 1;
}

interface Able extends DurablePeer {
  readonly metrics: ReadonlySet<string>;
}

interface Contender {
  readonly name: string;
  start(): Measured;
}

async function withMetrics(peer: DurablePeer): Promise<Able> {
  const contestant = peer.start();
  try {
    return { ...peer, metrics: new Set((await contestant.ask('metrics')).split(',')) };
  } finally {
    await contestant.stop();
  }
}

/** Peers that have the metric, and castcall itself at what the metric is beside. */
function contendersOf(metric: Metric, peers: readonly Able[]): Contender[] {
  const able: Contender[] = peers.filter((peer) => peer.metrics.has(metric.name));
  const other = metrics.find(({ name }) => name === metric.beside);
  if (other === undefined) return able;
  const start = (): Measured => {
    const contestant = startCastcall(other, undefined, other.name);
    return { measure: (_metric, size) => contestant.measure(other.name, size), stop: () => contestant.stop() };
  };
  return [...able, { name: other.name, start }];
}

/** A peer that fails is left out, and said so. */
async function measure(metric: Metric, options: Options, peers: readonly Contender[]): Promise<Result> {
  const plan = planOf(metric, options.quick, options.runs);
  try {
    const figures = await withContestants(
      [startCastcall(metric), ...peers.map((peer) => peer.start())], (all) => interleave(metric.name, plan, all),
    );
    const castcall = summarize(figures[0]!);
    return {
      metric: metric.name, unit: metric.unit, castcall, peers: Object.fromEntries(peers.map(({ name }, at) => {
        const summary = summarize(figures[at + 1]!);
        return [name, { ...summary, ratio: ratioOf(metric, castcall, summary) }];
      })),
    };
  } catch (error) {
    const rest = peers.filter(({ name }) => !(error instanceof ContestantError) || error.label !== name);
    if (rest.length === peers.length) throw error;
    console.error(`${metric.name}, left out: ${(error as Error).message}`);
    return measure(metric, options, rest);
  }
}

function print(
  result: Result, metric: Metric, options: Options, peers: readonly DurablePeer[], table: Table,
): void {
  if (options.json) {
    console.log(JSON.stringify(result));
    return;
  }
  const cells = peers.map(({ name }) => {
    const peer = result.peers[name];
    return peer === undefined ? '–' : `${summaryCell(peer, metric.unit)} ${ratioCell(peer.ratio)}`;
  });
  const other = metric.beside === undefined ? undefined : result.peers[metric.beside];
  const last = other === undefined ? '–'
    : `${metric.beside}: ${summaryCell(other, metric.unit)} ${ratioCell(other.ratio)}`;
  table.row([metric.name, summaryCell(result.castcall, metric.unit), ...cells, last]);
}
