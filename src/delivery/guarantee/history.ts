import { parseOptions, Ring, z } from '../../base/index.js';
import type { DeliveryOutcome, RecentQuery, SettledDelivery } from '../../api/delivery.js';
import type { Terms } from '../../behaviour/index.js';
import { Settled } from './outcome.js';

/** Records that may be kept of deliveries that are over. */
export const RECENT_MAX = 100_000;

const COUNT_RULE = 'a whole number of records from 1';
const schema = z.strictObject({
  to: z.string({ error: 'a text' }).optional(),
  kind: z.enum(
    ['handled', 'refused', 'rejected', 'dropped', 'superseded', 'expired', 'dead-lettered', 'cancelled', 'unknown'],
    { error: 'an outcome, such as handled, refused, expired or dead-lettered' },
  ).optional(),
  limit: z.number({ error: COUNT_RULE }).int({ error: COUNT_RULE }).min(1, { error: COUNT_RULE }).optional(),
}, { error: 'a query: an object, {} for all' });

interface Concluded {
  readonly outcome: DeliveryOutcome | null;
  readonly terms: Terms;
  readonly title: string;
  readonly op: { readonly name: string };
  readonly key: string | null;
}

/** The latest deliveries that are over, of a system. At-most-once leaves nothing here. */
export class Recent {
  private readonly ring = new Ring<SettledDelivery>();
  constructor(private readonly capacity: number) {}

  /** A delivery is over, so many ms after it was accepted. */
  add({ outcome, terms, title, op, key }: Concluded, ms: number): void {
    if (outcome === null || terms.guarantee === 'at-most-once') return;
    this.ring.push(new Settled(title, op.name, terms.guarantee, key ?? undefined, outcome, ms));
    if (this.ring.size > this.capacity) this.ring.shift();
  }

  /** Newest first. */
  list({ to, kind, limit = RECENT_MAX }: RecentQuery): SettledDelivery[] {
    const found: SettledDelivery[] = [];
    for (let i = this.ring.size - 1; i >= 0 && found.length < limit; i--) {
      const record = this.ring.at(i);
      if ((to === undefined || record.to === to) && (kind === undefined || record.kind === kind)) found.push(record);
    }
    return found;
  }
}

export function checkRecent(where: string, query: RecentQuery): void {
  parseOptions(where, schema, query);
}
