import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

const ANSWER_TIMEOUT_MS = 180_000;
const EXIT_TIMEOUT_MS = 5_000;

interface Asked {
  resolve(answer: string): void;
  reject(error: Error): void;
}

/** Names the contestant that failed, so that a comparison can tell whose failure it is. */
export class ContestantError extends Error {
  constructor(readonly label: string, message: string) {
    super(`${label}: ${message}`);
  }
}

/**
 * A long-lived process that measures on request: a line "metric size" in, a line "ok figure" or
 * "error reason" out.
 */
export class Contestant {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: Interface;
  #asked: Asked | null = null;
  #ended: Error | null = null;

  constructor(
    readonly label: string, command: string, args: readonly string[],
    env: NodeJS.ProcessEnv = process.env,
  ) {
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], env });
    this.#lines = createInterface({ input: this.#child.stdout });
    this.#lines.on('line', (line) => this.#settle((asked) => asked.resolve(line)));
    this.#child.stdin.on('error', (error) => this.#end(error));
    this.#child.on('error', (error) => this.#end(error));
    this.#child.on(
      'exit', (code, signal) => this.#end(new ContestantError(label, `ended with ${signal ?? `code ${code}`}`)),
    );
  }

  async measure(metric: string, size: number): Promise<number> {
    const figure = Number(await this.ask(`${metric} ${size}`));
    if (!Number.isFinite(figure)) throw new ContestantError(this.label, `no number for ${metric}`);
    return figure;
  }

  /** Resolves with what stands behind "ok "; rejects with what stands behind "error ". */
  async ask(request: string): Promise<string> {
    if (this.#ended !== null) throw this.#ended;
    if (this.#asked !== null) throw new ContestantError(this.label, 'still busy');
    const answered = new Promise<string>((resolve, reject) => { this.#asked = { resolve, reject }; });
    const timeout = setTimeout(() => this.#giveUp(request), ANSWER_TIMEOUT_MS);
    this.#child.stdin.write(`${request}\n`);
    try {
      const answer = await answered;
      if (answer.startsWith('ok ')) return answer.slice(3);
      throw new ContestantError(this.label, `${request}: ${answer.replace(/^error /, '')}`);
    } finally {
      clearTimeout(timeout);
    }
  }

  /** End of input is the request to end; what does not end by itself is killed. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    if (this.#ended !== null && this.#child.pid === undefined) return;
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), EXIT_TIMEOUT_MS);
    const exited = once(this.#child, 'exit');
    this.#child.stdin.end();
    await exited;
    clearTimeout(kill);
  }

  #giveUp(request: string): void {
    this.#end(new ContestantError(this.label, `no answer to "${request}" within ${ANSWER_TIMEOUT_MS} ms`));
    this.#child.kill('SIGKILL');
  }

  #end(error: Error): void {
    this.#ended ??= error;
    this.#settle((asked) => asked.reject(error));
  }

  #settle(how: (asked: Asked) => void): void {
    const asked = this.#asked;
    this.#asked = null;
    if (asked !== null) how(asked);
  }
}
