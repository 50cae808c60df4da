import type { DeliverOptions, DeliveryOutcome, Receipt } from '../../src/index.js';
import type { Simulation } from '../../src/testing/index.js';

/** From when until when an agent is suspended; the end is open while it is. */
interface Pause {
  readonly from: number;
  to: number;
}

/** All messages of a program, and when the agents that they are for could take one. */
export class Book {
  readonly all: Attempted[] = [];
  private readonly pauses = new Map<string, Pause[]>();
  constructor(private readonly sim: Simulation) {}

  private of(name: string): Pause[] {
    let found = this.pauses.get(name);
    if (found === undefined) this.pauses.set(name, (found = []));
    return found;
  }

  frozen(name: string): boolean {
    return this.of(name).at(-1)?.to === Infinity;
  }

  /** False when it is suspended already. */
  freeze(name: string): boolean {
    if (this.frozen(name)) return false;
    this.of(name).push({ from: this.sim.nowMs, to: Infinity });
    return true;
  }

  thaw(name: string): void {
    const last = this.of(name).at(-1);
    if (last?.to === Infinity) last.to = this.sim.nowMs;
  }

  /** Its agent ends: what it is handling has ended from outside. The next incarnation is there at once. */
  died(name: string): void {
    this.thaw(name);
    for (const message of this.all) if (message.to === name) message.interrupted();
  }

  /**
   * When a message that is due at `ms` begins: at once, or when its agent goes on. What is due in
   * the ms of a pause may be on either side.
   */
  begin(name: string, ms: number, atLatest: boolean): number {
    let at = ms;
    for (const { from, to } of this.of(name)) if (to > at && (atLatest ? from <= at : from < at)) at = to;
    return at;
  }
}

/**
 * One message to an agent that is idle whenever it is not suspended: each of its attempts begins at
 * a known ms.
 */
export class Attempted {
  private receipt: Receipt | null = null;
  private failures = 0;
  private running = false;
  private reply: string | null = null;
  /** it is due between these */
  private least = 0;
  private most = 0;
  /** when something last became of it */
  private since = 0;
  private expiresAt = 0;
  private interruptions = 0;
  constructor(
    private readonly sim: Simulation,
    private readonly book: Book,
    readonly to: string,
    private readonly options: Required<Pick<DeliverOptions, 'attemptsMax' | 'expiresInMs'>> & DeliverOptions,
  ) {}

  sent(delivering: Promise<Receipt>): void {
    this.due(0, 0);
    this.expiresAt = this.sim.nowMs + (this.options.expiresInMs as number);
    void delivering.then((receipt) => { this.receipt = receipt; });
  }

  private due(least: number, most: number): void {
    this.since = this.sim.nowMs;
    this.least = this.since + least;
    // The shortest timer is one of 1 ms.
    this.most = this.since + Math.max(least > 0 || most > 0 ? 1 : 0, most);
  }

  private backOff(attempt: number): readonly [number, number] {
    const { baseMs = 100, factor = 2, maxMs = 30_000, jitter = 0.5 } = this.options.backoff ?? {};
    const full = Math.min(maxMs, baseMs * factor ** (attempt - 1));
    return [Math.ceil(full * (1 - jitter)), Math.max(1, Math.ceil(full))];
  }

  /** Attempts that could not begin: each has failed when it was due. */
  private unbegun(attempts: number): void {
    for (; this.failures < attempts; this.failures++) {
      const [least, most] = this.backOff(this.failures + 1);
      this.least = this.book.begin(this.to, this.least, false) + least;
      this.most = this.book.begin(this.to, this.most, true) + most;
      this.sim.sometimes(true, 'an attempt that could not begin');
    }
  }

  begins(attempt: number): void {
    const { sim, book, to } = this;
    const now = sim.nowMs;
    sim.always(!this.running, 'one attempt at a time');
    sim.equal(this.reply, null, 'no attempt after a success (P20)');
    sim.always(
      attempt > this.failures && attempt <= (this.options.attemptsMax as number),
      `attempt ${attempt} after ${this.failures} failed ones (P22)`,
    );
    this.unbegun(attempt - 1);
    const [least, most] = [book.begin(to, this.least, false), book.begin(to, this.most, true)];
    sim.always(
      now >= least && now <= most,
      `attempt ${attempt} begins at ${now}, due from ${least} to ${most} (P22)`,
    );
    sim.always(now < this.expiresAt, `attempt ${attempt} begins at ${now}, expired at ${this.expiresAt} (P12)`);
    sim.sometimes(least > this.least, 'waited for an agent to go on');
    this.running = true;
  }

  failed(nackMs: number = -1): void {
    this.running = false;
    this.failures++;
    const [least, most] = nackMs < 0 ? this.backOff(this.failures) : [nackMs, Math.max(1, nackMs)];
    this.due(least, most);
  }

  interrupted(): void {
    if (!this.running) return;
    this.running = false;
    this.interruptions++;
    this.due(0, 0);
  }

  succeeded(): string {
    this.running = false;
    this.since = this.sim.nowMs;
    return (this.reply = `done at ${this.since}`);
  }

  /** Returns how many of its attempts could not begin. */
  async judge(began: number): Promise<number> {
    const { sim, receipt, options, book } = this;
    sim.always(
      receipt !== null && !['pending', 'in-transit', 'delivered'].includes(receipt.state),
      `every receipt settles: ${receipt?.state ?? '?'}`,
    );
    const outcome: DeliveryOutcome = await (receipt as Receipt).settled;
    const { kind, failures, reply, attempts } = outcome;
    const seen = this.failures;
    const endedAt = outcome.at - began;
    this.unbegun(failures.length);
    sim.equal(failures.length, this.failures, `every failed attempt is told, and no other (${kind})`);
    sim.equal(
      attempts, failures.length + (kind === 'handled' ? 1 : 0),
      'attempts are the failed ones and the last',
    );
    sim.equal(kind === 'handled' ? reply : null, this.reply, 'handled when its handler succeeded');
    if (kind === 'handled') sim.equal(endedAt, this.since, 'and at that ms');
    else if (kind === 'expired') {
      sim.equal(
        endedAt, Math.max(this.expiresAt, this.since),
        'it expires at its very ms, or when its last attempt has ended (P12)',
      );
      sim.always(book.begin(this.to, this.most, true) >= this.expiresAt, 'and not while it could have begun');
    } else {
      sim.equal(kind, 'dead-lettered', 'there is no other end');
      sim.equal(failures.length, options.attemptsMax, 'a dead letter after the last attempt (P22)');
      if (seen === failures.length) sim.equal(endedAt, this.since, 'and at the ms at which that failed');
    }
    sim.sometimes(kind === 'expired' && this.failures > 0, 'expired in a back-off');
    sim.sometimes(kind === 'dead-lettered', 'a dead letter after its last attempt');
    sim.sometimes(this.interruptions > 0 && this.failures > 0, 'ends from outside between failures');
    return failures.filter(
      ({ reason }) => (reason as { readonly code?: unknown }).code === 'STATE_NOT_CLONABLE',
    ).length;
  }
}
