// Reads all messages of a store of castcall, row by row, and tells what that took.
import { createRequire } from 'node:module';

const [file, from, name] = process.argv.slice(2);
const { DatabaseSync } = createRequire(from)(name);
const began = performance.now();
const db = new DatabaseSync(file, { readOnly: true });
let rows = 0;
let bytes = 0;
for (const { body } of db.prepare('SELECT seq, stream, body FROM message ORDER BY seq').iterate()) {
  rows += 1;
  bytes += body.length;
}
const ms = performance.now() - began;
console.log(JSON.stringify({ ms, rows, bytes, rssMb: process.resourceUsage().maxRSS * 1_024 / 1e6 }));
