import { CallError, defineAgent, type AgentRef, type DeliverOptions, type Sends } from '../../src/index.js';
import type { Simulation } from '../../src/testing/index.js';

export interface Job {
  readonly n: number;
  readonly ms: number;
  readonly crashes: boolean;
}

interface Sent {
  readonly way: 'cast' | 'tryCast' | 'put' | 'call' | 'deliver';
  begun: number;
  finished: number;
  /** outcomes that its sender was told */
  told: string[];
  readonly options: DeliverOptions;
}

const WAYS = ['cast', 'cast', 'tryCast', 'put', 'call', 'deliver', 'deliver'] as const;
const REFUSALS = ['NOPROC', 'EXIT', 'TIMEOUT', 'MAILBOX_FULL'];

function workerOf(started: () => void, work: (pid: string, job: Job) => Promise<number>) {
  return defineAgent({
    name: 'pooled',
    init: () => {
      started();
      return {};
    },
    calls: { work: (self, job: Job) => work(self.pid, job) },
    casts: { take: (self, job: Job) => work(self.pid, job) },
  });
}
export type WorkerDefinition = ReturnType<typeof workerOf>;
export type Group = Sends<WorkerDefinition>;
export type Member = AgentRef<WorkerDefinition>;

/** All that was sent to a group, and what became of it: each has exactly one outcome. */
export class PoolLedger {
  readonly definition: WorkerDefinition;
  readonly all: Sent[] = [];
  constructor(
    private readonly sim: Simulation,
    started: () => void = () => undefined,
  ) {
    const work = async (pid: string, { n, ms, crashes }: Job): Promise<number> => {
      const sent = this.all[n] as Sent;
      sim.always(sim.system.alive(pid), 'the dead begin nothing');
      if (++sent.begun === 1 && crashes) throw new Error('boom');
      if (ms > 0) await sim.sleep(ms);
      if (sim.system.alive(pid)) sent.finished++;
      return n;
    };
    this.definition = workerOf(started, work);
  }

  send(to: Group): void {
    const { random } = this.sim;
    const n = this.all.length;
    const way = random.pick(WAYS);
    const guarantee = random.pick(['at-least-once', 'exactly-once'] as const);
    const options: DeliverOptions = {
      guarantee, attemptsMax: 1_000, expiresInMs: 100_000, backoff: { baseMs: 1 },
      ...(guarantee === 'exactly-once' ? { key: `k${n}` } : {}),
    };
    const sent: Sent = { way, begun: 0, finished: 0, told: [], options };
    this.all.push(sent);
    const job = { n, ms: random.pick([0, 0, 1, 4, 9]), crashes: random.chance(0.06) };
    const tell = (outcome: string): void => { sent.told.push(outcome); };
    const fail = (error: unknown): void => {
      const code = error instanceof CallError ? error.code : String(error);
      this.sim.always(REFUSALS.includes(code), `refused for a reason: ${code}`);
      tell(code);
    };
    if (way === 'cast') to.cast('take', job);
    else if (way === 'tryCast') tell(to.tryCast('take', job));
    else if (way === 'put') to.put('take', job).then(() => { tell('ok'); }, fail);
    else if (way === 'call') to.call('work', job, { timeoutMs: 5_000 }).then(
      (reply) => { tell(`${reply}`); }, fail,
    );
    else to.deliver('work', job, options).then(
      ({ settled }) => settled.then(({ kind }) => { tell(kind); }), fail,
    );
  }

  /** Everybody has come to rest. */
  check({ lasting }: { /** deliveries outlive every worker */ readonly lasting: boolean }): void {
    const { sim } = this;
    const dead = new Map<number, number>();
    let silently = 0;
    for (const { payload } of sim.system.deadLetters.list({
      where: ({ op }) => op === 'work' || op === 'take',
    })) {
      const { n } = payload as Job;
      dead.set(n, (dead.get(n) ?? 0) + 1);
    }
    for (const [n, sent] of this.all.entries()) {
      const letters = dead.get(n) ?? 0;
      const name = `${sent.way} ${n} (begun ${sent.begun}, letters ${letters}, told ${sent.told.join()})`;
      if (sent.way === 'deliver') this.delivered(sent, letters, name, lasting);
      else {
        const refused = sent.told.some((one) => ['NOPROC', 'EXIT', 'MAILBOX_FULL', 'dead', 'full']
          .includes(one))
          && sent.begun === 0 && letters === 0;
        // A cast to a full mailbox is counted, and no letter.
        const silent = sent.way === 'cast' && sent.begun + letters === 0;
        if (silent) silently++;
        sim.equal(sent.begun + letters + (refused || silent ? 1 : 0), 1, `one outcome: ${name}`);
        sim.equal(sent.told.length, sent.way === 'cast' ? 0 : 1, `told once: ${name}`);
      }
    }
    sim.always(silently <= sim.system.stats().rejected, 'what is in no account is counted as rejected');
    sim.sometimes(dead.size > 0, 'a dead letter');
  }

  private delivered(
    { told, finished, begun, options }: Sent, letters: number, name: string, lasting: boolean,
  ): void {
    const { sim } = this;
    sim.equal(told.length, 1, `told once: ${name}`);
    if (sim.sometimes(told[0] === 'MAILBOX_FULL', 'a full mailbox refuses a delivery')) {
      return sim.equal(begun + letters, 0, `refused, and nothing else: ${name}`);
    }
    if (lasting) sim.equal(told[0], 'handled', `a delivery outlives its worker: ${name}`);
    if (told[0] === 'handled') {
      sim.equal(letters, 0, `handled and no letter: ${name}`);
      sim.equal(finished, 1, `handled once: ${name}`);
      sim.sometimes(begun > 1, 'a delivery is begun again');
      sim.sometimes(options.guarantee === 'exactly-once', 'exactly once');
    } else sim.equal(
      letters + (told[0] === 'NOPROC' || told[0] === 'EXIT' ? 1 : 0), 1, `one letter, or refused: ${name}`,
    );
  }
}
