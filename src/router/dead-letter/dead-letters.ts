import { deepFreeze, OptionError, weightOf } from '../../base/index.js';
import { printable, shownAs } from '../../base/text/index.js';
import { bytesOf } from '../../mailbox/index.js';
import { tell } from '../../process/record/index.js';
import type { Kernel } from '../../process/record/index.js';
import type {
  DeadLetter, DeadLetterGap, LetterQuery, RetryRefusal, RetryReport,
} from '../../api/letters.js';
import { Letter, type LetterLimits, type Redelivery } from './letter.js';
import { checkedBy, type Edit, feedbackOf, isHere, type Kept, KeptLetters, nameOf, type Restored } from './kept.js';
import { LetterFeed } from './feed.js';
import { tellSender, wantsFeedback } from './feedback.js';
import { checkQuery, fits, readBuffer } from './query.js';

export const DEAD_LETTERS_KEPT = 1_000;
/** Default of `deadLetters.capacityBytes`, by estimate. */
export const DEAD_LETTER_BYTES: number = 64 * 1_024 * 1_024;

/**
 * The dead letters of a system: the latest `capacity` (default 1,000) are kept, within
 * `capacityBytes` of payload (64 MiB unless given); all are counted, and each is shown once to
 * every subscriber and reader. They can be looked at, corrected, sent again and thrown away. At
 * every moment `total + recovered = size + retried + pruned + evicted`.
 *
 * Those of stored deliveries are in the store as well, and in a later life the latest of them are
 * here again, before all that came later: what is done to one is done to its row.
 *
 * Payload and reasons are the sender's own values, not copies. The operations are synchronous;
 * those that look for letters cost O(size), those that name one by its id do not.
 *
 * @example
 * const letters = system.deadLetters;
 * system.send('nobody', 'hello');
 * letters.list().at(-1)?.reason // => 'noproc'
 * @since 0.1.0
 */
export class DeadLetters {
  /** all dead letters since the start */
  total = 0;
  /** letters of earlier lives, out of the store */
  recovered = 0;
  /** letters that `retry` sent again */
  retried = 0;
  /** letters that `prune` threw away */
  pruned = 0;
  /** letters that were not kept, or no longer, for want of room: the oldest go first */
  evicted = 0;
  /** bytes of the kept payloads; those of objects are estimates, unless `capacityBytes` is given */
  bytes = 0;
  private count = 0;
  private lastId = 0;
  private readonly kept = new KeptLetters();
  private readonly subscribers = new Set<Subscriber>();
  private readonly feeds = new Set<LetterFeed>();
  private telling = false;
  private closed = false;
  /** @internal Use `system.deadLetters`. */
  constructor(
    private readonly kernel: Kernel,
    /** @internal */
    readonly limits: LetterLimits,
  ) {}

  /** Letters kept now, at most the capacity. */
  get size(): number {
    return this.count;
  }

  /* ---- look ---- */

  /**
   * The kept letters that fit, oldest first. Errors: OptionError for a bad query.
   *
   * @example
   * system.send('nobody', 1);
   * system.send('nowhere', 2);
   * system.deadLetters.list({ to: 'nowhere' }).map((letter) => letter.payload); // => [2]
   */
  list(query: LetterQuery = {}): DeadLetter[] {
    return this.select('list', query).map((kept) => kept.letter);
  }

  /** One kept letter, which stays; undefined when it is not kept. */
  peek(id: number): DeadLetter | undefined {
    return this.find(id)?.letter;
  }

  /**
   * How many kept letters have each reason, the most frequent first. Reasons are compared as one line of text.
   *
   * @example
   * system.send('nobody', 1);
   * system.send('nobody', 2);
   * system.deadLetters.byReason(); // => [{ reason: 'noproc', count: 2 }]
   */
  byReason(): { readonly reason: string; readonly count: number }[] {
    const counts = new Map<string, number>();
    for (const { letter } of this.select('byReason', {})) {
      const reason = printable(letter.reason);
      counts.set(reason, (counts.get(reason) ?? 0) + 1);
    }
    return [...counts].map(([reason, count]) => ({ reason, count })).sort((a, b) => b.count - a.count);
  }

