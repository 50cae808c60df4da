import type { Input } from './command.js';
import { StoreInspector } from './inspector.js';

/** Opens the store that the first argument names, and closes it after. */
export function withStore<T>(input: Input, use: (store: StoreInspector) => T): T {
  const store = new StoreInspector(input.positionals[0] as string);
  try {
    return use(store);
  } finally {
    store.close();
  }
}
