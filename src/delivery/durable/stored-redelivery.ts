import { callError } from '../../base/index.js';
import type { RuntimeDefinition } from '../../behaviour/gen/index.js';
import { Op, Kind } from '../../mailbox/message/index.js';
import type { Redelivery } from '../../router/dead-letter/index.js';
import type { Cell } from '../../router/names/index.js';
import type { DeadLetter, RetryRefusal } from '../../api/letters.js';
import { Destination, KeyRecord, Message, routeOf } from '../guarantee/index.js';
import type { Shared } from '../guarantee/index.js';
import { deliverable, frozen, opOf, type Earlier } from './backlog.js';
import { type DeadLetterRow, encodeDeadLetter } from './dead-row.js';
import { ItemLetter } from './dead-rows.js';
import { digestOf } from './key-rows.js';
import { StoredMessage } from './stored-message.js';

/** What all dead letters of earlier lives share. */
export interface Redeliverers extends Pick<Earlier, 'termsOf' | 'dead' | 'journal' | 'keys' | 'waits' | 'wall'> {
  readonly delivery: Shared;
  /** null before there is a queue */
  readonly queues: Requeue | null;
}

/** Port of the queues: an item that died is pushed again, and the row of its letter goes with that. */
export interface Requeue {
  again(queue: string, payload: unknown, row: DeadLetterRow, letter: DeadLetter, of: ItemLetter): RetryRefusal | null;
}

/**
 * A dead letter of an earlier life: its row is all that is known of it. It goes out again as the
 * message that it was, once somebody owns its name, or would be started for it: that says what its operation is today.
 */
export class StoredRedelivery implements Redelivery {
  readonly sender = null;
  readonly past = null;
  private readonly unknown: Op;
  constructor(
    private readonly shared: Redeliverers,
    private readonly cell: Cell,
    private seq: number,
    private row: DeadLetterRow,
  ) {
    this.unknown = new Op(Kind.Cast, row.op, null, null, false);
  }

  get op(): Op {
    const definition = takerOf(this.cell);
    return definition === null ? this.unknown : opOf(definition, this.row.op);
  }

  get facts(): Redelivery['facts'] {
    const { cell, seq, row: { attempts, failures, guarantee, key, provenance: { sender, named, headers } } } = this;
    return {
      verb: 'deliver',
      to: cell.name,
      from: undefined,
      fromName: named && sender !== null ? sender : undefined,
      attempts, failures, guarantee, key: key ?? undefined, headers: headers ?? undefined, seq,
    };
  }

  /** Errors: `NOPROC` while nobody owns the name, because nobody can check it. */
  edit(payload: unknown): number {
    const { cell, row, seq, shared: { dead } } = this;
    const definition = takerOf(cell);
    if (definition === null) {
      throw callError('NOPROC', { target: cell.name, op: row.op, verb: 'deliver', reason: 'noproc' });
    }
    const edited = { ...row, payload, version: opOf(definition, row.op).version, digest: null };
    const steps = row.steps ? row.origin : 0;
    this.seq = dead.replace(seq, cell.name, encodeDeadLetter(edited), row.at, steps);
    this.row = edited;
    return this.seq;
  }

  discard(): void {
    this.shared.dead.remove(this.seq);
  }

  resend(payload: unknown, letter: DeadLetter): RetryRefusal | null {
    const { cell, row, shared: { delivery } } = this;
    const definition = takerOf(cell);
    if (definition === null) return cell.owner === null ? 'NOPROC' : 'PROTOCOL_MISMATCH';
    const op = opOf(definition, row.op);
    const to = (cell.mail ??= new Destination(delivery)) as Destination;
    const terms = this.shared.termsOf(definition, row.terms);
    const route = routeOf(to, op, cell, definition.behaviour, terms, null);
    return delivery.resend(this.message(to, route), payload, payload !== row.payload, letter);
  }

  /** As it died. */
  private message(to: Destination, route: ReturnType<typeof routeOf>): Message {
    const { cell, shared, seq, row } = this;
    const { key, digest, order, attempts, failures } = row;
    const words = digest === null ? null : digestOf(digest);
    const record = key === null ? null : new KeyRecord(to.keys, key, route.op, words);
    const d = new Message(null, route, row.payload, record);
    const rare = d.rarely();
    d.attempts = attempts;
    rare.failures = failures;
    rare.order = order;
    rare.headers = frozen(row.provenance.headers);
    rare.stored = StoredMessage.buried(shared, cell.name, d, seq, row);
    return d;
  }
}

/** Of who owns the name, or is started when something waits for it. */
function takerOf({ owner, activator }: Cell): RuntimeDefinition | null {
  if (owner === null) return activator === null ? null : deliverable(activator.definition);
  return deliverable((owner.behaviour as { definition?: unknown }).definition);
}

/** The same of an item of a durable queue, once there is a queue of that name. */
export class ItemRedelivery implements Redelivery {
  readonly sender = null;
  readonly past = null;
  readonly op: Op;
  private readonly kept: ItemLetter;
  constructor(
    private readonly shared: Redeliverers,
    private readonly queue: string,
    seq: number,
    private readonly row: DeadLetterRow,
  ) {
    this.op = new Op(Kind.Cast, row.op, null, null, false);
    this.kept = new ItemLetter(shared.dead, queue, row, seq);
  }

  get facts(): Redelivery['facts'] {
    const { queue, kept: { seq }, row: { attempts, failures, key } } = this;
    return {
      verb: 'push', to: queue, from: undefined, fromName: undefined, attempts, failures, guarantee: undefined,
      key: key ?? undefined, seq,
    };
  }

  edit(payload: unknown): number {
    return this.kept.edit(payload);
  }

  discard(): void {
    this.kept.discard();
  }

  resend(payload: unknown, letter: DeadLetter): RetryRefusal | null {
    const { shared: { queues }, queue, row, kept } = this;
    return queues === null ? 'QUEUE_CLOSED' : queues.again(queue, payload, row, letter, kept);
  }
}
