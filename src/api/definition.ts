/* What an agent is defined by: the callbacks of `defineAgent`. */

import type { ExitReason } from '../base/index.js';
import type { DeliveryDefaults } from './delivery.js';
import type { DurableOptions } from './durable/agent.js';
import type { AnyDefinition, StateOf } from './protocol.js';
import type { InitSelf, Operations, Self } from './agent.js';

/** A process that sends, as `allow` is told of it. */
export interface MessageSender {
  readonly pid: string;
  /** its registered name, if it has one */
  readonly name: string | undefined;
  /** what it was started from; undefined for a plain process or a task */
  readonly definition: AnyDefinition | undefined;
}

/** See `allow` of an agent. */
export type Allow = (from: MessageSender | undefined, op: string) => boolean | string;

/** What `formatStatus` gets of an agent, and returns as it may be shown; what is not asked for is absent. */
export interface AgentStatus<S = unknown> {
  readonly state?: S;
  /** the message that was being handled: its operation and payload */
  readonly message?: { readonly op: string; readonly payload: unknown } | unknown;
  readonly reason?: ExitReason;
  /** the events of `sys.log` */
  readonly log?: readonly unknown[];
}

/** The callbacks of an agent, as `defineAgent` takes them. */
export interface AgentSpec<A extends unknown[], R, C, K, PC, PK, T = unknown> {
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
  /**
   * Who may send what: asked once for each message with an operation, where it is sent, before its
   * schema; `from` is undefined for the outside. Only `true` lets it pass; a text is the reason that the
   * sender reads. Refused, it never reaches the agent: call, stream, put, deliver and tryCast fail with
   * `FORBIDDEN`, a cast counts as rejected. What it throws is logged, and refuses. Synchronous.
   */
  readonly allow?: Allow;
  /** defaults of deliveries to its agents */
  readonly delivery?: DeliveryDefaults;
  /**
   * its agents outlive the program: each handler that succeeds is one transaction, of its state,
   * what it was sent and what it sends. Needs a system with a store, and a registered name for each
   * agent. Casts, plain messages, deliveries and replies leave with the commit; calls, puts and
   * streams at once. Default false
   */
  readonly durable?: T;
  /**
   * of a durable agent, in place of init, for each incarnation but the first: `self.state` is what
   * was stored
   */
  readonly restored?: (self: Self<StateOf<R>>) => unknown;
}

/** Whether agents are stored, and how. */
export type Durable = boolean | DurableOptions;
/** The start of a durable agent waits for its store. */
export type MadeDurably<R, T> = T extends true | object ? Promise<Awaited<R>> : R;
