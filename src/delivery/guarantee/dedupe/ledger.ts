import { UNUSED, weightOf } from '../../../base/index.js';
import type { Op } from '../../../mailbox/message/index.js';
import type { DeliveryOutcome, ReceiptState } from '../../../api/delivery.js';
import type { Digester } from './digest.js';
import type { Digest } from './words.js';
import { Outcome } from '../outcome.js';
import type { Followed } from '../receipt.js';

/**
 * What is remembered of keys (P25): how many of a destination, for how long after the message was
 * handled, and how much of replies in all.
 */
export interface LedgerLimits {
  readonly keysMax: number;
  readonly ageMs: number;
  /** bytes of the replies of a system */
  readonly replyBytesMax: number;
}

export const LEDGER: LedgerLimits = { keysMax: 10_000, ageMs: 86_400_000, replyBytesMax: 64 * 1_024 * 1_024 };

/** a number with a fraction, as monotonic ms have them */
const NEVER = 0.5;

/** The message that has a key. */
export interface KeyHolder {
  readonly payload: unknown;
}

/**
 * One key of a destination: the message that has it now, or how that one ended. Of its payload only
 * a digest is kept: of an object it is taken before any handler has it, of what nobody can change
 * when the message was handled.
 */
export class KeyRecord implements Digest {
  /** see `Exit.kept` */
  static readonly kept: KeyRecord = new KeyRecord(UNUSED, '', UNUSED, null);
  a = 0;
  b = 0;
  c = 0;
  d = 0;
  /** of the message, as long as that is not over */
  number = 0;
  /** the message, then its outcome */
  private holder: KeyHolder | DeliveryOutcome | null = null;
  /** of what its outcome keeps; below 0 while there is no digest */
  bytes = -1;
  /** monotonic ms of the end */
  at: number = NEVER;
  /** the one of this destination that was handled next */
  next: KeyRecord | null = null;
  /** its neighbours among all of the system, by the time of their end */
  older: KeyRecord | null = null;
  newer: KeyRecord | null = null;
  constructor(
    readonly keys: Ledger,
    readonly key: string,
    readonly op: Op,
    digest: Digest | null,
  ) {
    if (digest !== null) this.take(digest);
  }

  /** null once the message is over */
  get message(): KeyHolder | null {
    return this.holder instanceof Outcome ? null : (this.holder as KeyHolder | null);
  }
  set message(message: KeyHolder | null) {
    this.holder = message;
  }
  get outcome(): DeliveryOutcome | null {
    return this.holder instanceof Outcome ? (this.holder as DeliveryOutcome) : null;
  }
  set outcome(outcome: DeliveryOutcome | null) {
    this.holder = outcome;
  }

  get sealed(): boolean {
    return this.bytes >= 0;
  }

  /** Takes the digest of the payload of its message, unless it has been taken. */
  seal(payload: unknown): void {
    if (this.bytes < 0) this.take(this.keys.memory.digester.of(payload));
  }

  private take({ a, b, c, d }: Digest): void {
    this.a = a;
    this.b = b;
    this.c = c;
    this.d = d;
    this.bytes = 0;
  }

  /** Whether a message with its key is the same one; the digest may have been taken before. */
  fits(op: Op, payload: unknown, digest: Digest | null): boolean {
    if (this.op !== op) return false;
    // a digest is the digester itself, until it takes the next one
    const { a, b, c, d } = digest ?? this.keys.memory.digester.of(payload);
    if (this.bytes < 0) this.seal((this.message as KeyHolder).payload);
    return this.a === a && this.b === b && this.c === c && this.d === d;
  }
}

/** Whether whoever has the same payload may change it. */
export function isMutable(payload: unknown): boolean {
  return typeof payload === 'object' && payload !== null;
}

/**
 * What a duplicate of a message that is over is told: the outcome as it was remembered when the
 * duplicate came.
 */
export class Past implements Followed {
  constructor(
    readonly outcome: DeliveryOutcome,
    readonly op: Op,
    readonly title: string,
  ) {}

  get receiptState(): ReceiptState {
    return this.outcome.kind;
  }
  get attempts(): number {
    return this.outcome.attempts;
  }
  get settling(): Promise<DeliveryOutcome> {
    return Promise.resolve(this.outcome);
  }
  cancel(): boolean {
    return false;
  }
  watch(): () => void {
    return () => undefined;
  }
}

/**
 * The keys of one destination: those of messages that are not over, and a window, by count and age,
 * of those handled.
 */
export class Ledger {
  /** the only key, or null when there are none or several: many destinations never have two */
  private only: KeyRecord | null = null;
  private several: Map<string, KeyRecord> | null = null;
  private oldest: KeyRecord | null = null;
  private newest: KeyRecord | null = null;
  private handledKeys = 0;
  /** where its keys are stored as well; null when none is */
  stored: { drop(key: string): void } | null = null;
  constructor(readonly memory: Memory) {}

  find(key: string, now: () => number): KeyRecord | undefined {
    const found = this.get(key);
    if (found === undefined || found.message !== null) return found;
    this.memory.forgetOld(now());
    return this.get(key);
  }

