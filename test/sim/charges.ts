import { child, defineAgent, type DeliveryContext } from '../../src/index.js';
import type { Simulation } from '../../src/testing/index.js';

const ACTS = ['crash', 'crash', 'nack', 'reply'] as const;

/**
 * Crashes of one message after its first are charged to it; all others count, and one too many ends
 * the supervisor, not one earlier.
 */
export async function charges(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const intensity = random.int(5);
  const periodMs = random.pick([10, 60, 400]);
  const crashes: number[] = [];
  const counted: number[] = [];
  /** when the supervisor must have ended */
  let over = Infinity;

  const crash = (counts: boolean): never => {
    const now = sim.nowMs;
    sim.always(now <= over, 'nothing is handled after the supervisor has given up');
    if (counts && over === Infinity) {
      counted.push(now);
      if (counted.filter((at) => at >= now - periodMs).length > intensity) over = now;
    }
    throw new Error('boom');
  };
  const handle = ({ delivery }: { readonly delivery: DeliveryContext | undefined }, n: number): string => {
    const act = random.pick(ACTS);
    if (act === 'reply') return 'done';
    if (act === 'nack') {
      delivery?.nack();
      return 'ignored';
    }
    crashes[n] = (crashes[n] ?? 0) + 1;
    sim.sometimes((crashes[n] ?? 0) > 1, 'a crash that is charged to its message');
    sim.sometimes(
      crashes[n] === 1 && (delivery?.attempt ?? 0) > 1,
      'a first crash after a failure that was none',
    );
    return crash(crashes[n] === 1);
  };
  const Worker = defineAgent({
    name: 'worker',
    delivery: { attemptsMax: 6, backoff: { baseMs: 6, jitter: 0 }, expiresInMs: 2_000 },
    calls: { here: handle, aside: { concurrent: true, handle } },
    casts: { plain: () => crash(true) },
  });
  const supervisor = await system.supervise(
    { intensity, periodMs, children: ['a', 'b'].map((name) => child(name, Worker)) }, { onGiveUp: 'ignore' },
  );
  let ended = Infinity;
  void supervisor.down.then(() => { ended = sim.nowMs; });
  for (let left = 4 + random.int(12); left > 0; left--) {
    const ref = system.ref(Worker, random.pick(['a', 'b']));
    const draw = random.float();
    if (draw < 0.6) void ref.deliver(random.pick(['here', 'aside'] as const), crashes.push(0) - 1);
    else if (draw < 0.7) ref.cast('plain');
    else await sim.sleep(random.int(40));
    await sim.settle();
    sim.equal(ended, over, 'the supervisor ends with the crash that is one too many (P13)');
  }
  await sim.sleep(3_000);
  sim.equal(ended, over, 'and is there otherwise');
  sim.sometimes(over < Infinity, 'crashes end a supervisor');
  sim.sometimes(
    over === Infinity && crashes.some((n) => n > intensity),
    'a message that crashes more often than the supervisor would let it',
  );
}
