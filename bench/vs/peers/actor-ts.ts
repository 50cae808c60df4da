import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../lib/repository.js';

/** It is in no registry; a copy of its repository does as well. */
const REPOSITORY = process.env['ACTOR_TS_REPOSITORY'] ?? 'https://github.com/pathosDev/actor-ts.git';
const COMMIT = 'd219e970be15f48f51a2272473a801519819b263'; // 0.16.0
const PINS = ['fastify@5.12.8', 'ts-pattern@5.9.0', 'node@24.21.0'];

/** Builds actor-ts as its own configuration says, and gets the Node that it needs; the path of that Node. */
export function installActorTs(folder: string): string {
  const home = join(folder, 'actor-ts');
  const node = join(home, 'node_modules', 'node', 'bin', 'node');
  if (existsSync(join(home, 'done'))) return node;
  const clone = join(folder, 'actor-ts.git');
  for (const old of [home, clone]) rmSync(old, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  const run = (command: string, args: readonly string[], cwd = home): void => void execFileSync(
    command, args, { cwd, stdio: ['ignore', 2, 2] },
  );
  run('git', ['clone', '--quiet', '--bare', REPOSITORY, clone]);
  run('git', ['-C', clone, 'archive', '--output', join(home, 'sources.tar'), COMMIT, 'src', 'tsconfig.json']);
  run('tar', ['xf', 'sources.tar']);
  writeFileSync(
    join(home, 'package.json'),
    JSON.stringify({ name: 'actor-ts', version: '0.16.0', private: true, type: 'module' }),
  );
  run('npm', ['install', '--no-audit', '--no-fund', '--save-exact', ...PINS]);
  run(
    process.execPath,
    [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.json', '--noCheck'],
  );
  writeFileSync(join(home, 'done'), COMMIT);
  return node;
}
