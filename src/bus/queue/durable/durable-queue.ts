import { handled } from '../../../base/index.js';
import type { Durability } from '../../../delivery/durable/index.js';
import { type Commit, StoreError } from '../../../journal/index.js';
import type { Process, TurnPart } from '../../../process/record/index.js';
import type { PushOutcome, QueueStats } from '../../../api/bus/queue.js';
import type { DeadLetter, RetryRefusal } from '../../../api/letters.js';
import { over, refused } from '../account.js';
import type { PushTerms, ReadQueue } from '../options.js';
import type { QueuePorts } from '../ports.js';
import { OUTCOMES, type Pusher } from '../pusher.js';
import { WorkQueue } from '../work-queue.js';
import { DurableItems, openTurn } from './durable-items.js';
import { encodeItem } from './row.js';
import { QueueRows, type StoredItem } from './rows.js';

/** An item on its way into the queue: it is there once its row is safe. */
class Entering implements Commit, TurnPart {
  seq = -1;
  readonly promise: Promise<PushOutcome>;
  resolve!: (outcome: PushOutcome) => void;
  reject!: (error: unknown) => void;
  constructor(
    private readonly queue: DurableQueue,
    readonly payload: unknown,
    readonly body: Uint8Array,
    readonly terms: PushTerms,
    readonly past: DeadLetter | null,
    readonly from: Process | null,
  ) {
    this.promise = handled(new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    }));
  }

  get bytes(): number {
    return this.body.length;
  }
  joins(): void {
    this.seq = this.queue.rows.append(this.terms.lane, this.body);
  }
  committed(): void {
    this.queue.entered(this);
  }
  uncommitted(error: StoreError): void {
    this.queue.unentered(this, 'unknown', this.queue.rows.unknown('push', error));
  }
  dropped(reason: unknown): void {
    this.queue.unentered(this, 'dropped', reason);
  }
}

/**
 * A queue whose items outlive the program. A push is there when its row is safe; room for it is kept
 * from when it was asked. Until the store is open, pushes and pulls wait for that.
 */
export class DurableQueue extends WorkQueue {
  declare readonly items: DurableItems;
  readonly rows: QueueRows;
  /** on their way in */
  private entering = 0;
  private opened = false;
  private failure: unknown = null;
  private readonly opening: Promise<void>;
  constructor(options: ReadQueue, ports: QueuePorts, durability: Durability) {
    const rows = new QueueRows(durability, options.name);
    super(options, ports, (given, op) => new DurableItems(options, given, rows, op));
    this.rows = rows;
    this.opening = handled(this.begin(durability));
    this.opening.catch((error: unknown) => this.fail(error));
  }

  /** Those of a key come in one after the other, and of the oldest somebody may have to go: then all must be known. */
  private get isEager(): boolean {
    const { orderByKey, coalesce, overflow } = this.options;
    return orderByKey || coalesce !== null || overflow === 'drop-oldest';
  }

  private async begin(durability: Durability): Promise<void> {
    if (!durability.ready) await durability.whenReady();
    if (this.over) return;
    this.items.begin();
    if (this.isEager) await this.items.readAll();
    this.opened = true;
    this.pump();
  }

  /** The store cannot be opened. */
  private fail(error: unknown): void {
    if (this.over) return;
    this.failure = error;
    this.refuseAll(this.takers, () => error);
    this.refuseAll(this.pushers, () => error);
  }

  /* ---- push ---- */

  override send(
    owner: Process | null, payload: unknown, terms: PushTerms, from: Process | null,
  ): Promise<PushOutcome> {
    this.checkOpen();
    const push = this.entry(owner, payload, terms, null, from);
    const turn = openTurn(owner);
    if (turn !== null) {
      if (this.opened && !this.fits(push, true)) return this.kernel.scheduler.paced(OUTCOMES.dropped);
      this.entering++;
      turn.keep(push);
      return this.kernel.scheduler.paced(OUTCOMES.queued);
    }
    return this.kernel.answer(
      this.opened ? this.admitted(owner, push) : handled(this.opening.then(() => this.admitted(owner, push))),
    );
  }

  private entry(
    owner: Process | null, payload: unknown, terms: PushTerms, past: DeadLetter | null, from: Process | null,
  ): Entering {
    return new Entering(this, payload, encodeItem(payload, terms, owner, this.rows.wall(), past), terms, past, from);
  }

  private admitted(owner: Process | null, push: Entering): Promise<PushOutcome> {
    this.checkOpen();
    if (this.fits(push, false)) return this.append(push);
    if (this.options.overflow === 'drop-newest') return OUTCOMES.dropped;
    return handled(this.wait(owner, push, push.terms, push.from));
  }

  /** Whether there is room for it; false when it is dropped, or has to wait, and throws when it is refused. */
  private fits({ payload, terms }: Entering, hurries: boolean): boolean {
    this.checkMemory(payload, terms);
    const { items, options: { overflow } } = this;
    if (overflow === 'drop-oldest' || items.latestOf(terms.key) !== undefined) return true;
    if (this.hasRoom || this.isAwaited(terms) || this.makesRoom()) return true;
    if (this.overflow(terms) === 'dropped') return false;
    if (!hurries) return false;
    refused(items.account);
    throw this.error('QUEUE_FULL', 'no push waits for room within a turn of a durable agent: push outside of it, '
      + 'raise capacity, or add consumers');
  }

