import { Ring } from '../../base/index.js';
import type { StandardSchema } from '../../api/protocol.js';
import type { TopicStats } from '../../api/bus/topic.js';
import type { TopicLog } from './log.js';
import type { ReadTopic } from './options.js';
import type { Subscriber } from './subscriber.js';

const NOBODY: readonly Subscriber[] = [];

/** What a system knows of one topic while it has users, options, or publishers that wait. */
export class TopicState {
  /** the subscribers of that very name; never changed, but replaced */
  subscribers: readonly Subscriber[] = NOBODY;
  published = 0;
  rejected = 0;
  /** publishes that wait for slow readers */
  waiting = 0;
  gone = false;
  /** the latest messages, oldest first; null when none are kept */
  kept: Ring<unknown> | null = null;
  keptMax = 0;
  options: ReadTopic | null = null;
  /** what is stored of a durable topic */
  log: TopicLog | null = null;
  constructor(
    readonly name: string,
    private readonly vanish: (state: TopicState) => void,
  ) {}

  get schema(): StandardSchema<unknown, unknown> | null {
    return this.options === null ? null : this.options.schema;
  }

  /** It was given options: it stays until it is closed. */
  settle(options: ReadTopic): void {
    this.options = options;
    this.keptMax = Math.max(options.replay, options.retain ? 1 : 0);
    this.kept = this.keptMax > 0 ? new Ring() : null;
  }

  /** It is closed: it has no options any more, and keeps nothing. */
  forget(): void {
    this.options = null;
    this.log = null;
    this.keptMax = 0;
    this.kept = null;
  }

  keep(message: unknown): void {
    const { kept } = this;
    if (kept === null) return;
    if (kept.size === this.keptMax) kept.shift();
    kept.push(message);
  }

  /** These were kept before all that are kept now. */
  refill(earlier: readonly unknown[]): void {
    if (this.kept === null) return;
    const all = [...earlier, ...this.latest(this.keptMax)];
    this.kept = new Ring();
    for (const message of all.slice(-this.keptMax)) this.kept.push(message);
  }

  /** The latest so many of those kept, oldest first. */
  latest(count: number): unknown[] {
    const { kept } = this;
    if (kept === null) return [];
    const from = Math.max(0, kept.size - count);
    return Array.from({ length: kept.size - from }, (_, at) => kept.at(from + at));
  }

  add(one: Subscriber): void {
    this.subscribers = [...this.subscribers, one];
  }

  remove(one: Subscriber): void {
    this.subscribers = this.subscribers.filter((other) => other !== one);
    this.leave();
  }

  /** The last of its users may have gone. */
  leave(): void {
    if (this.gone || this.subscribers.length > 0 || this.waiting > 0 || this.options !== null) return;
    this.gone = true;
    this.vanish(this);
  }

  stats(): TopicStats {
    const { name, subscribers, published, rejected, waiting, kept, log } = this;
    const stats = { name, subscribers: subscribers.length, published, rejected, waiting, kept: kept?.size ?? 0 };
    return log === null ? stats : { ...stats, stored: log.stats() };
  }
}
