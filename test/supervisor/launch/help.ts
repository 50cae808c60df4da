import type { SubAgent } from '../../../src/supervisor/public.js';
import { defineAgent, type From, type ProcessVerbs, type System } from '../../../src/index.js';

/** A sub-agent that can do anything; what happens to it is noted. */
export function worker(notes: string[] = []) {
  return defineAgent({
    name: 'worker',
    init: (label: string = 'w'): { label: string; later?: From } => ({ label }),
    calls: {
      echo: (_self, text: string) => text,
      label: (self) => self.state.label,
      crash(): string { throw new Error('broken'); },
      refuse: (self) => self.refuse('NO', { why: 'busy' }),
      leave: (self) => self.stop('normal'),
      async hang(self): Promise<string> {
        self.signal.addEventListener('abort', () => notes.push(`signal ${(self.signal.reason as Error).message}`));
        await new Promise(() => undefined);
        return 'never';
      },
      later(self) {
        self.state.later = self.from as From;
        return self.noreply();
      },
    },
    casts: {
      note(_self, text: string) { notes.push(text); },
      answer(self, text: string) { self.reply(self.state.later as From, text); },
    },
  });
}

/** The same that is asked to end, and takes its time. */
export function stubborn(notes: string[], takesMs: number) {
  return defineAgent({
    name: 'stubborn',
    trapExit: true,
    calls: { echo: (_self, text: string) => text, wait: (self) => self.noreply() },
    async terminate(self, reason) {
      notes.push(`terminate ${String(reason)}`);
      await new Promise<void>((resolve) => { self.timers.applyAfter(takesMs, () => resolve()); });
      notes.push('done');
    },
  });
}

/** An agent that lends its self: what it launches is its own. */
export function owner(system: System): { readonly self: ProcessVerbs; readonly pid: string } {
  let lent: ProcessVerbs | undefined;
  const Owner = defineAgent({ name: 'owner', init() { lent = this; return {}; } });
  const ref = system.start(Owner);
  return { self: lent as unknown as ProcessVerbs, pid: ref.pid as string };
}

/** A code or a message of what a promise rejects with; `value …` when it does not. */
export async function told(promise: Promise<unknown>): Promise<string> {
  try {
    return `value ${String(await promise)}`;
  } catch (error) {
    const { code, message } = error as { code?: unknown; message?: string };
    return typeof code === 'string' ? code : message ?? String(error);
  }
}

export const ends = (one: Pick<SubAgent, 'result'>): Promise<string> => told(one.result);
