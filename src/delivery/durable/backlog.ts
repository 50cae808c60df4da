import type { Terms } from '../../behaviour/gen/outward/index.js';
import { RuntimeDefinition } from '../../behaviour/gen/index.js';
import type { Journal } from '../../journal/index.js';
import type { Row } from '../../journal/port/index.js';
import { Kind, Op } from '../../mailbox/message/index.js';
import type { Process } from '../../process/record/index.js';
import type { Cell } from '../../router/names/index.js';
import type { FailedAttempt } from '../../api/delivery.js';
import {
  deadLetterHeld, goesOn, heldAgain, KeyRecord, leaveRecovered, Message, neverWent, routeOf, Slot, waits,
} from '../guarantee/index.js';
import type { Destination, Recovered, Route } from '../guarantee/index.js';
import { soundRows } from './earlier-rows.js';
import { decodeMessage, type Envelope, type Provenance } from './envelope.js';
import { digestOf, type Taken } from './key-rows.js';
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
  /** an attempt of it is known */
  begun(seq: number): boolean;
  termsOf(definition: RuntimeDefinition, terms: Envelope['terms'] | null): Terms;
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
  /** all have had their turn */
  private over = false;
  private closed = false;
  /** why those whose payload cannot become one of today will not be handled */
  private readonly misfits = new WeakMap<Message, unknown>();
  private readonly behind: { readonly message: Message; readonly delayMs: number }[] = [];
  /** of those: their payload is in the store only */
  private readonly unread = new Set<Message>();
  /** made before their turn, by sequence */
  private readonly early = new Map<number, Message>();
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
    this.after = this.first - 1;
    to.arrivals += this.unmade;
  }

  push(message: Message, delayMs: number): void {
    this.behind.push({ message, delayMs });
  }

  arrived(_p: Process): void {
    void this.feed();
  }

  /** The message of a key that is sent again: it has its payload, and its own terms, when its turn comes. */
  meet(key: string, { seq, digest }: Taken, route: Route): KeyRecord | undefined {
    if (this.closed || seq <= this.after) return undefined;
    const { to } = this;
    const record = new KeyRecord(to.keys, key, route.op, digest);
    const d = new Message(null, route, undefined, record);
    this.claim(d, seq);
    d.rarely().stored = StoredMessage.recovered(this.earlier, this.cell.name, d, seq);
    this.early.set(seq, d);
    return record;
  }

  /** The same of one that waits under a coalescing key; its payload is read when somebody asks for it. */
  meetWaiting(seq: number, slot: Slot, route: Route): Message | undefined {
    const known = seq > this.after && seq >= this.first && seq <= this.last && !this.early.has(seq);
    if (this.closed || !known || this.earlier.begun(seq)) return undefined;
    const d = new Message(null, route, undefined, null);
    this.claim(d, seq);
    const rare = d.rarely();
    rare.stored = StoredMessage.recovered(this.earlier, this.cell.name, d, seq);
    rare.slot = slot;
    this.early.set(seq, d);
    this.unread.add(d);
    return d;
  }

  /** Resolves once its payload is known; null when it is. */
  payloadOf(d: Message): Promise<void> | null {
    if (!this.unread.has(d)) return null;
    const { seq } = d.rarely().stored as StoredMessage;
    return soundRows(this.earlier.journal, 'message', this.cell.name, seq - 1, 1).then(([row]) => {
      if (!this.unread.delete(d) || row === undefined || d.settled) return;
      const { payload, version } = decodeMessage(row.body);
      d.content = d.op.upcast(payload, version);
    });
  }

  /** It is one of the messages of this life from now on. */
  private claim(d: Message, seq: number): void {
    const { to, before, places, first, last } = this;
    const place = before + places * (seq - first + 1) / (last - first + 1);
    const { record } = d;
    if (record === null) d.identity = place;
    else {
      record.number = place;
      to.keys.add(record, d);
    }
    this.unmade--;
    heldAgain(to, d);
  }

  /** The system stops. */
  close(): void {
    this.closed = true;
    if (this.places > 0) this.leave(this.unmade);
  }

  private leave(many: number): void {
    leaveRecovered(this.to, many);
    this.unmade -= many;
  }

  /* ---- their turn ---- */

  private async feed(): Promise<void> {
    if (this.loading || this.over || this.closed) return;
    this.loading = true;
    let through = false;
    try {
      while (!through && this.given <= FEW && definitionOf(this.cell) !== null) {
        // No more than there are: to look for others the store would read all rows behind them.
        const limit = Math.max(1, Math.min(SLICE, this.unmade + this.early.size));
        const rows = await soundRows(this.earlier.journal, 'message', this.cell.name, this.after, limit);
        if (this.closed) return;
        through = this.giveAll(rows, limit);
      }
    } catch (error) {
      // The rest stays in the store; a later owner, or a later life, tries again.
      this.to.kernel.warn('messages of earlier lives could not be read', { name: this.cell.name, error });
    } finally {
      this.loading = false;
    }
    if (through) this.through();
  }

  /** Whether these were the last ones; its owner may end meanwhile, then the rest waits for the next. */
  private giveAll(rows: readonly Row[], limit: number): boolean {
    for (const row of rows) {
      if (row.seq > this.last) return true;
      const definition = definitionOf(this.cell);
      if (definition === null) return false;
      this.after = row.seq;
      this.give(row, definition);
    }
    return rows.length < limit || this.after >= this.last;
  }

  /** All are given, and what is missing is gone: what came meanwhile goes. */
  private through(): void {
    const { to } = this;
    this.over = true;
    this.leave(this.unmade);
    for (const d of this.early.values()) neverWent(to, d, 'unknown', 'its row is missing');
    this.early.clear();
    if (to.recovered === this) to.recovered = null;
    for (const { message, delayMs } of this.behind.splice(0)) {
      if (!message.settled) goesOn(to, message, delayMs);
    }
  }

  private give(row: Row, definition: RuntimeDefinition): void {
    const { earlier, to } = this;
    const { seq } = row;
    const envelope = this.open(row);
    if (envelope === null) return;
    const met = this.early.get(seq);
    this.early.delete(seq);
    if (met !== undefined) this.unread.delete(met);
    if (met !== undefined && met.settled) return;
    const d = this.make(seq, envelope, definition, met);
    const stored = d.rarely().stored as StoredMessage;
    if (earlier.waits.parks(seq, d)) return;
    this.given++;
    stored.ended = () => {
      this.given--;
      if (this.given <= FEW) void this.feed();
    };
    const misfit = d.op.run === null ? 'unknown_operation' : this.misfits.get(d);
    if (misfit !== undefined) return deadLetterHeld(to, d, misfit);
    if (d.attempts >= d.terms.attemptsMax) return deadLetterHeld(to, d, 'died_with_program');
    const delayMs = envelope.dueAt === 0 ? 0 : Math.max(0, envelope.dueAt - earlier.wall());
    to.shared.expiries.add(d, d.terms.expiresInMs + delayMs);
    goesOn(to, d, delayMs);
  }

  /** Null for one that cannot be read: its row is left where it is, for people to look at. */
  private open({ seq, body }: Row): Envelope | null {
    try {
      return decodeMessage(body);
    } catch (error) {
      const { to, cell: { name } } = this;
      if (!this.early.has(seq)) this.leave(1);
      to.kernel.warn('a stored message cannot be read; it stays in the store', { name, seq, error });
      return null;
    }
  }

  /** @param met the message, when its key was sent again before its turn */
  private make(seq: number, envelope: Envelope, definition: RuntimeDefinition, met: Message | undefined): Message {
    const { earlier, to, cell } = this;
    const { key, digest, order, payload } = envelope;
    const op = opOf(definition, envelope.op);
    const terms = earlier.termsOf(definition, envelope.terms);
    const route = routeOf(to, op, cell, definition.behaviour, terms, null);
    let d = met;
    if (d === undefined) {
      const record = key === null ? null : new KeyRecord(to.keys, key, op, digest === null ? null : digestOf(digest));
      d = new Message(null, route, payload, record);
      this.claim(d, seq);
      d.rarely().stored = StoredMessage.recovered(earlier, cell.name, d, seq);
    } else {
      d.route = route;
      d.content = payload;
    }
    const rare = d.rarely();
    const stored = rare.stored as StoredMessage;
    rare.order = order;
    rare.sender = envelope.provenance.sender;
    rare.sentAt = envelope.provenance.sentAt;
    rare.headers = frozen(envelope.provenance.headers);
    if (envelope.coalesce !== null) this.waits(d, envelope.coalesce, seq);
    stored.provenance = envelope.provenance;
    if (envelope.before !== null) {
      stored.before = envelope.before;
      rare.past = { id: 0, ...envelope.before };
    }
    const known = earlier.attemptsOf(seq);
    if (known !== undefined) {
      d.attempts = known.attempts;
      rare.failures = known.failures;
      stored.hasAttempts();
    }
    stored.version = this.upcast(d, envelope.version);
    return d;
  }

  /** It waits under its key, unless it has begun in an earlier life, or another one has come since. */
  private waits(d: Message, key: string, seq: number): void {
    const { to, earlier, cell } = this;
    const rare = d.rarely();
    rare.slot ??= new Slot(d.op.name, key, false, null);
    const { name } = rare.slot;
    if (earlier.keys.coalescing.recall(cell.name, name) === seq && to.slots?.has(name) !== true
      && !earlier.begun(seq)) waits(to, d, rare.slot);
    else if (to.slots?.get(name) !== d) rare.slot.inMailbox.over = true;
  }

  /** What it was sent as becomes what its operation takes today; the version of what it is then. */
  private upcast(d: Message, version: number): number {
    if (d.op.run === null) return version;
    try {
      d.content = d.op.upcast(d.content, version);
      return d.op.version;
    } catch (error) {
      this.misfits.set(d, error);
      return version;
    }
  }
}

/** As they were sent. */
export function frozen(headers: Provenance['headers']): Provenance['headers'] {
  return headers === null ? null : Object.freeze(headers);
}

/** An operation of a stored message; one that nobody knows any more has nothing to run. */
export function opOf(definition: RuntimeDefinition, name: string): Op {
  return definition.castOp(name) ?? definition.callOp(name) ?? new Op(Kind.Cast, name, null, null, false);
}

/** Of the agent that owns the name now. */
export function definitionOf({ owner }: Cell): RuntimeDefinition | null {
  return owner === null ? null : deliverable((owner.behaviour as { definition?: unknown }).definition);
}

/** A definition whose processes take deliveries. */
export function deliverable(definition: unknown): RuntimeDefinition | null {
  return definition instanceof RuntimeDefinition && definition.deliverable ? definition : null;
}
