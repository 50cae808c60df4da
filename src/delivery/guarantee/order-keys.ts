import { Ring } from '../../base/index.js';
import { State } from './states.js';

interface Ordered {
  readonly state: State;
}

/** One order key: the message on its way, and those behind it. */
interface Row<M> {
  head: M;
  readonly rest: Ring<M>;
}

/** Messages that wait behind another one with their order key: one of a key is on its way at a time (P24). */
export class Orders<M extends Ordered> {
  /** made with the first order key: most destinations never see one */
  private rows: Map<string, Row<M>> | null = null;

  /** Whether one of that key is on its way: then the message waits behind it; else it is the one on its way. */
  behind(message: M, order: string): boolean {
    const rows = (this.rows ??= new Map<string, Row<M>>());
    const row = rows.get(order);
    if (row === undefined) rows.set(order, { head: message, rest: new Ring() });
    else row.rest.push(message);
    return row !== undefined;
  }

  /** A message is over: the one whose turn it is now, or null when nobody's is. */
  next(message: M, order: string): M | null {
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
