import { CallError, defineAgent, type AgentRef, type Shutdown } from '../../src/index.js';
import type { Simulation } from '../../src/testing/index.js';
import { suite, type Suite } from './suite.js';

type Does = 'replies' | 'late' | 'crashes' | 'refuses' | 'leaves' | 'hangs' | 'deaf';
const DOES: readonly Does[] = ['replies', 'late', 'late', 'crashes', 'refuses', 'leaves', 'hangs', 'deaf'];

/** What became of one launch, beside what was done to it. */
interface Launch {
  readonly does: Does;
  pid: string | undefined;
  /** the init fails */
  broken: boolean;
  outcome: string | undefined;
  /** false, or whether its handler had begun by then */
  cancelled: false | 'queued' | 'begun';
  detached: boolean;
  limited: boolean;
  /** its handler has begun, and why its signal has fired */
  begun: boolean;
  fired: unknown;
  readonly ownerLives: () => boolean;
  /** its handler may reply no more: nobody has asked it to stop */
  finished: boolean;
}

/** A sub-agent that does what it is told, or what sub-agents do wrong. */
function worker(sim: Simulation, launches: readonly Launch[]) {
  return defineAgent({
    name: 'worker',
    trapExit: sim.random.chance(0.5),
    init(n: number, initMs: number): { readonly n: number } | Promise<{ readonly n: number }> {
      const { broken } = launches[n] as Launch;
      const made = (): { readonly n: number } => {
        if (broken) throw new Error('init');
        return { n };
      };
      return initMs < 0 ? made() : sim.sleep(initMs).then(made);
    },
    calls: {
      async work(self, [n, ms]: readonly [number, number]): Promise<number> {
        const one = launches[n] as Launch;
        one.begun = true;
        one.fired = self.signal.reason;
        self.signal.addEventListener('abort', () => { one.fired = self.signal.reason; });
        switch (one.does) {
          case 'crashes': throw new Error('crash');
          case 'refuses': throw self.refuse('NO') as unknown as Error;
          case 'leaves': throw self.stop('normal') as unknown as Error;
          case 'hangs': await new Promise((_resolve, reject) => {
            self.signal.addEventListener('abort', () => reject(new Error('aborted')));
          });
            break;
          case 'deaf': await new Promise(() => undefined);
            break;
          case 'late': await sim.sleep(ms);
            break;
          case 'replies': break;
        }
        one.finished = true;
        return n;
      },
    },
  });
}

