import { installPeers, type PeerName, type Peers } from '../vs/peers/peers.js';
import { startCastcall } from './castcall.js';
import { ContestantError } from './contestant.js';
import { ratioOf, summarize, type Summary } from './figures.js';
import { interleave, withContestants } from './interleave.js';
import { planOf, type Metric } from './metric.js';
import type { Options } from './options.js';
import { ratioCell, summaryCell, Table } from './table.js';

/** The peers are slow: more operations a run would only take longer. */
const SIZE_MAX = 200_000;

interface Standing extends Summary {
  readonly version: string;
  /** Above 1: castcall is better. */
  readonly ratio: number;
}

interface Result {
  readonly metric: string;
  readonly unit: string;
  readonly castcall: Summary;
  readonly peers: Readonly<Record<string, Standing | null>>;
}

const tableOf = (names: readonly PeerName[]): Table => new Table([
  { title: 'metric', width: 19, align: 'left' },
  { title: 'castcall', width: 26, align: 'left' },
  ...names.map((title) => ({ title, width: 34, align: 'left' as const })),
]);

/**
 * castcall and every peer that has the metric, in alternation. Resolves with the exit code: 1 when
 * castcall failed.
 */
export async function compareWithPeers(options: Options): Promise<number> {
  const installed = await installPeers(options.peer, options.development ? 'development' : 'production');
  const { peers } = installed;
  const table = tableOf(options.peer);
  if (!options.json) announce(installed, table);
  let failures = 0;
  for (const metric of options.selected) {
    const able = peers.filter((peer) => peer.metrics.has(metric.name));
    if (able.length === 0) continue;
    try {
      print(await measureAble(metric, options, { ...installed, peers: able }), metric, options, table);
    } catch (error) {
      failures += 1;
      console.error(`${metric.name}: ${(error as Error).message}`);
    }
  }
  return failures === 0 ? 0 : 1;
}

function announce({ peers, nodeVersion, mode }: Peers, table: Table): void {
  const versions = peers.map((peer) => `${peer.name} ${peer.version}`).join(', ');
  console.log(
    `node ${nodeVersion} · ${mode} · ${versions} · interleaved · median (min–max); ratio above 1: castcall is better\n`,
  );
  table.header();
}

/** A peer that fails at a case is left out of it, and said so. */
async function measureAble(metric: Metric, options: Options, all: Peers): Promise<Result> {
  try {
    return await measure(metric, options, all);
  } catch (error) {
    const rest = all.peers.filter((peer) => !(error instanceof ContestantError) || error.label !== peer.name);
    if (rest.length === all.peers.length) throw error;
    console.error(`${metric.name}, left out: ${(error as Error).message}`);
    return measureAble(metric, options, { ...all, peers: rest });
  }
}

async function measure(metric: Metric, options: Options, { peers, node, mode }: Peers): Promise<Result> {
  const plan = { ...planOf(metric, options.quick, options.runs), size: Math.min(metric.quickSize, SIZE_MAX) };
  const contestants = [
    startCastcall(metric, undefined, undefined, node, mode), ...peers.map((peer) => peer.start()),
  ];
  const figures = await withContestants(contestants, (all) => interleave(metric.name, plan, all));
  const castcall = summarize(figures[0]!);
  const standings = Object.fromEntries(options.peer.map((name): [string, Standing | null] => {
    const index = peers.findIndex((peer) => peer.name === name);
    if (index < 0) return [name, null];
    const summary = summarize(figures[index + 1]!);
    return [name, { ...summary, version: peers[index]!.version, ratio: ratioOf(metric, castcall, summary) }];
  }));
  return { metric: metric.name, unit: metric.unit, castcall, peers: standings };
}

function print(result: Result, metric: Metric, options: Options, table: Table): void {
  if (options.json) {
    console.log(JSON.stringify(result));
    return;
  }
  const cells = options.peer.map((name) => {
    const standing = result.peers[name];
    return standing ? `${summaryCell(standing, metric.unit)} ${ratioCell(standing.ratio)}` : '–';
  });
  table.row([metric.name, summaryCell(result.castcall, metric.unit), ...cells]);
}
