import { builtinModule } from './env.js';

const global = globalThis as { require?: unknown };

function requireBuiltin(name: string): unknown {
  const found = builtinModule(name);
  if (found === undefined) {
    throw new Error(`Cannot find module '${name}': a bundle of castcall requires modules of Node only`);
  }
  return found;
}

/**
 * For packages that are CommonJS, in a bundle that is one ES module: they require modules of Node,
 * and what esbuild puts before that throws unless there is a global `require`. Lends one, until the
 * function that it returns is called; nothing where there is one already.
 */
export function lendRequire(): () => void {
  if (global.require !== undefined) return () => undefined;
  global.require = requireBuiltin;
  return () => {
    if (global.require === requireBuiltin) Reflect.deleteProperty(global, 'require');
  };
}
