import type {
  DeliverOptions, DeliveryStats, Receipt, RecentQuery, SettledDelivery,
} from '../../../api/delivery.js';
import type { Op } from '../../../mailbox/message/index.js';
import type { Address, Process } from '../../../process/record/index.js';
import type { RuntimeDefinition } from '../runtime.js';

/** Where a delivery goes: what a ref knows of it. */
interface To {
  readonly addr: Address;
  readonly definition: RuntimeDefinition;
}

/** Port: guaranteed delivery, which a layer above fills. */
export interface Deliveries {
  /** throws what the sender got wrong, and what refuses it; resolves once it is accepted */
  deliver(
    to: To, op: Op, payload: unknown, sender: Process | null, options: DeliverOptions | undefined,
  ): Promise<Receipt>;
  /** a call with a guarantee */
  call(to: To, op: Op, payload: unknown, caller: Process | null, options: object): Promise<unknown>;
  /** throws for options that such a send would be refused for */
  checkOptions(verb: 'call' | 'deliver', to: To, options: object): void;
  /** of one destination, or of the system */
  stats(addr: Address | null): DeliveryStats;
  /** the latest that are over, newest first */
  listRecent(query: RecentQuery): SettledDelivery[];
}
