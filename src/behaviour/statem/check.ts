import { OptionError } from '../../base/index.js';
import { printable, shapeOf } from '../../base/text/index.js';
import { checkFunctions, checkKnown, checkLife } from '../gen/index.js';
import type { Given } from './runtime.js';

/** Checks of what users write in a definition, where it enters. */
export function checkSpecKeys(where: string, spec: object, known: readonly string[]): Given {
  checkObject(where, spec);
  checkKnown(where, spec, known);
  const given = spec as Given;
  if (known.includes('init')) checkMachine(where, given);
  return given;
}

function checkMachine(where: string, given: Given): void {
  if (typeof given.init !== 'function') {
    throw new OptionError(`${where}.init`, given.init, 'a function that returns { state, data }');
  }
  checkLife(where, given);
  checkFunctions(where, given, ['terminate', 'formatStatus', 'codeChange', 'restored']);
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
