import type { Address } from '../../../process/record/index.js';
import { addressName } from '../../../router/request/index.js';
import type { Host } from '../host.js';
import type { HandlePlace } from '../../../api/protocol.js';

/** Where a handle leads: a system, and an address in it. */
export class HandlePlaceImpl implements HandlePlace {
  constructor(
    readonly host: Host,
    readonly addr: Address,
  ) {}

  get title(): string {
    return addressName(this.addr);
  }
}
