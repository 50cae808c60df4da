import { deepFreeze, disown, handled, isThenable, OptionError, unstacked } from '../../base/index.js';
import { Line } from '../../base/text/index.js';
import { checkPayload } from '../../behaviour/gen/index.js';
import { Kind, Op } from '../../mailbox/message/index.js';
import { systemStopped } from '../../process/kernel/index.js';
import type { Kernel, Process } from '../../process/record/index.js';
import type { DeadLetter, RetryRefusal } from '../../api/letters.js';
import type { BusErrorCode } from '../../api/bus/errors.js';
import type { PushOutcome, QueueStats } from '../../api/bus/queue.js';
import { BusError } from '../core/index.js';
import { over, passed, refused } from './account.js';
import type { Item } from './item.js';
import { Items } from './items.js';
import { PLAIN_PUSH, type PullTerms, type PushTerms, type ReadQueue } from './options.js';
import type { ItemPorts, QueuePorts } from './ports.js';
import { Pull, type PullQueue } from './pull.js';
import { OUTCOMES, Pusher } from './pusher.js';
import type { Taker, Wait } from './wait.js';

/** So many pushes of one queue wait for room; more are refused. */
export const PUSHERS_MAX = 1_024;

/**
 * One queue: its items, who waits for them, and who waits for room. After each step that makes an
 * item ready, a taker free, or room for one more, `pump` brings together what fits: there is never
 * a taker that could have an item that is ready, nor a push that waits while there is room.
 */
export class WorkQueue implements PullQueue {
  readonly kernel: Kernel;
  readonly title: string;
  readonly items: Items;
  /** the operation of its dead letters */
  readonly op: Op;
  protected readonly takers: Line<Taker> = new Line<Taker>();
  protected readonly pushers: Line<Pusher> = new Line<Pusher>();
  private pumping = false;
  protected closed = false;
  /** its system has */
  protected stopped = false;
  /** nothing comes any more */
  protected over = false;
  constructor(
    readonly options: ReadQueue,
    private readonly ports: QueuePorts,
    itemsOf: (ports: ItemPorts, op: Op) => Items = (given) => new Items(options, given),
  ) {
    const { kernel, clock } = ports;
    this.kernel = kernel;
    this.title = `queue '${options.name}'`;
    const { schema } = options;
    this.op = new Op(
      Kind.Cast, 'item', null,
      schema === null ? null : (payload) => checkPayload('item', schema, payload), false,
    );
    this.items = itemsOf({
      kernel, clock, changed: () => this.pump(), bury: (item, reason) => ports.bury(this, item, reason),
    }, this.op);
  }

  get leaseMs(): number {
    return this.options.leaseMs;
  }

  get leases(): boolean {
    return this.options.leaseMs > 0;
  }

  get isClosed(): boolean {
    return this.closed;
  }

  /* ---- push ---- */

  /** The item as it is queued. Throws for what is none. */
  checked(item: unknown): unknown {
    let payload = item;
    if (isThenable(item)) {
      disown(item);
      throw new OptionError('queue.push', 'a promise', 'an item', 'await it first: push(await work())');
    }
    if (this.op.check !== null) {
      try {
        payload = this.op.check(item, null);
      } catch (error) {
        throw this.error('INVALID_PAYLOAD', (error as Error).message, error);
      }
      if (isThenable(payload)) {
        disown(payload);
        throw this.error('INVALID_PAYLOAD', 'the schema made a promise of it');
      }
    }
    if (this.kernel.frozen) deepFreeze(payload);
    return payload;
  }

  /** @param from who hears of its death; null for nobody */
  send(owner: Process | null, payload: unknown, terms: PushTerms, from: Process | null): Promise<PushOutcome> {
    const outcome = this.push(payload, terms, from);
    const { kernel } = this;
    return outcome === null
      ? kernel.answer(handled(this.wait(owner, payload, terms, from)))
      : kernel.scheduler.paced(OUTCOMES[outcome]);
  }

  /**
   * What becomes of an item that is pushed; null when it has to wait for room. Throws when it is refused.
   */
  private push(payload: unknown, terms: PushTerms, from: Process | null): PushOutcome | null {
    this.checkOpen();
    if (terms === PLAIN_PUSH && this.takers.first !== null && this.passes(payload)) return 'queued';
    this.checkMemory(payload, terms);
    return this.enter(payload, terms, null, from);
  }

  protected checkOpen(): void {
    if (!this.closed) return;
    refused(this.items.account);
    throw this.refusal('push');
  }

  protected checkMemory(payload: unknown, terms: PushTerms): void {
    if (!this.isOverloaded(payload, terms)) return;
    refused(this.items.account);
    throw this.error('OVERLOADED', `the program is near its memory ceiling (${this.kernel.ceiling?.bound ?? ''}): `
      + 'items of this lane are refused until there is room; push less, add consumers, or raise memory.ceilingBytes');
  }

