import { backoffMs, unstacked } from '../../base/index.js';
import type { ExitReason } from '../../base/index.js';
import { Line } from '../../base/text/index.js';
import type { Kernel, Process } from '../../process/record/index.js';
import { Failure } from '../../router/dead-letter/index.js';
import type { DeadLetter } from '../../api/letters.js';
import { BusError } from '../core/index.js';
import {
  cameBack, due, ended, entered, imbalanceOf, type ItemEnd, type ItemPlace, lent, lost, over, QueueAccount, taken,
} from './account.js';
import { Expiry, Item, type ItemQueue, Stage } from './item.js';
import { LeaseImpl, type Lender } from './lease.js';
import type { PushTerms, ReadQueue } from './options.js';
import type { ItemPorts } from './ports.js';
import { Ready } from './ready.js';

const PLACES: readonly ItemPlace[] = ['ready', 'delayed', 'leased'];
/** So many failures of one item are kept, the latest. */
const FAILURES_MAX = 32;
const DONE: Promise<void> = Promise.resolve();

/**
 * The items of one queue. Each goes (delayed) ─▶ ready ─▶ leased ─▶ over, and from leased back; each
 * step is a transition of the account. What runs the user's code, a signal or a subscriber of dead
 * letters, comes when the step is done.
 */
export class Items implements ItemQueue, Lender {
  readonly kernel: Kernel;
  readonly account: QueueAccount;
  protected readonly delayed: Line<Item> = new Line<Item>();
  protected readonly leased: Line<Item> = new Line<Item>();
  /** the one item of each key that waits, where such items coalesce */
  private readonly latest: Map<string, Item> | null;
  private lastId = 0;
  protected lastToken = 0;
  constructor(
    protected readonly options: ReadQueue,
    protected readonly ports: ItemPorts,
    protected readonly ready: Ready = new Ready(options.orderByKey),
  ) {
    this.kernel = ports.kernel;
    this.account = new QueueAccount(ports.kernel.audited);
    this.latest = options.coalesce === null ? null : new Map();
  }

  get leaseMs(): number {
    return this.options.leaseMs;
  }

  /** items that wait */
  get waiting(): number {
    return this.account.ready + this.account.delayed;
  }

  get isEmpty(): boolean {
    return this.waiting + this.account.leased === 0;
  }

  /* ---- in ---- */

  /** @param from who hears of its death; null for nobody */
  add(payload: unknown, terms: PushTerms, past: DeadLetter | null, from: Process | null): void {
    this.enter(new Item(this, ++this.lastId, payload, terms.lane, terms.key), terms, past, from);
  }

  protected enter(item: Item, terms: PushTerms, past: DeadLetter | null, from: Process | null): void {
    if (past !== null) item.cold.past = past;
    if (from !== null) item.cold.from = from;
    this.latch(item);
    if (terms.expiresInMs >= 0) this.arm(item, terms.expiresInMs);
    entered(this.account, terms.delayMs > 0 ? 'delayed' : 'ready');
    if (terms.delayMs > 0) this.delay(item, terms.delayMs);
    else this.offer(item, false);
  }

  /** The item that waits under that key, where such items coalesce. */
  latestOf(key: string | null): Item | undefined {
    const found = this.latest === null || key === null ? undefined : this.latest.get(key);
    if (found === undefined || !this.isLate(found)) return found;
    this.finish(found, 'expired');
    return undefined;
  }

  /** A new one takes the place of one that waits; that one's attempts were its own. */
  replace(item: Item, payload: unknown, { expiresInMs }: PushTerms, from: Process | null): void {
    over(this.account, 'superseded');
    this.disarm(item);
    item.rare = null;
    if (from !== null) item.cold.from = from;
    item.payload = payload;
    item.id = ++this.lastId;
    item.attempts = 0;
    if (expiresInMs >= 0) this.arm(item, expiresInMs);
  }

  blocks(key: string | null): boolean {
    return this.ready.blocks(key);
  }

  /** Whom a full queue drops: the oldest of the lowest lane. */
  victim(): Item {
    return this.ready.victim() ?? (this.delayed.first as Item);
  }

  drop(item: Item): void {
    this.finish(item, 'dropped');
  }

  /* ---- out ---- */

  /** The one that is next; it stays. */
  first(): Item | null {
    for (let item = this.ready.first(); item !== null; item = this.ready.first()) {
      if (item.rare === null || !this.isLate(item)) return item;
      this.finish(item, 'expired');
    }
    return null;
  }

