// A life of a program with a durable queue, until it is killed: `node killed.js PATH FIRST`. It tells on its standard
// output, line by line: `S n` pushed, `K n` acknowledged.
import { writeSync } from 'node:fs';
import { createSystem } from '../../../../src/index.js';
import { sqlite } from '../../../../src/journal/sqlite/index.js';

const [, , path = '', first = '0'] = process.argv;
const tell = (text: string): void => void writeSync(1, `${text}\n`);
const system = createSystem({ store: sqlite(path), logger: false });
const jobs = system.queue<number>('jobs', { durable: true, leaseMs: 60_000, attemptsMax: 1_000 });

async function produce(): Promise<void> {
  for (let n = Number(first); ; n++) {
    tell(`I ${n}`);
    await jobs.push(n);
    tell(`S ${n}`);
  }
}

async function consume(): Promise<void> {
  for await (const lease of jobs.leases()) {
    tell(`L ${lease.item}`);
    await lease.ack();
    tell(`K ${lease.item}`);
  }
}

await Promise.all([produce(), consume(), consume()]);
