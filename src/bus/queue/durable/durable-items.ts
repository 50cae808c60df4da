import { deepFreeze, isOrderly } from '../../../base/index.js';
import type { ExitReason } from '../../../base/index.js';
import type { Commit } from '../../../journal/index.js';
import type { Rank } from '../../../mailbox/index.js';
import type { Op } from '../../../mailbox/message/index.js';
import type { Process, Turn, TurnPart } from '../../../process/record/index.js';
import type { DeadLetter } from '../../../api/letters.js';
import { ended, found, type ItemEnd, type ItemPlace, over, postponed, told } from '../account.js';
import { Stage } from '../item.js';
import { Items } from '../items.js';
import type { LeaseImpl } from '../lease.js';
import type { PushTerms, ReadQueue } from '../options.js';
import type { ItemPorts } from '../ports.js';
import { EarlierItems, EarlierReady, type Found, LANES } from './earlier.js';
import { type QueueRows, StoredItem } from './rows.js';

/** Leases of one life; those of the next one have higher tokens. */
const TOKENS = 0x1_0000_0000;

/** The end of one item is safe, or may be. */
class Ending implements Commit {
  constructor(
    private readonly items: DurableItems,
    private readonly item: StoredItem,
    private readonly as: ItemEnd,
  ) {}
  committed(): void {
    this.items.toldOver(this.item, this.as);
  }
  uncommitted(): void {
    this.items.toldOver(this.item, 'unknown');
  }
}

/** An item that is acknowledged in a turn: it goes with the commit of that one. */
class KeptAck implements TurnPart {
  readonly bytes = 0;
  constructor(
    private readonly items: DurableItems,
    private readonly lease: LeaseImpl,
  ) {}
  joins(): void {
    this.items.joins(this.lease);
  }
  committed(): void {
    this.lease.over();
  }
  uncommitted(): void {
    this.lease.over();
  }
  dropped(reason: unknown): void {
    this.items.unkept(this.lease, reason);
  }
}

/** The open turn of a durable agent. */
export function openTurn(p: Process | null): Turn | null {
  const turn = p === null || p.ext === null ? null : p.ext.turn;
  return turn !== null && turn.open ? turn : null;
}

/**
 * Items that have a row each. What ends one takes its row away, and the item is over once that is
 * safe; those of earlier lives are read as consumers ask for them.
 */
export class DurableItems extends Items {
  private readonly earlier: EarlierItems;
  private reading = false;
  /** the system has stopped */
  private left = false;
  /** it comes back because who has it ends, not because anybody says that it has failed */
  private holderEnds = false;
  constructor(
    options: ReadQueue,
    ports: ItemPorts,
    private readonly rows: QueueRows,
    private readonly op: Op,
    protected override readonly ready: EarlierReady = new EarlierReady(options.orderByKey),
  ) {
    super(options, ports, ready);
    this.earlier = new EarlierItems(rows);
  }

  /** of earlier lives, only in the store */
  get unread(): number {
    return this.ready.unread;
  }

  /* ---- earlier lives ---- */

  /** The store is open: what is there from before comes first. */
  begin(): void {
    this.lastToken = this.rows.journal.epoch * TOKENS;
    const counts = this.earlier.claim();
    this.ready.expect(counts, this.ports.clock.now());
    found(this.account, this.unread);
  }

  /** Reads all of them, in the order of their pushes: before one of a key is handed out, all of it are known. */
  async readAll(): Promise<void> {
    this.reading = true; // nobody else does
    const all: { readonly one: Found; readonly lane: Rank }[] = [];
    for (const lane of LANES) {
      for (let slice = await this.earlier.read(lane); slice.length > 0; slice = await this.earlier.read(lane)) {
        for (const one of slice) all.push({ one, lane });
      }
    }
    this.reading = false;
    if (this.left) return;
    all.sort((a, b) => a.one.seq - b.one.seq);
    for (const { one, lane } of all) {
      this.ready.wasRead(lane);
      this.came(one, true);
    }
  }

