// The castcall contestant: `node --expose-gc child.js <library>`, driven by lines on stdin.
import { createInterface } from 'node:readline';
import { cases } from '../cases/index.js';
import type { Run } from './case.js';
import { nextTurn } from './clock.js';
import { collectGarbage } from './heap.js';
import { loadLibrary } from './library.js';
import { pollute } from './pollution.js';

const [libraryPath] = process.argv.slice(2);
if (libraryPath === undefined) throw new Error('usage: child.js <path of the compiled library>');
const library = await loadLibrary(libraryPath);
await pollute(library);

const runs = new Map<string, Run>();

function runOf(metric: string): Run {
  const known = runs.get(metric);
  if (known !== undefined) return known;
  const chosen = cases.get(metric);
  if (chosen === undefined) throw new Error(`no case for ${metric}`);
  const run = chosen(library);
  runs.set(metric, run);
  return run;
}

async function answer(line: string): Promise<string> {
  const [metric = '', size] = line.split(' ');
  try {
    collectGarbage();
    await nextTurn();
    return `ok ${await runOf(metric)(Number(size))}`;
  } catch (error) {
    return `error ${String((error as Error | null)?.stack ?? error).replaceAll('\n', ' | ')}`;
  }
}

for await (const line of createInterface({
  input: process.stdin,
})) process.stdout.write(`${await answer(line)}\n`);
process.exit(0);   // whatever a case may have left behind
