import { writeSync } from 'node:fs';

const nap = new Int32Array(new SharedArrayBuffer(4));

/** A line for the witness, whole before it returns; a pipe that is full is waited for. */
export function tellLine(text: string): void {
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

/** The order: the first argument, or one line of the standard input; a parent that has gone wants nothing. */
export async function orderLine(): Promise<string> {
  const given = process.argv[2];
  if (given !== undefined) return given;
  let text = '';
  for await (const chunk of process.stdin) {
    text += String(chunk);
    if (text.includes('\n')) return text;
  }
  return process.exit(0);
}

/** Errors that nobody has caught are told, and end the life as a failed one. */
export function tellErrors(tell: (text: string) => void): void {
  const failed = (error: unknown): void => {
    tell(String((error as Error | null)?.stack ?? error).replaceAll('\n', ' | '));
    process.exitCode = 1;
  };
  process.on('uncaughtException', failed);
  process.on('unhandledRejection', failed);
}
