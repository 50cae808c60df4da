import { parseOptions, Ring, weightOf, z } from '../../base/index.js';
import { printable } from '../../base/text/index.js';
import type { Terms } from '../../behaviour/gen/outward/index.js';
import type { DeliveryOutcome, RecentQuery, SettledDelivery } from '../../api/delivery.js';
import { Settled } from './outcome.js';

/** Records that may be kept of deliveries that are over. */
export const RECENT_MAX = 100_000;
/**
 * What the reasons and keys of all records may weigh together, and one reason: a larger one is kept
 * as its text.
 */
const BYTES_MAX = 16 * 1024 * 1024;
const REASON_BYTES_MAX = 64 * 1024;

const COUNT_RULE = 'a whole number of records from 1';
const schema = z.strictObject({
  to: z.string({ error: 'a text' }).optional(),
  kind: z.enum(
    [
      'handled', 'refused', 'rejected', 'dropped', 'superseded', 'expired', 'dead-lettered',
      'cancelled', 'unknown',
    ],
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
  /** what each of them weighs, in the same order */
  private readonly weights = new Ring<number>();
  private bytes = 0;
  constructor(private readonly capacity: number) {}

  /** A delivery is over, so many ms after it was accepted. */
  add({ outcome, terms, title, op, key }: Concluded, ms: number): void {
    if (outcome === null || terms.guarantee === 'at-most-once') return;
    let { reason } = outcome;
    let bytes = weightOf(reason, REASON_BYTES_MAX);
    if (bytes === Infinity) {
      reason = printable(reason);
      bytes = weightOf(reason, Infinity);
    }
    bytes += weightOf(key, Infinity);
    this.ring.push(new Settled(title, op.name, terms.guarantee, key ?? undefined, { ...outcome, reason }, ms));
    this.weights.push(bytes);
    this.bytes += bytes;
    while (this.ring.size > this.capacity || this.bytes > BYTES_MAX) {
      this.ring.shift();
      this.bytes -= this.weights.shift();
    }
  }

  /** Newest first. */
  list({ to, kind, limit = RECENT_MAX }: RecentQuery): SettledDelivery[] {
    const found: SettledDelivery[] = [];
    for (let i = this.ring.size - 1; i >= 0 && found.length < limit; i--) {
      const record = this.ring.at(i);
      if ((to === undefined || record.to === to)
        && (kind === undefined || record.kind === kind)) found.push(record);
    }
    return found;
  }
}

export function checkRecent(where: string, query: RecentQuery): void {
  parseOptions(where, schema, query);
}
