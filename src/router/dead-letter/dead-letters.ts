import { callError, deepFreeze, OptionError, Ring, weightOf } from '../../base/index.js';
import { printable, shownAs } from '../../base/text/index.js';
import { bytesOf } from '../../mailbox/index.js';
import { Kind } from '../../mailbox/message/index.js';
import type { Op } from '../../mailbox/message/index.js';
import { tell } from '../../process/record/index.js';
import type { Kernel } from '../../process/record/index.js';
import type {
  DeadLetter, DeadLetterGap, LetterQuery, RetryRefusal, RetryReport,
} from '../../api/letters.js';
import { Letter, type LetterLimits, type Redelivery } from './letter.js';
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
 * every moment `total = size + retried + pruned + evicted`.
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
  private readonly kept = new Ring<Kept>();
  /** made when the first letter is asked for by its id */
  private byId: Map<number, Kept> | null = null;
  private readonly subscribers = new Set<Subscriber>();
  private readonly feeds = new Set<LetterFeed>();
  private telling = false;
  private closed = false;
  /** @internal Use `system.deadLetters`. */
  constructor(
    private readonly kernel: Kernel,
    private readonly limits: LetterLimits,
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
   * for the reply.
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
    this.sweep();
    return { retried, refused };
  }

  /**
   * Gives a letter another payload, checked by the schema of its operation; returns the letter as
   * it is now, undefined when it is not kept. Send it with `retry`.
   *
   * Errors: CallError `INVALID_PAYLOAD` for a payload that does not fit the schema; OptionError for
   * one that does not fit into `capacityBytes`. The letter is unchanged then.
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
    this.bytes += bytes - kept.bytes;
    kept.bytes = bytes;
    kept.letter = new Letter(letter.id, letter.op, checked, letter.reason, letter.at, letter);
    return kept.letter;
  }

  /**
   * Throws letters away; returns how many. `{}` means all. Errors: OptionError for a bad query.
   *
   * @example
   * system.send('nobody', 1);
   * system.deadLetters.prune({ to: 'nobody' }); // => 1
   * @since 0.2.0
   */
  prune(query: LetterQuery): number {
    const found = this.select('prune', query);
    for (const kept of found) this.remove(kept);
    this.pruned += found.length;
    this.sweep();
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
    const letter =
      new Letter(past === null ? ++this.lastId : past.id, name, payload, reason, this.kernel.env.wall(), facts);
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
    this.byId?.set(letter.id, made);
    this.count++;
    this.bytes += bytes;
    while (this.count > this.limits.capacity || this.bytes > this.limits.capacityBytes) {
      const oldest = this.kept.shift();
      if (oldest.gone) continue;
      this.remove(oldest);
      this.evicted++;
    }
  }

  private find(id: number): Kept | undefined {
    if (this.byId === null) {
      this.byId = new Map();
      for (let i = 0; i < this.kept.size; i++) {
        const kept = this.kept.at(i);
        if (!kept.gone) this.byId.set(kept.letter.id, kept);
      }
    }
    const found = this.byId.get(id);
    return found !== undefined && isHere(found) ? found : undefined;
  }

  private select(verb: string, query: LetterQuery): Kept[] {
    checkQuery(`deadLetters.${verb}`, query);
    const all: Kept[] = [];
    for (let i = 0; i < this.kept.size; i++) all.push(this.kept.at(i));
    const found: Kept[] = [];
    for (const kept of all) {
      if (found.length === query.limit) break;
      if (isHere(kept) && fits(kept.letter, query)) found.push(kept);
    }
    // `where` is the user's code: some may have gone meanwhile.
    return found.filter(isHere);
  }

  /** Accepting may run the user's code (sizeOf, a provider): meanwhile the letter is nobody else's to send. */
  private resend(kept: Kept): RetryRefusal | null {
    if (!isHere(kept)) return 'NOT_FOUND';
    kept.leaving = true;
    let code: RetryRefusal | null;
    try {
      code = kept.redelivery.resend(kept.letter.payload, kept.letter);
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
    if (this.byId?.get(kept.letter.id) === kept) this.byId.delete(kept.letter.id);
    this.count--;
    this.bytes -= kept.bytes;
  }

  /** Takes out what has gone, before it is more than what is kept. */
  private sweep(): void {
    if (this.kept.size <= 2 * this.count) return;
    for (let i = this.kept.size; i > 0; i--) {
      const kept = this.kept.shift();
      if (!kept.gone) this.kept.push(kept);
    }
  }
}

/** A letter and its way out. */
interface Kept {
  letter: DeadLetter;
  readonly redelivery: Redelivery;
  bytes: number;
  /** it is being sent again */
  leaving: boolean;
  /** it is no longer one of the kept, and about to be taken out */
  gone: boolean;
}

const isHere = (kept: Kept): boolean => !kept.gone && !kept.leaving;

interface Subscriber {
  readonly fn: (letter: DeadLetter) => unknown;
}

function nameOf(op: Op): string {
  return op.kind === Kind.Info ? 'info' : op.name;
}

function feedbackOf({ op, facts: { to, verb } }: Redelivery): Pick<DeadLetter, 'to' | 'verb' | 'op'> {
  return { to, verb, op: nameOf(op) };
}

function checkedBy({ redelivery: { op }, letter }: Kept, payload: unknown): unknown {
  if (op.check === null) return payload;
  try {
    return op.check(payload, undefined);
  } catch (error) {
    throw callError(
      'INVALID_PAYLOAD', { target: letter.to, op: letter.op, details: (error as Error).message, cause: error },
    );
  }
}

shownAs(DeadLetters, ({ size, total }) => `DeadLetters(${size} kept of ${total})`);
