import { execFileSync, spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { printTerm, type Term } from './term.js';
import type { Trace } from './trace.js';

export const MISSING = [
  'oracle: no Erlang here (`erl` and `erlc`), so there is nothing to compare with. Install it with',
  '  apt-get install -y --no-install-recommends erlang-base     (Debian, Ubuntu)',
  '  apk add erlang     (Alpine)        brew install erlang     (macOS)',
].join('\n');

const ANSWER_TIMEOUT_MS = 60_000;
const EXIT_TIMEOUT_MS = 5_000;
/** scenarios that Erlang runs at once, at most; each has registered names of its own */
const SLOTS = 256;

export function erlangInstalled(): boolean {
  return ['erl', 'erlc'].every(
    (program) => spawnSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' }).status === 0,
  );
}

interface Asked {
  readonly resolve: (trace: Trace) => void;
  readonly slot: number;
  readonly timeout: NodeJS.Timeout;
}

/** One long-lived `erl` with one scheduler, which runs scenarios and answers with what they saw. */
export class ErlangNode {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #asked = new Map<string, Asked>();
  readonly #slots: number[] = Array.from({ length: SLOTS }, (_, at) => at);
  readonly #waiting: ((slot: number) => void)[] = [];
  #id = 0;
  #ended: string | null = null;

  private constructor(
    private readonly compiled: string,
    modules: readonly string[],
    onReady: (release: number) => void,
    onError: (error: Error) => void,
  ) {
    // Embedded mode: a process that waits for its code to be loaded would look as if it had nothing to do.
    const begin = `[{module, _} = code:load_abs("${compiled}/" ++ M) || M <- [${modules.map((name) => `"${name}"`).join(
      ', ',
    )}]], oracle:main().`;
    const args = ['+S', '1:1', '+sbwt', 'none', '-mode', 'embedded', '-noinput', '-noshell', '-eval', begin];
    const child =
      spawn('erl', args, {
        stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ERL_CRASH_DUMP_SECONDS: '0' },
      });
    this.#child = child;
    createInterface({ input: child.stdout }).on('line', (line) => {
      const tab = line.indexOf('\t');
      const [head, rest] = [line.slice(0, tab), line.slice(tab + 1)];
      if (head === 'ready') onReady(Number(rest));
      else this.#answer(head, rest === '' ? [] : rest.split('|'));
    });
    const end = (what: string): void => {
      this.#ended ??= what;
      onError(new Error(`erl: ${what}`));
      for (const id of [...this.#asked.keys()]) this.#answer(id, [`erl: ${what}`]);
    };
    child.stdin.on('error', (error) => end(error.message));
    child.on('error', (error) => end(error.message));
    child.on('exit', (code, signal) => end(`ended with ${signal ?? `code ${code}`}`));
  }

  /** Compiles the drivers into a temporary folder and starts the node. */
  static async start(sources: string): Promise<{ readonly node: ErlangNode; readonly release: number }> {
    const compiled = mkdtempSync(join(tmpdir(), 'castcall-oracle-'));
    try {
      const modules =
        readdirSync(sources).filter((name) => name.endsWith('.erl'))
          .map((name) => name.slice(0, -'.erl'.length));
      execFileSync(
        'erlc', ['-Wall', '-Werror', '-o', compiled, ...modules.map((name) => join(sources, `${name}.erl`))],
        { stdio: ['ignore', 2, 'inherit'] },
      );
      return await new Promise((resolve, reject) => {
        const node: ErlangNode = new ErlangNode(
          compiled, modules, (release) => resolve({ node, release }), reject,
        );
      });
    } catch (error) {
      rmSync(compiled, { recursive: true, force: true });
      throw error;
    }
  }

  /** What OTP sees; never rejects: a node that says nothing is a trace that says so. */
  async run(scenario: Term): Promise<Trace> {
    const slot = this.#slots.pop() ?? (await new Promise<number>((resolve) => this.#waiting.push(resolve)));
    if (this.#ended !== null) return [`erl: ${this.#ended}`];
    const id = String(this.#id++);
    return new Promise((resolve) => {
      const timeout =
        setTimeout(
          () => this.#answer(id, [`erl: no answer within ${ANSWER_TIMEOUT_MS} ms`]),
          ANSWER_TIMEOUT_MS,
        );
      this.#asked.set(id, { resolve, slot, timeout });
      this.#child.stdin.write(`${id} ${slot} ${printTerm(scenario)}\n`);
    });
  }

  #answer(id: string, trace: Trace): void {
    const asked = this.#asked.get(id);
    if (asked === undefined) return;
    this.#asked.delete(id);
    clearTimeout(asked.timeout);
    const next = this.#waiting.shift();
    if (next !== undefined) next(asked.slot);
    else this.#slots.push(asked.slot);
    asked.resolve(trace);
  }

  /** The end of its input ends the node; what does not end by itself is killed. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
      await new Promise<void>((resolve) => {
        const kill = setTimeout(() => child.kill('SIGKILL'), EXIT_TIMEOUT_MS);
        child.once('exit', () => {
          clearTimeout(kill);
          resolve();
        });
        child.stdin.end();
      });
    }
    rmSync(this.compiled, { recursive: true, force: true });
  }
}
