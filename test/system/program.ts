import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** What a program did. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

const prelude = `
import { pathToFileURL } from 'node:url';
const { build, compiled } = await import(pathToFileURL(${JSON.stringify(`${root}scripts/program.mjs`)}));
await build(() => {});
const { createSystem, defineAgent, child, supervisor } = await import(pathToFileURL(compiled('src/index.ts')));
const say = (text) => process.stdout.write(text + '\\n');
`;

/**
 * Runs a small program against the built library, in a Node process of its own. `act` may send it
 * signals once it has said `ready`, and wait until it has said more. A program that does not end by
 * itself within `limitMs` after that is killed, and its code is null.
 */
export function program(code: string, options: {
  readonly act?: (kill: (signal: NodeJS.Signals) => void, said: (text: string) => Promise<void>) => unknown;
  readonly env?: Record<string, string>;
  readonly limitMs?: number
} = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const running = spawn(
      process.execPath, ['--input-type=module', '-e', prelude + code],
      { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...options.env } },
    );
    let stdout = '';
    let stderr = '';
    let limit: NodeJS.Timeout | undefined;
    const waiting = new Set<() => void>();
    const said = (text: string): Promise<void> => new Promise((done) => {
      const look = (): void => {
        if (!stdout.includes(text)) return;
        waiting.delete(look);
        done();
      };
      waiting.add(look);
      look();
    });
    running.stdout.on('data', (part: Buffer) => {
      const before = stdout;
      stdout += part.toString();
      for (const look of [...waiting]) look();
      if (before.includes('ready') || !stdout.includes('ready')) return;
      limit = setTimeout(() => running.kill('SIGKILL'), options.limitMs ?? 5_000);
      void options.act?.((signal) => running.kill(signal), said);
    });
    running.stderr.on('data', (part: Buffer) => { stderr += part.toString(); });
    running.once('error', reject);
    running.once('close', (ended, signal) => {
      clearTimeout(limit);
      resolve({ code: ended, signal, stdout, stderr });
    });
  });
}
