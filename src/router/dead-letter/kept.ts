import { callError, Ring } from '../../base/index.js';
import { Kind } from '../../mailbox/message/index.js';
import type { Op } from '../../mailbox/message/index.js';
import type { DeadLetter } from '../../api/letters.js';
import type { Redelivery } from './letter.js';

/** A letter and its way out. */
export interface Kept {
  letter: DeadLetter;
  readonly redelivery: Redelivery;
  bytes: number;
  /** it is being sent again */
  leaving: boolean;
  /** it is no longer one of the kept, and about to be taken out */
  gone: boolean;
}

/** A letter of an earlier life. */
export interface Restored extends Pick<DeadLetter, 'payload' | 'reason' | 'at'> {
  /** of its row */
  readonly seq: number;
  readonly redelivery: Redelivery;
}

/** Another payload for a letter. */
export interface Edit {
  readonly payload: unknown;
}

export const isHere = (kept: Kept): boolean => !kept.gone && !kept.leaving;

export function nameOf(op: Op): string {
  return op.kind === Kind.Info ? 'info' : op.name;
}

export function feedbackOf({ op, facts: { to, verb } }: Redelivery): Pick<DeadLetter, 'to' | 'verb' | 'op'> {
  return { to, verb, op: nameOf(op) };
}

/** Throws what the schema of the operation says of another payload. */
export function checkedBy({ redelivery: { op }, letter }: Kept, payload: unknown): unknown {
  if (op.check === null) return payload;
  try {
    return op.check(payload, undefined);
  } catch (error) {
    throw callError(
      'INVALID_PAYLOAD', { target: letter.to, op: letter.op, details: (error as Error).message, cause: error },
    );
  }
}

/** The kept letters, oldest first, and how one is found. What has gone is taken out later. */
export class KeptLetters {
  private readonly ring = new Ring<Kept>();
  /** made when the first letter is asked for by its id */
  private byId: Map<number, Kept> | null = null;
  /** those that have a row in the store */
  private readonly bySeq = new Map<number, Kept>();

  push(made: Kept): void {
    this.ring.push(made);
    this.enter(made);
  }

  /** Before all others, oldest first. */
  putBefore(earlier: readonly Kept[]): void {
    const later = Array.from({ length: this.ring.size }, () => this.ring.shift());
    for (const kept of earlier) this.push(kept);
    for (const kept of later) this.ring.push(kept);
  }

  /** Takes it out, gone or not; there is one. */
  takeOldest(): Kept {
    return this.ring.shift();
  }

  all(): Kept[] {
    return Array.from({ length: this.ring.size }, (_, at) => this.ring.at(at));
  }

  find(id: number): Kept | undefined {
    if (this.byId === null) {
      this.byId = new Map();
      for (const kept of this.all()) if (!kept.gone) this.byId.set(kept.letter.id, kept);
    }
    return this.byId.get(id);
  }

  ofRow(seq: number): Kept | undefined {
    return this.bySeq.get(seq);
  }

  /** It has another letter now. */
  change(kept: Kept, letter: DeadLetter): void {
    this.leave(kept);
    kept.letter = letter;
    if (!kept.gone) this.enter(kept);
  }

  /** It has gone, and is found no more. */
  leave(kept: Kept): void {
    const { id, seq } = kept.letter;
    if (this.byId?.get(id) === kept) this.byId.delete(id);
    if (seq !== undefined) this.bySeq.delete(seq);
  }

  private enter(kept: Kept): void {
    const { id, seq } = kept.letter;
    this.byId?.set(id, kept);
    if (seq !== undefined) this.bySeq.set(seq, kept);
  }

  /** Takes out what has gone, before it is more than what is kept. */
  sweep(count: number): void {
    if (this.ring.size <= 2 * count) return;
    for (let left = this.ring.size; left > 0; left--) {
      const kept = this.ring.shift();
      if (!kept.gone) this.ring.push(kept);
    }
  }
}
