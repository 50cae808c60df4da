import type { DurableTerms } from '../../../behaviour/gen/outward/index.js';
import type { Journal } from '../../../journal/index.js';
import { decodeState, encodeState, revived } from './state-record.js';

/** What is stored of one agent, and how it gets into the transaction of a turn. */
export interface Content {
  /** as the store has it; undefined before its first life */
  readonly stored: { readonly state: unknown } | undefined;
  /** What the turn adds, in bytes; throws for what cannot be stored. */
  prepare(self: object): number;
  /** What was prepared goes into the transaction; false when that is nothing. */
  add(): boolean;
  /** The start has succeeded: what it has changed is added; false when that is nothing. */
  begin(self: object): boolean;
  /** What the handler has changed, in place or not, is undone. */
  undo(self: object): void;
  /** The state was replaced between two turns. */
  replaced(): void;
}

/** A state that is stored as a whole, whenever its bytes differ. */
export class WholeState implements Content {
  readonly stored: { readonly state: unknown } | undefined;
  /** as it was stored last, in memory of its own */
  private last: Uint8Array | null;
  private next: Uint8Array | null = null;
  constructor(
    private readonly name: string,
    private readonly journal: Journal,
    private readonly terms: DurableTerms,
    bytes: Uint8Array | undefined,
  ) {
    this.last = bytes === undefined ? null : bytes.slice();
    this.stored = bytes === undefined ? undefined : { state: this.revive(bytes) };
  }

  prepare(self: object): number {
    const { terms } = this;
    this.next = encodeState(terms, terms.shape.of(self), null);
    return this.next.length;
  }

  add(): boolean {
    const { journal, last, next } = this;
    this.next = null;
    if (next === null || (last !== null && same(last, next))) return false;
    journal.put('state', this.name, next);
    this.remember(next);
    return true;
  }

  begin(self: object): boolean {
    this.prepare(self);
    return this.add();
  }

  undo(self: object): void {
    if (this.last !== null) this.terms.shape.put(self, this.revive(this.last));
  }

  replaced(): void {
    // the end of the next turn finds other bytes
  }

  /** Copied: what the encoder gives is a part of a larger block, all of which would stay with it. */
  private remember(bytes: Uint8Array): void {
    const { last } = this;
    if (last !== null && last.length === bytes.length) last.set(bytes);
    else this.last = bytes.slice();
  }

  private revive(bytes: Uint8Array): unknown {
    return revived(decodeState(bytes), this.terms, this.name);
  }
}

/** Whether two values are stored alike. */
export function same(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}
