import { OptionError, printable, shapeOf, unknownKey } from '../../base/index.js';
import type { Given } from './runtime.js';

/** Checks of what users write in a definition, where it enters. */
export function checkSpecKeys(where: string, spec: object, known: readonly string[]): Given {
  checkObject(where, spec);
  for (const key of Object.keys(spec)) {
    if (known.includes(key)) continue;
    throw unknownKey(`${where}.${key}`, key, (spec as Record<string, unknown>)[key], known, 'callback');
  }
  const given = spec as Given;
  if (known.includes('init')) checkLife(where, given);
  return given;
}

function checkLife(where: string, given: Given): void {
  if (typeof given.init !== 'function') {
    throw new OptionError(`${where}.init`, given.init, 'a function that returns { state, data }');
  }
  if (given.name !== undefined && typeof given.name !== 'string') {
    throw new OptionError(`${where}.name`, given.name, 'a text');
  }
  if (given.trapExit !== undefined && typeof given.trapExit !== 'boolean') {
    throw new OptionError(`${where}.trapExit`, given.trapExit, 'true or false');
  }
  checkFunctions(where, given, ['terminate', 'formatStatus', 'codeChange']);
}

export function checkFunctions(where: string, spec: object, keys: readonly string[]): void {
  for (const key of keys) {
    const value = (spec as Record<string, unknown>)[key];
    if (value !== undefined && typeof value !== 'function') {
      throw new OptionError(`${where}.${key}`, value, 'a function');
    }
  }
}

export function checkObject(where: string, value: unknown): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new OptionError(where, value, 'an object');
  }
}

export function isTable(value: unknown): value is object {
  return (typeof value === 'object' || typeof value === 'function') && value !== null;
}

export function whatever(value: unknown): string {
  if (typeof value === 'string') return `'${printable(value)}'`;
  return typeof value === 'object' && value !== null ? shapeOf(value) : printable(value);
}
