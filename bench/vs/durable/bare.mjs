// The bound: a thread that inserts the same bytes into a table of SQLite, group commit, nothing else. What piles up
// while a commit runs goes with the next one.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';

const BODY_BYTES = 256;

function serve({ file, driver }) {
  const { DatabaseSync } = createRequire(driver.from)(driver.name);
  const db = new DatabaseSync(file);
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 8000');
  db.exec('CREATE TABLE message (seq INTEGER PRIMARY KEY, stream TEXT NOT NULL, body BLOB NOT NULL) STRICT');
  const insert = db.prepare('INSERT INTO message VALUES (?, ?, ?)');
  const [begin, commit] = ['BEGIN IMMEDIATE', 'COMMIT'].map((sql) => db.prepare(sql));
  let seq = 0;
  parentPort.on('message', (bytes) => {
    begin.run();
    for (let at = 0; at < bytes.length; at += BODY_BYTES) {
      insert.run(++seq, 'bench', bytes.subarray(at, at + BODY_BYTES));
    }
    commit.run();
    parentPort.postMessage(bytes.length / BODY_BYTES);
  });
}

/** Runs `body` beside such a thread; its `send` resolves with a number of messages that are safe. */
async function withThread(driver, body) {
  const folder = mkdtempSync(join(tmpdir(), 'castcall-bare-'));
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { file: join(folder, 'store'), driver } });
  try {
    await new Promise((resolve) => { worker.once('online', resolve); });
    let told;
    worker.on('error', (error) => told.reject(error));
    worker.on('message', (messages) => told.resolve(messages));
    return await body((messages) => new Promise((resolve, reject) => {
      told = { resolve, reject };
      const bytes = new Uint8Array(messages * BODY_BYTES).fill(120);
      worker.postMessage(bytes, [bytes.buffer]);
    }));
  } finally {
    await worker.terminate();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Messages per second. */
const append = (inFlight, driver) => (size) => withThread(driver, async (send) => {
  const began = performance.now();
  for (let safe = 0; safe < size;) safe += await send(Math.min(inFlight, size - safe));
  return (size * 1_000) / (performance.now() - began);
});

/** Median time of one, µs. */
const alone = (driver) => (size) => withThread(driver, async (send) => {
  const times = [];
  for (let sent = 0; sent < size; sent++) {
    const began = performance.now();
    await send(1);
    times.push(performance.now() - began);
  }
  return 1_000 * times.sort((a, b) => a - b)[times.length >> 1];
});

/** Reads the file that the case of castcall has made, row by row, in a process of its own. */
const rows = (field, driver) => (size) => {
  const file = join(dirname(driver.from), '.build', 'durable', `recovery-${size}`, 'store');
  const program = join(dirname(fileURLToPath(import.meta.url)), 'rows.mjs');
  const told = JSON.parse(execFileSync(process.execPath, [program, file, driver.from, driver.name], {
    encoding: 'utf8',
  }));
  if (told.rows !== size) throw new Error(`rows: counted ${told.rows}, expected exactly ${size}`);
  return told[field];
};

const own = { name: isBuiltin('node:sqlite') ? 'node:sqlite' : '@photostructure/sqlite', from: process.argv[3] };
export const measurements = {
  journal_append: append(256, own), journal_append_alone: append(1, own),
  durable_deliver: append(256, own), durable_deliver_alone: alone(own),
  durable_recovery: rows('ms', own), durable_recovery_rss: rows('rssMb', own),
};
if (!isMainThread) serve(workerData);