  /** The same where there is one. */
  get next(): Item {
    return this.first() as Item;
  }

  /** Takes the one that is next; its consumer is done with that. */
  take(item: Item): unknown {
    this.unlatch(item);
    this.ready.remove(item);
    taken(this.account);
    this.close(item);
    return item.payload;
  }

  /** A lease of the one that is next; -1 ms for one that time does not end. */
  lend(item: Item, owner: Process | null, ms: number): LeaseImpl {
    this.unlatch(item);
    this.ready.remove(item);
    lent(this.account);
    item.stage = Stage.Leased;
    stand(this.leased, item);
    item.attempts++;
    const lease = new LeaseImpl(this, item, owner, ++this.lastToken);
    item.lease = lease;
    if (ms >= 0) this.kernel.deadlines.add(item, ms);
    return lease;
  }

  /* ---- leases ---- */

  ack(lease: LeaseImpl): boolean {
    if (!this.settle(lease)) return false;
    this.finish(lease.of, 'acked');
    this.ports.changed();
    lease.over();
    return true;
  }

  nack(lease: LeaseImpl, delayMs: number | undefined, reason: unknown): boolean {
    if (!this.settle(lease)) return false;
    this.failed(lease.of, delayMs, reason);
    lease.over();
    return true;
  }

  reject(lease: LeaseImpl, reason: unknown): boolean {
    if (!this.settle(lease)) return false;
    this.note(lease.of, reason);
    this.kill(lease.of, reason);
    lease.over();
    return true;
  }

  extend(lease: LeaseImpl, ms: number): boolean {
    if (!lease.counts) return false;
    this.kernel.deadlines.remove(lease.of);
    this.kernel.deadlines.add(lease.of, ms);
    return true;
  }

  /** It was no attempt: nobody has looked at the item. */
  giveBack(lease: LeaseImpl): void {
    if (!this.settle(lease)) return;
    lease.of.attempts--;
    this.comeBack(lease.of, 0);
    lease.over();
  }

  keeps(_lease: LeaseImpl): boolean {
    return false;
  }

  abandoned(lease: LeaseImpl, reason: ExitReason): void {
    this.lose(lease.of, reason);
  }

  /** The answer of a verb that counted. */
  answered(_verb: string, _lease: LeaseImpl): Promise<void> {
    return this.kernel.scheduler.paced(DONE);
  }

  lostLease(verb: string, id: number): BusError {
    return unstacked(() => new BusError(
      'LEASE_LOST', `queue '${this.options.name}'`,
      `${verb} of a lease of item ${id} that has ended: acknowledged, given back, or lost by time or with its process`,
    ));
  }

  /** The fence: only the lease that the item names may end it. */
  protected settle(lease: LeaseImpl): boolean {
    if (!lease.counts) return false;
    lease.of.lease = null;
    lease.settled();
    return true;
  }

  /** The lease counts no more, its consumer hears of it, and only then it is anybody else's. */
  private lose(item: Item, reason: unknown): void {
    const { lease } = item;
    if (lease === null) return;
    item.lease = null;
    this.kernel.deadlines.remove(item);
    lost(this.account);
    lease.lose();
    // what a listener of its signal has done may have ended the item
    if (item.stage === Stage.Leased) this.failed(item, 0, reason);
    lease.over();
  }

  protected failed(item: Item, delayMs: number | undefined, reason: unknown): void {
    this.note(item, reason);
    const { attemptsMax, backoff } = this.options;
    if (item.attempts >= attemptsMax) {
      this.kill(item, reason);
      return;
    }
    const share = (): number => this.kernel.env.u32() / 0x1_0000_0000;
    this.comeBack(item, delayMs ?? (backoff === null ? 0 : backoffMs(backoff, item.attempts, share())));
  }

  protected comeBack(item: Item, delayMs: number): void {
    const newer = this.latestOf(item.key);
    if (this.isLate(item)) this.finish(item, 'expired');
    else if (newer !== undefined && this.options.coalesce === 'last') this.finish(item, 'superseded');
    else {
      if (newer !== undefined) this.finish(newer, 'superseded');
      this.latch(item);
      this.kernel.deadlines.remove(item);
      unstand(item);
      cameBack(this.account, delayMs > 0 ? 'delayed' : 'ready');
      if (delayMs > 0) this.delay(item, delayMs);
      else this.offer(item, true);
    }
    this.ports.changed();
  }

