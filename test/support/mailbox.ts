import {
  defineAgent, type AgentRef, type MailboxOptions, type MailboxLane, type System,
} from '../../src/index.js';
import { settleTurn } from './system.js';

/** A handler that ends when the test says so. */
export class Latch {
  readonly done: Promise<void>;
  open!: () => void;
  constructor() {
    this.done = new Promise((resolve) => {
      this.open = resolve;
    });
  }
}

/** An agent that notes what it handles and can be held up. */
export const Worker = defineAgent({
  name: 'Worker',
  init: (seen: unknown[], latch: Latch = new Latch()) => ({ seen, latch }),
  calls: {
    ask: (self, n: unknown) => { self.state.seen.push(n); return n; },
    hold: (self) => self.state.latch.done,
  },
  casts: {
    work(self, n: unknown) { self.state.seen.push(n); },
    other(self, n: unknown) { self.state.seen.push(n); },
  },
  info(self, message) { self.state.seen.push(message); },
});

export interface Held {
  readonly ref: AgentRef<typeof Worker>;
  readonly seen: unknown[];
  /** lets it go on, and everything it has be handled */
  go(): Promise<void>;
}

/** A worker whose handler is busy, so that what is sent stays queued until `go`. */
export async function heldWorker(system: System, mailbox: MailboxOptions, name?: string): Promise<Held> {
  const seen: unknown[] = [];
  const latch = new Latch();
  const ref = system.start(Worker, seen, latch, name === undefined ? { mailbox } : { mailbox, name });
  void ref.call('hold', undefined, { timeoutMs: 'infinity' }).catch(() => undefined);
  await settleTurn();
  const go = async (): Promise<void> => {
    latch.open();
    for (let turn = 0; turn < 5; turn++) await settleTurn();
  };
  return { ref, seen, go };
}

export const PRIORITIES: readonly MailboxLane[] = ['low', 'normal', 'high', 'critical'];

/** What a promise has come to by now: `waiting`, `done`, or the code (else the reason) of its rejection. */
export async function stateOf(promise: Promise<unknown>): Promise<unknown> {
  const pending = Symbol('pending');
  const first = await Promise.race([
    promise.then(() => 'done', (error: unknown) => (error as { code?: string } | undefined)?.code ?? error),
    Promise.resolve().then(() => settleTurn()).then(() => pending),
  ]);
  return first === pending ? 'waiting' : first;
}
