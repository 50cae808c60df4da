import type { Overflow } from '../../src/api/mailbox.js';

export interface Message {
  readonly id: string;
  readonly rank: number;
  expires: number;
  readonly key: string;
  bytes: number;
  text: string
}
export interface ModelRules {
  readonly capacity: number;
  readonly reserve: number;
  readonly capacityBytes: number;
  readonly overflow: Overflow;
  readonly ageEvery: number
}

/**
 * What a mailbox under pressure has to do, written for reading: lists, and no care for cost. Lanes 0 (low) to 3
 * (critical).
 */
export class Model {
  now = 0;
  readonly lanes: Message[][] = [[], [], [], []];
  readonly waiting: Message[] = [];
  readonly passed = [0, 0, 0, 0];
  readonly counts = { rejected: 0, dropped: 0, superseded: 0, expired: 0 };
  closed = false;
  constructor(readonly rules: ModelRules) {}
  get queued(): Message[] { return this.lanes.flat(); }
  get bytes(): number { return this.queued.reduce((sum, one) => sum + one.bytes, 0); }
  private room({ rank, bytes }: Message, least = 0): boolean {
    const capacity = this.rules.capacity + (rank === 3 ? this.rules.reserve : 0);
    return this.queued.length < Math.max(least, capacity) && this.bytes + bytes <= this.rules.capacityBytes;
  }
  private late(one: Message): boolean { return one.expires >= 0 && this.now >= one.expires; }
  private purge(): void {
    this.counts.expired += this.queued.filter((one) => this.late(one)).length;
    for (const lane of this.lanes) lane.splice(0, lane.length, ...lane.filter((one) => !this.late(one)));
    this.letIn();
  }
  letIn(): void {
    for (let first = this.waiting[0]; first !== undefined && this.room(first); first = this.waiting[0]) {
      this.waiting.shift();
      this.lanes[first.rank]?.push(first);
    }
  }
  private refuse(full: boolean): 'full' | 'dead' {
    this.counts[full && this.rules.overflow.startsWith('drop') ? 'dropped' : 'rejected']++;
    return full ? 'full' : 'dead';
  }
  send(one: Message, keep: '' | 'first' | 'last', waits: boolean): 'ok' | 'full' | 'dead' | 'waiting' {
    if (this.closed) return this.refuse(false);
    const met =
      (): Message | undefined => (keep === '' ? undefined : this.queued.find((other) => other.key === one.key));
    if ((met()?.expires ?? -1) >= 0) this.purge();
    const other = met();
    if (other !== undefined) {
      if (keep === 'last') {
        if (one.bytes > other.bytes && this.bytes + one.bytes - other.bytes > this.rules.capacityBytes) {
          return this.refuse(true);
        }
        Object.assign(other, { text: one.text, bytes: one.bytes, expires: one.expires });
      }
      this.counts.superseded++;
      this.letIn();
      return 'ok';
    }
    const reserved = one.rank === 3 && this.rules.reserve > 0;
    const fits = (least = 0): boolean => (reserved || this.waiting.length === 0) && this.room(one, least);
    if (!fits() && this.queued.some((queued) => queued.expires >= 0)) this.purge();
    // Those above the capacity stay: one goes for one that comes.
    const least = this.rules.overflow === 'drop-oldest' ? this.queued.length : 0;
    while (!fits(least) && this.rules.overflow === 'drop-oldest') {
      const lowest = this.lanes.findIndex((lane) => lane.length > 0);
      if (lowest < 0 || lowest > one.rank) break;
      this.lanes[lowest]?.shift();
      this.counts.dropped++;
    }
    if (fits(least)) {
      this.lanes[one.rank]?.push(one);
      return 'ok';
    }
    if (!waits || this.rules.overflow !== 'suspend') return this.refuse(true);
    this.waiting.push(one);
    return 'waiting';
  }
  /** The next message that is handled, past those that have expired; undefined when there is none. */
  take(): Message | undefined {
    for (;;) {
      const full = [3, 2, 1, 0].filter((rank) => (this.lanes[rank] as Message[]).length > 0);
      const top = full[0];
      if (top === undefined) return undefined;
      [0, 1, 2, 3].filter((rank) => !full.includes(rank)).forEach((rank) => { this.passed[rank] = 0; });
      const aged = this.rules.ageEvery === 0
        ? []
        : full.slice(1).filter((rank) => (this.passed[rank] as number) >= this.rules.ageEvery);
      const served = aged.reduce(
        (best, rank) => ((this.passed[rank] as number) > (this.passed[best] ?? -1) ? rank : best),
        aged[0] ?? top,
      );
      full.slice(1).forEach((rank) => { this.passed[rank] = (this.passed[rank] as number) + 1; });
      this.passed[served] = 0;
      const one = this.lanes[served]?.shift() as Message;
      this.letIn();
      if (!this.late(one)) return one;
      this.counts.expired++;
    }
  }
}
