import {
  createSystem, defineAgent, type AgentRef, type MailboxOptions, type ProcessSelf,
} from '../../src/index.js';
import { nextTurn } from '../lib/clock.js';
import type { Policy } from './options.js';

export const OVERLOAD = 10;

const SENDERS = 4;
/** Sends of one sender in one turn of the event loop, at most: it gives way, as a program must. */
const SENDS_A_TURN = 60;
/** Puts and deliveries of one sender that wait for room at once. */
const WAITING_MAX = 64;
/** Every so many messages an agent waits for a turn of the event loop: that is what bounds its pace. */
const HANDLED_A_TURN = 4;
const PRIORITIES = ['low', 'normal', 'normal', 'high', 'critical'] as const;

/** Counted by senders and handlers themselves, for the comparison with the system's account. */
export interface Tally {
  offered: number;
  /** starts of handlers, repeated attempts of deliveries included */
  started: number;
  /** attempts of deliveries that failed on purpose */
  failed: number;
}

const defineWorker = (tally: Tally) => defineAgent({
  name: 'worker',
  delivery: { onError: () => 'retry', backoff: { baseMs: 5, maxMs: 50 } },
  init: () => ({ handled: 0 }),
  casts: {
    work(self, _payload: string) {
      tally.started++;
      self.state.handled++;
      if (self.delivery?.attempt === 1 && tally.started % 8 === 0) {
        tally.failed++;
        throw new Error('wanted');
      }
      return self.state.handled % HANDLED_A_TURN === 0 ? nextTurn() : undefined;
    },
  },
});

type Worker = AgentRef<ReturnType<typeof defineWorker>>;

/** Bounded in messages, in bytes, and in both; with lanes that age and without. */
const mailboxes = (overflow: Policy): readonly MailboxOptions[] => [
  { capacity: 1_000, overflow },
  { capacityBytes: 64 * 1_024, overflow },
  { capacity: 500, capacityBytes: 64 * 1_024, overflow, lanes: { ageEvery: 8 } },
  { capacity: 50, overflow, lanes: { ageEvery: 100 } },
];

export type Load = ReturnType<typeof startLoad>;

/** Starts agents and senders that offer ten messages for each one that is handled, until `stop`. */
export function startLoad(policy: Policy) {
  const tally: Tally = { offered: 0, started: 0, failed: 0 };
  const system = createSystem({ name: `soak-${policy}`, logger: false });
  const Worker = defineWorker(tally);
  const workers = mailboxes(policy).map((mailbox, n) => system.start(Worker, { name: `worker-${n}`, mailbox }));
  let on = true;
  const senders = Array.from({ length: SENDERS }, (_, n) =>
    system.spawn((self) => send(self, workers, tally, n + 1, () => on), { name: `sender-${n}` }));
  /** Ends the senders and waits until every message has had its outcome. */
  const stop = async (): Promise<void> => {
    on = false;
    const busy = (): boolean => {
      const { queued, running, held } = system.stats();
      return queued + running + held > 0 || senders.some(({ pid }) => system.alive(pid));
    };
    while (busy()) await nextTurn();
  };
  return { system, tally, stop };
}

async function send(
  self: ProcessSelf, workers: readonly Worker[], tally: Tally, seed: number, on: () => boolean,
): Promise<void> {
  const refs = workers.map((worker) => self.bind(worker));
  const random = numbers(seed);
  let waiting = 0;
  const over = (): void => { waiting--; };
  const wait = (promise: Promise<unknown>): void => {
    waiting++;
    promise.then(over, over);
  };
  while (on()) {
    const wanted = (tally.started + 200) * OVERLOAD - tally.offered;
    const burst = Math.min(SENDS_A_TURN, Math.ceil(wanted / SENDERS));
    for (let n = 0; n < burst; n++) {
      const r = random();
      const ref = refs[r & 3] as Worker;
      const priority = PRIORITIES[(r >>> 2) % PRIORITIES.length];
      const payload = TEXTS[(r >>> 5) & 7] as string;
      const what = (r >>> 8) % 10;
      const expiresInMs = 5 + ((r >>> 12) & 63);
      tally.offered++;
      if (what < 2 && waiting < WAITING_MAX) wait(
        ref.put('work', payload, what === 0 ? {
          lane: priority, expiresInMs, timeoutMs: 500,
        } : { lane: priority, timeoutMs: 50 }),
      );
      else if (what === 2 && waiting < WAITING_MAX) wait(
        ref.deliver('work', payload, { lane: priority, expiresInMs: 2_000 }),
      );
      else if (what < 5) ref.cast('work', payload, { lane: priority, expiresInMs });
      else if (what < 7) ref.cast('work', payload, { lane: priority });
      else ref.tryCast('work', payload);
    }
    await nextTurn();
  }
  while (waiting > 0) await nextTurn();
}

const TEXTS = Array.from({ length: 8 }, (_, n) => 'x'.repeat(16 << (n >> 1)));

/** Marsaglia's xorshift: the same choices in every run. */
function numbers(seed: number): () => number {
  let x = seed * 2_654_435_761 | 1;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 0;
  };
}
