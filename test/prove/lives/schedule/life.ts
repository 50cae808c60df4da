// Durable schedules, over lives between which three days pass on the wall clock.
import { defineAgent, type System } from '../../../../src/index.js';
import { type Env, nodeEnv } from '../../../../src/base/index.js';
import { Random } from '../../../../src/testing/random.js';
import { begun } from '../begun.js';
import { sendOn, untilQuiet } from '../story.js';
import type { Life, LifeOrder, Tell } from '../variant.js';
import { DAYS_A_LIFE, DAY_MS, kindOf, POLICIES } from './times.js';

const IN_FLIGHT_MAX = 8;
const SOON_MS = 200;

interface State {
  readonly ids: number[];
  /** when each of them came */
  readonly came: number[];
  readonly times: Record<string, number>;
}

const Nurse = defineAgent({
  name: 'Nurse',
  durable: true,
  init: (): State => ({ ids: [], came: [], times: {} }),
  calls: { all: (self) => structuredClone(self.state) },
  casts: {
    remind(self, id: number) {
      self.state.ids.push(id);
      self.state.came.push(wall());
    },
    daily(self, policy: string) { self.state.times[policy] = (self.state.times[policy] ?? 0) + 1; },
  },
});

let wall = (): number => 0;

function laterBy(ms: number): Env {
  const real = nodeEnv();
  wall = () => real.wall() + ms;
  return Object.create(real, { wall: { value: wall } }) as Env;
}

/** Those that an earlier life has made go on by themselves. */
function makeDaily(system: System, { origin }: LifeOrder): void {
  const there = new Set(system.schedules().map(({ name }) => name));
  for (const missed of POLICIES) {
    if (there.has(missed)) continue;
    system.schedule(missed, {
      everyMs: DAY_MS, startAt: origin + DAY_MS / 2, missed, durable: true,
      missedMax: missed === 'all' ? 1_000 : undefined,
    }, { to: system.ref(Nurse, 'nurse'), deliver: 'daily', payload: missed });
  }
}

/** The end is told once nothing is due any more. */
async function drain(system: System, tell: Tell): Promise<void> {
  await untilQuiet(tell, 'schedules are not over', () => {
    const { pending, inTransit, running } = system.stats().delivery;
    const open = system.schedules().some(({ nextAt, running, waiting }) =>
      running + waiting > 0 || (nextAt !== undefined && nextAt <= wall()));
    return pending + inTransit + running === 0 && !open;
  });
  for (const { name, runs } of system.schedules()) tell('runs', name, runs);
}

export const scheduleLife: Life = async (order, tell) => {
  const random = new Random(order.seed);
  const system = await begun(order, tell, laterBy(order.life * DAYS_A_LIFE * DAY_MS));
  const nurse = await system.start(Nurse, { name: 'nurse' });
  tell('T', await nurse.call('all'));
  makeDaily(system, order);
  tell('R');
  const job = (id: number): void => {
    system.schedule(`job-${id}`, { at: order.origin + id, durable: true }, () => tell('F', id));
  };
  for (const id of order.again) job(id);
  if (order.what === 'drain') {
    await system.store.flush();
    await drain(system, tell);
    tell('T', await nurse.call('all'));
    return;
  }
  await sendOn(order, IN_FLIGHT_MAX, async (id) => {
    const kind = kindOf(id);
    const at = wall() + (kind === 'cancelled' ? DAY_MS : random.int(SOON_MS));
    tell('I', id, at);
    if (kind === 'job') job(id);
    else {
      system.schedule(`at-${id}`, { at, durable: true }, {
        to: system.ref(Nurse, 'nurse'), deliver: 'remind', payload: id,
      });
    }
    await system.store.flush();
    tell('S', id);
    if (kind !== 'cancelled' || !system.cancelSchedule(`at-${id}`)) return;
    tell('x', id);
    await system.store.flush();
    tell('X', id);
  });
};
