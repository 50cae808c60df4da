// Builds src, examples, bench, the oracle and the simulation suites into .build/ when they changed, so that programs
// run on a clean clone without a build step.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const out = join(root, '.build');
const stampFile = join(out, 'stamp');
const lockFile = join(out, 'lock');
const livesFolder = join(out, 'lives');
const livesStamp = join(livesFolder, 'stamp');
/** Programs that are killed, by the names of their bundles. */
const LIVES = {
  store: 'test/prove/child/main.ts', agents: 'test/prove/agents/child.ts', things: 'test/prove/lives/main.ts',
};
const inputs = [
  'src', 'examples', 'bench', 'test/oracle', 'test/prove', 'test/sim', 'test/support', 'tsconfig.base.json',
  'tsconfig.run.json', 'package-lock.json',
];

/** Count and newest change of all inputs: a deleted or replaced file changes it, too. */
function fingerprint() {
  let count = 0;
  let newest = 0;
  const visit = (path) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return;
    if (stat.isDirectory()) {
      for (const name of readdirSync(path)) visit(join(path, name));
      return;
    }
    count += 1;
    newest = Math.max(newest, stat.mtimeMs);
  };
  for (const input of inputs) visit(join(root, input));
  return `${count}:${newest}`;
}

function isFresh(stamp = stampFile) {
  try {
    return readFileSync(stamp, 'utf8') === fingerprint();
  } catch {
    return false;
  }
}

/** Two programs that start at once must not write the same files at once. A dead owner's lock is taken over. */
async function lock() {
  for (;;) {
    try {
      writeFileSync(lockFile, String(process.pid), { flag: 'wx' });
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (ownerLives()) await sleep(50);
    else rmSync(lockFile, { force: true });
  }
}

function ownerLives() {
  try {
    const pid = Number(readFileSync(lockFile, 'utf8'));
    if (pid === 0) return true;   // created a moment ago, not written yet
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Runs tsc; a signal ends it and this process, too. */
function compile() {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [tsc, '-p', join(root, 'tsconfig.run.json')], { stdio: ['ignore', 2, 2] });
    const interrupt = (signal) => {
      child.kill();
      rmSync(lockFile, { force: true });
      process.exit(128 + constants.signals[signal]);
    };
    process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
    child.once('error', reject);
    child.once('exit', (code) => {
      process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
      if (code === 0) resolve();
      else reject(new Error(`tsc -p tsconfig.run.json ended with code ${code}`));
    });
  });
}

/**
 * Brings .build/ up to date; `announce` is called at once when that takes a build. With `lives`, also the programs that
 * a proof starts by the hundred, see `bundle`.
 */
export async function build(announce, { lives = false } = {}) {
  const ready = () => isFresh() && (!lives || isFresh(livesStamp));
  if (ready()) return;
  announce();
  mkdirSync(out, { recursive: true });
  await lock();
  try {
    const before = fingerprint();
    if (!isFresh()) {
      await compile();
      writeFileSync(stampFile, before);
    }
    if (!ready()) {
      await bundle();
      writeFileSync(livesStamp, before);
    }
  } finally {
    rmSync(lockFile, { force: true });
  }
}

/** One file each in place of 500 modules: that halves what a start takes. */
async function bundle() {
  const { build: bundled } = await import('vite');
  rmSync(livesFolder, { recursive: true, force: true });
  await Promise.all(Object.entries(LIVES).map(([name, path]) => bundled({
    root, configFile: false, logLevel: 'warn', publicDir: false,
    ssr: { noExternal: true, external: ['@photostructure/sqlite', 'cbor-x', 'croner'] },
    build: {
      ssr: true, target: 'node20', minify: false, outDir: livesFolder, emptyOutDir: false,
      rollupOptions: { input: { [name]: compiled(path) }, output: { entryFileNames: '[name].js' } },
    },
  })));
}

/** The compiled counterpart of a TypeScript program of this repository. */
export function compiled(program) {
  return join(out, program.replace(/\.ts$/, '.js'));
}
