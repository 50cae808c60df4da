// BullMQ on a Redis of its own, which syncs its log for each command: `appendfsync always`, as safe as ours.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Queue } from 'bullmq';

const DATA = { op: 'note', payload: 'x'.repeat(256) };
const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

async function listening(path) {
  for (let tries = 0; tries < 200; tries++) {
    const there = await new Promise((resolve) => {
      const socket = connect(path, () => { socket.end(); resolve(true); }).on('error', () => resolve(false));
    });
    if (there) return;
    await sleep(25);
  }
  throw new Error('redis-server does not listen');
}

function add(inFlight) {
  return async (size) => {
    const folder = mkdtempSync(join(tmpdir(), 'castcall-redis-'));
    const path = join(folder, 'socket');
    const redis = spawn('redis-server', [
      '--port', '0', '--unixsocket', path, '--dir', folder, '--save', '',
      '--appendonly', 'yes', '--appendfsync', 'always',
    ], { stdio: 'ignore' });
    try {
      await listening(path);
      const queue = new Queue('bench', { connection: { path } });
      let begun = 0;
      const sender = async () => { while (begun < size) { begun += 1; await queue.add('bench', DATA); } };
      const began = performance.now();
      await Promise.all(Array.from({ length: inFlight }, sender));
      const rate = (size * 1_000) / (performance.now() - began);
      const waiting = await queue.getWaitingCount();
      if (waiting !== size) throw new Error(`jobs: counted ${waiting}, expected exactly ${size}`);
      await queue.close();
      return rate;
    } finally {
      redis.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    }
  };
}

export const measurements = { journal_append: add(256), journal_append_alone: add(1) };
