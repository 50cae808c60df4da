import { atOnce } from '../../base/index.js';

/**
 * Matches every value, anywhere in a pattern: Erlang's `_`. As a key of a registry it is a key like any other.
 *
 * @example
 * const Rooms = defineRegistry<string, { topic: string; seats: number }>({ keys: 'duplicate', name: 'rooms' });
 * system.start(Rooms, { name: 'rooms' });
 * system.ref(Rooms).countMatch('blue', { topic: 'bees', seats: anything }) // => 0
 * @since 0.2.0
 */
export const anything: unique symbol = Symbol('anything');

/**
 * A pattern for a value: `anything`; a function, which decides; an array, which must have the same
 * length and match item by item; a plain object, whose fields must be there and match, others may
 * be there too; any other value is itself, compared as a Map compares keys (1 is not '1', NaN is
 * NaN).
 */
export type Pattern<V> = typeof anything | ((value: V) => boolean) | (V extends readonly unknown[]
  ? { readonly [I in keyof V]: Pattern<V[I]> }
  : V extends object ? { readonly [N in keyof V]?: Pattern<V[N]> } : V);

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