  add(record: KeyRecord, message: KeyHolder | null): void {
    record.message = message;
    const { only, several } = this;
    if (several !== null) several.set(record.key, record);
    else if (only === null) this.only = record;
    else {
      this.several = new Map([[only.key, only], [record.key, record]]);
      this.only = null;
    }
  }

  private get(key: string): KeyRecord | undefined {
    const { only, several } = this;
    if (several !== null) return several.get(key);
    return only !== null && only.key === key ? only : undefined;
  }

  /** Whether no key is taken or remembered. */
  idle(now: number): boolean {
    this.memory.forgetOld(now);
    return this.only === null && this.several === null;
  }

  /**
   * Its message was handled: the key is remembered from now on, as the newest; those that are
   * beyond the limits go. O(1) each.
   */
  remember(record: KeyRecord, outcome: DeliveryOutcome, now: number): void {
    record.outcome = outcome;
    record.at = now;
    if (this.newest === null) this.oldest = record;
    else this.newest.next = record;
    this.newest = record;
    this.memory.add(record);
    if (++this.handledKeys > this.memory.limits.keysMax) this.memory.forget(this.oldest as KeyRecord);
    this.memory.forgetOld(now);
  }

  /** Its message was not handled: another one may have the key. */
  free(record: KeyRecord): void {
    record.message = null;
    if (this.get(record.key) === record) this.drop(record);
  }

  /** Always the oldest of those handled. */
  forgotten(record: KeyRecord): void {
    this.oldest = record.next;
    if (record.next === null) this.newest = null;
    this.handledKeys--;
    if (this.stored !== null) this.stored.drop(record.key);
    this.drop(record);
  }

  private drop({ key }: KeyRecord): void {
    const { several } = this;
    if (several === null) this.only = null;
    else {
      several.delete(key);
      if (several.size === 0) this.several = null;
    }
  }
}

/**
 * What all ledgers of a system remember, oldest first: it is bounded by age, and by the bytes of
 * the replies.
 */
export class Memory {
  /** of the outcomes that are kept */
  replyBytes = 0;
  private oldest: KeyRecord | null = null;
  private newest: KeyRecord | null = null;
  /** older ones keep no reply any more */
  private oldestReply: KeyRecord | null = null;
  constructor(
    readonly limits: LedgerLimits,
    readonly digester: Digester,
  ) {}

  add(record: KeyRecord): void {
    record.older = this.newest;
    if (this.newest === null) this.oldest = record;
    else this.newest.newer = record;
    this.newest = record;
    this.oldestReply ??= record;
    const outcome = record.outcome as DeliveryOutcome;
    const bytes = bytesOf(outcome, this.limits.replyBytesMax);
    if (bytes === 0) return;
    if (bytes === Infinity) record.outcome = withoutReply(outcome);
    else this.keepReply(record, bytes);
  }

  private keepReply(record: KeyRecord, bytes: number): void {
    record.bytes = bytes;
    this.replyBytes += bytes;
    while (this.replyBytes > this.limits.replyBytesMax) {
      const oldest = this.oldestReply as KeyRecord;
      this.oldestReply = oldest.newer;
      if (oldest.bytes === 0) continue;
      this.replyBytes -= oldest.bytes;
      oldest.bytes = 0;
      oldest.outcome = withoutReply(oldest.outcome as DeliveryOutcome);
    }
  }

  forget(record: KeyRecord): void {
    const { older, newer } = record;
    if (older === null) this.oldest = newer;
    else older.newer = newer;
    if (newer === null) this.newest = older;
    else newer.older = older;
    if (this.oldestReply === record) this.oldestReply = newer;
    this.replyBytes -= record.bytes;
    record.keys.forgotten(record);
    // A record that waits for its collection would keep those behind it waiting as well.
    record.next = record.older = record.newer = null;
  }

  forgetOld(now: number): void {
    while (this.oldest !== null && now - this.oldest.at >= this.limits.ageMs) this.forget(this.oldest);
  }
}

/** Of what its holder cannot tell beforehand: the reply, the details of a refusal, why attempts failed. */
function bytesOf({ reply, reason, details, failures }: DeliveryOutcome, max: number): number {
  let bytes = weightOf(reply, max);
  if (typeof reason !== 'string' || reason.length > SHORT_CODE) bytes += weightOf(reason, max);
  bytes += weightOf(details, max);
  return failures.length === 0 || bytes > max
    ? within(bytes, max)
    : within(bytes + weightOf(failures, max), max);
}

const within = (bytes: number, max: number): number => (bytes > max ? Infinity : bytes);
/** the code of a refusal counts nothing */
const SHORT_CODE = 64;
const NONE: DeliveryOutcome['failures'] = [];

function withoutReply({ kind, attempts, at }: DeliveryOutcome): DeliveryOutcome {
  return new Outcome('reply-gone', undefined, kind, undefined, attempts, NONE, at) as DeliveryOutcome;
}
