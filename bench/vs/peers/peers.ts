import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Contestant } from '../../lib/contestant.js';
import { root } from '../../lib/repository.js';
import { installActorTs } from './actor-ts.js';

export const usualPeerNames = ['effect', 'xstate', 'nact', 'qlobber', 'fastq', 'p-queue'] as const;
export const allPeerNames = [...usualPeerNames, 'actor-ts'] as const;
export type PeerName = (typeof allPeerNames)[number];

export interface Peers {
  readonly peers: readonly Peer[];
  /** the program that runs both sides, and its version */
  readonly node: string;
  readonly nodeVersion: string;
  readonly mode: string;
}


export interface Peer {
  readonly name: string;
  readonly version: string;
  /** What the peer can do at all, under the names of our metrics. */
  readonly metrics: ReadonlySet<string>;
  start(): Contestant;
}

/**
 * Installs the peers into a folder of their own (their dependencies are not ours), asks each what
 * it can do.
 */
export async function installPeers(names: readonly PeerName[], mode: string): Promise<Peers> {
  const folder = join(root, '.build', 'peers');
  copyPrograms(folder);
  const upToDate = existsSync(join(folder, 'node_modules')) && installedPins(folder) === wantedPins(folder);
  if (!upToDate) {
    execFileSync(
      'npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder, stdio: ['ignore', 2, 2] },
    );
  }
  const node = names.includes('actor-ts') ? installActorTs(folder) : process.execPath;
  const nodeVersion = execFileSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim();
  return {
    peers: await Promise.all(names.map((name) => introduce(folder, name, node, mode))), node, nodeVersion, mode,
  };
}

async function introduce(folder: string, name: PeerName, node: string, mode: string): Promise<Peer> {
  const start = (): Contestant => {
    const env = { ...process.env, NODE_ENV: mode };
    return new Contestant(name, node, ['--expose-gc', join(folder, 'peer.mjs'), name], env);
  };
  const contestant = start();
  try {
    const metrics = new Set((await contestant.ask('metrics')).split(','));
    return {
      name, version: name === 'actor-ts'
        ? manifestOf(join(folder, name)).version
        : versionOf(folder, name), metrics,
      start,
    };
  } finally {
    await contestant.stop();
  }
}

function copyPrograms(folder: string): void {
  const sources = join(root, 'bench', 'vs', 'peers');
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(sources)) {
    if (/\.(?:mjs|json)$/.test(name)) copyFileSync(join(sources, name), join(folder, name));
  }
}

interface Manifest {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

const manifestOf =
  (folder: string): Manifest => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;

const versionOf = (folder: string, name: string): string =>
  manifestOf(join(folder, 'node_modules', name)).version;

const wantedPins =
  (folder: string): string => usualPeerNames.map((name) => manifestOf(folder).dependencies[name]).join();

const installedPins = (folder: string): string =>
  usualPeerNames.map(
    (name) => (existsSync(join(folder, 'node_modules', name)) ? versionOf(folder, name) : 'none'),
  )
    .join();
