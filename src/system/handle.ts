import { OptionError } from '../base/index.js';
import { addressOf, AgentRefImpl, RuntimeDefinition } from '../behaviour/gen/index.js';
import type { Host } from '../behaviour/gen/index.js';
import { HandlePlaceImpl, ViaRefImpl } from '../behaviour/gen/request/index.js';
import type { Address } from '../process/record/index.js';
import { checkName, ViaAddress } from '../router/names/index.js';
import type { Via } from '../api/address.js';
import type { AnyDefinition, HasHandle } from '../api/protocol.js';
import type { RefTarget } from '../api/system.js';

/** What says itself by which name it is found, when it is given none. */
interface Named {
  readonly at?: string | Via | undefined;
}

/** What `system.ref` makes. */
export function handleOf(
  host: Host, what: HasHandle<unknown> | AnyDefinition, at: RefTarget | undefined,
): unknown {
  const { handleAt, at: own } = (what ?? {}) as Partial<HasHandle<unknown>> & Named;
  if (typeof handleAt === 'function') return handleAt.call(what, new HandlePlaceImpl(host, addressAt(host, at ?? own)));
  if (!(what instanceof RuntimeDefinition)) {
    throw new OptionError(
      'ref', what, 'a definition, a specification, or the class of a handle',
      'pass what defineAgent, child or dynamicSupervisor returned, or SupervisorRef',
    );
  }
  const addr = addressAt(host, at);
  return addr instanceof ViaAddress
    ? new ViaRefImpl(addr, what, host.kernel, null)
    : new AgentRefImpl(addr, what, host.kernel, null);
}

function addressAt(host: Host, at: RefTarget | undefined): Address {
  if (typeof at === 'object' && at !== null) return addressOf(host, at);
  const isPid = typeof at === 'string' && at.startsWith(host.kernel.prefix);
  return host.router.address(isPid ? at : checkName('ref', at));
}
