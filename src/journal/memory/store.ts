import type { StoreFinding } from '../../api/durable/store.js';
import {
  type Batch, type Entry, type Kind, type Opened, type Row, type Store, StoreError, type StoreFacts,
  type StoreSource, type Table,
} from '../port/index.js';
import { Image } from './image.js';

/** What outlives the store that works on it. */
class Shelf {
  readonly image: Image = new Image();
  readonly marks: Map<number, number> = new Map();
  epoch = 0;
  clean = true;
  owner: MemoryStore | null = null;
}

/** A store without a file: batches are carried out as they come. */
export class MemoryStore implements Store {
  readonly level = 'memory';
  private epoch = 0;

  constructor(private readonly shelf: Shelf) {}

  async open(): Promise<Opened> {
    const { shelf } = this;
    if (shelf.owner !== null) {
      throw new StoreError(
        'STORE_LOCKED', 'the memory store is open in another system; stop that first, or make a store for each',
      );
    }
    shelf.owner = this;
    this.epoch = ++shelf.epoch;
    const { clean, image } = shelf;
    shelf.clean = false;
    for (const seq of shelf.marks.keys()) {
      if (!image.has('message', seq) && !image.has('item', seq)) shelf.marks.delete(seq);
    }
    return { epoch: this.epoch, clean, marks: new Map(shelf.marks), batch: image.batch, findings: [] };
  }

  async write(batch: Batch): Promise<void> {
    this.opened().apply(batch);
  }
  async get(kind: Kind, key: string): Promise<Uint8Array | undefined> {
    return this.opened().get(kind, key);
  }
  async rows(
    table: Table, stream: string | null, after: number, limit: number, bodies: boolean,
  ): Promise<readonly Row[]> {
    return this.opened().rows(table, stream, after, limit, bodies);
  }
  async records(kind: Kind, after: string, limit: number): Promise<readonly Entry[]> {
    return this.opened().records(kind, after, limit);
  }
  mark(seq: number, attempts: number): void {
    this.opened();
    this.shelf.marks.set(seq, attempts);
  }
  async facts(): Promise<StoreFacts> {
    const image = this.opened();
    return { ...image.counts(), bytes: image.bytes, path: undefined };
  }
  async check(): Promise<readonly StoreFinding[]> {
    this.opened();
    return [];
  }
  async backup(path: string): Promise<void> {
    throw new StoreError(
      'STORE_PATH', `no backup to '${path}': a memory store has no file; use a store that has one`,
    );
  }
  async close(): Promise<void> {
    const { shelf } = this;
    if (shelf.owner !== this) return;
    shelf.owner = null;
    shelf.clean = true;
    shelf.marks.clear();
  }

  private opened(): Image {
    if (this.shelf.owner !== this) throw new StoreError('STORE_CLOSED', 'the memory store is closed');
    return this.shelf.image;
  }
}

/**
 * A store in memory, for tests and for what may be lost with the program: level `memory`. What is in
 * it survives the system, not the program: a later system that gets the same value finds it again,
 * once the one before has stopped.
 *
 * Errors, when a system opens it: `STORE_LOCKED` while another system has it.
 *
 * @example
 * const store = memoryStore();
 * store.kind // => 'memory'
 * @since 0.2.0
 */
export function memoryStore(): StoreSource {
  const shelf = new Shelf();
  return { kind: 'memory', connect: () => new MemoryStore(shelf) };
}
