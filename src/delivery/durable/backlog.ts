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
import { StoredMessage, type StoredIn } from './stored-message.js';
import type { DurableWaits } from './waits.js';

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
  attemptsOf(seq: number): Attempts | undefined;
  termsOf(definition: ServerDefinition, terms: Envelope['terms']): Terms;
}

/**
 * Messages of earlier lives for one name, in the order of their sends. They are read when somebody
 * owns the name, a slice at a time, so that a million of them take no memory. One whose key is sent
 * again is made a message at once, and has its turn as if it were not.
 */
export class Backlog implements Recovered<Message> {
  /** rows that no message was made of yet */
  private unmade = 0;
  private first = 0;
  private last = 0;
  /** all rows up to it had their turn */
  private after = 0;
  /** places among the messages of the destination, before all that come now */
  private places = 0;
  private before = 0;
  /** with their agent now */
  private given = 0;
  private loading = false;
  private closed = false;
  /** why those whose payload cannot become one of today will not be handled */
  private readonly misfits = new WeakMap<Message, unknown>();
  private readonly behind: { readonly message: Message; readonly delayMs: number }[] = [];
  /** made before their turn, by sequence */
  private readonly early = new Map<number, Message>();
  /** sequences of keys; null before somebody asks */
  private keys: Promise<void> | null = null;
  private keysRead = false;
  private readonly seqOf = new Map<string, number>();
  constructor(
    private readonly earlier: Earlier,
    private readonly cell: Cell,
    private readonly to: Destination,
  ) {}

  /** One more, found in the store. */
  found(seq: number): void {
    if (this.unmade++ === 0) this.first = seq;
    this.last = seq;
  }
  get size(): number {
    return this.unmade;
  }

  /** It stands before what comes from now on. */
  begin(): void {
    const { to } = this;
    to.recovered = this;
    this.before = to.arrivals;
    this.places = this.unmade;
    to.arrivals += this.unmade;
  }

  push(message: Message, delayMs: number): void {
    this.behind.push({ message, delayMs });
  }

  arrived(_p: Process): void {
    void this.feed();
  }

  find(key: string, definition: ServerDefinition): Promise<void> | null {
    if (this.unmade === 0 || this.closed || (this.keysRead && !this.waits(key))) return null;
    return this.makeKeyed(key, definition);
  }

  /** The system stops. */
  close(): void {
    this.closed = true;
    this.leave(this.unmade);
  }

  private leave(many: number): void {
    leaveRecovered(this.to, many);
    this.unmade -= many;
  }

  /* ---- their turn ---- */

  private async feed(): Promise<void> {
    if (this.loading || this.closed) return;
    this.loading = true;
    let through = false;
    try {
      while (!through && this.given <= FEW && definitionOf(this.cell) !== null) {
        const rows = await this.read(this.after, SLICE);
        if (this.closed) return;
        through = this.giveAll(rows);
      }
    } catch (error) {
      // The rest stays in the store; a later owner, or a later life, tries again.
      this.to.kernel.warn('messages of earlier lives could not be read', { name: this.cell.name, error });
    } finally {
      this.loading = false;
    }
    if (through) this.through();
  }

  private read(after: number, limit: number): Promise<readonly Row[]> {
    return this.earlier.journal.rows('message', this.cell.name, after, limit, true);
  }

  /** Whether these were the last ones; its owner may end meanwhile, then the rest waits for the next. */
  private giveAll(rows: readonly Row[]): boolean {
    for (const row of rows) {
      if (row.seq > this.last) return true;
      const definition = definitionOf(this.cell);
      if (definition === null) return false;
      this.after = row.seq;
      this.give(row, definition);
    }
    return rows.length < SLICE;
  }

  /** All are given, and what is missing is gone: what came meanwhile goes. */
  private through(): void {
    const { to } = this;
    this.leave(this.unmade);
    if (to.recovered === this) to.recovered = null;
    for (const { message, delayMs } of this.behind.splice(0)) {
      if (!message.settled) goesOn(to, message, delayMs);
    }
  }

