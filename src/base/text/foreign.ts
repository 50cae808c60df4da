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
  try {
    addAbortListener(signal, listener);
  } catch {
    // one whose own `addEventListener` throws: asked past it
    EventTarget.prototype.addEventListener.call(signal, 'abort', listener, { once: true });
  }
}

/** The listener of `onAbort` is told no more. */
export function offAbort(signal: AbortSignal, listener: () => void): void {
  try {
    signal.removeEventListener('abort', listener);
  } catch {
    EventTarget.prototype.removeEventListener.call(signal, 'abort', listener);
  }
}

/** A signal of the platform, whose state can be read: that of a Proxy need not be. */
export function isSignal(value: unknown): value is AbortSignal {
  return isA(value, AbortSignal) && typeof fieldOf(value, 'aborted') === 'boolean';
}
