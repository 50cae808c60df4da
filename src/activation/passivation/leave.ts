import { Deadline } from '../../base/index.js';
import { STOP } from '../../mailbox/message/index.js';
import { exitProcess } from '../../process/kernel/index.js';
import type { Holding, Process } from '../../process/record/index.js';
import { pushSignal } from '../../process/send/index.js';
import { hold, type Names } from '../../router/names/index.js';

/** Why a passivated agent ends, as its monitors see it. */
export const PASSIVATED: { readonly shutdown: 'passivated' } = Object.freeze({ shutdown: 'passivated' });

/** Its terminate runs; it is killed when that takes too long. */
class Leaving extends Deadline implements Holding {
  readonly over: Promise<void>;
  private resolve!: () => void;
  constructor(private readonly p: Process) {
    super();
    this.over = new Promise((resolve) => {
      this.resolve = resolve;
    });
  }
  release({ kernel }: Process): void {
    kernel.deadlines.remove(this);
    this.resolve();
  }
  expire(): void {
    exitProcess(this.p, 'killed');
  }
}

/**
 * Ends an agent that rests: in this very step when it has no terminate to run. Else its name is free
 * at once, and the promise of its end is returned: who comes next starts behind it.
 *
 * @param shutdownMs of its terminate; -1 for no limit
 */
export function leave(p: Process, names: Names, terminates: boolean, shutdownMs: number): Promise<void> | null {
  if (!terminates) {
    exitProcess(p, PASSIVATED, true);
    return null;
  }
  const leaving = new Leaving(p);
  names.release(p);
  hold(p, leaving);
  if (shutdownMs >= 0) p.kernel.deadlines.add(leaving, shutdownMs);
  pushSignal(p, STOP, PASSIVATED, null);
  return leaving.over;
}
