import type { Case, Castcall, System } from '../../lib/case.js';
import { nextTurn, sleep } from '../../lib/clock.js';
import { limitOptions, retryOptions } from '../../lib/older.js';
import { expectCount, withSystem } from '../../lib/system.js';
import { defineCounter } from '../counter.js';

const BLOCKS = 15;

/**
 * What a program does again and again: times how long `count` of it take, in ms of its own
 * processor time, and asserts that they were done.
 */
type Block = (system: System, count: number) => Promise<number>;

const median = (times: readonly number[]): number => [...times]
  .sort((a, b) => a - b)[times.length >> 1] as number;

function ownMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** How many times as long it takes in a program that has used every feature as before in the same program. */
function before(library: Castcall, block: Block): (size: number) => Promise<number> {
  let first: number | null = null;
  const measured = (size: number): Promise<number> => withSystem(library, async (system) => {
    const count = Math.floor(size / BLOCKS);
    for (let n = 0; n < 3; n++) await block(system, count);
    const times: number[] = [];
    for (let n = 0; n < BLOCKS; n++) times.push(await block(system, count));
    return median(times);
  });
  return async (size) => {
    if (first === null) {
      first = await measured(size);
      await useEverything(library);
    }
    return (await measured(size)) / first;
  };
}

/** Timers that are started and cancelled. */
export const afterEverything: Case = (library) => {
  const Owner = library.defineAgent({
    calls: {
      timers(self, count: number) {
        const began = ownMs();
        let cancelled = 0;
        for (let n = 0; n < count; n++) if (self.cancelTimer(
          self.sendAfter(60_000, 'late'),
        ) !== false) cancelled++;
        expectCount('timers cancelled', cancelled, count);
        return ownMs() - began;
      },
    },
  });
  return before(library, (system, count) => system.start(Owner).call('timers', count));
};

/** Deliveries, 1,000 at once. */
export const afterEverythingDeliver: Case = (library) => {
  const Counter = defineCounter(library);
  return before(library, async (system, count) => {
    const counter = system.start(Counter);
    const began = ownMs();
    for (let sent = 0; sent < count; sent += 1_000) {
      const receipts = [];
      for (let n = 0; n < 1_000; n++) receipts.push(await counter.deliver('add', undefined));
      await receipts.at(-1)!.settled;
      await nextTurn();
    }
    const took = ownMs() - began;
    expectCount('messages handled', await counter.call('count'), Math.ceil(count / 1_000) * 1_000);
    return took;
  });
};

/** Calls, one after the other. */
export const afterEverythingCall: Case = (library) => {
  const Counter = defineCounter(library);
  return before(library, async (system, count) => {
    const counter = system.start(Counter);
    const began = ownMs();
    let last = 0;
    for (let n = 0; n < count; n++) last = await counter.call('increment');
    const took = ownMs() - began;
    expectCount('calls handled', last, count);
    return took;
  });
};

/**
 * Arms nearly every kind of deadline there is; what is armed and taken back at once counts for V8's
 * type feedback, too.
 */
async function useEverything(library: Castcall): Promise<void> {
  const Any = library.defineAgent({
    name: 'Any',
    init: (log: number[]) => ({ log, attempts: 0 }),
    calls: {
      async add(self, n: number) { self.state.log.push(n); return n; },
      async *items() { for (let n = 0; n < 3; n++) yield n; },
    },
    casts: {
      note(self) { self.state.log.push(0); return self.timeout(5, 'idle'); },
      breaks(self) { if (self.state.attempts++ < 2) throw new library.CastcallError('BENCH', 'on purpose'); },
      async slow() { await sleep(2); },
    },
    info() {},
  });
  const system = library.createSystem({ name: 'everything', logger: false });
  const log: number[] = [];
  const supervisor = await system.supervise({
    intensity: 1_000,
    children: [library.child('any', Any, log, {
      shutdown: 1_000, mailbox: { capacity: 1, overflow: 'suspend' },
    })],
  });
  const ref = system.ref(Any, 'any');
  const other = system.start(Any, log, { hibernateAfterMs: 1 });
  const body = system.spawn(async (self) => {
    const { task } = self;
    self.sendAfter(1, 'a');
    self.timers.sendInterval(1, 'b');
    self.timers.applyAfter(1, () => undefined);
    await self.receive(() => true, { timeoutMs: 1_000 });
    const id = self.requests.send(other, 'add', 2);
    await self.requests.wait(id, { timeoutMs: 1_000 });
    await task.awaitMany([task.async(() => 1), task.async(() => 2)], { timeoutMs: 1_000 });
    await task.yield(task.async(() => 1), { timeoutMs: 1_000 });
    let tries = 0;
    await self.retry(() => { if (tries++ === 0) throw new Error('once'); }, retryOptions(library, 1));
    await self.limit('limit', limitOptions(library, 1)).run(() => Promise.resolve(1));
    await self.breaker('breaker').run(() => Promise.resolve(1));
  });
  const ended = system.monitor(body).down;
  for await (const item of other.stream('items')) log.push(item);
  other.cast('note');
  await Promise.all([
    ref.put('slow', undefined, { timeoutMs: 1_000 }), ref.put('note', undefined, { timeoutMs: 1_000 }),
    ref.put('note', undefined, { timeoutMs: 1_000 }),
  ]);
  const receipt = await ref.deliver('breaks', undefined, { ackTimeoutMs: 1_000, backoff: { baseMs: 1 } });
  await receipt.settled;
  const { reason } = await ended;
  if (reason !== 'normal') throw new Error(`the program that uses everything ended with ${String(reason)}`);
  await other.stop({ timeoutMs: 1_000 });
  await supervisor.stop();
  await system.stop({ drain: true });
}
