import { createSystem, type System } from '../../../src/index.js';
import type { Env } from '../../../src/base/index.js';
import type { Kind, Store, StoreSource, Table } from '../../../src/journal/port/index.js';
import { sqlite } from '../../../src/journal/sqlite/index.js';
import type { LifeOrder, Tell } from './variant.js';


/** The store of a life, which tells of the writes that compact a log. */
class Telling implements StoreSource {
  readonly kind = 'sqlite';
  constructor(private readonly source: StoreSource, private readonly tell: Tell) {}

  connect(): Store {
    const store = this.source.connect();
    const write = store.write.bind(store);
    store.write = (batch) => {
      let compacts = false;
      const pass = (): void => undefined;
      batch.replay({
        append: pass, drop: pass, remove(table: Table) { compacts ||= table === 'delta'; },
        put: (_kind: Kind, _key: string, _body: Uint8Array) => undefined,
      });
      if (!compacts) return write(batch);
      this.tell('C');
      return write(batch).then(() => this.tell('c'));
    };
    return store;
  }
}

/** A system on the store of this order, once that is open. */
export async function begun({ path }: LifeOrder, tell: Tell, env?: Env): Promise<System> {
  const system = createSystem({ store: new Telling(sqlite(path), tell), logger: false, ...(env && { env }) });
  await system.store.ready;
  return system;
}
