import { Deadline } from '../base/index.js';
import { statusOf } from '../process/inspect/index.js';
import type { Kernel, Process } from '../process/record/index.js';

export class Alarm extends Deadline {
  constructor(private readonly ring: () => void) {
    super();
  }
  expire(): void {
    this.ring();
  }
}

/**
 * Finds a process whose body runs without parking it: a plain process or a task that awaits
 * something else than a message.
 */
class Bodies {
  /** the one that was found last: as long as it runs nobody looks at the others */
  private last: Process | null = null;
  constructor(private readonly kernel: Kernel) {}

  get busy(): boolean {
    if (this.last !== null && this.runs(this.last)) return true;
    this.last = this.kernel.live.list().find((p) => this.runs(p)) ?? null;
    return this.last !== null;
  }

  private runs(p: Process): boolean {
    return p.owner !== null && p !== this.kernel.stopper && p.behaviour.busy !== undefined
      && p.behaviour.busy(p);
  }
}

/**
 * Resolves to true once nothing is runnable and no `init`, handler or body runs or awaits, to false
 * when time ran out. What is outside of every process and waited for the last of them has a turn to
 * go on: a program that starts one tree after the other.
 */
export function quiet(kernel: Kernel, limitMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const bodies = new Bodies(kernel);
    let looking = false;
    const isQuiet = (): boolean => kernel.quiet && !bodies.busy;
    const done = (inTime: boolean): void => {
      kernel.waitingForQuiet = false;
      kernel.onDrainEnd = null;
      kernel.deadlines.remove(alarm);
      resolve(inTime);
    };
    const lookAgain = (): void => {
      looking = false;
      if (kernel.waitingForQuiet && isQuiet()) done(true);
    };
    const alarm = new Alarm(() => done(false));
    kernel.deadlines.add(alarm, limitMs);
    kernel.waitingForQuiet = true;
    kernel.onDrainEnd = () => {
      if (looking || !isQuiet()) return;
      looking = true;
      kernel.env.macrotask(lookAgain);
    };
    kernel.scheduler.poke();
  });
}

const TOLD_MAX = 10;

/**
 * What a drain waits for now, for a log line: the first processes by name and what they do, and how
 * many more there are.
 */
export function waitsFor(kernel: Kernel): string[] {
  const told: string[] = [];
  let more = 0;
  for (const p of kernel.live.list()) {
    const what = doing(p);
    if (what === null) continue;
    if (told.length < TOLD_MAX) told.push(`${p.title}: ${what}`);
    else more++;
  }
  if (more > 0) told.push(`and ${more} more`);
  return told;
}

function doing(p: Process): string | null {
  const status = statusOf(p);
  if (status === 'starting' || status === 'terminating') return status;
  if (p.op !== null) return p.op.name;
  if (p.behaviour.busy?.(p) === true) return p.behaviour.name;
  return p.mailbox.size > 0 && status !== 'suspended' ? `${p.mailbox.size} queued` : null;
}