  /* ---- act ---- */

  /**
   * Sends letters again, oldest first: one by its id, or those that fit a query. A letter leaves in
   * the same step in which its message is accepted; one that is refused stays where it is,
   * unchanged, and its refusal is no send. Accepted means what it meant at first: a delivery has
   * its terms, order and key (so a message that was handled meanwhile is not handled twice) and new
   * attempts; a send or cast is queued in the normal lane; a call is handled with nobody waiting
   * for the reply. One of an earlier life wants somebody who owns its name now. In the store the
   * message takes the place of the letter in one transaction.
   *
   * Errors: OptionError for a bad query.
   *
   * @example
   * const got: unknown[] = [];
   * system.send('later', 'hello');
   * system.spawn(async (self) => { got.push(await self.receive()); }, { name: 'later' });
   * system.deadLetters.retry({ to: 'later' }); // => { retried: [1], refused: [] }
   * system.deadLetters.size; // => 0
   * @since 0.2.0
   */
  retry(what: number | LetterQuery): RetryReport {
    const retried: number[] = [];
    const refused: { id: number; code: RetryRefusal }[] = [];
    for (const kept of typeof what === 'number' ? [this.find(what)] : this.select('retry', what)) {
      const code = kept === undefined ? 'NOT_FOUND' : this.resend(kept);
      const id = kept === undefined ? (what as number) : kept.letter.id;
      if (code === null) retried.push(id);
      else refused.push({ id, code });
    }
    this.kept.sweep(this.count);
    return { retried, refused };
  }

  /**
   * Gives a letter another payload, checked by the schema of its operation; returns the letter as
   * it is now, undefined when it is not kept. Send it with `retry`. In the store it has that payload too.
   *
   * Errors: CallError `INVALID_PAYLOAD` for a payload that does not fit the schema, `NOPROC` for a
   * letter of an earlier life whose name nobody owns; OptionError for one that does not fit into
   * `capacityBytes`, and for a stored letter `NOT_STORABLE` or a StoreError. The letter is unchanged then.
   *
   * @example
   * system.send('later', 'helo');
   * const [letter] = system.deadLetters.list({ to: 'later' });
   * system.deadLetters.edit(letter?.id ?? 0, 'hello')?.payload; // => 'hello'
   * @since 0.2.0
   */
  edit(id: number, payload: unknown): DeadLetter | undefined {
    const kept = this.find(id);
    if (kept === undefined) return undefined;
    const { letter } = kept;
    const checked = checkedBy(kept, payload);
    const bytes = this.measure(checked, letter.op);
    if (bytes < 0 || this.bytes - kept.bytes + bytes > this.limits.capacityBytes) {
      throw new OptionError(
        'deadLetters.edit', payload,
        `a payload that fits into deadLetters.capacityBytes (${this.limits.capacityBytes})`,
        'prune some letters, raise the bound, or give sizeOf to measure objects',
      );
    }
    // The schema and sizeOf are the user's code: it may have gone meanwhile.
    if (!isHere(kept)) return undefined;
    if (this.kernel.frozen) deepFreeze(checked);
    const { redelivery } = kept;
    const seq = redelivery.edit === undefined ? letter.seq : redelivery.edit(checked, letter);
    this.bytes += bytes - kept.bytes;
    kept.bytes = bytes;
    this.kept.change(kept, new Letter(letter.id, letter.op, checked, letter.reason, letter.at, { ...letter, seq }));
    return kept.letter;
  }

