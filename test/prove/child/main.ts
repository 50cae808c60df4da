// A life: `node main.js` waits for one line, the order, and works on a store until it is killed. The order is read
// after everything is loaded, so that a parent may keep the next life ready.
import { writeSync } from 'node:fs';
import { subjectOf } from '../subject/subjects.js';
import type { Order } from '../subject/subject.js';

async function line(): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin) {
    text += String(chunk);
    if (text.includes('\n')) return text;
  }
  return process.exit(0);
}

const nap = new Int32Array(new SharedArrayBuffer(4));

/** Whole, before it returns; a pipe that is full is waited for. */
function tell(text: string): void {
  let rest = Buffer.from(`${text}\n`);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(nap, 0, 0, 1);
    }
  }
}

const failed = (error: unknown): void => {
  tell(`Y ${String((error as Error | null)?.stack ?? error).replaceAll('\n', ' | ')}`);
  process.exitCode = 1;
};
process.on('uncaughtException', failed);
process.on('unhandledRejection', failed);
const order = JSON.parse(process.argv[2] ?? await line()) as Order;
process.stdin.destroy();
await subjectOf(order.subject).work(order, tell);
