import type { Case, System } from '../../lib/case.js';
import { nowMs, perSecond } from '../../lib/clock.js';
import { expectCount, withSystem } from '../../lib/system.js';

const BURST = 1_000;
/** Long enough that none is ever due. */
const DELAY_MS = 60_000;

/** What an agent knows of itself to go on in its next turn: the BEAM's side yields there. */
interface Again { cast(operation: 'go', left: number): void }

/** A ref of any agent. */
type Watched = Parameters<System['monitor']>[0];

/**
 * A timer for a message to oneself, started and cancelled at once, in bursts of 1,000; one that was
 * still pending when it was cancelled is one operation.
 */
export const timerCreateCancel: Case = (library) => {
  const Owner = library.defineAgent({
    init: () => ({ cancelled: 0, fired: 0 }),
    calls: { counts: (self) => [self.state.cancelled, self.state.fired] as const },
    casts: {
      go(self, left: number) {
        const burst = Math.min(left, BURST);
        for (let i = 0; i < burst; i++) {
          const timer = self.sendAfter(DELAY_MS, 'late');
          if (self.cancelTimer(timer) !== false) self.state.cancelled += 1;
        }
        if (left > burst) (self.ref as Again).cast('go', left - burst);
      },
    },
    info(self) { self.state.fired += 1; },
  });
  return (size) => withSystem(library, async (system) => {
    const owner = system.start(Owner);
    const started = nowMs();
    owner.cast('go', size);
    let [cancelled, fired] = [0, 0];
    while (cancelled < size) [
      cancelled, fired,
    ] = await owner.call('counts', undefined, { timeoutMs: 'infinity' });
    const rate = perSecond(size, started);
    expectCount('timers cancelled', cancelled, size);
    expectCount('timers fired', fired, 0);
    return rate;
  });
};

/**
 * A monitor of another agent, made and removed at once, in bursts of 1,000; the agent ends after
 * all and nobody hears of it.
 */
export const monitorDemonitor: Case = (library) => {
  const Target = library.defineAgent({ casts: {} });
  const Watcher = library.defineAgent({
    init: (target: Watched) => ({ target, removed: 0, downs: 0 }),
    calls: { counts: (self) => [self.state.removed, self.state.downs] as const },
    casts: {
      go(self, left: number) {
        const { target } = self.state;
        const burst = Math.min(left, BURST);
        for (let i = 0; i < burst; i++) {
          const ref = self.monitor(target);
          if (self.demonitor(ref)) self.state.removed += 1;
        }
        if (left > burst) (self.ref as Again).cast('go', left - burst);
      },
    },
    info(self) { self.state.downs += 1; },
  });
  return (size) => withSystem(library, async (system) => {
    const target = system.start(Target);
    const watcher = system.start(Watcher, target);
    const started = nowMs();
    watcher.cast('go', size);
    let [removed, downs] = [0, 0];
    while (removed < size) [
      removed, downs,
    ] = await watcher.call('counts', undefined, { timeoutMs: 'infinity' });
    const rate = perSecond(size, started);
    await target.stop();
    [removed, downs] = await watcher.call('counts');
    expectCount('monitors removed', removed, size);
    expectCount('downs', downs, 0);
    return rate;
  });
};

/** Tasks of one process, each awaited before the next one starts; a value that came back is one operation. */
export const taskAsyncAwait: Case = (library) => (size) => withSystem(library, async (system) => {
  let sum = 0;
  const started = nowMs();
  const owner = system.spawn(async (self) => {
    const { task } = self;
    for (let n = 0; n < size; n++) sum += await task.await(task.async((_self, value: number) => value + 1, n));
  });
  const { reason } = await system.monitor(owner).down;
  const rate = perSecond(size, started);
  if (reason !== 'normal') throw new Error(`the owner ended with ${String(reason)}`);
  expectCount('sum of the values', sum, size * (size + 1) / 2);
  return rate;
});
