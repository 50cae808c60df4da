import type { Kernel } from '../../process/record/index.js';
import type { TurnClock } from './clock.js';
import type { Item } from './item.js';
import type { WorkQueue } from './work-queue.js';

/** What a queue asks of the table that it is in. */
export interface QueuePorts {
  readonly kernel: Kernel;
  readonly clock: TurnClock;
  /** nobody takes that item */
  bury(queue: WorkQueue, item: Item, reason: unknown): void;
  /** it is closed, and there is nothing in it */
  forget(queue: WorkQueue): void;
}

/** What the items of a queue tell it. */
export interface ItemPorts {
  readonly kernel: Kernel;
  readonly clock: TurnClock;
  /** an item is ready, or there is room for one more */
  readonly changed: () => void;
  /** a dead letter */
  readonly bury: (item: Item, reason: unknown) => void;
}
