import type { Terms } from '../../behaviour/gen/outward/index.js';
import { ServerDefinition } from '../../behaviour/gen/server/index.js';
import type { Journal } from '../../journal/index.js';
import type { Row } from '../../journal/port/index.js';
import { Kind, Op } from '../../mailbox/message/index.js';
import type { Process } from '../../process/record/index.js';
import type { Cell } from '../../router/names/index.js';
import type { FailedAttempt } from '../../api/delivery.js';
import { deadLetterHeld, goesOn, heldAgain, KeyRecord, leaveRecovered, Message, routeOf } from '../guarantee/index.js';
import type { Destination, Recovered } from '../guarantee/index.js';
import { decodeMessage, type Envelope } from './envelope.js';
import type { DurableWaits } from './waits.js';
import { StoredMessage, type StoredIn } from './stored-message.js';

/** Rows that are read at once, and messages of earlier lives that are with their agent at once. */
const SLICE = 128;
const FEW = SLICE / 2;

/** What earlier lives know of attempts. */
export interface Attempts {
  readonly attempts: number;
  readonly failures: readonly FailedAttempt[];
}

/** What all backlogs of a system share. */
export interface Earlier extends StoredIn {
  readonly journal: Journal;
  readonly waits: DurableWaits;
  /** the program has died: attempts are marked before they begin */
  readonly died: boolean;
  attemptsOf(seq: number): Attempts | undefined;
  termsOf(definition: ServerDefinition, terms: Envelope['terms']): Terms;
}

/**
 * Messages of earlier lives for one name, in the order of their sends. They are read when somebody
 * owns the name, a slice at a time, so that a million of them take no memory.
 */
export class Backlog implements Recovered<Message> {
  private left = 0;
  private last = 0;
  private after = 0;
  private number = 0;
  /** with their agent now */
  private given = 0;
  private loading = false;
  private closed = false;
  private readonly behind: Message[] = [];
  constructor(
    private readonly earlier: Earlier,
    private readonly cell: Cell,
    private readonly to: Destination,
  ) {}

  get empty(): boolean {
    return this.left === 0;
  }

  /** One more, found in the store. */
  found(seq: number): void {
    this.left++;
    this.last = seq;
  }
  get size(): number {
    return this.left;
  }

  /** It stands before what comes from now on. */
  begin(): void {
    const { to } = this;
    to.recovered = this;
    this.number = to.arrivals;
    to.arrivals += this.left;
  }

  push(d: Message): void {
    this.behind.push(d);
  }

  arrived(_p: Process): void {
    void this.feed();
  }

  /** The system stops. */
  close(): void {
    this.closed = true;
    leaveRecovered(this.to, this.left);
    this.left = 0;
  }

  private async feed(): Promise<void> {
    if (this.loading || this.closed) return;
    this.loading = true;
    try {
      while (this.left > 0 && this.given <= FEW && definitionOf(this.cell) !== null) {
        const rows = await this.earlier.journal.rows('message', this.cell.name, this.after, SLICE, true);
        if (this.closed) return;
        const mine = rows.filter(({ seq }) => seq <= this.last);
        if (mine.length === 0) this.lose();
        for (const row of mine) this.give(row);
      }
    } catch (error) {
      // The rest stays in the store; a later owner, or a later life, tries again.
      this.to.kernel.warn('messages of earlier lives could not be read', { name: this.cell.name, error });
    } finally {
      this.loading = false;
    }
    if (this.left === 0) this.through();
  }

  /** Rows that were there are gone. */
  private lose(): void {
    leaveRecovered(this.to, this.left);
    this.left = 0;
  }

  /** All are given: what came meanwhile goes. */
  private through(): void {
    if (this.to.recovered === this) this.to.recovered = null;
    for (const d of this.behind.splice(0)) goesOn(this.to, d, delayOf(d));
  }

  private give(row: Row): void {
    this.after = row.seq;
    this.left--;
    this.given++;
    const definition = definitionOf(this.cell);
    const { earlier, to } = this;
    let envelope: Envelope | null = null;
    try {
      envelope = decodeMessage(row.body);
    } catch (error) {
      this.skip(row, error);
    }
    if (envelope === null) return;
    const op = definition?.castOp(envelope.op) ?? definition?.callOp(envelope.op);
    const d = this.messageOf(row, envelope, op ?? new Op(Kind.Cast, envelope.op, null, null, false), definition);
    const misfit = op === undefined ? 'unknown_operation' : upcast(d, envelope.version);
    const known = earlier.attemptsOf(row.seq);
    if (known !== undefined) {
      d.attempts = known.attempts;
      d.rarely().failures = known.failures;
      (d.rarely().stored as StoredMessage).hasAttempts();
    }
    heldAgain(to, d);
    if (misfit !== null) return deadLetterHeld(to, d, misfit);
    if (d.attempts >= d.terms.attemptsMax) return deadLetterHeld(to, d, 'died_with_program');
    if (earlier.waits.parks(row.seq, d)) return (d.rarely().stored as StoredMessage).leavesAgent();
    const delayMs = Math.max(0, envelope.dueAt === 0 ? 0 : envelope.dueAt - earlier.wall());
    to.shared.expiries.add(d, d.terms.expiresInMs + delayMs);
    goesOn(to, d, delayMs);
  }

  private messageOf(row: Row, envelope: Envelope, op: Op, definition: ServerDefinition | null): Message {
    const { earlier, to, cell } = this;
    const { key, digest, order, payload } = envelope;
    let record: KeyRecord | null = null;
    if (key !== null) {
      record = new KeyRecord(
        to.keys, key, op,
        digest === null ? null : { a: digest[0], b: digest[1], c: digest[2], d: digest[3] },
      );
    }
    const terms = earlier.termsOf(definition as ServerDefinition, envelope.terms);
    const behaviour = (definition as ServerDefinition).behaviour;
    const d = new Message(null, routeOf(to, op, cell, behaviour, terms, null), payload, record);
    if (record !== null) {
      record.number = ++this.number;
      to.keys.add(record, d);
    } else d.identity = ++this.number;
    const rare = d.rarely();
    rare.order = order;
    const stored = new StoredMessage(earlier, cell.name, d, null, 0);
    stored.seq = row.seq;
    stored.earlier = true;
    stored.settle();
    stored.marked = earlier.died;
    stored.ended = () => {
      this.given--;
      if (this.given <= FEW) void this.feed();
    };
    rare.stored = stored;
    return d;
  }

  /** Its row cannot be read: it is left where it is, for people to look at. */
  private skip(row: Row, error: unknown): void {
    const { to, cell } = this;
    this.given--;
    leaveRecovered(to, 1);
    to.kernel.warn('a stored message cannot be read; it stays in the store', { name: cell.name, seq: row.seq, error });
  }
}

function definitionOf({ owner }: Cell): ServerDefinition | null {
  const definition = owner === null ? null : (owner.behaviour as { definition?: unknown }).definition;
  return definition instanceof ServerDefinition ? definition : null;
}

function delayOf(d: Message): number {
  return d.rare === null ? 0 : (d.rare.stored as StoredMessage).delayMs;
}

/** What it was sent as becomes what its operation takes today; else why it cannot. */
function upcast(d: Message, version: number): unknown {
  try {
    d.content = d.op.upcast(d.content, version);
    return null;
  } catch (error) {
    return error;
  }
}
