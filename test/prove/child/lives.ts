// Starts lives, keeps the next one ready, hears what they tell, and ends them.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Random } from '../../../src/testing/random.js';
import type { Order } from '../subject/subject.js';
import type { Claims } from '../witness/claims.js';

export const lifeProgram: string = fileURLToPath(new URL('./main.js', import.meta.url));

/** One that tells nothing for so long hangs. */
const SILENT_MS = 20_000;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly hung: boolean;
  readonly complaint: string;
}

/** A process that waits for its order, or has it. */
export class Started {
  private readonly child: ChildProcess;
  private claims: Claims | null = null;
  private heard: (() => void) | null = null;
  private complaint = '';
  private hung = false;
  private readonly closed: Promise<unknown>;

  constructor(command: string, args: readonly string[]) {
    this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    this.child.stdin?.on('error', () => undefined);
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.claims?.hear(chunk);
      this.heard?.();
    });
    this.child.stderr?.on('data', (chunk: Buffer) => { this.complaint += chunk.toString('utf8'); });
    this.closed = once(this.child, 'close');
  }

  begin(order: Order, claims: Claims): void {
    this.hears(claims);
    this.child.stdin?.write(`${JSON.stringify(order)}\n`);
  }

  hears(claims: Claims): void {
    this.claims = claims;
  }

  /** Until it has told that, or has ended. */
  async until(told: (claims: Claims) => boolean): Promise<void> {
    const claims = this.claims as Claims;
    const ended = this.closed.then(() => true);
    while (!told(claims)) {
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
    this.claims?.lifeEnded();
    const { exitCode: code, signalCode: signal } = this.child;
    return { code, signal, hung: this.hung, complaint: this.complaint };
  }
}

/** Hands out lives, each started while the one before is at work. */
export class Lives {
  private spare: Started;
  constructor() {
    this.spare = start();
  }

  begin(order: Order, claims: Claims): Started {
    const life = this.spare;
    this.spare = start();
    life.begin(order, claims);
    return life;
  }

  async stop(): Promise<void> {
    this.spare.kill();
    await this.spare.ended();
  }
}

const start = (): Started => new Started(process.execPath, [lifeProgram]);

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
  const life = new Started(command, [...args, process.execPath, lifeProgram, JSON.stringify(order)]);
  life.hears(claims);
  return life;
}
