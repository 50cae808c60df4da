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

/** Messages per second. */
const rate = (inFlight) => async (queue, size) => {
  let begun = 0;
  const sender = async () => { while (begun < size) { begun += 1; await queue.add('bench', DATA); } };
  const began = performance.now();
  await Promise.all(Array.from({ length: inFlight }, sender));
  return (size * 1_000) / (performance.now() - began);
};

/** Median time of one, µs. */
async function median(queue, size) {
  const times = [];
  for (let sent = 0; sent < size; sent++) {
    const began = performance.now();
    await queue.add('bench', DATA);
    times.push(performance.now() - began);
  }
  return 1_000 * times.sort((a, b) => a - b)[times.length >> 1];
}

function add(measure) {
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
      const figure = await measure(queue, size);
      const waiting = await queue.getWaitingCount();
      if (waiting !== size) throw new Error(`jobs: counted ${waiting}, expected exactly ${size}`);
      await queue.close();
      return figure;
    } finally {
      redis.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    }
  };
}

export const measurements = {
  journal_append: add(rate(256)), journal_append_alone: add(rate(1)), durable_deliver: add(rate(256)),
  durable_deliver_alone: add(median),
};
