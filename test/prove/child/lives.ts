// Starts lives, keeps the next one ready, hears what they tell, and ends them.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Random } from '../../../src/testing/random.js';
import type { Order } from '../subject/subject.js';
import type { Claims } from '../witness/claims.js';
import { lifeProgram } from './programs.js';

/** Who hears what a life tells. */
export interface Listener {
  hear(chunk: Uint8Array): void;
  /** a line that was not finished was never told */
  lifeEnded(): void;
}

/** One that tells nothing for so long hangs. */
const SILENT_MS = 20_000;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly hung: boolean;
  readonly complaint: string;
}

/** A process that waits for its order, or has it. */
export class Started<L extends Listener = Claims> {
  private readonly child: ChildProcess;
  private listener: L | null = null;
  private heard: (() => void) | null = null;
  private complaint = '';
  private hung = false;
  private readonly closed: Promise<unknown>;

  constructor(command: string, args: readonly string[]) {
    this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    this.child.stdin?.on('error', () => undefined);
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.listener?.hear(chunk);
      this.heard?.();
    });
    this.child.stderr?.on('data', (chunk: Buffer) => { this.complaint += chunk.toString('utf8'); });
    this.closed = once(this.child, 'close');
  }

  begin(order: object, listener: L): void {
    this.hears(listener);
    this.child.stdin?.write(`${JSON.stringify(order)}\n`);
  }

  hears(listener: L): void {
    this.listener = listener;
  }

  /** Until it has told that, or has ended. */
  async until(told: (listener: L) => boolean): Promise<void> {
    const listener = this.listener as L;
    const ended = this.closed.then(() => true);
    while (!told(listener)) {
      const heard = new Promise<false>((resolve) => { this.heard = () => resolve(false); });
      if (await Promise.race([heard, ended])) return;
    }
  }

  /** With all that it has started. */
  kill(): void {
    const { pid, exitCode, signalCode } = this.child;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }

  /** Once it has ended and all that it told is heard; one that is silent for long is killed. */
  async ended(limitMs: number = SILENT_MS): Promise<Ended> {
    const watch = setTimeout(() => {
      this.hung = true;
      this.kill();
    }, limitMs);
    await this.closed;
    clearTimeout(watch);
    this.listener?.lifeEnded();
    const { exitCode: code, signalCode: signal } = this.child;
    return { code, signal, hung: this.hung, complaint: this.complaint };
  }
}

/** Hands out lives, each started while the one before is at work. */
export class Lives<L extends Listener = Claims> {
  private spare: Started<L>;
  constructor(private readonly program: string = lifeProgram('store')) {
    this.spare = this.start();
  }

  begin(order: object, listener: L): Started<L> {
    const life = this.spare;
    this.spare = this.start();
    life.begin(order, listener);
    return life;
  }

  private start(): Started<L> {
    return new Started(process.execPath, [this.program]);
  }

  async stop(): Promise<void> {
    this.spare.kill();
    await this.spare.ended();
  }
}

const PROGRESS_MAX = 150;
const PROGRESS_MS = 500;
const MOMENT_MS = 5;

/**
 * Until some moment of its work: once it has told of a random number of acknowledgements, and a little later, so
 * that a busy machine does not make all lives short.
 */
export async function someMoment(life: Started, claims: Claims, random: Random, times = 1): Promise<void> {
  const target = claims.accepted + claims.done + random.int(PROGRESS_MAX * times);
  await Promise.race([life.until(() => claims.accepted + claims.done >= target), wait(PROGRESS_MS * times)]);
  await wait(random.float() * MOMENT_MS);
}

export const wait = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms); });

/** A life with its order in the arguments, under a program that runs it. */
export function startUnder(command: string, args: readonly string[], order: Order, claims: Claims): Started {
  const life = new Started(command, [...args, process.execPath, lifeProgram('store'), JSON.stringify(order)]);
  life.hears(claims);
  return life;
}
