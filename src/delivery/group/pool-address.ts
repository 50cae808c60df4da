import type { Address, NameCell, Process } from '../../process/record/index.js';
import { Cell } from '../../router/names/index.js';
import { addressName } from '../../router/request/index.js';

/**
 * Where deliveries to a pool go: whichever worker is next, looked up at every attempt. What waits
 * there, and what was handled there, is kept with the pool's own address, so it outlives every
 * worker.
 */
export class PoolAddress implements NameCell {
  constructor(
    /** of the pool's supervisor */
    readonly home: Address,
    private readonly next: () => Process | null,
  ) {}

  get owner(): Process | null {
    return this.next();
  }

  get name(): string {
    return addressName(this.home);
  }

  /** Whether workers may come: to a name always, to a process while it lives. */
  get lasts(): boolean {
    return this.home instanceof Cell || this.home.owner !== null;
  }
}
