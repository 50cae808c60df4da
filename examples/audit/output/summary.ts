import { basename } from 'node:path';
import type { AuditOptions } from '../options.js';
import { bytes, count, counted, duration } from './quantity.js';

/** What a run came to. */
export interface RunResult {
  readonly options: AuditOptions;
  readonly files: number;
  readonly bytes: number;
  readonly packages: number;
  readonly unreadable: number;
  readonly messages: number;
  readonly crashes: number;
  readonly restarts: number;
  /** Requests that had to be asked again. */
  readonly repeats: number;
  readonly callP50Ms: number;
  readonly callP99Ms: number;
  readonly lost: number;
  readonly duplicated: number;
  /** Paths that others changed while they were audited. */
  readonly changed: number;
  /** What the recount or the accounts found wrong; empty when nothing is. */
  readonly differences: readonly string[];
  readonly interrupted: boolean;
  readonly swarmMs: number;
  readonly recountMs: number;
}

export function isFlawless({ lost, duplicated, differences, interrupted }: RunResult): boolean {
  return lost === 0 && duplicated === 0 && differences.length === 0 && !interrupted;
}

/** The summary for people. */
export function renderSummary(result: RunResult): string {
  const { options } = result;
  const work = `${counted(result.files, 'file')} (${bytes(result.bytes)}), ${counted(result.packages, 'package')}, ${count(result.unreadable)} unreadable`;
  const times = `${duration(result.swarmMs)}${result.interrupted ? '' : `, recounted in ${duration(result.recountMs)}`}`;
  const life = `${counted(result.crashes, 'crash', 'crashes')}, ${counted(result.restarts, 'restart')}, ${counted(result.repeats, 'request')} asked again`;
  return [
    `${result.interrupted ? 'Interrupted: ' : ''}${work}, in ${times}`,
    `${counted(result.messages, 'message')}, ${life}`,
    `calls: p50 ${duration(result.callP50Ms)}, p99 ${duration(result.callP99Ms)}`,
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
  return `castcall audit of ${basename(directory)} (${directory}): chaos ${chaos}, ${counted(workers, 'parser')}, seed ${seed}\n`;
}

function verdict({ interrupted, differences, changed }: RunResult): string {
  if (interrupted) return 'not recounted';
  const except = changed === 0 ? '' : ` (but for ${counted(changed, 'path')} that changed meanwhile)`;
  return `the recount without agents ${differences.length === 0 ? 'agrees' : 'disagrees'}${except}`;
}