  override first(): StoredItem | null {
    const item = super.first();
    if (item === null && this.unread > 0) void this.feed();
    return item as StoredItem | null;
  }

  private async feed(): Promise<void> {
    const lane = this.ready.wanted;
    if (this.reading || this.left || lane === null) return;
    this.reading = true;
    let slice: readonly Found[] = [];
    try {
      slice = await this.earlier.read(lane);
    } catch (error) {
      // They stay in the store; the next who asks tries again.
      this.kernel.warn('items of earlier lives could not be read', { queue: this.options.name, error });
    }
    this.reading = false;
    if (this.isLeft || slice.length === 0) return;
    for (const one of slice) {
      this.ready.wasRead(lane);
      this.came(one, false);
    }
    this.ports.changed();
  }

  private get isLeft(): boolean {
    return this.left;
  }

  private came(one: Found, keyed: boolean): void {
    const { row, seq } = one;
    if (row === null) {
      ended(this.account, 'ready', one.why === 'missing' ? 'unknown' : 'stored');
      const { why, error } = one;
      this.kernel.warn('a stored item cannot be read', { queue: this.options.name, seq, why, error });
      return;
    }
    const { payload, lane, key, dueAt, expiresInMs, past } = row;
    if (this.kernel.frozen) deepFreeze(payload);
    const item = new StoredItem(this, seq, payload, lane, key);
    const known = this.rows.durability.attemptsOf(seq);
    item.marked = true;
    if (past !== null) item.cold.past = past;
    if (known !== undefined) {
      item.attempts = known.attempts;
      item.cold.failures = [...known.failures];
      item.tried = true;
    }
    const other = this.latestOf(key);
    if (expiresInMs >= 0) this.arm(item, expiresInMs);
    const delayMs = dueAt === 0 ? 0 : Math.max(0, dueAt - this.rows.wall());
    if (delayMs > 0) {
      postponed(this.account);
      this.delay(item, delayMs);
    } else if (keyed) this.offer(item, false);
    else {
      item.since = this.ports.clock.now();
      this.ready.putEarlier(item);
    }
    // Of a key of which two rows were left one goes, as when they were pushed.
    if (other !== undefined) this.finish(this.options.coalesce === 'first' ? item : other, 'superseded');
    if (item.stage !== Stage.Over) this.latch(item);
    if (item.attempts >= this.options.attemptsMax) this.kill(item, 'died_with_program');
  }

  /* ---- in ---- */

  /** A new one, whose row is safe. */
  enterRow(seq: number, payload: unknown, terms: PushTerms, past: DeadLetter | null, from: Process | null): void {
    this.enter(new StoredItem(this, seq, payload, terms.lane, terms.key), terms, past, from);
  }

  /** A new one takes the place of one that waits, and has a row of its own. */
  replaceRow(item: StoredItem, seq: number, payload: unknown, terms: PushTerms, from: Process | null): void {
    this.rows.forget(item.id, item.tried);
    item.tried = item.marked = false;
    this.replace(item, payload, terms, from);
    item.id = seq;
  }

  /** A new one is over on its arrival. */
  overRow(seq: number, as: ItemEnd): void {
    this.rows.forget(seq, false);
    over(this.account, as);
  }

  /* ---- out ---- */

  /** Its consumer gets it once it cannot come again. */
  override take(item: StoredItem): unknown {
    this.unlatch(item);
    this.ready.remove(item);
    this.over(item, 'ready', 'acked');
    return this.rows.safe('pull', item.payload);
  }

  override lend(item: StoredItem, owner: Process | null, ms: number): LeaseImpl {
    const lease = super.lend(item, owner, ms);
    this.rows.begins(item);
    return lease;
  }

  /** In a turn it is a part of that one's commit, and nothing ends the lease until then but the end of its process. */
  override ack(lease: LeaseImpl): boolean {
    const item = lease.of as StoredItem;
    if (item.kept || !lease.counts) return false;
    const turn = openTurn(lease.holder);
    if (turn === null) return super.ack(lease);
    item.kept = true;
    this.kernel.deadlines.remove(item);
    turn.keep(new KeptAck(this, lease));
    return true;
  }

