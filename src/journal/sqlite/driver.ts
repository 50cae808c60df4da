// The doorway of @photostructure/sqlite, which has the API of node:sqlite: it serves where Node has none of its own.
// Only the thread of the store loads either.
import { builtinModule } from '../../base/index.js';
import { StoreError } from '../port/index.js';

interface NodeModule {
  isBuiltin(name: string): boolean;
  createRequire(from: string): { resolve(name: string): string };
}

/** What tells whether a module of Node is there, and where a package is. */
export interface Modules {
  isBuiltin(name: string): boolean;
  resolve(name: string): string;
}

const BUILTIN = 'node:sqlite';
const PACKAGE = '@photostructure/sqlite';

function own(): Modules {
  const { isBuiltin, createRequire } = builtinModule('node:module') as NodeModule;
  return { isBuiltin, resolve: (name) => createRequire(import.meta.url).resolve(name) };
}

/**
 * What the thread requires. Errors: `PEER_MISSING` when Node has no SQLite and the package is not
 * there.
 */
export function sqliteDriver(modules: Modules = own()): string {
  if (modules.isBuiltin(BUILTIN)) return BUILTIN;
  try {
    return modules.resolve(PACKAGE);
  } catch (error) {
    throw new StoreError(
      'PEER_MISSING',
      `this version of Node has no SQLite, and the package ${PACKAGE} is not beside castcall: `
      + `npm install ${PACKAGE}, or use Node 22.13 or newer`,
      [], { cause: error },
    );
  }
}
