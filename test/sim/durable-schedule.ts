import { defineAgent, type System } from '../../src/index.js';
import { decodeMessage, decodeState } from '../../src/delivery/durable/index.js';
import { unframe } from '../../src/journal/frame.js';
import { POLICIES, Random, type Simulation } from '../../src/testing/index.js';
import { Life } from './durable/life.js';
import { Disk } from './store/disk.js';
import { suite, type Suite } from './suite.js';

/** It notes what comes: which schedule, and how often. */
const Clerk = defineAgent({
  name: 'clerk',
  durable: true,
  init: (): { got: Record<string, number> } => ({ got: {} }),
  casts: { note(self, name: string) { self.state.got[name] = (self.state.got[name] ?? 0) + 1; } },
});

/** How many times of a schedule are over, and how many deliveries of it there are: handled or waiting. */
function found(disk: Disk, name: string): number {
  const { image } = disk;
  const state = image.get('state', 'clerk');
  const { got } = state === undefined ? { got: {} as Record<string, number> }
    : decodeState(unframe('state', 'clerk', 0, state)).state as { got: Record<string, number> };
  const waiting = image.rows('message', 'clerk', 0, 10_000, true)
    .filter(({ seq, stream, body }) => decodeMessage(unframe('message', stream, seq, body)).payload === name);
  return (got[name] ?? 0) + waiting.length;
}

class Plan {
  /** runs that its schedule has counted, as far as somebody knows */
  cancelled = false;
  constructor(readonly name: string, readonly times: object, readonly most: number, readonly once: boolean) {}
  make(system: System): void {
    system.schedule(this.name, { durable: true, ...this.times } as never, {
      to: system.ref(Clerk, 'clerk'), deliver: 'note', payload: this.name,
    });
  }
}

async function lives(sim: Simulation): Promise<void> {
  const { random } = sim;
  const disk = new Disk(new Random(random.u32()), { level: 'disk', latencyMsMax: random.pick([0, 1, 5]) });
  const start = new Date().getTime();
  const at = start + random.int(300);
  const plans = [
    new Plan('once', { at }, 1, true),
    new Plan('counted', { everyMs: 10 + random.int(30), timesMax: 5, missed: 'all', overlap: 'queue' }, 5, true),
    new Plan('every', {
      everyMs: 60 + random.int(100), missed: random.pick(['skip', 'once', 'all']),
      overlap: random.pick(['skip', 'queue', 'allow']), jitterMs: random.int(10),
    }, Infinity, false),
  ];
  for (let number = 1 + random.int(4); number > 0; number--) {
    const life = new Life(sim, disk, number, {});
    const { system } = life;
    if (random.chance(0.7)) Promise.resolve(system.start(Clerk, { name: 'clerk' })).catch(() => undefined);
    await system.store.ready.catch(() => undefined);
    for (const plan of plans) if (random.chance(0.7) && !plan.cancelled) plan.make(system);
    await sim.sleep(random.int(120));
    if (random.chance(0.05)) disk.failNext();
    await sim.sleep(random.int(50));
    if (random.chance(0.3)) await life.stop();
    life.die(random.chance(0.3));
    for (const { name, most } of plans) {
      sim.always(found(disk, name) <= most, `P21: '${name}' came ${found(disk, name)} times, at most ${most}`);
    }
    await sim.sleep(random.int(100)); // the program is down
  }
  const life = new Life(sim, disk, 99, {});
  const { system } = life;
  await system.start(Clerk, { name: 'clerk' });
  for (const plan of plans) plan.make(system);
  await sim.sleep(700);
  const [every] = system.schedules();
  sim.equal(system.schedules().map(({ name }) => name).join(), 'every', 'those that end have ended');
  const { runs = 0 } = every ?? {};
  system.cancelSchedule('every');
  await system.store.flush();
  await sim.sleep(100);
  await life.stop();
  for (const { name, most, once } of plans) {
    if (once) sim.equal(found(disk, name), most, `P21: '${name}' came exactly so often`);
  }
  sim.equal(found(disk, 'every'), runs, 'P21: as many came as the schedule has counted over all lives');
  sim.equal(disk.image.counts().records.timer, 2, 'what is cancelled is forgotten, what has ended is remembered');
}

export const durableScheduleSuite: Suite = suite(
  'durable-schedule', 'P21: each time of a durable schedule is accepted once, whenever programs die',
  lives, (from) => ({ policy: from.pick(POLICIES), stepMs: from.pick([0, 0, 0.2]) }),
);