  private enter(
    payload: unknown, terms: PushTerms, past: DeadLetter | null, from: Process | null,
  ): PushOutcome | null {
    const { items } = this;
    const known = items.latestOf(terms.key);
    if (known !== undefined) return this.coalesce(known, payload, terms, from);
    if (!this.hasRoom && !this.isAwaited(terms) && !this.makesRoom()) {
      const outcome = this.overflow(terms);
      if (outcome !== 'queued') return outcome;
    }
    items.add(payload, terms, past, from);
    if (this.takers.first !== null) this.pump();
    return 'queued';
  }

  /** The wait for room of a push that got null. */
  wait(owner: Process | null, payload: unknown, terms: PushTerms, from: Process | null): Promise<PushOutcome> {
    const pusher = new Pusher(this, owner, payload, terms, from);
    this.pushers.push(pusher);
    pusher.begin();
    this.pump();
    return pusher.promise;
  }

  /** Pushes a dead letter again: null, or why it stays one. */
  resend(payload: unknown, terms: PushTerms, past: DeadLetter, from: Process | null): RetryRefusal | null {
    if (this.closed) return this.stopped ? 'SYSTEM_STOPPED' : 'QUEUE_CLOSED';
    if (!this.hasRoom && !this.isAwaited(terms) && !this.makesRoom() && (this.options.overflow !== 'drop-oldest'
      || this.items.victim().lane > terms.lane)) return 'QUEUE_FULL';
    if (this.isOverloaded(payload, terms)) return 'OVERLOADED';
    this.enter(payload, terms, past, from);
    return null;
  }

  /** Items are held in memory as messages are, and refused by the same marks (P11). */
  protected isOverloaded(payload: unknown, { lane }: PushTerms): boolean {
    const { ceiling } = this.kernel;
    return ceiling !== null && ceiling.refuses(lane, this.op, payload);
  }

  protected get isFull(): boolean {
    return this.items.waiting >= this.options.capacity;
  }

  protected get hasRoom(): boolean {
    return !this.isFull && this.pushers.size === 0;
  }

  /** The item that is next has expired, and its timer is late: who waits for room has it first. */
  protected makesRoom(): boolean {
    this.items.first();
    if (this.pushers.size === 0) return !this.isFull;
    this.pump();
    return false;
  }

  /** To the consumer that has waited longest, without ever being in the queue. */
  private passes(payload: unknown): boolean {
    if (this.leases || this.pushers.size > 0 || this.pumping) return false;
    const taker = this.nextTaker();
    if (!(taker instanceof Pull)) return false;
    this.takers.remove(taker);
    passed(this.items.account);
    taker.pass(payload);
    return true;
  }

  /** Whether somebody takes it at once, so that it needs no room. */
  protected isAwaited({ delayMs, key }: PushTerms): boolean {
    return this.pushers.size === 0 && this.isDesired({ delayMs, key });
  }

  /** Somebody waits, and for want of any other item would have it at once. */
  protected isDesired({ delayMs, key }: Pick<PushTerms, 'delayMs' | 'key'>): boolean {
    return delayMs === 0 && this.takers.first !== null && !this.items.blocks(key) && this.items.first() === null
      && this.nextTaker() !== null;
  }

  /** What a full queue does: `queued` when there is room now, null to wait for it. */
  protected overflow(terms: PushTerms): PushOutcome | null {
    const { overflow, capacity } = this.options;
    const { items } = this;
    if (overflow === 'drop-newest' || (overflow === 'drop-oldest' && items.victim().lane > terms.lane)) {
      over(items.account, 'dropped');
      return 'dropped';
    }
    if (overflow === 'drop-oldest') {
      items.drop(items.victim());
      return 'queued';
    }
    if (overflow === 'suspend' && this.pushers.size < PUSHERS_MAX) return null;
    refused(items.account);
    throw this.error('QUEUE_FULL', overflow === 'suspend'
      ? `${PUSHERS_MAX} pushes wait for room already; await each push, or add consumers`
      : `${capacity} items wait; push less, add consumers, raise capacity, or wait for room (overflow: 'suspend')`);
  }

  private coalesce(known: Item, payload: unknown, terms: PushTerms, from: Process | null): PushOutcome {
    const replaces = this.options.coalesce === 'last';
    if (replaces) this.items.replace(known, payload, terms, from);
    else over(this.items.account, 'superseded');
    return replaces ? 'queued' : 'superseded';
  }

  /* ---- take ---- */

  /** The next item for a consumer that need not wait; undefined when it must. In the way of this queue. */
  takeNow(owner: Process | null): { readonly value: unknown } | undefined {
    if (this.takers.first !== null) return undefined;
    if (this.items.first() === null) {
      if (this.pushers.size === 0 && !this.closed) return undefined;
      this.pump(); // what has just expired made room, or was the last of a closed queue
      if (this.over || this.items.first() === null) return undefined;
    }
    const value = this.next(owner);
    if (this.pushers.size > 0 || this.closed) this.pump();
    return { value };
  }

