// Durable agents whose state is a log, compacted every few turns; the whole state is large, so that this takes a while.
import { defineAgent } from '../../../../src/index.js';
import { begun } from '../begun.js';
import { sendOn, untilQuiet } from '../story.js';
import type { Life } from '../variant.js';

const IN_FLIGHT_MAX = 12;
const AGENTS = 3;
const DELTAS = 4;
const BALLAST_BYTES = 120_000;

interface State {
  readonly ids: number[];
  readonly ballast: string;
}

const Log = defineAgent({
  name: 'Log',
  durable: {
    log: true,
    compactAfter: { deltas: DELTAS },
    apply(state: State, id: number) { state.ids.push(id); },
  },
  delivery: { guarantee: 'exactly-once', backoff: { baseMs: 1 }, onError: () => 'retry' },
  init: (): State => ({ ids: [], ballast: 'x'.repeat(BALLAST_BYTES) }),
  calls: {
    ids: (self) => self.state.ids,
    add(self, id: number) {
      self.append(id);
      if (id % 11 === 0 && self.delivery?.attempt === 1) throw new Error('once more');
    },
  },
});

export const compactionLife: Life = async (order, tell) => {
  const system = await begun(order, tell);
  const names = Array.from({ length: AGENTS }, (_, agent) => `log-${agent}`);
  const states = async (): Promise<void> => {
    for (const name of names) tell('T', name, await system.ref(Log, name).call('ids'));
  };
  for (const name of names) await system.start(Log, { name });
  await states();
  tell('R');
  const add = async (id: number): Promise<void> => {
    tell('I', id);
    const to = system.ref(Log, `log-${id % AGENTS}`);
    const receipt = await to.deliver('add', id, { key: `k${id}` });
    tell('S', id);
    const { kind } = await receipt.settled;
    if (kind === 'handled') tell('K', id);
    else tell('Y', `${id} ended as ${kind}`);
  };
  const again = Promise.all(order.again.map(add));
  if (order.what === 'work') return sendOn(order, IN_FLIGHT_MAX, add);
  await again;
  await untilQuiet(tell, 'deliveries are not over', () => {
    const { pending, inTransit, running } = system.stats().delivery;
    return pending + inTransit + running === 0;
  });
  await states();
};