  /** Throws when the store takes nothing: then it never was there. */
  private append(push: Entering): Promise<PushOutcome> {
    try {
      push.joins();
    } catch (error) {
      refused(this.items.account);
      throw error;
    }
    this.entering++;
    this.rows.journal.whenCommitted(push);
    return push.promise;
  }

  /** Its row is safe. */
  entered(push: Entering): void {
    if (this.over) {
      this.entering--;
      over(this.items.account, 'stored');
      push.resolve('queued');
    } else if (this.opened) this.come(push);
    else this.opening.then(() => this.entered(push), () => this.unentered(push, 'stored', null));
  }

  private come(push: Entering): void {
    this.entering--;
    push.resolve(this.place(push));
    this.pump();
  }

  private place({ seq, payload, terms, past, from }: Entering): PushOutcome {
    const { items, options: { coalesce, overflow, capacity } } = this;
    const known = items.latestOf(terms.key);
    if (known !== undefined && coalesce === 'last') {
      items.replaceRow(known as StoredItem, seq, payload, terms, from);
      return 'queued';
    }
    if (known !== undefined) {
      items.overRow(seq, 'superseded');
      return 'superseded';
    }
    if (overflow === 'drop-oldest' && items.waiting >= capacity) items.first(); // to look may end what has expired
    if (overflow === 'drop-oldest' && items.waiting >= capacity && !this.isDesired(terms)) {
      const victim = items.victim();
      if (victim.lane > terms.lane) {
        items.overRow(seq, 'dropped');
        return 'dropped';
      }
      items.drop(victim);
    }
    items.enterRow(seq, payload, terms, past, from);
    return 'queued';
  }

  /** It never was there, or nobody knows. */
  unentered(push: Entering, as: 'unknown' | 'dropped' | 'stored', error: unknown): void {
    this.entering--;
    over(this.items.account, as);
    push.reject(error);
    if (!this.over) this.pump();
  }

  override resend(payload: unknown, terms: PushTerms, past: DeadLetter, from: Process | null): RetryRefusal | null {
    if (this.closed || !this.opened) return this.stopped ? 'SYSTEM_STOPPED' : 'QUEUE_CLOSED';
    try {
      const push = this.entry(from, payload, terms, past, from);
      if (this.isOverloaded(payload, terms)) return 'OVERLOADED';
      if (this.wouldLose(terms)) return 'QUEUE_FULL';
      void this.append(push);
      return null;
    } catch (error) {
      return error instanceof StoreError ? error.code as RetryRefusal : 'NOT_STORABLE';
    }
  }

  private wouldLose(terms: PushTerms): boolean {
    const { items, options: { overflow } } = this;
    if (items.latestOf(terms.key) !== undefined) return false;
    if (this.hasRoom || this.isAwaited(terms) || this.makesRoom()) return false;
    return overflow !== 'drop-oldest' || items.waiting === 0 || items.victim().lane > terms.lane;
  }

  protected override get isFull(): boolean {
    return this.items.waiting + this.entering >= this.options.capacity;
  }

  /** What is on its way in is taken by who waits now. */
  protected override isAwaited(terms: PushTerms): boolean {
    return this.entering === 0 && super.isAwaited(terms);
  }

  protected override isDesired(terms: Pick<PushTerms, 'delayMs' | 'key'>): boolean {
    return this.items.unread === 0 && super.isDesired(terms);
  }

  protected override admit(): boolean {
    const pusher = this.pushers.first;
    if (pusher === null || !this.opened) return false;
    if (!pusher.ready()) return true;
    const desired = this.entering === 0 && this.isDesired(pusher.asked);
    if (this.isFull && !desired && this.isFull) return false; // to look may end what has expired
    this.pushers.remove(pusher);
    this.bring(pusher);
    return true;
  }

  private bring(pusher: Pusher): void {
    try {
      pusher.come(this.append(pusher.payload as Entering));
    } catch (error) {
      pusher.refuse(error);
    }
  }

  /* ---- take ---- */

  /** What is handed out without a lease comes when its row is gone. */
  override result(
    value: unknown,
  ): IteratorResult<unknown, undefined> | Promise<IteratorResult<unknown, undefined>> {
    if (this.leases) return super.result(value);
    return handled((value as Promise<unknown>).then((came) => super.result(came)));
  }

  /* ---- end ---- */

  protected override get isDone(): boolean {
    return this.opened && this.entering === 0 && super.isDone;
  }

  override get isOver(): boolean {
    return super.isOver || this.failure !== null;
  }

  override refusal(verb: string): Error {
    return this.failure === null || this.closed ? super.refusal(verb) : this.failure as Error;
  }

  override stats(): QueueStats {
    const stats = super.stats();
    return { ...stats, durable: true, unread: this.items.unread, pushing: stats.pushing + this.entering };
  }
}