  /** A wait for the next item. */
  pull(owner: Process | null, terms: PullTerms, verb: string, loops: boolean): Pull {
    const pull = new Pull(this, owner, terms, verb, loops);
    this.takers.push(pull);
    pull.begin();
    if (this.pushers.size > 0) this.pump(); // whose item somebody waits for now
    return pull;
  }

  /** A consumer stands in line. */
  join(taker: Taker): void {
    if (this.over) {
      taker.close(this.refusal('consume'));
      return;
    }
    this.takers.push(taker);
    this.pump();
  }

  /** A consumer leaves the line. */
  quit(taker: Taker): void {
    this.takers.remove(taker);
  }

  leave(wait: Wait): void {
    if (wait instanceof Pusher) {
      this.pushers.remove(wait);
      refused(this.items.account);
      this.pump(); // somebody may wait for the item of the next one, and not for this one's
    } else this.takers.remove(wait as Pull);
  }

  /** The item that is next, which is there: itself, or a lease of it. */
  next(owner: Process | null): unknown {
    const item = this.items.next;
    return this.leases ? this.items.lend(item, owner, this.options.leaseMs) : this.items.take(item);
  }

  /** The same for a loop. */
  result(value: unknown): IteratorResult<unknown, undefined> | Promise<IteratorResult<unknown, undefined>> {
    return { done: false, value };
  }

  /** Whoever is next in line and still there. */
  private nextTaker(): Taker | null {
    for (let taker = this.takers.first; taker !== null; taker = this.takers.first) {
      if (taker.ready()) return taker;
    }
    return null;
  }

  /* ---- together ---- */

  /** While it runs it is not entered again: it looks once more at what somebody else has changed meanwhile. */
  protected pump(): void {
    if (this.pumping) return;
    this.pumping = true;
    while (this.match() || this.admit()) continue;
    this.pumping = false;
    if (this.closed && !this.over && this.isDone) this.finish();
  }

  protected get isDone(): boolean {
    return this.items.isEmpty;
  }

  private match(): boolean {
    if (this.takers.first === null || this.items.first() === null) return false;
    const taker = this.nextTaker();
    if (taker === null) return false;
    this.takers.remove(taker);
    taker.take();
    return true;
  }

  protected admit(): boolean {
    const pusher = this.pushers.first;
    if (pusher === null) return false;
    if (!pusher.ready()) return true;
    if (this.isFull && !this.isDesired(pusher.asked) && this.isFull) return false; // to look may end what has expired
    this.pushers.remove(pusher);
    const known = this.items.latestOf(pusher.asked.key);
    if (known !== undefined) pusher.come(this.coalesce(known, pusher.payload, pusher.asked, pusher.from));
    else {
      this.items.add(pusher.payload, pusher.asked, null, pusher.from);
      pusher.come('queued');
    }
    return true;
  }

  /* ---- end ---- */

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.refuseAll(this.pushers, () => this.refusal('push'));
    this.pump();
  }

  /** The system has stopped. */
  end(): void {
    if (this.over) return;
    this.closed = true;
    this.stopped = true;
    this.over = true;
    this.pumping = true; // nobody gets anything any more
    this.refuseAll(this.takers, systemStopped);
    this.refuseAll(this.pushers, systemStopped);
    this.items.end('the system has stopped');
  }

  /** It is closed, and there is nothing in it: the name is free. */
  private finish(): void {
    this.over = true;
    for (let taker = this.takers.shift(); taker !== null; taker = this.takers.shift()) {
      taker.close(this.refusal('pull'));
    }
    this.ports.forget(this);
  }

  protected refuseAll(line: Line<Pusher> | Line<Taker>, why: () => unknown): void {
    for (let one = line.shift(); one !== null; one = line.shift()) one.refuse(why());
  }

  /* ---- told ---- */

  stats(): QueueStats {
    const { items: { account }, takers, pushers } = this;
    const { audited: _, ...counts } = account;
    return {
      name: this.options.name, durable: false, ...counts, unread: 0, waiting: takers.size, pushing: pushers.size,
      oldestMs: this.items.oldestMs(), closed: this.closed,
    };
  }

  /** Why nothing comes in, or out, any more. */
  refusal(verb: string): Error {
    return this.stopped
      ? systemStopped()
      : this.error('QUEUE_CLOSED', `${verb}: it is closed${verb === 'push' ? '' : ', and empty'}`);
  }

  get isOver(): boolean {
    return this.over;
  }

  failed(code: 'TIMEOUT' | 'ZOMBIE', verb: string, what: string): BusError {
    return this.error(code, `${verb}: ${what}`);
  }

  error(code: BusErrorCode, what: string, cause?: unknown): BusError {
    return unstacked(() => new BusError(code, this.title, what, cause === undefined ? undefined : { cause }));
  }
}
