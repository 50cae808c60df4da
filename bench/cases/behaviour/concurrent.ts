import type { Case } from '../../lib/case.js';
import { ownMs } from '../../lib/clock.js';
import { expectCount, withSystem } from '../../lib/system.js';

const BLOCK = 5_000;

/** How many times a call of a concurrent handler takes as long as a plain one; blocks of both alternate. */
export const concurrentCall: Case = (library) => {
  const Desk = library.defineAgent({
    init: () => ({ plain: 0, rates: { low: 1, high: 2 }, tags: ['a', 'b', 'c'] }),
    calls: {
      plain: (self) => ++self.state.plain,
      aside: { concurrent: true, handle: (self) => self.state.rates.high },
    },
  });
  return (size) => withSystem(library, async (system) => {
    const desk = system.start(Desk);
    const times = [0, 0];
    let asides = 0;
    for (let made = 0; made < size; made += BLOCK * 2) {
      for (const which of (made / BLOCK) % 4 === 0 ? [0, 1] : [1, 0]) {
        const began = ownMs();
        for (let n = 0; n < BLOCK; n++) {
          if (which === 0) await desk.call('plain');
          else asides += (await desk.call('aside')) / 2;
        }
        times[which]! += ownMs() - began;
      }
    }
    expectCount('concurrent calls', asides, size / 2);
    expectCount('plain calls', await desk.call('plain'), size / 2 + 1);
    return times[1]! / times[0]!;
  });
};
