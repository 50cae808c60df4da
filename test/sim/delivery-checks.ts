import type { DeliverOptions, DeliveryOutcome, Guarantee, Receipt } from '../../src/index.js';
import type { Simulation } from '../../src/testing/index.js';

/** One accepted message. */
export class Message {
  receipt: Receipt | null = null;
  outcome: DeliveryOutcome | null = null;
  starts = 0;
  successes = 0;
  refusals = 0;
  /** attempts that failed by what the handler did */
  failed = 0;
  /** when the latest attempt failed, virtual ms, and the wait it asked for */
  failedAt = -1;
  nackMs = -1;
  /** ended by its handler, which did not succeed */
  closed = false;
  /** place of its first start among all starts */
  first = 0;
  /** what its one handling answers */
  reply: unknown = undefined;
  /** the process that it was sent to; undefined while nobody had the name */
  owner: string | undefined = undefined;
  constructor(
    readonly job: number,
    readonly from: number,
    readonly to: string,
    /** handled in a process of its own */
    readonly aside: boolean,
    readonly guarantee: Guarantee,
    readonly options: DeliverOptions,
    readonly expiresAt: number,
  ) {}

  /** While its sender has not heard that it is accepted, this is what its handlers have told. */
  get over(): boolean {
    const state = this.receipt?.state;
    if (state !== undefined) return state !== 'pending' && state !== 'in-transit' && state !== 'delivered';
    return this.kept || this.closed
      || this.failed >= (this.guarantee === 'at-most-once' ? 1 : (this.options.attemptsMax ?? ATTEMPTS));
  }

  /** Its key stays taken after its end. */
  get kept(): boolean {
    const state = this.receipt?.state;
    return state === undefined
      ? this.successes + this.refusals > 0
      : state === 'handled' || state === 'refused';
  }
}

const ATTEMPTS = 5;
/** A deadline is due at a whole ms, and is stamped when the slice that armed it has ended. */
const LATE_MS = 1;
const LATE_STEPS = 20;

const laneOf = (message: Message): string => message.options.lane ?? 'normal';

/** What must hold of deliveries, asked while a program runs and after it. */
export class Checks {
  all: Message[] = [];
  private starts = 0;
  /** the message that a job stands for now: its key may be free again after it */
  readonly ofJob: Map<number, Message> = new Map();
  /** some sends are lost, late or doubled: what comes first is open then */
  disturbed = false;
  constructor(
    readonly sim: Simulation,
    private readonly stepMs: number,
  ) {}

  sent(message: Message): void {
    this.all.push(message);
    this.ofJob.set(message.job, message);
  }

  /** It was not accepted: it must not have been started. */
  unsent(message: Message): void {
    this.sim.equal(message.starts, 0, `job ${message.job} was refused, so it is not started`);
    this.all = this.all.filter((one) => one !== message);
    if (this.ofJob.get(message.job) === message) this.ofJob.delete(message.job);
  }

  /** A handler starts. */
  started(pid: string, agent: string | undefined, job: number, attempt: number): Message {
    const { sim } = this;
    const message = this.ofJob.get(job) as Message;
    sim.always(message !== undefined, 'only what was accepted is started');
    sim.always(sim.system.alive(pid), 'no start with a dead incarnation (P16)');
    sim.always(!message.over, `no start after the end, ${message.receipt?.state ?? ''} (P20)`);
    const now = performance.now();
    sim.always(
      now < message.expiresAt + LATE_MS + LATE_STEPS * this.stepMs,
      `no start after the expiry: at ${now}, which was ${message.expiresAt} (P12)`,
    );
    this.starts++;
    if (++message.starts === 1) message.first = this.starts;
    if (message.guarantee === 'at-most-once') {
      sim.equal(message.starts, 1, 'at-most-once is started once (P18)');
      // Behind its order key it has not been sent yet.
      if (message.owner !== undefined && message.options.order === undefined) {
        sim.equal(agent, message.owner, 'at-most-once is started by the process that it was sent to (P18)');
      }
    }
    sim.always(
      attempt <= (message.options.attemptsMax ?? ATTEMPTS),
      `attempt ${attempt} of ${message.options.attemptsMax ?? ATTEMPTS} (P22)`,
    );
    sim.equal(attempt, message.failed + 1, 'attempts are the failed ones and this one (P22)');
    this.order(message);
    if (message.starts === 1) this.lane(message);
    this.backOff(message, now);
    return message;
  }

  /** One of an order key at a time, in the order of the sends (P24). */
  private order(message: Message): void {
    const { order } = message.options;
    if (order === undefined) return;
    for (const earlier of this.all) {
      if (earlier === message) return;
      if (earlier.to === message.to && earlier.options.order === order) {
        // Nobody has told of an expiry when its sender has not even heard that it is accepted.
        const unheard = earlier.receipt === null && performance.now() >= earlier.expiresAt;
        this.sim.always(
          earlier.over || unheard,
          `order key ${order}: job ${message.job} starts before job ${earlier.job} is over (P24)`,
        );
      }
    }
  }

