// What durable sends are measured beside: the bare bound, and queues that others use. Those are installed on first use
// into a folder of their own; one that cannot be is left out, loudly.
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Contestant } from '../../lib/contestant.js';
import { root } from '../../lib/repository.js';

export interface DurablePeer {
  readonly name: string;
  start(): Contestant;
}

const sources = join(root, 'bench', 'vs');
const PINS: Readonly<Record<string, readonly string[]>> = {
  plainjob: ['plainjob@0.0.14', 'better-sqlite3@12.6.2'],
  bullmq: ['bullmq@6.7.0', 'ioredis@5.11.1'],
};

/** The bound and every peer that can be installed here; `skipped` hears why not. */
export function durablePeers(skipped: (line: string) => void): DurablePeer[] {
  const bare = { name: 'bare', start: () => contestant(join(sources, 'durable'), 'bare') };
  return [bare, ...Object.keys(PINS).flatMap((name) => {
    try {
      const folder = installed(name);
      return [{ name, start: () => contestant(folder, name) }];
    } catch (error) {
      skipped(`!!!! ${name} is left out: ${(error as Error).message.split('\n')[0]} !!!!`);
      return [];
    }
  })];
}

function contestant(folder: string, name: string): Contestant {
  const program = join(folder === join(sources, 'durable') ? join(sources, 'peers') : folder, 'peer.mjs');
  const env = { ...process.env, NODE_ENV: 'production' };
  return new Contestant(name, process.execPath, ['--expose-gc', program, program.startsWith(sources)
    ? `../durable/${name}`
    : name, join(root, 'package.json')], env);
}

function installed(name: string): string {
  if (name === 'bullmq') ensureRedis();
  const folder = join(root, '.build', 'durable', name);
  const pins = PINS[name] as readonly string[];
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(sources, 'durable', `${name}.mjs`), join(folder, `${name}.mjs`));
  copyFileSync(join(sources, 'peers', 'peer.mjs'), join(folder, 'peer.mjs'));
  if (existsSync(join(folder, 'done'))) return folder;
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const run = (command: string, args: readonly string[]): void => void execFileSync(
    command, args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  run('npm', ['install', '--no-audit', '--no-fund', '--save-exact', ...pins]);
  run(process.execPath, ['--input-type=module', '-e', `await import('./${name}.mjs')`]);
  writeFileSync(join(folder, 'done'), pins.join());
  return folder;
}

function ensureRedis(): void {
  const there = (): boolean => spawnSync('redis-server', ['--version']).status === 0;
  if (there()) return;
  if (process.getuid?.() === 0) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'redis-server'], { env, stdio: 'ignore' });
  }
  if (!there()) throw new Error('it needs redis-server (apt-get install redis-server)');
}