  protected note(item: Item, reason: unknown): void {
    const { failures } = item.cold;
    failures.push(new Failure(item.attempts, reason));
    if (failures.length > FAILURES_MAX) failures.shift();
  }

  protected kill(item: Item, reason: unknown): void {
    this.finish(item, 'deadLettered');
    this.ports.bury(item, reason);
    this.ports.changed();
  }

  /* ---- time ---- */

  timeUp(item: Item): void {
    if (item.stage === Stage.Leased) {
      this.lose(item, 'its lease has ended');
      return;
    }
    unstand(item);
    due(this.account);
    this.offer(item, item.attempts > 0);
    this.ports.changed();
  }

  outlived(item: Item): void {
    if (item.stage === Stage.Leased || item.stage === Stage.Over) return;
    this.finish(item, 'expired');
    this.ports.changed();
  }

  /** A deadline may be late by a slice, an item that has outlived its time is given to nobody. */
  private isLate(item: Item): boolean {
    const expiry = item.rare === null ? null : item.rare.expiry;
    return expiry !== null && expiry.at <= this.kernel.env.mono();
  }

  protected arm(item: Item, ms: number): void {
    const expiry = new Expiry(item, this.kernel.env.mono() + ms);
    item.cold.expiry = expiry;
    this.kernel.deadlines.add(expiry, ms);
  }

  protected disarm(item: Item): void {
    if (item.rare !== null && item.rare.expiry !== null) this.kernel.deadlines.remove(item.rare.expiry);
  }

  /* ---- where they are ---- */

  protected offer(item: Item, returned: boolean): void {
    item.stage = Stage.Ready;
    item.since = this.ports.clock.now();
    this.ready.put(item, returned);
  }

  protected delay(item: Item, ms: number): void {
    item.stage = Stage.Delayed;
    stand(this.delayed, item);
    this.kernel.deadlines.add(item, ms);
  }

  protected latch(item: Item): void {
    if (this.latest !== null && item.key !== null) this.latest.set(item.key, item);
  }

  protected unlatch(item: Item): void {
    const { latest } = this;
    if (latest !== null && item.key !== null && latest.get(item.key) === item) latest.delete(item.key);
  }

  /** It is over, from wherever it is. */
  protected finish(item: Item, as: ItemEnd): void {
    if (item.stage !== Stage.Over) this.over(item, this.away(item), as);
  }

  /** Takes it out of where it is. */
  protected away(item: Item): ItemPlace {
    this.unlatch(item);
    if (item.stage === Stage.Ready) this.ready.remove(item);
    else {
      unstand(item);
      this.kernel.deadlines.remove(item);
    }
    return PLACES[item.stage] as ItemPlace;
  }

  /** It stands nowhere any more. */
  protected over(item: Item, from: ItemPlace, as: ItemEnd): void {
    ended(this.account, from, as);
    this.close(item);
  }

  protected close(item: Item): void {
    item.stage = Stage.Over;
    if (item.rare !== null) this.disarm(item);
    this.ready.over(item);
  }

  /* ---- all of them ---- */

  /** ms for which the one that waits longest could have been taken. */
  oldestMs(): number {
    const since = this.ready.oldest();
    return since === Infinity ? 0 : Math.max(0, Math.floor(this.kernel.env.mono()) - since);
  }

  /** The system has stopped: leases are lost, and all that is here becomes dead letters. */
  end(reason: unknown): void {
    this.loseAll();
    for (const next of [
      () => this.leased.first, () => this.ready.victim(), () => this.delayed.first,
    ]) for (let item = next(); item !== null; item = next()) this.kill(item, reason);
  }

  protected loseAll(): void {
    const out: Item[] = [];
    for (let item = this.leased.first; item !== null; item = item.next) out.push(item);
    for (const item of out) {
      const { lease } = item;
      if (lease === null) continue;
      item.lease = null;
      lost(this.account);
      lease.lose();
      lease.over();
    }
  }

  /** Whether what is counted is what is here. */
  get isExact(): boolean {
    const { account: { ready, delayed, leased } } = this;
    return imbalanceOf(this.account) === 0 && ready === this.ready.count() && delayed === this.delayed.size
      && leased === this.leased.size;
  }
}

function stand(line: Line<Item>, item: Item): void {
  line.push(item);
  item.line = line;
}

function unstand(item: Item): void {
  (item.line as Line<Item>).remove(item);
  item.line = null;
}
