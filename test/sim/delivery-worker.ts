import { defineAgent, type DeliveryContext, type ErrorVerdict } from '../../src/index.js';
import type { Simulation } from '../../src/testing/index.js';
import type { Checks, Message } from './delivery-checks.js';

/** What a handler does with one start of a message. */
const ACTS = [
  'reply', 'reply', 'reply', 'slow', 'slow', 'slow', 'throw', 'throw', 'slow throw', 'refuse',
  'nack', 'ack', 'ack, then throw', 'terminate', 'later', 'stop',
  'stop broken', 'hang', 'in progress', 'retry', 'refuse by error', 'dead-letter', 'escalate',
] as const;

/** An error whose message is what `onError` says of it. */
class Verdict extends Error {}

export const onError =
  (error: unknown): ErrorVerdict => (error instanceof Verdict ? (error.message as ErrorVerdict) : 'restart');

export interface Job {
  readonly job: number;
}

interface Self {
  readonly pid: string;
  readonly ref: { readonly pid: string | undefined };
  readonly signal: AbortSignal;
  readonly delivery: DeliveryContext | undefined;
  refuse(code: string): unknown;
  noreply(): unknown;
  stop(reason?: unknown): unknown;
}

/** An agent whose handlers do what the seed says, and tell the checks of every start and end. */
export function workerOf(
  sim: Simulation, checks: Checks, options: { readonly escalates: boolean; readonly calm: boolean },
) {
  const run = (self: Self, { job }: Job): unknown => new Handling(sim, checks, self, job).act(options);
  return defineAgent({
    name: 'worker',
    delivery: { onError },
    init: () => ({}),
    calls: {
      ask: run, slow: async (self, job: Job) => run(self, job),
      aside: { concurrent: true, handle: run },
    },
    casts: {
      work: (self, job: Job) => run(self, job) as void,
      noise: (_self, ms: number) => (ms > 0 ? sim.sleep(ms) : undefined),
    },
  });
}

export type WorkerDefinition = ReturnType<typeof workerOf>;

/** One start of one message. */
class Handling {
  private readonly delivery: DeliveryContext;
  private readonly message: Message;
  private readonly pid: string;
  constructor(
    private readonly sim: Simulation,
    private readonly checks: Checks,
    private readonly self: Self,
    job: number,
  ) {
    this.delivery = self.delivery as DeliveryContext;
    this.pid = self.pid;
    sim.always(this.delivery !== undefined, 'self.delivery is there');
    this.message = checks.started(self.pid, self.ref.pid, job, this.delivery.attempt);
    sim.equal(this.delivery.redelivered, this.delivery.attempt > 1, 'redelivered');
    sim.sometimes(this.delivery.redelivered, 'a retry');
    sim.sometimes(this.message.starts > this.delivery.attempt, 'an outside end was no attempt');
  }

  private get reply(): string {
    return `did ${this.message.job}`;
  }

  act({ escalates, calm }: { readonly escalates: boolean; readonly calm: boolean }): unknown {
    const { random } = this.sim;
    const act = calm && random.chance(0.8) ? 'reply' : random.pick(ACTS);
    const ms = random.int(12);
    switch (act) {
      case 'reply': return this.good();
      case 'slow': return this.after(ms, () => this.good());
      case 'throw': return this.bad(new Error('boom'));
      case 'slow throw': return this.after(ms, () => this.bad(new Error('slow boom')));
      case 'refuse': this.message.refusals++; return this.self.refuse('NO');
      case 'nack': return this.nack(random);
      case 'ack': this.ack(); return 'not the reply';
      case 'ack, then throw': this.ack(); throw new Error('after its acknowledgement');
      case 'terminate': return this.terminate();
      case 'later': return this.message.aside ? this.good() : this.later(ms);
      case 'stop': this.checks.succeeded(
        this.message, undefined,
      ); return this.self.stop(random.pick(['normal', 'shutdown']));
      case 'stop broken': this.checks.failed(this.message); return this.self.stop('broken');
      case 'hang': return this.message.options.ackTimeoutMs === undefined
        ? this.good()
        : this.after(3_600_000, () => this.good());
      case 'in progress': return this.inProgress();
      case 'escalate': return escalates ? this.bad(new Verdict('escalate')) : this.good();
      default: return this.byVerdict(act);
    }
  }

