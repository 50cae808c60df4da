import { activationsOf, messagesOf, subtreeOf } from '../activation/index.js';
import type { Host } from '../behaviour/gen/index.js';
import type { ActivateOptions, AddressRef } from '../api/activation/address.js';
import type { MessageAnswer, MessageOptions, MessageStream, MessageTarget, Tags } from '../api/activation/message.js';
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

  /**
   * Sends a message to an agent, by ref, address, registered name or tag, and answers what became of it, by
   * what happened to it: `delivered` with the reply once its handler has succeeded (stored: once that is
   * committed), `started` when it has started its agent and was begun, `enqueued`, or how it ended else. The
   * operation is `turn` unless another is named. With `enqueue` nobody is started and nothing waited for; with
   * `stream: true` the chunks of a generator handler are read as they come, the answer last.
   *
   * Errors: what `deliver` rejects with; an OptionError; `NOPROC` for a name that nobody has; `TAG_UNKNOWN`.
   *
   * @example
   * const Chat = defineAgent({
   *   init: () => ({ said: [] as string[] }),
   *   calls: { turn(self, text: string) { self.state.said.push(text); return self.state.said.length; } },
   * });
   * const ann = system.address(Chat, 'chats/ann');
   * (await system.message(ann, 'hello')).kind; // => 'started'
   * const answer = await system.message(ann, 'again');
   * answer.kind === 'delivered' && answer.reply; // => 2
   * (await system.message(ann, 'later', { enqueue: true })).kind; // => 'enqueued'
   * @since 0.2.0
   */
  message<R = unknown, C = unknown>(
    target: MessageTarget, payload: unknown, options: MessageOptions & { readonly stream: true },
  ): MessageStream<R, C>;
  message<R = unknown>(
    target: MessageTarget, payload?: unknown, options?: MessageOptions & { readonly stream?: false },
  ): Promise<MessageAnswer<R>>;
  message(
    target: MessageTarget, payload?: unknown, options: MessageOptions & { readonly stream?: boolean } = {},
  ): unknown {
    const messages = messagesOf(this.#host);
    const streams = typeof options === 'object' && (options as typeof options | null)?.stream === true;
    return streams ? messages.stream(target, payload, options) : messages.message(target, payload, options);
  }

  /**
   * Stable names of agents that may change, or are not there yet. With a store they are kept in it.
   *
   * @example
   * const Desk = defineAgent({ calls: { turn: (self, text: string) => text.toUpperCase() } });
   * await system.tags.group(['support', 'billing'], Desk, 'desks/front');
   * (await system.message({ tag: 'support' }, 'help')).kind; // => 'started'
   * (await system.tags.resolve('billing')).state; // => 'bound'
   * @since 0.2.0
   */
  get tags(): Tags {
    return messagesOf(this.#host).tags;
  }
}
