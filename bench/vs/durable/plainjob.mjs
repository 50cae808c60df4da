// plainjob: a queue in SQLite. Its add is synchronous, so that nothing is ever in flight beside it; synchronous = FULL,
// as safe as ours.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { better, defineQueue } from 'plainjob';

const DATA = { op: 'note', payload: 'x'.repeat(256) };

const rate = (queue, size) => {
  const began = performance.now();
  for (let sent = 0; sent < size; sent++) queue.add('bench', DATA);
  return (size * 1_000) / (performance.now() - began);
};

/** Median time of one, µs. */
const median = (queue, size) => {
  const times = [];
  for (let sent = 0; sent < size; sent++) {
    const began = performance.now();
    queue.add('bench', DATA);
    times.push(performance.now() - began);
  }
  return 1_000 * times.sort((a, b) => a - b)[times.length >> 1];
};

const add = (measure) => async (size) => {
  const folder = mkdtempSync(join(tmpdir(), 'castcall-plainjob-'));
  const database = new Database(join(folder, 'jobs'));
  const queue = defineQueue({ connection: better(database) });
  database.pragma('synchronous = FULL');
  try {
    const figure = measure(queue, size);
    const waiting = queue.countJobs();
    if (waiting !== size) throw new Error(`jobs: counted ${waiting}, expected exactly ${size}`);
    return figure;
  } finally {
    queue.close();
    rmSync(folder, { recursive: true, force: true });
  }
};

export const measurements = {
  journal_append: add(rate), journal_append_alone: add(rate), durable_deliver: add(rate),
  durable_deliver_alone: add(median),
};
