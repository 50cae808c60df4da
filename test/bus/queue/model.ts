/*
 * A queue in the plainest way: a list of items, a clock, and a search for whatever is next. Slow,
 * and without a thought of who may do what while something else happens.
 */

export interface ModelOptions {
  readonly leaseMs: number | undefined;
  readonly attemptsMax: number;
  readonly capacity: number | undefined;
  readonly overflow: 'reject' | 'drop-newest' | 'drop-oldest' | undefined;
  readonly orderByKey: boolean;
}

type End = 'acked' | 'dropped' | 'deadLettered' | 'expired';

interface ModelItem {
  readonly n: number;
  /** 0 to 3 */
  readonly lane: number;
  readonly key: string | undefined;
  place: 'ready' | 'delayed' | 'leased' | End;
  /** of its delay, or its lease */
  due: number;
  readonly expiresAt: number;
  attempts: number;
  /** whether it is among those that came back, and its place among them, or among the others */
  back: boolean;
  order: number;
  /** its place among those of its key */
  turn: number;
  holder: number;
}

export class Model {
  now = 0;
  /** nobody says which is first: two things that are due at the same ms */
  tied = false;
  readonly items: ModelItem[] = [];
  readonly takers: number[] = [];
  /** what each consumer has been given: the number of the item, and the attempt */
  readonly given = new Map<number, readonly [n: number, attempt: number]>();
  readonly isOrdered: boolean;
  private orders = 0;
  constructor(private readonly options: ModelOptions) {
    this.isOrdered = options.orderByKey;
  }

  /* ---- what is done ---- */

  push(n: number, lane: number, key: string | undefined, delayMs: number, expiresInMs: number): string {
    const { capacity = Infinity, overflow = 'reject' } = this.options;
    const place = delayMs > 0 ? 'delayed' : 'ready';
    const item: ModelItem = {
      n, lane, key, place, due: this.now + delayMs, expiresAt: this.now + expiresInMs, attempts: 0, back: false,
      order: ++this.orders, turn: this.orders, holder: -1,
    };
    const waiting = this.items.filter((one) => one.place === 'ready' || one.place === 'delayed');
    const awaited = this.takers.length > 0 && place === 'ready' && !this.isBlocked(item);
    if (waiting.length >= capacity && !awaited) {
      const victim = overflow === 'drop-oldest' ? this.victim() : undefined;
      if (overflow === 'reject') return 'QUEUE_FULL';
      if (victim === undefined || victim.lane > lane) {
        item.place = 'dropped';
        this.items.push(item);
        return 'dropped';
      }
      this.end(victim, 'dropped');
      item.order = item.turn = ++this.orders; // whose turn it is now for what was dropped comes before
    }
    this.items.push(item);
    this.match();
    return 'queued';
  }

  take(consumer: number): void {
    this.takers.push(consumer);
    this.match();
  }

  /** Its wait, or its lease, is over. */
  kill(consumer: number): void {
    const at = this.takers.indexOf(consumer);
    if (at >= 0) this.takers.splice(at, 1);
    const item = this.heldBy(consumer);
    if (item !== undefined) this.fail(item, 0);
  }

  /** Whether the lease counted. */
  settle(consumer: number, verb: 'ack' | 'nack' | 'reject' | 'extend', ms: number): boolean {
    const item = this.heldBy(consumer);
    if (item === undefined) return false;
    if (verb === 'ack') this.finish(item, 'acked');
    else if (verb === 'reject') this.finish(item, 'deadLettered');
    else if (verb === 'nack') this.fail(item, ms);
    else item.due = this.now + ms;
    return true;
  }

  advance(ms: number): void {
    const goal = this.now + ms;
    for (;;) {
      const events = this.items.flatMap((item) => this.eventsOf(item)).filter((event) => event.at <= goal);
      const at = Math.min(...events.map((event) => event.at));
      if (events.length === 0) break;
      this.now = at;
      const first = events.filter((event) => event.at === at);
      if (first.length > 1) this.tied = true;
      first[0]?.happens();
    }
    this.now = goal;
  }

