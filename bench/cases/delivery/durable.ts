import type { Case, Castcall, System } from '../../lib/case.js';
import { nowMs, perSecond } from '../../lib/clock.js';
import { expectCount, onDisk, quiet } from '../../lib/system.js';
import { LoopDelay } from '../../soak/delay.js';
import { BODY_BYTES } from '../journal/append.js';

const SENDERS = 256;
const AGENTS = 1_000;
const STATE_BYTES = 512;
const PAYLOAD = 'x'.repeat(BODY_BYTES);

/** So many senders at once, each of which sends its next message when the one before is done. */
async function sendAll(size: number, senders: number, send: (n: number) => Promise<unknown>): Promise<void> {
  let begun = 0;
  const sender = async (): Promise<void> => {
    while (begun < size) await send(begun++);
  };
  await Promise.all(Array.from({ length: senders }, sender));
}

const sum = (counts: readonly number[]): number => counts.reduce((all, count) => all + count, 0);

const defineNotes = (library: Castcall) => library.defineAgent({
  init: () => ({ count: 0 }),
  calls: { count: (self) => self.state.count },
  casts: { note(self, _text: string) { self.state.count += 1; } },
});

const DURABLE = { durable: true } as const;

type Send = (text: string) => Promise<{ readonly settled: Promise<unknown> }>;

/** Stored deliveries to an agent that is not durable itself; all are handled in the end. */
const delivering = (
  measure: (send: Send, size: number) => Promise<number>,
): Case => (library) => {
  const Notes = defineNotes(library);
  return (size) => onDisk(library, async (system) => {
    const notes = system.start(Notes, { name: 'notes' });
    const ref = system.ref(Notes, 'notes');
    const figure = await measure((text) => ref.deliver('note', text, DURABLE), size);
    await quiet(system);
    expectCount('deliveries handled', await notes.call('count', undefined, { timeoutMs: 'infinity' }), size);
    expectCount('deliveries acknowledged', system.stats().delivery.acknowledged, size);
    return figure;
  });
};

/** Messages per second that are accepted, which is when they are on the disk; they are handled meanwhile. */
export const durableDeliver: Case = delivering(async (send, size) => {
  const began = nowMs();
  await sendAll(size, SENDERS, () => send(PAYLOAD));
  return perSecond(size, began);
});

/** Median time, µs, until a message is accepted, when nothing else is on its way. */
export const durableDeliverAlone: Case = delivering(async (send, size) => {
  const times: number[] = [];
  for (let n = 0; n < size; n++) {
    const began = nowMs();
    const receipt = await send(PAYLOAD);
    times.push(nowMs() - began);
    await receipt.settled;
  }
  return 1_000 * (times.sort((a, b) => a - b)[times.length >> 1] as number);
});

/** The 99th percentile of how late timers are under the load of `durableDeliver`, in ms. */
export const durableLoopDelay: Case = delivering(async (send, size) => {
  const delay = new LoopDelay();
  delay.start();
  await sendAll(size, SENDERS, () => send(PAYLOAD));
  delay.stop();
  return Math.min(delay.p99Ms, delay.ownP99Ms);
});

/**
 * Messages per second that are handled for good: each is delivered exactly once by its key to one of
 * 1,000 durable agents, changes its state, and makes it deliver another to a second durable agent.
 */
export const durableEffect: Case = (library) => {
  const exactly = { guarantee: 'exactly-once' } as const;
  const filler = 'x'.repeat(STATE_BYTES);
  const Sink = library.defineAgent({
    durable: true,
    delivery: exactly,
    init: () => ({ count: 0, filler }),
    calls: { count: (self) => self.state.count, take(self, _n: number) { self.state.count += 1; } },
  });
  let current: System | null = null;
  const Worker = library.defineAgent({
    durable: true,
    delivery: exactly,
    init: (to: string) => ({ count: 0, to, filler }),
    calls: {
      count: (self) => self.state.count,
      async work(self, n: number) {
        self.state.count += 1;
        await self.deliver(self.bind(current!.ref(Sink, self.state.to)), 'take', n);
      },
    },
  });
  return (size) => onDisk(library, async (system) => {
    current = system;
    const names = Array.from({ length: AGENTS }, (_, n) => n);
    const sinks = await Promise.all(names.map((n) => system.start(Sink, { name: `sink-${n}` })));
    const workers = await Promise.all(names.map((n) => system.start(Worker, `sink-${n}`, { name: `worker-${n}` })));
    const refs = names.map((n) => system.ref(Worker, `worker-${n}`));
    const began = nowMs();
    await sendAll(size, SENDERS, async (n) => {
      const receipt = await refs[n % AGENTS]!.deliver('work', n, { key: `key-${n}` });
      const { kind } = await receipt.settled;
      if (kind !== 'handled') throw new Error(`message ${n} is ${kind}`);
    });
    const figure = perSecond(size, began);
    await quiet(system);
    const forever = { timeoutMs: 'infinity' } as const;
    const works = await Promise.all(workers.map((worker) => worker.call('count', undefined, forever)));
    const takes = await Promise.all(sinks.map((sink) => sink.call('count', undefined, forever)));
    expectCount('works', sum(works), size);
    expectCount('takes', sum(takes), size);
    return figure;
  });
};