  override nack(lease: LeaseImpl, delayMs: number | undefined, reason: unknown): boolean {
    return !(lease.of as StoredItem).kept && super.nack(lease, delayMs, reason);
  }

  override reject(lease: LeaseImpl, reason: unknown): boolean {
    return !(lease.of as StoredItem).kept && super.reject(lease, reason);
  }

  override extend(lease: LeaseImpl, ms: number): boolean {
    return !(lease.of as StoredItem).kept && super.extend(lease, ms);
  }

  override giveBack(lease: LeaseImpl): void {
    super.giveBack(lease);
    this.rows.undone(lease.of as StoredItem);
  }

  override keeps(lease: LeaseImpl): boolean {
    return (lease.of as StoredItem).kept;
  }

  override abandoned(lease: LeaseImpl, reason: ExitReason): void {
    (lease.of as StoredItem).kept = false;
    this.holderEnds = true;
    super.abandoned(lease, reason);
    this.holderEnds = false;
  }

  override answered(verb: string, lease: LeaseImpl): Promise<void> {
    if (verb === 'extend' || (lease.of as StoredItem).kept) return super.answered(verb, lease);
    return this.kernel.answer(this.rows.safe<void>(verb, undefined));
  }

  /* ---- as a part of a turn ---- */

  joins(lease: LeaseImpl): void {
    const item = lease.of as StoredItem;
    if (!this.settle(lease)) return;
    item.kept = false;
    this.finish(item, 'acked');
  }

  unkept(lease: LeaseImpl, reason: unknown): void {
    if (!lease.counts) return;
    (lease.of as StoredItem).kept = false;
    this.holderEnds = true;
    this.nack(lease, undefined, reason);
    this.holderEnds = false;
  }

  /* ---- attempts ---- */

  /** That its consumer was shut down is no attempt. */
  protected override failed(item: StoredItem, delayMs: number | undefined, reason: unknown): void {
    if (!this.holderEnds || reason === 'normal' || !isOrderly(reason)) {
      super.failed(item, delayMs, reason);
      return;
    }
    item.attempts--;
    this.rows.undone(item);
    this.comeBack(item, 0);
  }

  protected override note(item: StoredItem, reason: unknown): void {
    super.note(item, reason);
    this.rows.failed(item);
  }

  protected override kill(item: StoredItem, reason: unknown): void {
    item.reason = reason;
    this.finish(item, 'deadLettered');
    this.ports.changed();
  }

  /* ---- the end ---- */

  protected override over(item: StoredItem, from: ItemPlace, as: ItemEnd): void {
    ended(this.account, from, 'ending');
    item.stage = Stage.Over;
    if (item.rare !== null) this.disarm(item);
    const kind = as === 'deadLettered' ? as : 'other';
    if (!this.rows.end(item, kind, this.op, new Ending(this, item, as))) this.toldOver(item, 'stored');
  }

  toldOver(item: StoredItem, as: ItemEnd): void {
    told(this.account, as);
    this.ready.over(item);
    if (as === 'deadLettered') this.ports.bury(item, item.reason);
    this.ports.changed();
  }

  /** The system has stopped: what waits is left to a later life. */
  override end(): void {
    this.left = true;
    this.loseAll();
    const { account, ready, delayed, leased } = this;
    for (let lane = ready.wanted; lane !== null; lane = ready.wanted) {
      ready.wasRead(lane);
      ended(account, 'ready', 'stored');
    }
    for (const next of [() => leased.first, () => ready.victim(), () => delayed.first]) {
      for (let item = next(); item !== null; item = next()) this.leave(item as StoredItem);
    }
  }

  private leave(item: StoredItem): void {
    const place = this.away(item);
    ended(this.account, place, 'stored');
    this.close(item);
  }
}
