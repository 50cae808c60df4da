import { told } from '../../base/text/index.js';
import type { Op } from '../../mailbox/message/index.js';
import { KEPT, tell } from '../record/index.js';
import type { Behaviour, Kernel, Process } from '../record/index.js';
import type { WatchdogEvent, WatchdogOptions } from '../../api/inspect.js';
import type * as contract from '../record/index.js';

/**
 * Watches queues and handlers of a whole system (PF-10, PF-11). It costs nothing while there is
 * none: a send looks for it on the road of what is watched, and handlers are watched by taking the
 * place of each process's `handle`.
 */
export class Watchdog implements contract.Watchdog {
  private readonly crowded = new WeakSet<Process>();
  constructor(
    private readonly kernel: Kernel,
    private readonly options: WatchdogOptions,
    private readonly listener: (event: WatchdogEvent) => unknown,
  ) {}

  start(): void {
    this.kernel.watchdog?.stop();
    this.kernel.setWatchdog(this);
    for (const p of this.kernel.live.list()) this.join(p);
  }

  /** Idempotent; a watchdog that another one has replaced is stopped already. */
  stop(): void {
    if (this.kernel.watchdog !== this) return;
    this.kernel.setWatchdog(null);
    for (const p of this.kernel.live.list()) if (p.handle === handleWatched) p.handle = p.behaviour.handle;
  }

  join(p: Process): void {
    if (p.handle === p.behaviour.handle) p.handle = handleWatched;
  }

  /** A user message is about to be queued. */
  accepted(p: Process): void {
    const { queue } = this.options;
    const queued = p.mailbox.size + 1;
    if (queue === undefined || queued < queue.long || this.crowded.has(p)) return;
    this.crowded.add(p);
    this.event({ kind: 'queue-long', pid: p.pid, name: p.name?.name, queued });
  }

  /** The queue of `p` has become shorter. */
  taken(p: Process, queued: number): void {
    const { queue } = this.options;
    if (queue === undefined || queued > queue.short || !this.crowded.delete(p)) return;
    this.event({ kind: 'queue-short', pid: p.pid, name: p.name?.name, queued });
  }

  handle(p: Process, op: Op, payload: unknown, from: unknown): unknown {
    const { env } = this.kernel;
    const began = env.mono();
    let result: unknown = undefined;
    try {
      result = p.behaviour.handle(p, op, payload, from);
      return result;
    } finally {
      const ms = env.mono() - began;
      const { handlerMs } = this.options;
      if (handlerMs !== undefined && ms >= handlerMs) {
        this.event(
          {
            kind: 'handler-long', pid: p.pid, name: p.name?.name, behaviour: p.behaviour.name,
            op: op.name, ms,
          },
        );
      }
      this.taken(p, p.mailbox.size + (result === KEPT && !op.signal ? 1 : 0));
    }
  }

  /** Told from outside of every process; what the listener throws hurts nobody (P36). */
  private event(event: WatchdogEvent): void {
    tell(this.kernel, 'the listener of the watchdog failed', () => this.listener(told('WatchdogEvent', event)));
  }
}

const handleWatched: Behaviour['handle'] = (p, op, payload, from) => {
  const { watchdog } = p.kernel;
  return watchdog === null ? p.behaviour.handle(p, op, payload, from) : watchdog.handle(p, op, payload, from);
};

/** What handles the messages of a process when nothing else is in between: what others wrap, and go back to. */
export function handleOf(p: Process): Behaviour['handle'] {
  return p.kernel.watchdog === null ? p.behaviour.handle : handleWatched;
}