  private good(): string {
    this.checks.succeeded(this.message, this.reply);
    return this.reply;
  }

  private bad(error: Error): never {
    this.checks.failed(this.message);
    throw error;
  }

  private byVerdict(act: 'retry' | 'refuse by error' | 'dead-letter'): never {
    this.sim.sometimes(act === 'retry', 'onError says retry');
    if (act === 'dead-letter') this.message.closed = true;
    if (act !== 'refuse by error') return this.bad(new Verdict(act));
    this.message.refusals++;
    throw new Verdict('refuse');
  }

  private ack(): void {
    this.checks.succeeded(this.message, 'by hand');
    this.sim.equal(this.delivery.ack('by hand'), true, 'an acknowledgement by hand counts');
    this.sim.equal(this.delivery.ack('again'), false, 'once');
    this.sim.equal(this.delivery.nack(), false, 'and is no nack any more');
  }

  /** Messages that its agent has handled. */
  private get handled(): number | undefined {
    return this.sim.system.inspect(this.self.pid)?.mailbox.handled;
  }

  private nack(random: Simulation['random']): unknown {
    const ms = random.chance(0.5) ? random.int(20) : -1;
    this.checks.failed(this.message, ms);
    const before = this.handled;
    this.sim.equal(ms < 0 ? this.delivery.nack() : this.delivery.nack(ms), true, 'a nack counts');
    this.sim.equal(this.delivery.ack(), false, 'and the return after it does not');
    if (!this.message.aside) this.sim.equal(this.handled, before, 'and takes back no count (P3)');
    return random.chance(0.3) ? this.sim.sleep(random.int(10)) : 'ignored';
  }

  private terminate(): unknown {
    this.checks.failed(this.message);
    this.message.closed = true;
    this.sim.equal(this.delivery.terminate('poisoned'), true, 'terminate ends it');
    return 'ignored';
  }

  /** The acknowledgement comes after the return. */
  private later(ms: number): unknown {
    this.watchLimit();
    void this.sim.sleep(ms).then(() => {
      if (!this.lives()) return;
      if (this.delivery.ack('later')) this.checks.succeeded(this.message, 'later');
    });
    return this.self.noreply();
  }

  /** Goes on after a while, if it has not died meanwhile. */
  private after(ms: number, fn: () => unknown): Promise<unknown> {
    this.watchLimit();
    return this.sim.sleep(ms).then(() => (this.lives() ? fn() : undefined));
  }

  private async inProgress(): Promise<unknown> {
    this.watchLimit();
    const limit = this.message.options.ackTimeoutMs ?? 10;
    for (let beat = 0; beat < 3; beat++) {
      await this.sim.sleep(Math.max(1, limit - 5));
      if (!this.lives()) return undefined;
      this.sim.equal(this.delivery.inProgress(), true, 'in progress');
    }
    this.sim.sometimes(this.message.options.ackTimeoutMs !== undefined, 'in progress beyond its limit');
    return this.good();
  }

  /** An attempt that takes longer than it may is a failed one; its signal tells. */
  private watchLimit(): void {
    if (this.message.options.ackTimeoutMs === undefined) return;
    const { signal } = this.self;
    signal.addEventListener('abort', () => {
      // Its own limit ends an agent that lives; that of another message has ended it already.
      if (this.sim.sometimes(
        signal.reason === 'ack_timeout' && this.sim.system.alive(this.pid), 'a limit ran out',
      )) {
        this.checks.failed(this.message);
      }
    });
  }

  /** What a dead incarnation says of its delivery has no effect (P16). */
  private lives(): boolean {
    if (this.sim.system.alive(this.pid)) return true;
    const { delivery, sim } = this;
    sim.sometimes(true, 'the dead speak');
    sim.equal(
      [delivery.ack('zombie'), delivery.nack(0), delivery.inProgress(), delivery.terminate('zombie')].join(),
      'false,false,false,false', 'the dead say nothing of a delivery (P16)',
    );
    return false;
  }
}