  private give(row: Row, definition: ServerDefinition): void {
    const { earlier, to } = this;
    const d = this.early.get(row.seq) ?? this.make(row, definition);
    this.early.delete(row.seq);
    if (d === null || d.settled) return;
    const stored = d.rarely().stored as StoredMessage;
    if (earlier.waits.parks(row.seq, d)) return;
    this.given++;
    stored.ended = () => {
      this.given--;
      if (this.given <= FEW) void this.feed();
    };
    const misfit = d.op.run === null ? 'unknown_operation' : this.misfits.get(d);
    if (misfit !== undefined) return deadLetterHeld(to, d, misfit);
    if (d.attempts >= d.terms.attemptsMax) return deadLetterHeld(to, d, 'died_with_program');
    const { dueAt } = decodeMessage(row.body);
    const delayMs = dueAt === 0 ? 0 : Math.max(0, dueAt - earlier.wall());
    to.shared.expiries.add(d, d.terms.expiresInMs + delayMs);
    goesOn(to, d, delayMs);
  }

  /* ---- as messages ---- */

  /** Null for one that cannot be read: its row is left where it is, for people to look at. */
  private make(row: Row, definition: ServerDefinition): Message | null {
    const { to, cell } = this;
    const { seq } = row;
    let d: Message;
    try {
      d = this.messageOf(row, decodeMessage(row.body), definition);
    } catch (error) {
      this.leave(1);
      to.kernel.warn('a stored message cannot be read; it stays in the store', { name: cell.name, seq, error });
      return null;
    }
    this.unmade--;
    heldAgain(to, d);
    return d;
  }

  private messageOf(row: Row, envelope: Envelope, definition: ServerDefinition): Message {
    const { earlier, to, cell } = this;
    const { key, digest, order, payload } = envelope;
    const op = definition.castOp(envelope.op) ?? definition.callOp(envelope.op)
      ?? new Op(Kind.Cast, envelope.op, null, null, false);
    const place = this.before + this.places * (row.seq - this.first + 1) / (this.last - this.first + 1);
    let record: KeyRecord | null = null;
    if (key !== null) {
      record = new KeyRecord(
        to.keys, key, op,
        digest === null ? null : { a: digest[0], b: digest[1], c: digest[2], d: digest[3] },
      );
    }
    const terms = earlier.termsOf(definition, envelope.terms);
    const d = new Message(null, routeOf(to, op, cell, definition.behaviour, terms, null), payload, record);
    if (record !== null) {
      record.number = place;
      to.keys.add(record, d);
    } else d.identity = place;
    const rare = d.rarely();
    const known = earlier.attemptsOf(row.seq);
    if (known !== undefined) {
      d.attempts = known.attempts;
      rare.failures = known.failures;
    }
    rare.order = order;
    this.upcast(d, envelope.version);
    rare.stored = StoredMessage.recovered(earlier, cell.name, d, row.seq);
    return d;
  }

  /** What it was sent as becomes what its operation takes today. */
  private upcast(d: Message, version: number): void {
    if (d.op.run === null) return;
    try {
      d.content = d.op.upcast(d.content, version);
    } catch (error) {
      this.misfits.set(d, error);
    }
  }

  /* ---- keys ---- */

  private async makeKeyed(key: string, definition: ServerDefinition): Promise<void> {
    await (this.keys ??= this.readKeys());
    const seq = this.seqOf.get(key);
    if (seq === undefined || !this.waits(key)) return;
    const [row] = await this.read(seq - 1, 1);
    if (this.closed || !this.waits(key)) return;
    const d = row === undefined || row.seq !== seq ? null : this.make(row, definition);
    if (d === null) this.seqOf.delete(key);
    else this.early.set(seq, d);
  }

  /** Whether the message of that key has not been made. */
  private waits(key: string): boolean {
    const seq = this.seqOf.get(key);
    return seq !== undefined && seq > this.after && !this.early.has(seq);
  }

  private async readKeys(): Promise<void> {
    try {
      for (let { after } = this, more = true; more;) {
        const rows = await this.read(after, SLICE);
        for (const row of rows) {
          after = row.seq;
          const key = keyOf(row);
          if (key !== null && after <= this.last) this.seqOf.set(key, after);
        }
        more = rows.length === SLICE && after < this.last;
      }
      this.keysRead = true;
    } catch (error) {
      this.keys = null;
      throw error;
    }
  }
}

/** Null without a key, and for what cannot be read. */
function keyOf({ body }: Row): string | null {
  try {
    return decodeMessage(body).key;
  } catch {
    return null;
  }
}

function definitionOf({ owner }: Cell): ServerDefinition | null {
  const definition = owner === null ? null : (owner.behaviour as { definition?: unknown }).definition;
  return definition instanceof ServerDefinition ? definition : null;
}
