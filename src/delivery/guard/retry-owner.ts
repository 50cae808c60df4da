// In whose name `retry` makes its attempts: whose clock the waits between them are on, and what ends them.
import { Deadlines, nodeEnv } from '../../base/index.js';
import type { Deadline, Env } from '../../base/index.js';
import { systemStopped } from '../../process/kernel/index.js';
import { Phase } from '../../process/record/index.js';
import type { Holding, Kernel, Process } from '../../process/record/index.js';
import { hold, letGo } from '../../router/names/index.js';

/** A wait of one retry. */
export type Wait = Deadline & Holding;

/** The owner of one retry: at most one wait of it is open. */
export interface Owner {
  readonly env: Env;
  /** null for the program, which has no turns */
  readonly kernel: Kernel | null;
  /** whether it ended, after which there is no further attempt */
  ended(): boolean;
  /** what `retry` rejects with then */
  reason(): unknown;
  /** `wait` is told after so many ms, or when the owner ends before */
  begin(wait: Wait, ms: number): void;
  /** the wait is over */
  end(wait: Wait): void;
}

/** The free `retry`: the program has no system whose timers it could use. */
export function ofProgram(): Owner {
  return new OfProgram(nodeEnv());
}

/** `system.retry`: ends with `SYSTEM_STOPPED`. */
export function ofSystem(kernel: Kernel): Owner {
  return new OfSystem(kernel);
}

/** `self.retry`: ends with the exit reason. */
export function ofProcess(p: Process): Owner {
  return new OfProcess(p);
}

class OfProgram implements Owner {
  readonly kernel: null = null;
  /** of the wait that is open, and its alone */
  private deadlines: Deadlines | null = null;
  constructor(readonly env: Env) {}
  ended(): boolean {
    return false;
  }
  reason(): unknown {
    return undefined;
  }
  begin(wait: Wait, ms: number): void {
    const made = new Deadlines(this.env, () => this.env.microtask(() => made.stamp()));
    this.deadlines = made;
    made.add(wait, ms);
  }
  end(): void {
    this.deadlines?.close();
  }
}

class OfSystem implements Owner {
  private stopped: (() => void) | null = null;
  constructor(readonly kernel: Kernel) {}
  get env(): Env {
    return this.kernel.env;
  }
  ended(): boolean {
    return this.kernel.closed;
  }
  reason(): unknown {
    return systemStopped();
  }
  begin(wait: Wait, ms: number): void {
    this.kernel.deadlines.add(wait, ms);
    this.stopped = () => wait.expire();
    this.kernel.stopHooks.add(this.stopped);
  }
  end(wait: Wait): void {
    this.kernel.deadlines.remove(wait);
    if (this.stopped !== null) this.kernel.stopHooks.delete(this.stopped);
  }
}

class OfProcess implements Owner {
  readonly kernel: Kernel;
  constructor(private readonly p: Process) {
    this.kernel = p.kernel;
  }
  get env(): Env {
    return this.kernel.env;
  }
  ended(): boolean {
    return this.p.phase === Phase.Dead;
  }
  reason(): unknown {
    return this.p.reason;
  }
  begin(wait: Wait, ms: number): void {
    this.kernel.deadlines.add(wait, ms);
    hold(this.p, wait);
  }
  end(wait: Wait): void {
    this.kernel.deadlines.remove(wait);
    letGo(this.p, wait);
  }
}
