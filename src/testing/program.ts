import type { Env, TimerHandle } from '../base/index.js';

/**
 * The environment of one program among several on one clock: once it is dead nothing that it asked
 * for happens any more, and while it is stalled nothing happens yet.
 */
export class Program implements Env {
  dead = false;
  private stalls = 0;
  private readonly late: (() => void)[] = [];
  private readonly timers = new Set<TimerHandle>();
  constructor(private readonly of: Env) {}

  die(): void {
    this.dead = true;
    this.late.length = 0;
    for (const timer of this.timers) this.of.clear(timer);
  }
  /** As a program whose event loop is held up, or that is stopped (SIGSTOP), for so long. */
  stall(ms: number): void {
    this.stalls++;
    this.of.timer(ms, () => {
      if (--this.stalls > 0) return;
      for (const fn of this.late.splice(0)) this.of.macrotask(this.alive(fn));
    });
  }
  get chooser(): Env['chooser'] {
    return this.of.chooser;
  }
  get cores(): number {
    return this.of.cores;
  }
  mono(): number {
    return this.of.mono();
  }
  wall(): number {
    return this.of.wall();
  }
  timer(ms: number, fn: () => void): TimerHandle {
    if (this.dead) return this;
    const handle = this.of.timer(ms, () => this.run(() => {
      if (this.timers.delete(handle)) fn();
    }));
    this.timers.add(handle);
    return handle;
  }
  clear(handle: TimerHandle): void {
    this.timers.delete(handle);
    this.of.clear(handle);
  }
  hold(handle: TimerHandle, on: boolean): void {
    if (!this.dead) this.of.hold(handle, on);
  }
  microtask(fn: () => void): void {
    this.of.microtask(this.alive(fn));
  }
  macrotask(fn: () => void): void {
    this.of.macrotask(this.alive(fn));
  }
  u32(): number {
    return this.of.u32();
  }
  nonce(): string {
    return this.of.nonce();
  }
  residentBytes(): number {
    return this.of.residentBytes();
  }
  collectGarbage(): void {}
  histogram(): ReturnType<Env['histogram']> {
    return this.of.histogram();
  }
  context(): ReturnType<Env['context']> {
    return this.of.context();
  }
  thread(): null {
    return null;
  }

  /** Runs what comes from outside as this program would: never once it is dead, late while it is stalled. */
  run(fn: () => void): void {
    if (this.dead) return;
    if (this.stalls > 0) this.late.push(fn);
    else fn();
  }

  private alive(fn: () => void): () => void {
    return () => this.run(fn);
  }
}
