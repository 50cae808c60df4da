import { Ring } from '../../base/index.js';
import { State, type Delivered } from './delivered.js';

/** One order key: the message on its way, and those behind it. */
interface Row {
  head: Delivered;
  readonly rest: Ring<Delivered>;
}

/** Messages that wait behind another one with their order key: one of a key is on its way at a time (P24). */
export class Orders {
  /** made with the first order key: most destinations never see one */
  private rows: Map<string, Row> | null = null;

  /** Whether one of that key is on its way: then the message waits behind it; else it is the one on its way. */
  behind(message: Delivered, order: string): boolean {
    const rows = (this.rows ??= new Map<string, Row>());
    const row = rows.get(order);
    if (row === undefined) rows.set(order, { head: message, rest: new Ring() });
    else row.rest.push(message);
    return row !== undefined;
  }

  /** A message is over: the one whose turn it is now, or null when nobody's is. */
  next(message: Delivered, order: string): Delivered | null {
    const row = this.rows?.get(order);
    if (row === undefined || row.head !== message) return null;
    while (row.rest.size > 0) {
      row.head = row.rest.shift();
      if (row.head.state === State.Held) return row.head;
    }
    this.rows?.delete(order);
    return null;
  }
}
