// The bound: a thread that inserts the same bytes into a table of SQLite, group commit, nothing else. What piles up
// while a commit runs goes with the next one.
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

function append(inFlight, driver) {
  return async (size) => {
    const folder = mkdtempSync(join(tmpdir(), 'castcall-bare-'));
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { file: join(folder, 'store'), driver } });
    try {
      await new Promise((resolve) => { worker.once('online', resolve); });
      let begun = Math.min(inFlight, size);
      let safe = 0;
      const send = (messages) => {
        const bytes = new Uint8Array(messages * BODY_BYTES).fill(120);
        worker.postMessage(bytes, [bytes.buffer]);
      };
      const began = performance.now();
      await new Promise((resolve, reject) => {
        worker.on('error', reject);
        worker.on('message', (messages) => {
          safe += messages;
          if (safe === size) return resolve();
          const more = Math.min(messages, size - begun);
          begun += more;
          if (more > 0) send(more);
        });
        send(begun);
      });
      return (size * 1_000) / (performance.now() - began);
    } finally {
      await worker.terminate();
      rmSync(folder, { recursive: true, force: true });
    }
  };
}

const own = { name: isBuiltin('node:sqlite') ? 'node:sqlite' : '@photostructure/sqlite', from: process.argv[3] };
export const measurements = { journal_append: append(256, own), journal_append_alone: append(1, own) };
if (!isMainThread) serve(workerData);
