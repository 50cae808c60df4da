import { OptionError, unknownKey } from '../../base/index.js';

/** Checks of what users write in a definition, where it enters; each `define…` says what it takes. */
export function checkKnown(where: string, spec: object, known: readonly string[]): void {
  for (const key of Object.keys(spec)) {
    if (known.includes(key)) continue;
    throw unknownKey(`${where}.${key}`, key, (spec as Record<string, unknown>)[key], known, 'callback');
  }
}

export function checkLife(
  where: string, { name, trapExit }: { readonly name?: unknown; readonly trapExit?: unknown },
): void {
  if (name !== undefined && typeof name !== 'string') throw new OptionError(`${where}.name`, name, 'a text');
  if (trapExit !== undefined && typeof trapExit !== 'boolean') {
    throw new OptionError(`${where}.trapExit`, trapExit, 'true or false');
  }
}

export function checkFunctions(where: string, spec: object, keys: readonly string[]): void {
  for (const key of keys) {
    const value = (spec as Record<string, unknown>)[key];
    if (value !== undefined && typeof value !== 'function') {
      throw new OptionError(`${where}.${key}`, value, 'a function');
    }
  }
}
