import { CallError, child, defineAgent, type AgentRef, type Receipt } from '../../src/index.js';
import type { Simulation } from '../../src/testing/index.js';

/**
 * What a destination remembers of the messages of one sender: those that are over above the first
 * that is not.
 */
const WINDOW = 1_024;

/**
 * Messages of one sender without keys: intake stops with the window, and goes on when the first one
 * that is not over has ended.
 */
export async function windows(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const Worker = defineAgent({
    name: 'worker',
    calls: {
      quick: (_self, n: number) => n,
      aside: { concurrent: true, handle: (_self, ms: number) => sim.sleep(ms).then(() => ms) },
    },
  });
  await system.supervise({ children: [child('w', Worker)] });
  const ref: AgentRef<typeof Worker> = system.ref(Worker, 'w');
  /** of each accepted one, in the order of the sends: whether it is over */
  const over: boolean[] = [];
  let low = 0;
  const above = (): number => {
    while (over[low] === true) low++;
    return over.slice(low).filter((one) => one).length;
  };
  const send = (
    delivering: (options: { readonly guarantee: 'exactly-once' }) => Promise<Receipt<unknown>>,
  ): Promise<unknown> => {
    const full = above() >= WINDOW;
    const n = full ? -1 : over.push(false) - 1;
    sim.sometimes(full, 'a full window');
    return delivering({ guarantee: 'exactly-once' }).then(({ settled }) => {
      sim.always(!full, 'a full window takes nothing (P25)');
      void settled.then(({ kind }) => {
        sim.equal(kind, 'handled', 'all are handled');
        over[n] = true;
      });
    }, (error: unknown) => {
      sim.always(
        full && error instanceof CallError && error.code === 'WINDOW_FULL',
        `refused by a full window only: ${String(error)} (P25)`,
      );
    });
  };
  for (let left = 4 + random.int(4); left > 0; left--) {
    const ms = 10 + random.int(40);
    if (random.chance(0.7)) void send((options) => ref.deliver('aside', ms, options));
    for (let burst = random.pick([10, 600, 1_000, 1_100]); burst > 0; burst--) {
      void send((options) => ref.deliver('quick', burst, options));
    }
    await sim.settle();
    if (random.chance(0.5)) {
      for (let more = 0; more < 3; more++) await send((options) => ref.deliver('quick', more, options));
    }
    await sim.sleep(random.int(60));
    await sim.settle();
  }
  await sim.sleep(1_000);
  sim.always(over.every((one) => one), 'every accepted one is over');
}
