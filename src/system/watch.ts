import { OptionError } from '../base/index.js';
import { DeadAddress } from '../process/record/index.js';
import type { Address, Process, Scheduler } from '../process/record/index.js';
import { demonitor, monitor, monitorGone } from '../process/signal/index.js';
import { addressName } from '../router/request/index.js';
import type { Target } from '../api/address.js';
import type { Down } from '../api/messages.js';
import type { Watch } from '../api/system.js';

export function watchFrom(addr: Address, scheduler: Scheduler): Watch {
  let cancel = (): void => undefined;
  const down = new Promise<Down>((resolve) => {
    const ref = addr instanceof DeadAddress
      ? monitorGone(null, addr, resolve, null)
      : monitor(null, addr.owner, 'mailbox' in addr ? undefined : addressName(addr), resolve);
    cancel = () => void demonitor(ref, true);
  });
  return { down: addr.owner === null ? scheduler.paced(down) : down, cancel };
}

/** The process at an address, which must live. */
export function living(verb: string, to: Target, address: Address): Process {
  if (address.owner === null) throw new OptionError(verb, to, 'a living process', 'it has ended', 'NOPROC');
  return address.owner;
}
