import type { Pid } from '../../../src/index.js';
import type { Case, Castcall, System } from '../../lib/case.js';
import { nextTurn, nowMs, sleep } from '../../lib/clock.js';
import { expectCount, withSystem } from '../../lib/system.js';
import { defineCounter } from '../counter.js';

const TIMER_MS = 10;

/** Loads read it and stop when it is false. */
interface Load { running: boolean; handled: number }

/**
 * Worst extra delay of a 10 ms timer, in ms, beside loads that never leave the microtask queue by
 * themselves; each for `size` ms.
 */
export const timerDelay: Case = (library) => {
  interface Peer { readonly pid: Pid | undefined; cast(operation: 'ball'): void }
  const Player = library.defineAgent({
    init: (load: Load) => ({ load, peer: null as Peer | null }),
    casts: {
      meet(self, peer: Peer) { self.state.peer = self.bind(peer); },
      async ball(self) {
        const { load, peer } = self.state;
        await Promise.resolve();
        load.handled += 1;
        if (load.running) peer!.cast('ball');
      },
    },
  });
  const Counter = defineCounter(library);

  async function besidePingPong(system: System, forMs: number): Promise<number> {
    const load: Load = { running: true, handled: 0 };
    const one = system.start(Player, load);
    const other = system.start(Player, load);
    one.cast('meet', other);
    other.cast('meet', one);
    one.cast('ball');
    const worst = await worstDelayMs(forMs);
    load.running = false;
    const handledWhileRunning = load.handled;
    await sleep(TIMER_MS);
    if (handledWhileRunning < 1_000) throw new Error(`the ping-pong made only ${handledWhileRunning} hops`);
    expectCount('balls handled after the end', load.handled - handledWhileRunning, 1);
    return worst;
  }

  async function besideCallLoop(system: System, forMs: number): Promise<number> {
    const load: Load = { running: true, handled: 0 };
    const counter = system.start(Counter);
    const loop = async (): Promise<void> => {
      for (; load.running;) load.handled = await counter.call('increment');
    };
    const ended = loop();
    const worst = await worstDelayMs(forMs);
    load.running = false;
    await ended;
    expectCount('calls handled', await counter.call('increment'), load.handled + 1);
    return worst;
  }

  return (size) => withSystem(library, async (system) =>
    Math.max(await besidePingPong(system, size), await besideCallLoop(system, size)));
};

async function worstDelayMs(forMs: number): Promise<number> {
  const end = nowMs() + forMs;
  let worst = 0;
  while (nowMs() < end) {
    const started = nowMs();
    await sleep(TIMER_MS);
    worst = Math.max(worst, nowMs() - started - TIMER_MS);
  }
  return worst;
}

/** What an agent knows of itself to go on in its next turn. */
interface Again { cast(operation: 'go'): void }

interface Flooded { readonly sent: number; readonly handled: number; readonly turnP99Ms: number }

const FLOOD_BURST = 1_000;

/** Processor time that this program has used. */
function ownMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** An agent casts to itself and sends 1,000 casts a turn to another, for `forMs`. */
function flooding(library: Castcall): (forMs: number) => Promise<Flooded> {
  const Counter = defineCounter(library);
  const Flood = library.defineAgent({
    init: (load: Load, to: { cast(operation: 'add'): void }) => ({ load, to }),
    casts: {
      go(self) {
        const { load, to } = self.state;
        for (let n = 0; n < FLOOD_BURST; n++) to.cast('add');
        load.handled += 1;
        if (load.running) (self.ref as Again).cast('go');
      },
    },
  });
  return (forMs) => withSystem(library, async (system) => {
    const load: Load = { running: true, handled: 0 };
    const counter = system.start(Counter);
    system.start(Flood, load, counter).cast('go');
    const turnsMs = await turnsFor(forMs);
    const [sent, handled] = [load.handled * FLOOD_BURST, counter.stats().mailbox.handled];
    load.running = false;
    for (let left = 1; left > 0; left = counter.stats().mailbox.queued) await nextTurn();
    expectCount('casts handled', await counter.call('count'), load.handled * FLOOD_BURST);
    return { sent, handled, turnP99Ms: turnsMs.sort()[Math.ceil(turnsMs.length * 0.99) - 1]! };
  });
}

/**
 * How long each turn of the event loop lasts: by the clock, or by the processor time of this
 * program, whichever is less.
 */
async function turnsFor(forMs: number): Promise<Float64Array> {
  const turnsMs: number[] = [];
  const began = nowMs();
  let lastOwn = ownMs();
  for (let last = began; last - began < forMs;) {
    await nextTurn();
    const [now, own] = [nowMs(), ownMs()];
    turnsMs.push(Math.min(now - last, own - lastOwn));
    last = now;
    lastOwn = own;
  }
  return Float64Array.from(turnsMs);
}

/** How much of what the flood sends is handled by then, in percent. */
export const flood: Case = (library) => {
  const run = flooding(library);
  return async (forMs) => {
    const { sent, handled } = await run(forMs);
    return (100 * handled) / sent;
  };
};

/** The 99th percentile of the event loop's turns beside the flood, in ms. */
export const floodTurn: Case = (library) => {
  const run = flooding(library);
  return async (forMs) => (await run(forMs)).turnP99Ms;
};
