import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Contestant } from '../../lib/contestant.js';
import { root } from '../../lib/repository.js';

export const peerNames = ['effect', 'xstate', 'nact'] as const;

export interface Peer {
  readonly name: string;
  readonly version: string;
  /** What the peer can do at all, under the names of our metrics. */
  readonly metrics: ReadonlySet<string>;
  start(): Contestant;
}

/** Installs the peers into a folder of their own (their dependencies are not ours), asks each what it can do. */
export async function installPeers(): Promise<readonly Peer[]> {
  const folder = join(root, '.build', 'peers');
  copyPrograms(folder);
  const upToDate = existsSync(join(folder, 'node_modules')) && installedPins(folder) === wantedPins(folder);
  if (!upToDate) execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder, stdio: ['ignore', 2, 2] });
  return Promise.all(peerNames.map((name) => introduce(folder, name)));
}

async function introduce(folder: string, name: string): Promise<Peer> {
  const start = (): Contestant => {
    const env = { ...process.env, NODE_ENV: 'production' };
    return new Contestant(name, process.execPath, ['--expose-gc', join(folder, 'peer.mjs'), name], env);
  };
  const contestant = start();
  try {
    const metrics = new Set((await contestant.ask('metrics')).split(','));
    return { name, version: versionOf(folder, name), metrics, start };
  } finally {
    await contestant.stop();
  }
}

function copyPrograms(folder: string): void {
  const sources = join(root, 'bench', 'vs', 'peers');
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(sources)) if (/\.(?:mjs|json)$/.test(name)) copyFileSync(join(sources, name), join(folder, name));
}

interface Manifest {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

const manifestOf = (folder: string): Manifest => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;

const versionOf = (folder: string, name: string): string => manifestOf(join(folder, 'node_modules', name)).version;

const wantedPins = (folder: string): string => peerNames.map((name) => manifestOf(folder).dependencies[name]).join();

const installedPins = (folder: string): string =>
  peerNames.map((name) => (existsSync(join(folder, 'node_modules', name)) ? versionOf(folder, name) : 'none')).join();