  /** First starts of one sender in one lane are in the order of its sends. */
  private lane(message: Message): void {
    if (this.disturbed || message.aside || message.options.order !== undefined) return;
    for (const earlier of this.all) {
      if (earlier === message) return;
      if (earlier.to !== message.to || earlier.from !== message.from || earlier.aside
        || earlier.options.order !== undefined || laneOf(earlier) !== laneOf(message)) continue;
      if (earlier.receipt === null && earlier.starts === 0) continue; // it may have been refused a moment ago
      this.sim.always(
        earlier.starts > 0 || earlier.over,
        `job ${message.job} overtakes job ${earlier.job} of its sender in its lane (P1, P9)`,
      );
    }
  }

  private backOff(message: Message, now: number): void {
    if (message.failedAt < 0) return;
    const { baseMs = 100, factor = 2, maxMs = 30_000, jitter = 0.5 } = message.options.backoff ?? {};
    const least =
      message.nackMs >= 0
        ? message.nackMs
        : Math.min(maxMs, baseMs * factor ** (message.failed - 1)) * (1 - jitter);
    this.sim.always(
      now - message.failedAt >= least - 1e-6,
      `attempt ${message.failed + 1} after ${now - message.failedAt} ms, at least ${least} (P22)`,
    );
    message.failedAt = -1;
    message.nackMs = -1;
  }

  succeeded(message: Message, reply: unknown): void {
    message.successes++;
    message.reply = reply;
    this.sim.equal(message.successes, 1, `one successful handling, job ${message.job} (P21)`);
  }

  failed(message: Message, nackMs: number = -1): void {
    message.failed++;
    message.failedAt = performance.now();
    message.nackMs = nackMs;
  }

  /** Everything is over. */
  async end(): Promise<void> {
    const { sim } = this;
    for (const message of this.all) {
      sim.always(
        message.over,
        `every receipt settles: job ${message.job} is ${message.receipt?.state ?? '?'} (P19)`,
      );
      const outcome = await (message.receipt as Receipt).settled;
      message.outcome = outcome;
      this.judge(message, outcome);
    }
    this.inOrder();
    this.account();
  }

  /** The same once everything is known: first starts of one sender in one lane. */
  private inOrder(): void {
    if (this.disturbed) return;
    const last = new Map<string, number>();
    for (const message of this.all) {
      if (message.aside || message.options.order !== undefined || message.starts === 0) continue;
      const road = `${message.from}>${message.to}/${laneOf(message)}`;
      this.sim.always(
        (last.get(road) ?? 0) < message.first,
        `job ${message.job} has overtaken an earlier one of its sender in its lane (P1, P9)`,
      );
      last.set(road, message.first);
    }
  }

  private judge(message: Message, outcome: DeliveryOutcome): void {
    const { sim } = this;
    const { kind, attempts, failures } = outcome;
    const what = `job ${message.job}, ${message.guarantee}, ended ${kind} (${String(outcome.reason)})`;
    sim.equal(message.successes, kind === 'handled' ? 1 : 0, `${what}: handled means handled once`);
    sim.equal(message.refusals, kind === 'refused' ? 1 : 0, `${what}: refused means refused once`);
    sim.equal(failures.length, message.failed, `${what}: every failed attempt is told, no other`);
    sim.equal(
      attempts, failures.length + (kind === 'handled' || kind === 'refused' ? 1 : 0),
      `${what}: attempts are the failed ones and the last`,
    );
    sim.equal(
      failures.map(({ attempt }) => attempt).join(), failures.map((_, at) => at + 1).join(),
      `${what}: failures are numbered`,
    );
    sim.always(
      attempts <= (message.options.attemptsMax ?? ATTEMPTS), `${what}: no more attempts than it may have (P22)`,
    );
    if (kind === 'handled') sim.equal(outcome.reply, message.reply, `${what}: the reply of its handler`);
  }

  /** The numbers of the system against what was seen. */
  account(): void {
    const { sim } = this;
    const { delivery, held } = sim.system.stats();
    sim.equal(
      [held, delivery.pending, delivery.inTransit, delivery.running].join(), '0,0,0,0',
      'nothing is held, pending, in transit or running at the end',
    );
    const of =
      (...kinds: string[]): number =>
        this.all.filter(({ outcome }) => kinds.includes(outcome?.kind ?? '')).length;
    sim.equal(delivery.accepted, this.all.length, 'accepted');
    sim.equal(delivery.acknowledged, of('handled', 'refused'), 'acknowledged');
    sim.equal(delivery.refused, of('refused'), 'refused');
    sim.equal(delivery.failed, of('dead-lettered'), 'dead letters');
    sim.equal(delivery.expired, of('expired'), 'expired');
    sim.equal(delivery.dropped, of('dropped', 'rejected', 'superseded', 'cancelled'), 'dropped');
    sim.equal(delivery.delivered, this.all.reduce((sum, { starts }) => sum + starts, 0), 'starts');
    sim.equal(
      delivery.acknowledged + delivery.failed + delivery.expired + delivery.dropped, delivery.accepted,
      'every accepted message has one outcome (P3)',
    );
  }
}
