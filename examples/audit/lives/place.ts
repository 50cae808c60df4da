import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryStore, StoreError, type StoreSource } from '../../../src/journal/public.js';
import { sqlite } from '../../../src/journal/sqlite/public.js';

/** Where the ledgers are kept, and how to get rid of it. */
export interface Place extends AsyncDisposable {
  readonly source: StoreSource;
  /** Null for one in memory. */
  readonly path: string | null;
  /** Why it is in memory although a disk was asked for. */
  readonly missing: string | null;
}

/** A kill takes nothing that the operating system has: no need to wait for the disk. */
export function storeAt(path: string): StoreSource {
  return sqlite(path, { level: 'process' });
}

/** A store in a directory of its own, removed at the end; one in memory where SQLite is not there. */
export function openPlace(durable: boolean): Place {
  const missing = durable ? whatIsMissing() : null;
  if (!durable || missing !== null) {
    return { source: memoryStore(), path: null, missing, [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  const directory = mkdtempSync(join(tmpdir(), 'castcall-audit-'));
  const path = join(directory, 'ledgers.db');
  return {
    source: storeAt(path), path, missing,
    [Symbol.asyncDispose]: async () => rmSync(directory, { recursive: true, force: true }),
  };
}

function whatIsMissing(): string | null {
  try {
    storeAt('ledgers.db');
    return null;
  } catch (error) {
    if (error instanceof StoreError && error.code === 'PEER_MISSING') return error.message;
    throw error;
  }
}
