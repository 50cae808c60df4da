/* What an agent is defined by: the callbacks of `defineAgent`. */

import type { ExitReason } from '../base/index.js';
import type { DeliveryDefaults } from './delivery.js';
import type { StateOf } from './protocol.js';
import type { AgentStatus, InitSelf, Operations, Self } from './agent.js';

/** The callbacks of an agent, as `defineAgent` takes them. */
export interface AgentSpec<A extends unknown[], R, C, K, PC, PK> {
  /** shown in trees, reports and errors; default `agent` */
  readonly name?: string;
  /** exit signals become Exit messages, and `terminate` also runs at a supervisor's shutdown */
  readonly trapExit?: boolean;
  /**
   * an Undeliverable arrives in `info` for each message that it sends and that does not arrive:
   * default false
   */
  readonly undeliverable?: boolean;
  /**
   * makes the state; sync or async; its arguments are given to `child` or `start`. `this` is the
   * agent, without state
   */
  readonly init?: (this: InitSelf, ...args: A) => R;
  /** requests: what a handler returns is the reply; an `async *` handler is a stream */
  readonly calls?: Operations<C, StateOf<R>, PC>;
  readonly casts?: Operations<K, StateOf<R>, PK>;
  /** everything else: Down, Exit, Timeout, timers, plain sends */
  readonly info?: (self: Self<StateOf<R>>, message: unknown) => unknown;
  /** what `self.continue(what)` asked for, before any queued message */
  readonly continue?: (self: Self<StateOf<R>>, what: unknown) => unknown;
  /** runs while the agent is still alive and named: on a crash, a stop, and, when trapping, at shutdown */
  readonly terminate?: (self: Self<StateOf<R>>, reason: ExitReason) => unknown;
  /**
   * converts the state for new code, asked by `sys.codeChange` while suspended: returns the new
   * state, a throw leaves the old one
   */
  readonly codeChange?: (self: Self<StateOf<R>>, from: unknown, extra: unknown) => StateOf<R>;
  /**
   * what `getStatus` and reports may show of the state, the message, the reason and the log; return
   * the same keys
   */
  readonly formatStatus?: (status: AgentStatus<StateOf<R>>) => AgentStatus;
  /** defaults of deliveries to its agents */
  readonly delivery?: DeliveryDefaults;
}
