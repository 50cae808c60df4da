import { addAbortListener } from 'node:events';

/* What users throw may be a Proxy, or have getters: a look at it may be a trap. */

/** `instanceof` that no Proxy makes throw. */
export function isA<T>(value: unknown, type: abstract new (...args: never[]) => T): value is T {
  try {
    return value instanceof type;
  } catch {
    return false;
  }
}

/** One field of any value; undefined when it has none, or does not let it be read. */
export function fieldOf(value: unknown, key: string | symbol): unknown {
  try {
    return (value as Record<string | symbol, unknown> | null | undefined)?.[key];
  } catch {
    return undefined;
  }
}

/**
 * `listener` is told when `signal` fires, once, also where another listener has stopped the event
 * for all after it (`stopImmediatePropagation`); `removeEventListener` takes it out. The caller has
 * checked that it has not fired yet.
 */
export function onAbort(signal: AbortSignal, listener: () => void): void {
  addAbortListener(signal, listener);
}
