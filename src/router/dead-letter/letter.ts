import { printable, toldAs } from '../../base/text/index.js';
import type { Op } from '../../mailbox/message/index.js';
import type { Process } from '../../process/record/index.js';
import type { Pid } from '../../api/address.js';
import type { DeadLetter, LetterFailure, LetterVerb, RetryRefusal } from '../../api/letters.js';

/** @internal A letter as it is made. */
export class Letter implements DeadLetter {
  readonly verb: LetterVerb;
  readonly to: string;
  readonly from: Pid | undefined;
  readonly fromName: string | undefined;
  readonly attempts: number;
  readonly failures: readonly LetterFailure[];
  readonly guarantee: DeadLetter['guarantee'];
  readonly key: string | undefined;
  readonly headers: DeadLetter['headers'];
  readonly seq: number | undefined;
  constructor(
    readonly id: number,
    readonly op: string,
    readonly payload: unknown,
    readonly reason: unknown,
    readonly at: number,
    facts: Redelivery['facts'],
  ) {
    this.verb = facts.verb;
    this.to = facts.to;
    this.from = facts.from;
    this.fromName = facts.fromName;
    this.attempts = facts.attempts;
    this.failures = facts.failures;
    this.guarantee = facts.guarantee;
    this.key = facts.key;
    this.headers = facts.headers;
    this.seq = facts.seq;
  }
}

toldAs(Letter, ({ id, verb, op, to, reason }) =>
  `DeadLetter(${id}: ${verb} '${op}' to ${to}: ${printable(reason)})`);

/** @internal One failed attempt as it is made. */
export class Failure implements LetterFailure {
  constructor(
    readonly attempt: number,
    readonly reason: unknown,
  ) {}
}

toldAs(Failure, ({ attempt, reason }) => `attempt ${attempt}: ${printable(reason)}`);

/** Bounds of the dead letters of a system. */
export interface LetterLimits {
  readonly capacity: number;
  readonly capacityBytes: number;
  /** objects are estimated; else `sizeOf` measures them, or nobody can */
  readonly estimated: boolean;
  readonly sizeOf: ((payload: unknown, op: string) => number) | null;
}

/** The letter that a message was before it was sent again; its id is 0 when that was in an earlier life. */
export type PastLetter = Pick<DeadLetter, 'id' | 'attempts' | 'failures'>;

/** What a message was, as far as it can be sent again. */
export interface Redelivery {
  readonly op: Op;
  /** what of the letter its sender alone knows */
  readonly facts: Pick<DeadLetter, 'verb' | 'to' | 'from' | 'fromName' | 'attempts' | 'failures'
    | 'guarantee' | 'key'> & Partial<Pick<DeadLetter, 'seq' | 'headers'>>;
  /** who is told of it, when it has asked to be; null for those that hear of it otherwise */
  readonly sender: Process | null;
  /** the letter that it was before, when it is a retry */
  readonly past: PastLetter | null;
  /** Sends it again, with that payload: null when it was accepted. Nothing is counted when it is not. */
  resend(payload: unknown, letter: DeadLetter): RetryRefusal | null;
  /**
   * Where the letter is kept elsewhere, it has that payload there too; returns where it stands now.
   * What it throws reaches the user, and nothing has changed.
   */
  edit?(payload: unknown, letter: DeadLetter): number | undefined;
  /** Where it is kept elsewhere, it goes there too; throws when it cannot. */
  discard?(): void;
}