  /**
   * Throws letters away, those of stored deliveries for good; returns how many. `{}` means all. Errors:
   * OptionError for a bad query; a StoreError when a stored one cannot go: it stays, and those behind it.
   *
   * @example
   * system.send('nobody', 1);
   * system.deadLetters.prune({ to: 'nobody' }); // => 1
   * @since 0.2.0
   */
  prune(query: LetterQuery): number {
    const found = this.select('prune', query);
    for (const kept of found) {
      kept.redelivery.discard?.();
      this.remove(kept);
      this.pruned++;
    }
    this.kept.sweep(this.count);
    return found.length;
  }

  /* ---- hear ---- */

  /** Calls `fn` for every letter from now on, synchronously; returns the way to stop it. */
  subscribe(fn: (letter: DeadLetter) => void): () => void {
    if (typeof fn !== 'function') throw new OptionError('deadLetters.subscribe', fn, 'a function');
    const subscriber: Subscriber = { fn };
    this.subscribers.add(subscriber);
    return () => {
      this.subscribers.delete(subscriber);
    };
  }

  /**
   * Every letter from now on, for one reader, until it breaks off or the system stops. At most `buffer` letters
   * (default 1,000) wait for a slow reader; then the oldest are missed, and `{ missed }` says how
   * many, before the next letter.
   *
   * @example
   * const feed = system.deadLetters.feed({ buffer: 1 });
   * system.send('nobody', 'a');
   * system.send('nobody', 'b');
   * const { value: gap } = await feed.next();
   * gap; // => { missed: 1 }
   * @since 0.2.0
   */
  feed(
    options: { readonly buffer?: number | undefined } = {},
  ): AsyncIterableIterator<DeadLetter | DeadLetterGap> {
    const buffer = readBuffer(options) ?? DEAD_LETTERS_KEPT;
    const feed = new LetterFeed(buffer, (done) => this.feeds.delete(done), this.kernel.scheduler);
    if (this.closed) feed.end();
    else this.feeds.add(feed);
    return feed;
  }

  /** The same as `feed()`: `for await (const letter of system.deadLetters)`. */
  [Symbol.asyncIterator](): AsyncIterableIterator<DeadLetter | DeadLetterGap> {
    return this.feed();
  }

  /* ---- inside ---- */

  /** @internal */
  add(redelivery: Redelivery, payload: unknown, reason: unknown): void {
    this.total++;
    const { sender } = redelivery;
    if (wantsFeedback(sender)) tellSender(sender, { ...feedbackOf(redelivery), payload, reason });
    if (this.limits.capacity === 0 && this.subscribers.size === 0 && this.feeds.size === 0) {
      this.evicted++;
      return;
    }
    const { past, op, facts } = redelivery;
    const name = nameOf(op);
    const id = past === null || past.id === 0 ? ++this.lastId : past.id;
    const letter = new Letter(id, name, payload, reason, this.kernel.env.wall(), facts);
    this.keep(letter, redelivery);
    for (const feed of this.feeds) feed.tell(letter);
    // Letters that a subscriber makes are kept and counted, but not told again: that could go on for ever.
    if (this.telling) return;
    this.telling = true;
    for (const { fn } of this.subscribers) {
      tell(this.kernel, 'a subscriber of dead letters failed', () => fn(letter), { letter: letter.id });
    }
    this.telling = false;
  }

  /** @internal Letters of earlier lives, oldest first: as many as there is room for, before all of this one. */
  restore(found: readonly Restored[]): void {
    const fitting: { readonly restored: Restored; readonly bytes: number }[] = [];
    for (const restored of [...found].reverse()) {
      const { limits: { capacity, capacityBytes } } = this;
      const bytes = this.measure(restored.payload, nameOf(restored.redelivery.op));
      if (bytes < 0 || this.count === capacity || this.bytes + bytes > capacityBytes) continue;
      fitting.push({ restored, bytes });
      this.count++;
      this.bytes += bytes;
    }
    this.recovered += fitting.length;
    this.kept.putBefore(fitting.reverse().map(({ restored, bytes }) => this.made(restored, bytes)));
  }

  private made({ redelivery, payload, reason, at }: Restored, bytes: number): Kept {
    const letter = new Letter(++this.lastId, nameOf(redelivery.op), payload, reason, at, redelivery.facts);
    return { letter, redelivery, bytes, leaving: false, gone: false };
  }

