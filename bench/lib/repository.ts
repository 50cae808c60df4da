import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout this program was compiled from: where the sources of the other programs (Erlang, peers) lie. */
export const root = findRoot(dirname(fileURLToPath(import.meta.url)));

/** Compiled modules of the current tree. */
export const builtLibrary = join(root, '.build', 'src', 'index.js');
/** Opens a store in a fresh process. */
export const recoverProgram = join(root, '.build', 'bench', 'lib', 'recover.js');
export const childProgram = join(root, '.build', 'bench', 'lib', 'child.js');

function findRoot(folder: string): string {
  if (existsSync(join(folder, 'tsconfig.run.json'))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error('no tsconfig.run.json above the compiled benchmark');
  return findRoot(parent);
}
