// plainjob: a queue in SQLite. Its add is synchronous, so that nothing is ever in flight beside it; synchronous = FULL,
// as safe as ours.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { better, defineQueue } from 'plainjob';

const DATA = { op: 'note', payload: 'x'.repeat(256) };

async function add(size) {
  const folder = mkdtempSync(join(tmpdir(), 'castcall-plainjob-'));
  const database = new Database(join(folder, 'jobs'));
  const queue = defineQueue({ connection: better(database) });
  database.pragma('synchronous = FULL');
  try {
    const began = performance.now();
    for (let sent = 0; sent < size; sent++) queue.add('bench', DATA);
    const rate = (size * 1_000) / (performance.now() - began);
    const { waiting } = { waiting: queue.countJobs() };
    if (waiting !== size) throw new Error(`jobs: counted ${waiting}, expected exactly ${size}`);
    return rate;
  } finally {
    queue.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

export const measurements = { journal_append: add, journal_append_alone: add };
