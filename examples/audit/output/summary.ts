import { basename } from 'node:path';
import type { BreakerFigures } from '../advisory/watch.js';
import type { AdviceSource } from '../agents/advisor.js';
import type { Account, DeliveryAccount } from '../check/balance.js';
import type { AuditOptions } from '../options.js';
import { bytes, count, counted, duration } from './quantity.js';

/** What a run came to. */
export interface RunResult {
  readonly options: AuditOptions;
  /** Where the ledgers were. */
  readonly store: 'disk' | 'memory';
  /** How often the program was killed. All figures of messages and deliveries are those of its last life. */
  readonly kills: number;
  readonly files: number;
  readonly bytes: number;
  readonly packages: number;
  readonly unreadable: number;
  readonly messages: number;
  readonly crashes: number;
  readonly restarts: number;
  /** How often a handler was given a piece of work, and how often that was not its first time. */
  readonly delivered: number;
  readonly retried: number;
  /** Pieces of work that were handed in again, and not done again. */
  readonly duplicatesSuppressed: number;
  /** Messages that nobody took: queued for an agent that died, and not worth a second try. */
  readonly deadLettered: number;
  /** From the acceptance of a piece of work until it was done. */
  readonly ackP50Ms: number;
  readonly ackP99Ms: number;
  /** Packages by where their advisories came from. */
  readonly advice: Readonly<Record<AdviceSource, number>>;
  readonly breaker: BreakerFigures;
  readonly lost: number;
  readonly duplicated: number;
  /** Paths that others changed while they were audited. */
  readonly changed: number;
  /** What the recount or the accounts found wrong; empty when nothing is. */
  readonly differences: readonly string[];
  readonly interrupted: boolean;
  readonly swarmMs: number;
  readonly recountMs: number;
  /** At the end, for whoever wants to add up. */
  readonly account: Account;
  readonly deliveries: DeliveryAccount;
}

export function isFlawless({ lost, duplicated, differences, interrupted }: RunResult): boolean {
  return lost === 0 && duplicated === 0 && differences.length === 0 && !interrupted;
}

/** The summary for people. */
export function renderSummary(result: RunResult): string {
  const { options } = result;
  const work = `${counted(
    result.files, 'file',
  )} (${bytes(result.bytes)}), ${counted(result.packages, 'package')}, ${count(result.unreadable)} unreadable`;
  const times =
    `${duration(result.swarmMs)}${result.interrupted ? '' : `, recounted in ${duration(result.recountMs)}`}`;
  const life = `${counted(result.crashes, 'crash', 'crashes')}, ${counted(result.restarts, 'restart')}`;
  const again = `${count(result.retried)} of them retries, ${counted(
    result.duplicatesSuppressed, 'duplicate',
  )} suppressed, ${counted(result.deadLettered, 'dead letter')}`;
  const advice =
    `${count(result.advice.server)} from the server, ${count(result.advice.local)} from the data at hand`;
  const lives = result.kills === 0 ? [] : [
    `killed ${counted(result.kills, 'time')} and resumed; what follows is of the last life, but for what was lost`,
  ];
  return [
    ...lives,
    `${result.interrupted ? 'Interrupted: ' : ''}${work}, in ${times}`,
    `${counted(result.messages, 'message')}, ${life}`,
    `${counted(
      result.delivered, 'delivery', 'deliveries',
    )}, ${again}; p50 ${duration(result.ackP50Ms)}, p99 ${duration(result.ackP99Ms)}`,
    `advisories: ${advice}; breaker opened ${counted(
      result.breaker.opened, 'time',
    )}, seen ${result.breaker.states.join(', ')}`,
    `${count(result.lost)} lost, ${count(result.duplicated)} duplicated; ${verdict(result)}`,
    ...result.differences.map((difference) => `different: ${difference}`),
    `${options.out}: report.md, sbom.json`,
    '',
  ].join('\n');
}

/** The summary for programs: one line of JSON. */
export function renderJson(result: RunResult): string {
  const { options, ...figures } = result;
  const { directory, out, chaos, workers, seed } = options;
  return `${JSON.stringify({ directory, out, chaos, workers, seed, ...figures, ok: isFlawless(result) })}\n`;
}

/** The first line: what is going to happen, and the seed to make it happen again. */
export function renderOpening({ directory, chaos, workers, seed }: AuditOptions): string {
  return `castcall audit of ${basename(
    directory,
  )} (${directory}): chaos ${chaos}, ${counted(workers, 'parser')}, seed ${seed}\n`;
}

function verdict({ interrupted, differences, changed }: RunResult): string {
  if (interrupted) return 'not recounted';
  const except = changed === 0 ? '' : ` (but for ${counted(changed, 'path')} that changed meanwhile)`;
  return `the recount without agents ${differences.length === 0 ? 'agrees' : 'disagrees'}${except}`;
}
