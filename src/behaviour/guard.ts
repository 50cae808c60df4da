import type { Kernel } from '../process/index.js';

type Listener = ((event: Event) => void) | { handleEvent(event: Event): void } | null;

/**
 * A controller whose signal keeps the throw of a listener to itself: Node would end the program, and the listener is an
 * agent's code (P17). What it threw is logged. Only `addEventListener` is guarded, not the `onabort` property.
 */
export function guardedController(kernel: Kernel): AbortController {
  const made = new AbortController();
  const { signal } = made;
  const guards = new WeakMap<object, (event: Event) => void>();
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  const guard = (listener: NonNullable<Listener>): ((event: Event) => void) => {
    const known = guards.get(listener);
    if (known !== undefined) return known;
    const guarded = (event: Event): void => {
      try {
        if (typeof listener === 'function') listener.call(signal, event);
        else listener.handleEvent(event);
      } catch (error) {
        kernel.warn('a listener of a signal threw', { error });
      }
    };
    guards.set(listener, guarded);
    return guarded;
  };
  Object.defineProperties(signal, {
    addEventListener: { value: (type: string, listener: Listener, options?: object) => add(type, listener === null ? () => undefined : guard(listener), options) },
    removeEventListener: { value: (type: string, listener: Listener, options?: object) => remove(type, listener === null ? () => undefined : guard(listener), options) },
  });
  return made;
}
