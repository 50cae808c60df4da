import { nodeEnv } from '../../src/base/index.js';
import { run } from '../../src/cli/index.js';

export interface Said {
  readonly code: number;
  readonly out: string[];
  readonly err: string[];
}

/** Runs one command line. */
export async function castcall(...argv: string[]): Promise<Said> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await run(argv, { out: (line) => out.push(line), err: (line) => err.push(line) }, nodeEnv());
  return { code, out, err };
}
