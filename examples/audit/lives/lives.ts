import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { AuditOptions } from '../options.js';
import type { Display } from '../output/display.js';
import { count } from '../output/quantity.js';
import { Random } from '../random.js';
import type { SwarmRun } from '../swarm.js';
import { Schedule, type Moment } from './schedule.js';
import type { Heard, Order, Said } from './wire.js';

/** A life that ended by itself, without a result. */
export class LifeFailed extends Error {}

/** How one life ended: with its result, or killed. */
interface Ended {
  readonly run: SwarmRun | null;
  /** Files that it has done. */
  readonly files: number;
}

/**
 * The work in a program of its own, which is killed without a word at moments that the seed draws,
 * and started again on the same store, until one life has come to its end.
 */
export async function runLives(
  options: AuditOptions, path: string, files: number, display: Display, interrupt: AbortSignal,
): Promise<{ run: SwarmRun; kills: number }> {
  const schedule = new Schedule(new Random(options.seed).fork());
  let left = files;
  for (let kills = 0; ; kills++) {
    if (interrupt.aborted) schedule.end();
    const order = { options: { ...options, seed: (options.seed + kills) >>> 0 }, path };
    const ended = await new Life(order, schedule.next(left), display, interrupt).ended();
    if (ended.run !== null) return { run: ended.run, kills };
    schedule.struck();
    left = Math.max(0, left - ended.files);
    display.note(`SIGKILL after ${count(ended.files)} more files; starting the program again …`);
  }
}

class Life {
  readonly #child: ChildProcess;
  readonly #moment: Moment | null;
  readonly #display: Display;
  readonly #interrupt: AbortSignal;
  #files = 0;
  #run: SwarmRun | null = null;
  #failure: string | null = null;
  #struck = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(order: Order, moment: Moment | null, display: Display, interrupt: AbortSignal) {
    this.#moment = moment;
    this.#display = display;
    this.#interrupt = interrupt;
    this.#child = fork(fileURLToPath(new URL('./life.js', import.meta.url)), [JSON.stringify(order)], {
      serialization: 'advanced', stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: [],
    });
    this.#child.on('message', (said: Said) => this.#hear(said));
  }

  /** Rejects with LifeFailed when it ended by itself and has no result. */
  async ended(): Promise<Ended> {
    const interrupted = (): void => {
      clearTimeout(this.#timer);
      this.#tell('interrupt');
    };
    if (this.#interrupt.aborted) interrupted();
    this.#interrupt.addEventListener('abort', interrupted);
    const [code, signal] = await once(this.#child, 'close') as [number | null, NodeJS.Signals | null];
    this.#interrupt.removeEventListener('abort', interrupted);
    clearTimeout(this.#timer);
    if (this.#failure !== null) throw new LifeFailed(this.#failure);
    if (signal === 'SIGKILL' && this.#struck) return { run: null, files: this.#files };
    if (this.#run === null) throw new LifeFailed(`a life ended by itself: ${signal ?? `code ${code}`}`);
    return { run: this.#run, files: this.#files };
  }

  #hear(said: Said): void {
    const { files } = this.#moment ?? { files: undefined };
    switch (said.kind) {
      case 'begun':
        if (files === null) this.#strikeLater();
        break;
      case 'files':
        this.#files = said.done;
        if (typeof files === 'number' && said.done >= files) this.#strikeLater();
        break;
      case 'line': this.#display.note(said.text); break;
      case 'result':
        this.#run = said.run;
        // It was faster than its kill, which meets it now: everything is done, and nobody has heard of it.
        if (this.#moment !== null && !this.#interrupt.aborted) this.#strike();
        else this.#tell('leave');
        break;
      default:
        this.#failure = said.text;
        this.#tell('leave');
    }
  }

  #strikeLater(): void {
    if (this.#interrupt.aborted) return;
    this.#timer ??= setTimeout(() => this.#strike(), this.#moment?.laterMs);
  }

  #strike(): void {
    this.#struck = this.#child.kill('SIGKILL');
  }

  #tell(heard: Heard): void {
    if (this.#child.connected) this.#child.send(heard);
  }
}
