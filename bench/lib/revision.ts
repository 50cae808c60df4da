import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './repository.js';

/** Another revision of this repository, checked out and built beside it. */
export interface Revision {
  readonly commit: string;
  readonly library: string;
  remove(): void;
}

/** Building talks to stderr only: stdout belongs to the figures. */
export function buildRevision(name: string): Revision {
  const commit = git('rev-parse', '--verify', '--quiet', `${name}^{commit}`).trim();
  const folder = mkdtempSync(join(tmpdir(), 'castcall-bench-'));
  const checkout = join(folder, 'tree');
  const remove = (): void => {
    git('worktree', 'remove', '--force', checkout);
    rmSync(folder, { recursive: true, force: true });
    process.removeListener('exit', remove);
  };
  git('worktree', 'add', '--detach', checkout, commit);
  process.once('exit', remove);
  install(checkout);
  return { commit, library: build(checkout), remove };
}

/** Only JavaScript is wanted: no checks, no declarations. */
const EMIT = [
  '--noCheck', '--isolatedDeclarations', 'false', '--declaration', 'false', '--declarationMap',
  'false',
];

/** Compiles `src` of a checkout in the way of the published package. */
export function build(checkout: string, out: string = join(checkout, 'dist')): string {
  const compiler = join(checkout, 'node_modules', 'typescript', 'bin', 'tsc');
  run(process.execPath, [compiler, '-p', 'tsconfig.build.json', ...EMIT, '--outDir', out], checkout);
  return join(out, 'index.js');
}

function install(checkout: string): void {
  if (sameLock(checkout)) symlinkSync(join(root, 'node_modules'), join(checkout, 'node_modules'), 'dir');
  else run('npm', ['ci', '--no-audit', '--no-fund'], checkout);
}

function sameLock(checkout: string): boolean {
  const lock = (folder: string): string => readFileSync(join(folder, 'package-lock.json'), 'utf8');
  return lock(checkout) === lock(root);
}

function run(command: string, args: readonly string[], cwd: string): void {
  execFileSync(command, args, { cwd, stdio: ['ignore', 2, 2] });
}

function git(...args: readonly string[]): string {
  return execFileSync('git', ['-C', root, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
