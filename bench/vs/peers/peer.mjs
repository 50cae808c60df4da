// A peer as contestant: `node --expose-gc peer.mjs nact`, driven by lines on stdin: "metrics", or "metric size".
import { createInterface } from 'node:readline';

const [name] = process.argv.slice(2);
const { measurements } = await import(`./${name}.mjs`);

async function answer(line) {
  if (line === 'metrics') return `ok ${Object.keys(measurements).join(',')}`;
  const [metric, size] = line.split(' ');
  try {
    globalThis.gc();
    await new Promise((resolve) => setImmediate(resolve));
    return `ok ${await measurements[metric](Number(size))}`;
  } catch (error) {
    return `error ${String(error?.stack ?? error).replaceAll('\n', ' | ')}`;
  }
}

for await (const line of createInterface({ input: process.stdin })) process.stdout.write(`${await answer(line)}\n`);
process.exit(0);
