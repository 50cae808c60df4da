import { timesAsLong } from '../../lib/alternate.js';
import type { Case } from '../../lib/case.js';
import { expectCount, withSystem } from '../../lib/system.js';
import { defineCounter } from '../counter.js';

const BLOCK = 500;
const WARM = 2_000;

/** How many times a call to an address where somebody lives takes as long as one by name. */
export const addressCall: Case = (library) => {
  const Counter = defineCounter(library);
  return (size) => withSystem(library, async (system) => {
    system.start(Counter, { name: 'named' });
    const named = system.ref(Counter, 'named');
    const addressed = system.address(Counter, 'desk/1');
    const calls = (ref: typeof named) => async (_from: number, times: number): Promise<void> => {
      for (let made = 0; made < times; made++) await ref.call('increment');
    };
    await calls(named)(0, WARM);
    await calls(addressed)(0, WARM);
    const figure = await timesAsLong(size, BLOCK, calls(addressed), calls(named));
    for (const ref of [named, addressed]) expectCount('calls handled', await ref.call('count'), size + WARM);
    return figure;
  });
};

/** How many times the first call to a new address takes as long as to start the agent by hand and call it. */
export const addressFirst: Case = (library) => {
  const Counter = defineCounter(library);
  return (size) => withSystem(library, async (system) => {
    const figure = await timesAsLong(size, BLOCK, async (from, times) => {
      for (let n = from; n < from + times; n++) await system.address(Counter, `desk/${n}`).call('increment');
    }, async (from, times) => {
      for (let n = from; n < from + times; n++) await system.start(Counter, { name: `hand/${n}` }).call('increment');
    });
    let handled = 0;
    for (let n = 0; n < size; n++) {
      handled += await system.address(Counter, `desk/${n}`).call('count');
      handled += await system.ref(Counter, `hand/${n}`).call('count');
    }
    expectCount('calls handled', handled, 2 * size);
    expectCount('agents at addresses', system.addresses('desk').send('hello'), size);
    return figure;
  });
};