  /* ---- what is so ---- */

  count(place: ModelItem['place']): number {
    return this.items.filter((item) => item.place === place).length;
  }

  private heldBy(consumer: number): ModelItem | undefined {
    return this.items.find((item) => item.place === 'leased' && item.holder === consumer);
  }

  private eventsOf(item: ModelItem): { readonly at: number; readonly happens: () => void }[] {
    const expires = { at: item.expiresAt, happens: () => this.finish(item, 'expired') };
    if (item.place === 'ready') return [expires];
    if (item.place === 'leased') return [{ at: item.due, happens: () => this.fail(item, 0) }];
    if (item.place !== 'delayed') return [];
    return [expires, { at: item.due, happens: () => this.ready(item, item.attempts > 0) }];
  }

  private ready(item: ModelItem, back: boolean): void {
    item.place = 'ready';
    item.back = back;
    item.order = ++this.orders;
    item.turn = this.orders;
    this.match();
  }

  private fail(item: ModelItem, delayMs: number): void {
    item.holder = -1;
    if (item.attempts >= this.options.attemptsMax) this.finish(item, 'deadLettered');
    else if (item.expiresAt <= this.now) this.finish(item, 'expired');
    else if (delayMs === 0) this.ready(item, true);
    else {
      item.place = 'delayed';
      item.order = ++this.orders;
      item.due = this.now + delayMs;
    }
  }

  private finish(item: ModelItem, as: End): void {
    this.end(item, as);
    this.match();
  }

  /** The next one of its key has its turn, and stands behind those that could be taken before. */
  private end(item: ModelItem, as: End): void {
    const hadTurn = !this.isBlocked(item) && (item.place !== 'delayed' || item.attempts > 0);
    item.place = as;
    item.holder = -1;
    if (!this.options.orderByKey || item.key === undefined || !hadTurn) return;
    const behind = this.items.filter((one) => one.key === item.key && one.place === 'ready');
    const next = behind.sort((a, b) => a.turn - b.turn)[0];
    if (next !== undefined) next.order = ++this.orders;
  }

  /** Another one of its key is before it. */
  private isBlocked(item: ModelItem): boolean {
    if (!this.options.orderByKey || item.key === undefined) return false;
    const others = this.items.filter((one) => one !== item && one.key === item.key);
    return others.some((one) => one.place === 'leased' || (one.place === 'delayed' && one.attempts > 0)
      || (one.place === 'ready' && (one.attempts > 0 || (item.attempts === 0 && one.turn < item.turn))));
  }

  private match(): void {
    while (this.takers.length > 0) {
      const free = this.items.filter((item) => item.place === 'ready' && !this.isBlocked(item));
      const item = free.sort((a, b) => b.lane - a.lane || Number(b.back) - Number(a.back) || a.order - b.order)[0];
      if (item === undefined) return;
      const consumer = this.takers.shift() as number;
      item.attempts++;
      this.given.set(consumer, [item.n, item.attempts]);
      if (this.options.leaseMs === undefined) this.end(item, 'acked');
      else {
        item.place = 'leased';
        item.holder = consumer;
        item.due = this.now + this.options.leaseMs;
      }
    }
  }

  private victim(): ModelItem | undefined {
    const ready = this.items.filter((item) => item.place === 'ready' && !this.isBlocked(item));
    ready.sort((a, b) => a.lane - b.lane || Number(b.back) - Number(a.back) || a.order - b.order);
    const behind = this.items.filter((item) => item.place === 'ready');
    if (ready.length === 0 && behind.length > 1) this.tied = true; // of those that wait for their keys it may be any
    return ready[0] ?? behind[0] ?? this.items.filter(
      (item) => item.place === 'delayed',
    ).sort((a, b) => a.order - b.order)[0];
  }
}
