import { handled } from '../base/index.js';
import type { Journal } from '../journal/index.js';
import type { AsideAgents } from '../api/durable/aside.js';
import type { StoreFinding, StoreStats, SystemStore } from '../api/durable/store.js';

/** The store of one system, as users see it. */
export class SystemStoreImpl implements SystemStore {
  readonly #journal: Journal;
  constructor(
    journal: Journal,
    readonly ready: Promise<void>,
    readonly aside: AsideAgents,
  ) {
    this.#journal = journal;
  }

  flush(): Promise<void> {
    // What was asked for while it was being opened is added when it is ready, before this.
    return handled(this.ready.then(() => this.#journal.flush()));
  }
  stats(): Promise<StoreStats> {
    return handled(this.#journal.facts().then((facts) => ({ ...facts, aside: this.aside.list().length })));
  }
  check(): Promise<readonly StoreFinding[]> {
    return handled(this.#journal.check());
  }
  backup(path: string): Promise<void> {
    return handled(this.#journal.backup(path));
  }
}