  /** @internal Sends the letter of a row again; undefined when it is not kept. Throws what its schema says. */
  retryKept(seq: number, edit: Edit | null): RetryRefusal | null | undefined {
    const kept = this.kept.ofRow(seq);
    if (kept === undefined || !isHere(kept)) return undefined;
    const code = this.resend(kept, edit);
    this.kept.sweep(this.count);
    return code;
  }

  /** @internal The same for one that is not kept. */
  retryUnkept(restored: Restored, edit: Edit | null): RetryRefusal | null {
    const kept = this.made(restored, 0);
    const { letter, redelivery } = kept;
    const code = redelivery.resend(edit === null ? letter.payload : checkedBy(kept, edit.payload), letter);
    if (code !== null) return code;
    this.recovered++;
    this.retried++;
    return null;
  }

  /** @internal The row of a letter has gone. */
  forget(seq: number, as: 'pruned' | 'evicted'): void {
    const kept = this.kept.ofRow(seq);
    if (kept === undefined || kept.gone) return;
    this.remove(kept);
    this[as]++;
  }

  /** @internal The system has stopped: readers have had the last letter. */
  close(): void {
    this.closed = true;
    for (const feed of this.feeds) feed.end();
    this.feeds.clear();
  }

  /** -1 when nobody can tell, Infinity when it is more than there is room for. */
  private measure(payload: unknown, op: string): number {
    const { limits } = this;
    return limits.estimated ? weightOf(payload, limits.capacityBytes) : bytesOf(limits, payload, op);
  }

  private keep(letter: DeadLetter, redelivery: Redelivery): void {
    const bytes = this.measure(letter.payload, letter.op);
    if (this.limits.capacity === 0 || bytes < 0 || bytes > this.limits.capacityBytes) {
      this.evicted++;
      return;
    }
    const made: Kept = { letter, redelivery, bytes, leaving: false, gone: false };
    this.kept.push(made);
    this.count++;
    this.bytes += bytes;
    while (this.count > this.limits.capacity || this.bytes > this.limits.capacityBytes) {
      const oldest = this.kept.takeOldest();
      if (oldest.gone) continue;
      this.remove(oldest);
      this.evicted++;
    }
  }

  private find(id: number): Kept | undefined {
    const found = this.kept.find(id);
    return found !== undefined && isHere(found) ? found : undefined;
  }

  private select(verb: string, query: LetterQuery): Kept[] {
    checkQuery(`deadLetters.${verb}`, query);
    const found: Kept[] = [];
    for (const kept of this.kept.all()) {
      if (found.length === query.limit) break;
      if (isHere(kept) && fits(kept.letter, query)) found.push(kept);
    }
    // `where` is the user's code: some may have gone meanwhile.
    return found.filter(isHere);
  }

  /** Accepting may run the user's code (sizeOf, a provider): meanwhile the letter is nobody else's to send. */
  private resend(kept: Kept, edit: Edit | null = null): RetryRefusal | null {
    if (!isHere(kept)) return 'NOT_FOUND';
    kept.leaving = true;
    let code: RetryRefusal | null;
    try {
      const { letter, redelivery } = kept;
      code = redelivery.resend(edit === null ? letter.payload : checkedBy(kept, edit.payload), letter);
    } finally {
      kept.leaving = false;
    }
    if (code !== null) return code;
    if (kept.gone) this.evicted--; // it had to make room while it was on its way
    this.remove(kept);
    this.retried++;
    return null;
  }

  private remove(kept: Kept): void {
    if (kept.gone) return;
    kept.gone = true;
    this.kept.leave(kept);
    this.count--;
    this.bytes -= kept.bytes;
  }
}

interface Subscriber {
  readonly fn: (letter: DeadLetter) => unknown;
}

shownAs(DeadLetters, ({ size, total }) => `DeadLetters(${size} kept of ${total})`);
