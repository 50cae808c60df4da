import { resolve } from 'node:path';
import type { StoreFinding } from '../../api/durable/store.js';
import {
  type Batch, type Entry, KINDS, type Kind, nameBytes, type Opened, type Row, STEP, type Store, StoreError,
  type StoreFacts, type Table, TABLES, unpacked,
} from '../port/index.js';
import { Link } from './link.js';
import { Marks } from './marks.js';
import { APPLICATION_ID, MIGRATIONS } from './schema.js';

/** How a store is opened. */
export interface SqliteSettings {
  readonly path: string;
  readonly driver: string;
  readonly level: 'disk' | 'process';
  readonly bytesMax: number | undefined;
  readonly damaged: 'refuse' | 'open';
  readonly checkBytesMax: number;
  readonly migrations?: readonly string[];
}

interface OpenedFile {
  readonly opened: Opened;
  readonly settings: Readonly<Record<string, number | string>>;
}

interface PackedRows {
  readonly count: number;
  readonly buffer: ArrayBuffer;
}

/**
 * A store in one file of SQLite. A thread of its own has it open and carries out one request after
 * the other, so that the program never waits for a disk; a batch crosses over as one buffer. What
 * takes long, and only reads, has a thread and a connection of its own.
 */
export class SqliteStore implements Store {
  readonly level: 'disk' | 'process';
  readonly path: string;
  readonly bytesMax: number | undefined;
  /** settings of SQLite as they were read back when it was opened */
  pragmas: Readonly<Record<string, number | string>> = {};
  private link: Link | null = null;
  /** there while it is open */
  private marks: Marks | null = null;
  private readonly reading = new Set<Promise<unknown>>();

  constructor(private readonly settings: SqliteSettings) {
    this.level = settings.level;
    this.path = settings.path;
    this.bytesMax = settings.bytesMax;
  }

  async open(): Promise<Opened> {
    if (this.link !== null) throw new StoreError('STORE_LOCKED', `${this.settings.path} is open here already`);
    const link = this.link = this.thread('owner');
    try {
      const { opened, settings } = await link.ask({ op: 'open' }) as OpenedFile;
      const marks = new Marks(this.settings.path, opened.epoch, (from) => link.ask({ op: 'moveMarks', from }));
      marks.open();
      this.marks = marks;
      this.pragmas = settings;
      return opened;
    } catch (error) {
      await link.stop();
      this.link = null;
      throw error;
    }
  }

  async write(batch: Batch): Promise<void> {
    const buffer = batch.pack();
    await this.ask({ op: 'write', number: batch.number, count: batch.size, buffer }, [buffer]);
  }

  async get(kind: Kind, key: string): Promise<Uint8Array | undefined> {
    return await this.ask({ op: 'get', kind, key: nameBytes(key) }) as Uint8Array | undefined;
  }

  async rows(
    table: Table, stream: string | null, after: number, limit: number, bodies: boolean,
  ): Promise<readonly Row[]> {
    const name = stream === null ? null : nameBytes(stream);
    const { count, buffer } = await this.ask({ op: 'rows', table, stream: name, after, limit, bodies }) as PackedRows;
    return unpacked(buffer, count, (seq, name, body) => ({ seq, stream: name, body }));
  }

  async records(kind: Kind, after: string, limit: number): Promise<readonly Entry[]> {
    const { count, buffer } = await this.ask({ op: 'records', kind, after: nameBytes(after), limit }) as PackedRows;
    return unpacked(buffer, count, (_, name, body) => ({ key: name, body }));
  }

  mark(seq: number, attempts: number): void {
    if (this.marks === null) throw this.closed();
    this.marks.add(seq, attempts);
  }

  async facts(): Promise<StoreFacts> {
    return await this.ask({ op: 'facts' }) as StoreFacts;
  }

  async check(): Promise<readonly StoreFinding[]> {
    return this.aside(async (reader) => {
      const findings: StoreFinding[] = [];
      for (const name of [...TABLES, ...KINDS]) {
        findings.push(...await reader.ask({ op: 'check', name }) as StoreFinding[]);
      }
      return findings;
    });
  }

  async backup(path: string): Promise<void> {
    const to = resolve(path);
    await this.aside((reader) => reader.ask({ op: 'copy', to }));
  }

  async close(): Promise<void> {
    const { link, marks } = this;
    if (link === null || marks === null) return;
    this.marks = null;
    marks.close();
    await Promise.allSettled(this.reading);
    try {
      await link.ask({ op: 'close' });
      await link.left();
    } finally {
      await link.stop();
      this.link = null;
    }
  }

  /** Commits go on beside it; only the WAL is not emptied as long as one statement of it runs. */
  private async aside<T>(act: (reader: Link) => Promise<T>): Promise<T> {
    if (this.marks === null) throw this.closed();
    const reader = this.thread('reader');
    const run = (async () => {
      try {
        await reader.ask({ op: 'open' });
        return await act(reader);
      } finally {
        await reader.ask({ op: 'close' }).catch(() => undefined);
        await reader.stop();
      }
    })();
    this.reading.add(run);
    try {
      return await run;
    } finally {
      this.reading.delete(run);
    }
  }

  private ask(request: object, transfer?: readonly ArrayBuffer[]): Promise<unknown> {
    if (this.link === null || this.marks === null) return Promise.reject(this.closed());
    return this.link.ask(request, transfer);
  }

  private closed(): StoreError {
    return new StoreError('STORE_CLOSED', `${this.settings.path} is not open`);
  }

  private thread(role: 'owner' | 'reader'): Link {
    return new Link(this.settings.path, {
      migrations: MIGRATIONS, ...this.settings, role, tables: TABLES, kinds: KINDS, step: STEP,
      applicationId: APPLICATION_ID,
    });
  }
}