/** Owners that launch, cancel, detach and die at any moment; nothing of theirs stays, and each result comes once. */
async function launching(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const launches: Launch[] = [];
  const Worker = worker(sim, launches);
  const shutdown = random.pick<Shutdown>([20, 'brutal_kill', 50]);
  const Owner = defineAgent({
    name: 'owner',
    init: () => ({ handles: [] as { readonly n: number; cancel(): void; detach(): void }[] }),
    casts: {
      launch(self, does: Does) {
        const n = launches.length;
        const limited = random.chance(0.2);
        const one: Launch = {
          does, pid: undefined, broken: random.chance(0.1), outcome: undefined, cancelled: false, detached: false,
          limited, begun: false, fired: undefined, finished: false, ownerLives: () => system.alive(self.pid),
        };
        launches.push(one);
        const initMs = random.chance(0.5) ? -1 : random.int(6);
        const job = { op: 'work', payload: [n, random.int(8)], args: [n, initMs], shutdown } as const;
        try {
          const made = self.launch(Worker, limited ? { ...job, timeoutMs: random.int(12) } : job);
          one.pid = made.pid;
          sim.always(made.pid !== undefined, 'the handle knows its process at once');
          made.result.then((reply) => tell(sim, one, reply === n ? 'value' : 'wrong'), (error: unknown) => {
            tell(sim, one, error instanceof CallError ? error.code : codeOf(error));
          });
          self.state.handles.push({
            n,
            cancel: () => {
              if (one.outcome === undefined && !one.detached) one.cancelled ||= one.begun ? 'begun' : 'queued';
              void made.cancel('cancelled').then(() => {
                sim.always(one.detached || !system.alive(made.pid as string), 'gone when cancel resolves');
              });
            },
            detach: () => {
              if (one.outcome === undefined && !one.cancelled) one.detached = true;
              made.detach();
            },
          });
        } catch (error) {
          tell(sim, one, codeOf(error));
        }
      },
      cancel(self, at: number) { self.state.handles[at % (self.state.handles.length || 1)]?.cancel(); },
      detach(self, at: number) { self.state.handles[at % (self.state.handles.length || 1)]?.detach(); },
    },
  });
  const owners: AgentRef<typeof Owner>[] = [system.start(Owner), system.start(Owner)];
  for (let step = 5 + random.int(20); step > 0; step--) {
    const ref = random.pick(owners);
    if (random.chance(0.5)) ref.cast('launch', random.pick(DOES));
    else if (random.chance(0.5)) ref.cast('cancel', random.int(20));
    else ref.cast('detach', random.int(20));
    if (random.chance(0.3)) await sim.sleep(random.int(4));
    if (random.chance(0.04)) system.exit(random.pick(owners), random.pick(['kill', 'shutdown', 'crash']));
  }
  await sim.sleep(300); // longer than all limits and shutdown rules
  check(sim, launches);
  for (const ref of owners) system.exit(ref, 'kill');
  await sim.sleep(100);
  sim.equal(system.stats().processes, 0, 'of dead owners nothing stays: no supervisor, no sub-agent (P35)');
  for (const one of launches) sim.always(one.outcome !== undefined, 'each result has come');
}

function tell(sim: Simulation, one: Launch, outcome: string): void {
  sim.equal(one.outcome, undefined, 'one outcome each');
  one.outcome = outcome;
}

function codeOf(error: unknown): string {
  return typeof error === 'string' ? error : String((error as { code?: unknown }).code);
}

/** All that could end has: what is open now hangs, and nobody has taken it back. */
function check(sim: Simulation, launches: readonly Launch[]): void {
  const { system } = sim;
  for (const one of launches) {
    const { does, outcome, pid } = one;
    const lives = pid !== undefined && system.alive(pid);
    const endless = does === 'hangs' || does === 'deaf';
    if (lives) sim.always(endless && !one.cancelled && !one.limited, 'only what hangs is left');
    if (outcome === 'value') sim.always(one.finished, 'a value is a reply');
    if (outcome === 'TIMEOUT') sim.always(one.limited, 'a time limit was set');
    if (outcome === 'cancelled') sim.always(one.cancelled !== false, 'somebody cancelled it');
    if (outcome === 'DETACHED') sim.always(one.detached, 'somebody detached it');
    if (outcome === 'cancelled' && one.cancelled === 'begun') {
      sim.equal(one.fired, 'cancelled', 'the signal of its handler has fired');
    }
    if (one.broken) sim.always(outcome !== 'EXIT', 'an init that fails is told as such');
    if (outcome === 'REFUSED') sim.equal(does, 'refuses', 'it refused');
    if (outcome === 'START_FAILED') sim.always(one.broken, 'its init failed');
    if (one.detached && does === 'late' && !one.limited && !one.broken && one.ownerLives()) {
      sim.always(one.finished, 'a detached one works on to its end');
    }
    sim.always(
      ['value', 'TIMEOUT', 'cancelled', 'DETACHED', 'REFUSED', 'START_FAILED', 'EXIT', 'ZOMBIE', 'undefined']
        .includes(String(outcome)), `an outcome of a launch: ${String(outcome)}`,
    );
    for (const code of ['value', 'TIMEOUT', 'cancelled', 'DETACHED', 'REFUSED', 'START_FAILED', 'EXIT', 'ZOMBIE']) {
      sim.sometimes(outcome === code, `an outcome is ${code}`);
    }
  }
}

export const launchSuite: Suite = suite(
  'launch', 'sub-agents: one outcome each, cancel and detach at any moment, nothing left of dead owners', launching,
);
