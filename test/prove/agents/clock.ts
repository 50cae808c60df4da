// A wall clock that jumps by hours and years, both ways, while durable deliveries, delays and leases run.
import { join } from 'node:path';
import { createSystem, defineAgent } from '../../../src/index.js';
import { type Env, nodeEnv } from '../../../src/base/index.js';
import { sqlite } from '../../../src/journal/sqlite/index.js';
import { Random } from '../../../src/testing/random.js';
import type { Goal, Plan, Proof } from '../proof.js';

const MESSAGES = { ci: 400, deep: 20_000 } as const;
const DELAY_MAX_MS = 300;
const HOUR_MS = 3_600_000;
const YEARS_MS = 30 * 365 * 24 * HOUR_MS;
/** Later than that is no matter of a busy machine. */
const LATE_MS = 20_000;

const Taker = defineAgent({
  name: 'Taker',
  durable: true,
  delivery: { guarantee: 'exactly-once', backoff: { baseMs: 20 }, onError: () => 'retry' },
  init: () => ({ ids: [] as number[] }),
  calls: {
    ids: (self) => self.state.ids,
    take(self, id: number) {
      if (id % 5 === 0 && self.delivery?.attempt === 1) throw new Error('once more');
      self.state.ids.push(id);
      return performance.now();
    },
  },
});

async function run({ size, seed, folder }: Plan): Promise<readonly Goal[]> {
  const random = new Random(seed);
  const real = nodeEnv();
  let offset = 0;
  let jumps = 0;
  const env = Object.create(real, { wall: { value: () => real.wall() + offset } }) as Env;
  const jumper = setInterval(() => {
    offset = (random.chance(0.5) ? 12 * HOUR_MS : YEARS_MS) * (random.float() * 2 - 1);
    jumps += 1;
  }, 2);
  const system = createSystem({ env, store: sqlite(join(folder, 'store')), logger: false });
  try {
    const taker = await system.start(Taker, { name: 'taker' });
    const jobs = system.queue<number>('jobs', { leaseMs: LATE_MS });
    await jobs.push(1);
    const lease = await jobs.lease();
    let early = 0;
    let late = 0;
    let other = 0;
    await Promise.all(Array.from({ length: MESSAGES[size] }, async (_, id) => {
      const delayMs = random.int(DELAY_MAX_MS);
      const sentAt = performance.now();
      const receipt = await taker.deliver('take', id, { key: `k${id}`, delayMs, expiresInMs: 2 * LATE_MS });
      const outcome = await receipt.settled;
      if (outcome.kind !== 'handled') other += 1;
      else if (outcome.reply - sentAt < delayMs - 1) early += 1;
      else if (outcome.reply - sentAt > delayMs + LATE_MS) late += 1;
    }));
    const ids = await taker.call('ids');
    const leased = await lease.ack().then(() => true, () => false);
    const once = ids.length === MESSAGES[size] && new Set(ids).size === ids.length;
    return [{
      goal: `${MESSAGES[size]} deliveries with delays, retries and expiry, and a lease, as if the wall clock stood`,
      measured: `${early} early, ${late} late, ${other} not handled, ${ids.length} effects, `
        + `lease ${leased ? 'held' : 'lost'}, ${jumps} jumps`,
      pass: early + late + other === 0 && once && leased && jumps > 20,
      figures: { early, late, other, effects: ids.length, jumps },
    }];
  } finally {
    clearInterval(jumper);
    await system.stop();
  }
}

export const clock: Proof = { name: 'clock', about: 'the wall clock jumps by hours and years', needs: [], run };
