import { CastcallError } from '../base/index.js';
import type { Env } from '../base/index.js';
import type { Entry, Register, Written } from '../cluster/transport/index.js';
import type { Program } from './program.js';
import type { Random } from './random.js';

interface Row extends Entry {
  /** ms of the clock; Infinity: never */
  readonly until: number;
}

/** Its name where ways are cut. */
const REGISTER = 'register';
const LATENCY_MS = 3;
const TIMEOUT_MS = 500;

/** The register of a simulated network: one place, which machines reach or do not. */
export class NetworkRegister {
  private token = 0;
  private readonly rows = new Map<string, Row>();
  constructor(private readonly env: Env, private readonly random: Random) {}

  /** As one machine sees it. */
  as(name: string, program: Program, isCut: (from: string, to: string) => boolean): Register {
    const ask = <T>(act: () => T): Promise<T> => new Promise((resolve, reject) => {
      const answer = (ms: number, fn: () => void): void => this.after(ms, () => program.run(fn));
      const apply = (): void => {
        const found = act(); // also when who asked has died meanwhile: the answer finds nobody
        // The way back may be cut by then: the write has happened, and nobody knows.
        if (isCut(REGISTER, name)) answer(TIMEOUT_MS, () => reject(unavailable()));
        else answer(this.random.int(LATENCY_MS), () => resolve(found));
      };
      if (program.dead) return;
      if (isCut(name, REGISTER)) answer(TIMEOUT_MS, () => reject(unavailable()));
      else this.after(this.random.int(LATENCY_MS), apply);
    });
    return {
      write: (key, value, after, ttlMs) => ask(() => this.write(key, value, after, ttlMs)),
      remove: (key, token) => ask(() => this.held(key)?.token === token && this.rows.delete(key)),
      read: (key) => ask(() => this.entry(key)),
    };
  }

  private write(key: string, value: string, after: number, ttlMs: number): Written {
    const held = this.held(key);
    if ((held?.token ?? 0) !== after) return { ok: false, held: this.entry(key) };
    const token = ++this.token;
    this.rows.set(key, { value, token, until: ttlMs === 0 ? Infinity : this.env.mono() + ttlMs });
    return { ok: true, token };
  }

  private entry(key: string): Entry | null {
    const row = this.held(key);
    return row === undefined ? null : { value: row.value, token: row.token };
  }

  private held(key: string): Row | undefined {
    const row = this.rows.get(key);
    if (row === undefined || row.until > this.env.mono()) return row;
    this.rows.delete(key);
    return undefined;
  }

  private after(ms: number, fn: () => void): void {
    if (ms < 1) this.env.macrotask(fn);
    else this.env.hold(this.env.timer(ms, fn), false);
  }
}

function unavailable(): CastcallError {
  return new CastcallError('REGISTER_UNAVAILABLE', 'the register cannot be reached: whether it was written is unknown');
}
