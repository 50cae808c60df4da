import { tell } from '../../process/record/index.js';
import type { Kernel } from '../../process/record/index.js';

type Listener = ((event: Event) => unknown) | { handleEvent(event: Event): unknown } | null;

/**
 * A controller whose signal keeps the throw of a listener to itself: Node would end the program,
 * and the listener is an agent's code (P17). What it threw, or rejected with, is logged; so for
 * `onabort`.
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
      tell(kernel, 'a listener of a signal failed', () =>
        (typeof listener === 'function' ? listener.call(signal, event) : listener.handleEvent(event)));
    };
    guards.set(listener, guarded);
    return guarded;
  };
  let held: Listener = null;
  Object.defineProperties(signal, {
    addEventListener: { value: (type: string, listener: Listener, options?: object) =>
      add(type, listener === null ? () => undefined : guard(listener), options) },
    removeEventListener: { value: (type: string, listener: Listener, options?: object) =>
      remove(type, listener === null ? () => undefined : guard(listener), options) },
    onabort: {
      get: () => held,
      set(listener: Listener) {
        if (held !== null) remove('abort', guard(held));
        held = typeof listener === 'function' ? listener : null;
        if (held !== null) add('abort', guard(held));
      },
    },
  });
  return made;
}
