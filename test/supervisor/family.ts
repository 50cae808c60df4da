import {
  child, defineAgent, type AgentRef, type ExitReason, type System,
} from '../../src/index.js';
import type { ChildOptions } from '../../src/supervisor/public.js';

/** How the next starts of a worker go: `true` works, anything else is thrown. */
type Plan = Map<string, unknown[]>;

/**
 * Workers that write down their starts (`+a`) and their terminates (`-a reason`); kills are silent.
 * `fail(id, …)` plans the outcome of the next starts.
 */
export function family() {
  const log: string[] = [];
  const plans: Plan = new Map();
  const begin = (id: string): void => {
    const outcome = plans.get(id)?.shift();
    if (outcome !== undefined && outcome !== true) {
      log.push(`!${id}`);
      throw outcome as Error;
    }
    log.push(`+${id}`);
  };
  const Worker = defineAgent({
    name: 'worker',
    trapExit: true,
    init: (id: string, later: boolean) => {
      if (!later) begin(id);
      return later
        ? (Promise.resolve().then(() => { begin(id); return { id }; }) as unknown as { id: string })
        : { id };
    },
    casts: {
      end: (self, reason: ExitReason) => self.stop(reason),
      crash(_self, error: Error) { throw error; },
    },
    calls: { id: (self) => self.state.id },
    terminate(self, reason) { log.push(`-${self.state.id} ${typeof reason === 'string'
      ? reason
      : reason instanceof Error ? reason.message : JSON.stringify(reason)}`); },
  });
  return {
    log,
    Worker,
    worker: (id: string, options: ChildOptions & { readonly later?: boolean } = {}) => {
      const { later = false, ...rest } = options;
      return child(id, Worker, id, later, rest);
    },
    /** the next starts of this worker fail `times` times, with `boom` */
    fail: (id: string, times: number, after = 0): void => {
      plans.set(
        id,
        [...Array.from(
          { length: after }, () => true,
        ), ...Array.from({ length: times }, () => new Error(`no ${id}`))],
      );
    },
    /** takes what was logged so far */
    take: (): string[] => log.splice(0),
    ref: (system: System, id: string): AgentRef<typeof Worker> => system.ref(Worker, id),
  };
}

export const boom = new Error('boom');
