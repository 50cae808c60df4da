import type { Case, System } from '../lib/case.js';
import { nowMs, sleep } from '../lib/clock.js';
import { expectCount, withSystem } from '../lib/system.js';
import { defineCounter } from './counter.js';

const TIMER_MS = 10;

/** Loads read it and stop when it is false. */
interface Load { running: boolean; handled: number }

/** Worst extra delay of a 10 ms timer, in ms, beside loads that never leave the microtask queue by themselves; each for `size` ms. */
export const timerDelay: Case = (library) => {
  interface Peer { cast(operation: 'ball'): void; bind(self: never): unknown }
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
