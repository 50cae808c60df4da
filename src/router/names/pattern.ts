import { atOnce } from '../../base/index.js';
import { anything } from '../../api/names.js';

/** Whether a value fits a pattern; what a function in it throws goes through. */
export function matches(pattern: unknown, value: unknown): boolean {
  if (pattern === anything || pattern === value) return true;
  if (typeof pattern === 'function') return atOnce(
    'pattern', (pattern as (value: unknown) => unknown)(value),
  ) === true;
  if (typeof pattern !== 'object' || pattern === null || typeof value !== 'object' || value === null) {
    return Object.is(pattern, value);
  }
  if (Array.isArray(pattern)) {
    return Array.isArray(value) && value.length === pattern.length
      && pattern.every((part, at) => matches(part, value[at]));
  }
  const proto: unknown = Object.getPrototypeOf(pattern);
  if ((proto !== Object.prototype && proto !== null) || Array.isArray(value)) return false;
  return Object.keys(pattern).every((name) => Object.hasOwn(value, name)
    && matches((pattern as Record<string, unknown>)[name], (value as Record<string, unknown>)[name]));
}
