import type { ProcessRef, ProcessSelf } from '../../src/index.js';
import type { Simulation } from '../../src/testing/index.js';
import { suite, type Suite } from './suite.js';

const SENDERS = 3;
const MESSAGES = 6;

/** The n-th message of one sender. */
interface Mail {
  readonly from: number;
  readonly n: number;
}

type Match = ((message: unknown) => boolean) | undefined;

/** What was sent and what was taken, and what must be true of every take. */
class Book {
  readonly sent = new Set<Mail>();
  readonly taken = new Set<Mail>();
  suspended = false;
  dead = false;
  constructor(private readonly sim: Simulation) {}

  take(mail: Mail, match: Match, verb: string): void {
    const { sim } = this;
    sim.always(!this.dead, `${verb}: a dead process takes nothing`);
    sim.always(!this.suspended, `${verb}: a suspended process takes nothing`);
    sim.always(this.sent.has(mail) && !this.taken.has(mail), `${verb}: what was sent is taken once`);
    sim.always(match === undefined || match(mail), `${verb}: only what fits`);
    for (const other of this.sent) {
      const passed = other.from === mail.from && other.n < mail.n && !this.taken.has(other)
        && (match === undefined || match(other));
      sim.always(!passed, `${verb}: the oldest that fits, of each sender (RE-01)`);
    }
    this.taken.add(mail);
  }
}

/** One receive of any kind, and what may come of it. */
async function receiveOnce(sim: Simulation, self: ProcessSelf, book: Book): Promise<void> {
  const { random } = sim;
  const only = random.chance(0.25) ? random.int(SENDERS) : -1;
  // one that waits for a single sender might wait for ever
  const timeoutMs = only >= 0 || random.chance(0.3) ? random.int(8) : undefined;
  const controller = random.chance(0.3) ? new AbortController() : undefined;
  if (controller !== undefined) void sim.sleep(random.int(6)).then(() => controller.abort('enough'));
  const options = { timeoutMs, signal: controller?.signal };
  const began = sim.nowMs;
  const inTime = (): boolean => timeoutMs !== undefined && sim.nowMs - began >= timeoutMs;
  try {
    if (only < 0 && random.chance(0.6)) {
      const max = 1 + random.int(4);
      const batch = (await self.receiveBatch({ ...options, max })) as Mail[];
      sim.always(
        batch.length <= max && (batch.length > 0 || inTime()),
        'a batch has from 1 to max messages, none only when time is up (RE-02)',
      );
      for (const mail of batch) book.take(mail, undefined, 'receiveBatch');
      sim.sometimes(batch.length > 1, 'a batch of several');
    } else {
      const match: Match = only < 0 ? undefined : (message) => (message as Mail).from === only;
      const mail = (await self.receive(match, options)) as Mail | undefined;
      if (mail === undefined) sim.always(inTime(), 'nothing only when time is up (RE-02)');
      else book.take(mail, match, 'receive');
      sim.sometimes(mail === undefined, 'a receive that times out');
    }
  } catch (error) {
    sim.always(
      controller?.signal.aborted === true && error === 'enough',
      `a receive rejects with the reason of its signal alone: ${String(error)}`,
    );
    sim.sometimes(true, 'a receive that is given up');
  }
}

async function senders(sim: Simulation, to: ProcessRef, book: Book): Promise<void> {
  const { random, system } = sim;
  await Promise.all(Array.from({ length: SENDERS }, async (_, from) => {
    for (let n = 0; n < MESSAGES; n++) {
      if (random.chance(0.4)) await sim.sleep(random.int(4));
      const mail = { from, n };
      book.sent.add(mail);
      system.send(to.pid, mail);
    }
  }));
}

/** Suspends it for a while, now and then. */
async function suspensions(sim: Simulation, ref: ProcessRef, book: Book): Promise<void> {
  const { random, system } = sim;
  for (let times = random.int(3); times > 0 && ref.alive; times--) {
    await sim.sleep(random.int(4));
    if (!ref.alive) return;
    system.suspend(ref);
    book.suspended = true;
    await sim.sleep(random.int(5));
    book.suspended = false;
    if (ref.alive) system.resume(ref);
  }
}

/** Lets some steps of the runtime pass, and some microtasks of the program. */
async function moment(sim: Simulation): Promise<void> {
  const { random } = sim;
  await sim.sleep(random.int(12));
  for (let steps = random.int(4); steps > 0; steps--) await sim.sleep(0);
  for (let microtasks = random.int(6); microtasks > 0; microtasks--) await Promise.resolve();
}

/**
 * Receives of every kind against senders, signals, suspensions and a death at any moment: nothing
 * is lost, nothing comes twice.
 */
async function receives(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const book = new Book(sim);
  const before = system.stats().deadLettered;
  const ref = system.spawn(async (self) => {
    for (;;) {
      if (random.chance(0.3)) await sim.sleep(random.int(3));
      await receiveOnce(sim, self, book);
    }
  });
  const dies = random.chance(0.6);
  const work = [senders(sim, ref, book), suspensions(sim, ref, book)];
  if (dies) {
    await moment(sim);
    book.dead = true;
    system.exit(ref, 'kill');
  }
  await Promise.all(work);
  await sim.sleep(100);
  if (!dies) {
    sim.equal(book.taken.size, SENDERS * MESSAGES, 'everything is taken in the end');
    system.exit(ref, 'kill');
  }
  sim.equal(
    system.stats().deadLettered - before, book.sent.size - book.taken.size,
    'what was not taken is a dead letter, each once (P2)',
  );
  sim.sometimes(
    dies && book.taken.size > 0 && book.taken.size < book.sent.size, 'it dies with some taken and some not',
  );
}

/** It dies right behind the first message of a batch, in that microtask or one of the next. */
async function halfABatch(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const before = system.stats();
  let got = 0;
  const ref = system.spawn(async (self) => { got += ((await self.receiveBatch())).length; });
  await sim.settle();
  const size = 1 + random.int(5);
  for (let n = 0; n < size; n++) ref.send(n);
  const die = (left: number): void => (left === 0
    ? system.exit(ref, 'kill')
    : queueMicrotask(() => die(left - 1)));
  if (random.chance(0.5)) await sim.sleep(0);
  die(random.int(5));
  await sim.settle();
  const { deadLettered, handled } = system.stats();
  sim.equal(
    deadLettered - before.deadLettered + handled - before.handled, size,
    'all of a batch are taken or dead letters',
  );
  sim.equal(got, handled - before.handled, 'what was taken was told');
  sim.sometimes(got === 0, 'death comes before the batch');
}

export const receiveSuite: Suite = suite(
  'receive', 'batches, selective receive, timeouts, signals, suspension, death at any moment',
  async (
    sim,
  ) => {
    await receives(sim);
    await halfABatch(sim);
  },
);
