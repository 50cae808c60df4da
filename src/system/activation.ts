import { activationsOf, subtreeOf } from '../activation/index.js';
import type { Host } from '../behaviour/gen/index.js';
import type { ActivateOptions, AddressRef } from '../api/activation/address.js';
import type { Subtree } from '../api/activation/subtree.js';
import type { AnyDefinition } from '../api/protocol.js';
import { SystemBus } from './bus.js';

/** The verbs of a system for agents that are started because a message came for them. */
export class SystemActivation extends SystemBus {
  readonly #host: Host;

  /** @internal */
  constructor(host: Host) {
    super(host);
    this.#host = host;
  }

  /**
   * Says how agents of a definition live under addresses: what they are started with, when they are
   * passivated. Once for each definition and system, before its first address is used; a definition
   * whose first address is used without it has the defaults. A durable definition is registered in
   * each life of the program, so that its addresses can be woken.
   *
   * Errors: OptionError; `ALREADY_ACTIVATED` for a definition that has been registered or used,
   * `NOT_ACTIVATABLE` for what is no agent.
   *
   * @example
   * const Clerk = defineAgent({
   *   init: (desk: string, since: number) => ({ desk, since }),
   *   calls: { desk: (self) => self.state.desk },
   * });
   * system.activate(Clerk, { init: (address) => [address.leaf, 2026], idleMs: 60_000 });
   * await system.address(Clerk, 'office/desk-7').call('desk'); // => 'desk-7'
   * @since 0.2.0
   */
  activate<D extends AnyDefinition>(definition: D, options: ActivateOptions<D> = {}): void {
    activationsOf(this.#host).activate(definition, options);
  }

  /**
   * The ref of an address: segments joined by `/`. The agent is started by the first send to it, once,
   * however many send at the same time; what they send waits in order. Where it lives already, a send
   * costs what one by name costs. Making a ref starts nothing. `addressPath` makes a segment of any text.
   *
   * Errors: an OptionError `BAD_ADDRESS` for what is no address, `ADDRESS_TAKEN` for one of another
   * definition. A start that fails: calls and puts reject with `ACTIVATION_FAILED`, or with the reason of
   * the process that has ended; casts are dead letters; deliveries wait for the next try.
   *
   * @example
   * const Counter = defineAgent({
   *   init: () => ({ n: 0 }),
   *   calls: { value: (self) => self.state.n },
   *   casts: { add(self, by: number) { self.state.n += by; } },
   * });
   * const ann = system.address(Counter, 'team/research/ann');
   * ann.pid; // => undefined
   * ann.cast('add', 2);
   * await ann.call('value'); // => 2
   * ann.address; // => 'team/research/ann'
   * @since 0.2.0
   */
  address<D extends AnyDefinition>(definition: D, address: string): AddressRef<D> {
    return activationsOf(this.#host).address(null, definition, address);
  }

  /**
   * The addresses below a prefix, the prefix itself included; all for none. Listed, sent to, waited for,
   * stopped and woken together. O(agents that live under addresses).
   *
   * Errors: an OptionError `BAD_ADDRESS`.
   *
   * @example
   * const Clerk = defineAgent({ init: () => ({ n: 0 }), casts: { add(self, by: number) { self.state.n += by; } } });
   * for (const name of ['ann', 'bob']) system.address(Clerk, `team/${name}`).cast('add', 1);
   * const team = system.addresses('team');
   * team.cast('add', 2); // => 2
   * await team.whenIdle();
   * (await team.list()).map(({ address }) => address); // => ['team/ann', 'team/bob']
   * await team.stop(); // => 2
   * @since 0.2.0
   */
  addresses(prefix: string = ''): Subtree {
    return subtreeOf(this.#host, prefix);
  }
}
