import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Contestant } from '../../lib/contestant.js';
import { root } from '../../lib/repository.js';

export const MISSING = [
  'No Erlang here (`erl` and `erlc`), so nothing is compared with the BEAM. Install it with',
  '  apt-get install -y --no-install-recommends erlang-base     (Debian, Ubuntu)',
  '  apk add erlang     (Alpine)        brew install erlang     (macOS)',
].join('\n');

export interface Beam {
  readonly release: string;
  readonly contestant: Contestant;
  stop(): Promise<void>;
}

/** One long-lived node with one scheduler, or null where Erlang is not installed. */
export async function startBeam(): Promise<Beam | null> {
  if (!installed('erl') || !installed('erlc')) return null;
  const compiled = compile();
  const args = ['+S', '1:1', '+P', '2000000', '-noshell', '-pa', compiled, '-s', 'bench_server', 'main'];
  const contestant = new Contestant('beam', 'erl', args);
  const stop = async (): Promise<void> => {
    await contestant.stop();
    rmSync(compiled, { recursive: true, force: true });
  };
  try {
    return { release: await contestant.ask('release'), contestant, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * `erl` has no harmless option that only prints, so the question is whether the shell could start
 * it at all.
 */
function installed(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' }).status === 0;
}

function compile(): string {
  const sources = join(root, 'bench', 'vs', 'beam');
  const files = readdirSync(sources).filter((name) => name.endsWith('.erl')).map((name) => join(sources, name));
  const out = mkdtempSync(join(tmpdir(), 'castcall-beam-'));
  execFileSync('erlc', ['-Wall', '-o', out, ...files], { stdio: ['ignore', 2, 'inherit'] });
  return out;
}
