import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { lifeProgram } from '../child/programs.js';
import type { Order } from './order.js';

/** What one life told, and how it ended. */
export interface Lived {
  readonly lines: readonly string[];
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Runs one life; `heard` sees each line, and may kill it. */
export async function live(
  order: Order, heard: (line: string, kill: () => void) => void = () => undefined, flags: readonly string[] = [],
): Promise<Lived> {
  const args = [...flags, lifeProgram('agents'), JSON.stringify(order)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const lines: string[] = [];
  let rest = '';
  child.stdout.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split('\n');
    rest = parts.pop() ?? '';
    for (const line of parts) {
      lines.push(line);
      heard(line, () => void child.kill('SIGKILL'));
    }
  });
  const [code, signal] = await once(child, 'close') as [number | null, NodeJS.Signals | null];
  return { lines, code, signal };
}

/** What it told at its end. */
export function truthOf<T>({ lines }: Lived): T | null {
  const last = lines.at(-1) ?? '';
  return last.startsWith('T ') ? JSON.parse(last.slice(2)) as T : null;
}
