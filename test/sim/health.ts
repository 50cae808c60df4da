import { child, defineAgent } from '../../src/index.js';
import type { HealthOptions } from '../../src/supervisor/public.js';
import type { Simulation } from '../../src/testing/index.js';
import { suite, type Suite } from './suite.js';

type Finding = 'good' | 'false' | 'throws' | 'late' | 'slow';
const FINDINGS: readonly Finding[] = ['good', 'good', 'good', 'false', 'throws', 'late', 'slow'];

/** One child whose checks find what a list says, beside a plain count of failures in a row. */
async function checked(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const everyMs = 5 + random.int(20);
  const timeoutMs = 20 + random.int(10);
  const failuresMax = 1 + random.int(3);
  const onUnhealthy = random.pick(['report', 'unbalance', 'restart'] as const);
  const found: Finding[] = [];
  let open = 0;
  let lives = 0;
  /** checks of earlier lives */
  let begins = 0;
  const check = async (): Promise<boolean> => {
    sim.equal(++open, 1, 'one check at a time');
    const finding = random.pick(FINDINGS);
    found.push(finding);
    try {
      if (finding === 'throws') throw new Error('broken');
      if (finding === 'slow') await sim.sleep(1);
      return finding !== 'false';
    } finally {
      open--;
      if (finding === 'late') await sim.sleep(timeoutMs + 1); // it answers when nobody waits any more
    }
  };
  const Worker = defineAgent({
    name: 'worker',
    init() {
      lives++;
      begins = found.length;
      return {};
    },
    calls: { who: () => 1 },
  });
  const health: HealthOptions = { everyMs, timeoutMs, failuresMax, onUnhealthy, check };
  await system.supervise({
    intensity: 1_000, children: [child('w', Worker, { health }), child('other', Worker)],
  });
  const group = system.balance(Worker, { members: [system.ref(Worker, 'w'), system.ref(Worker, 'other')] });
  for (let step = 0; step < 20; step++) {
    const pid = system.whereis('w');
    await sim.sleep(everyMs + timeoutMs + 2); // at least one outcome
    const now = system.inspect('w');
    if (now === undefined || now.pid !== pid) {
      sim.equal(onUnhealthy, 'restart', 'nobody else is ended');
      sim.always(bad(found.slice(begins - failuresMax, begins)), 'ended for failures in a row');
      sim.sometimes(true, 'a child is restarted for its health');
      continue;
    }
    const info = now.health;
    sim.always(info !== undefined && info.checks > 0, 'it was checked');
    const life = found.slice(begins, begins + (info?.checks ?? 0));
    const row = life.length - 1 - life.findLastIndex((one) => one === 'good' || one === 'slow');
    sim.equal(info?.failures, row, 'failures in a row');
    sim.equal(info?.state, row >= failuresMax ? 'unhealthy' : 'healthy', 'its state');
    sim.always(onUnhealthy !== 'restart' || row < failuresMax, 'an unhealthy one is ended at once');
    const passed = onUnhealthy === 'unbalance' && row >= failuresMax;
    const picked = group.stats().members.map(({ picks }) => picks);
    for (let n = 0; n < 2; n++) await group.call('who');
    const share = group.stats().members.map(({ picks }, at) => picks - (picked[at] ?? 0));
    const still = system.inspect('w')?.health?.checks === info?.checks;
    if (still) sim.equal(share.join(), passed ? '0,2' : '1,1', 'balancers pass over who is unhealthy, and nobody else');
    sim.sometimes(passed && still, 'a child is passed over');
  }
  sim.equal(lives, 2 + system.stats().restarts, 'each restart is a life');
  system.exit('w', 'kill');
  await sim.sleep(1_000);
}

function bad(findings: readonly Finding[]): boolean {
  return findings.every((one) => one !== 'good' && one !== 'slow');
}

export const healthSuite: Suite = suite(
  'health', 'health of children: failures in a row, one check at a time, what is done about it', checked,
);
