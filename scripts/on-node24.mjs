// node scripts/on-node24.mjs COMMAND [ARGUMENT…]: runs it with Node 24 first in the PATH, whatever Node runs this.
// Fetches the binary once, as a package without an install script.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const VERSION = '24.21.0';
const cache = join(dirname(dirname(fileURLToPath(import.meta.url))), 'node_modules', '.cache', `node-${VERSION}`);
const bin = join(cache, 'node_modules', `node-linux-${process.arch}`, 'bin');

function run(command, args, env = process.env) {
  const { status, error, signal } = spawnSync(command, args, { stdio: 'inherit', env });
  if (error !== undefined) throw error;
  if (signal !== null) throw new Error(`${command} was ended by ${signal}`);
  return status;
}

const [command, ...args] = process.argv.slice(2);
if (command === undefined) {
  console.error('usage: node scripts/on-node24.mjs COMMAND [ARGUMENT…]');
  process.exit(2);
}
if (process.platform !== 'linux') {
  console.error(
    `on-node24: a Node ${VERSION} is fetched for linux only, this is ${process.platform}: `
    + 'install Node 24 and run the command with it',
  );
  process.exit(2);
}
if (!existsSync(join(bin, 'node'))) {
  mkdirSync(cache, { recursive: true });
  const status = run('npm', [
    'install', '--prefix', cache, '--no-save', '--no-audit', '--no-fund', '--ignore-scripts',
    `node-linux-${process.arch}@${VERSION}`,
  ]);
  if (status !== 0) process.exit(status ?? 1);
}
process.exit(run(command, args, { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` }) ?? 1);
