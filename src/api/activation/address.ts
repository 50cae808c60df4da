import type { Backoff } from '../../base/index.js';
import type { AgentRef } from '../agent.js';
import type { MailboxOptions } from '../mailbox.js';
import type { AnyDefinition, InitArgs, StateIn } from '../protocol.js';
import type { Shutdown } from '../supervisor.js';

/* Agents that are started because a message came for their address, and that end when nobody needs them. */

/** An address and its parts, as a factory of init arguments gets it. */
export interface AddressParts {
  /** the whole of it, as it was written: `team/research/ann` */
  readonly path: string;
  /** its segments as texts, the escapes undone */
  readonly segments: readonly string[];
  /** the last of them, as a text */
  readonly leaf: string;
  /** the address above it; undefined at the top */
  readonly parent: string | undefined;
}

/** How agents of one definition live under addresses. */
export interface ActivateOptions<D extends AnyDefinition = AnyDefinition> {
  /**
   * makes the init arguments of an address, at once or later; what it throws fails the start. Left
   * out, an init with one parameter gets the address as a text
   */
  readonly init?: ((address: AddressParts) => InitArgs<D> | PromiseLike<InitArgs<D>>) | undefined;
  /**
   * ms without a message after which an agent is passivated, at most a quarter of it later; default
   * never. An agent that is not durable loses its state
   */
  readonly idleMs?: number | undefined;
  /**
   * agents of this definition that live at once, from 1; default no limit. Above it the least
   * recently used idle ones are passivated; those that work are left, and above the limit until
   * they rest
   */
  readonly residentsMax?: number | undefined;
  /**
   * starts that fail while deliveries wait for an address, until these become dead letters; from 1,
   * default 5
   */
  readonly activationsMax?: number | undefined;
  /**
   * waits between starts of one address, from the second failure in a row on; default
   * `{ baseMs: 100, factor: 2, maxMs: 30_000, jitter: 0.5 }`
   */
  readonly backoff?: Backoff | undefined;
  /** of each agent, also for what waits while it starts; default `{ capacity: 10_000 }` */
  readonly mailbox?: MailboxOptions | undefined;
  /** ms that a start may take, default 30,000; then it has failed with `timeout` */
  readonly startMs?: number | 'infinity' | undefined;
  /** how each agent is ended with the system, default 5,000 ms */
  readonly shutdown?: Shutdown | undefined;
  /**
   * called with the state of an agent that is about to be passivated, to save it elsewhere; the
   * agent is alive meanwhile, and stays when a message comes. What it throws keeps the agent
   */
  readonly passivate?: ((state: StateIn<D>, address: AddressParts) => unknown) | undefined;
  /** wakes every durable address with messages of an earlier life when it is registered, default false */
  readonly wakeAtStart?: boolean | undefined;
}

/**
 * A ref of an address: whoever sends to it starts the agent when nobody lives there, once, however
 * many send at the same time; what they send waits in order.
 */
export interface AddressRef<D extends AnyDefinition = AnyDefinition> extends AgentRef<D> {
  readonly address: string;
}
