import { child, defineAgent, type CallError } from '../../src/index.js';
import type { Simulation } from '../../src/testing/index.js';
import { suite, type Suite } from './suite.js';

const NAMES = ['a', 'b'] as const;
const KEYS = ['k1', 'k2', 'k3', 'k4', 'k5'] as const;
const KEYS_MAX = 3;
const REPLY_BYTES_MAX = 100;
const STEPS = 50;

interface Job { readonly list: number[]; readonly size: number }
interface Remembered {
  readonly name: string;
  readonly key: string;
  readonly version: number;
  size: number;
  gone: boolean
}

/** What is remembered, looked through from the start each time; oldest first. */
class Model {
  past: Remembered[] = [];

  find(name: string, key: string): Remembered | undefined {
    return this.past.find((one) => one.name === name && one.key === key);
  }

  handled(made: Remembered): void {
    this.past.push(made);
    if (made.size > REPLY_BYTES_MAX) this.lose(made);
    while (this.past.reduce((sum, one) => sum + one.size, 0) > REPLY_BYTES_MAX) {
      this.lose(this.past.find(({ size }) => size > 0)!);
    }
    const mine = this.past.filter(({ name }) => name === made.name);
    if (mine.length > KEYS_MAX) this.past = this.past.filter((one) => one !== mine[0]);
  }

  private lose(one: Remembered): void {
    one.size = 0;
    one.gone = true;
  }
}

/** A handler that spoils what it is given: keys are compared with what was sent. */
function workerOf(runs: string[]) {
  return defineAgent({
    name: 'worker',
    calls: { work(_self, { list, size }: Job) { runs.push('run'); list.push(99); return 'x'.repeat(size); } },
  });
}

async function scenario(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const runs: string[] = [];
  const Worker = workerOf(runs);
  await system.supervise({ intensity: 100_000, children: NAMES.map((name) => child(name, Worker)) });
  const model = new Model();
  let expected = 0;
  for (let step = 0; step < STEPS; step++) {
    const [name, key, version] = [random.pick(NAMES), random.pick(KEYS), random.chance(0.15) ? 1 : 0];
    const known = model.find(name, key);
    const size = random.pick([0, 10, 40, 40, 90, 120]);
    if (random.chance(0.1)) system.exit(name, 'kill');
    const sent = { list: [1, version, 3], size: known === undefined ? size : sizes.get(known) ?? 0 };
    const kind = await system.ref(Worker, name).deliver('work', sent, { guarantee: 'exactly-once', key })
      .then(async ({ settled }) => (await settled).kind, ({ code }: CallError) => code);
    if (known === undefined) {
      expected++;
      sim.equal(kind, 'handled', 'an unknown key is handled');
      const made: Remembered = { name, key, version, size: sent.size, gone: false };
      sizes.set(made, sent.size);
      model.handled(made);
    } else {
      const told = known.version !== version ? 'KEY_CONFLICT' : known.gone ? 'reply-gone' : 'handled';
      sim.equal(
        kind, told,
        'a known key gets the first outcome, hears that the reply is gone, or is a conflict',
      );
      sim.sometimes(told === 'reply-gone', 'a duplicate whose reply is gone');
    }
    sim.equal(runs.length, expected, 'nothing that is remembered is handled again');
  }
}

/** of the reply of each, also once it is gone */
const sizes = new WeakMap<Remembered, number>();

export const ledgerSuite: Suite = suite(
  'ledger',
  'P21 P25: keys beyond their window, replies beyond their bytes, payloads that their handler spoils',
  scenario,
  () =>
    ({ system: {
      payloads: 'shared',
      delivery: { dedupe: { keysMax: KEYS_MAX, replyBytesMax: REPLY_BYTES_MAX } },
    } }),
);
