import type { AnyDefinition } from '../../api/protocol.js';
import type { AgentRef, Sends } from '../../api/agent.js';
import type { ScopeRef } from '../../behaviour/names/index.js';
import type { BalanceStrategy } from './strategy.js';

/** Options of `system.balance`. */
export interface BalanceOptions<D extends AnyDefinition, G = string> {
  /** default `round-robin` */
  readonly strategy?: BalanceStrategy | undefined;
  /** who is in it from the start; others `join`. A ref by name stays a member while nobody has the name */
  readonly members?: readonly (AgentRef<D> | WeightedMember<D>)[] | undefined;
  /**
   * in place of members: those of a process group, as they are at each message. One that has joined
   * it n times has weight n
   */
  readonly group?: { readonly scope: ScopeRef<G>; readonly name: G } | undefined;
  /** of `consistent-hash`, and needed there: what a message belongs to. Equal keys go to the same member */
  readonly key?: ((op: string, payload: never) => string | number | bigint) | undefined;
  /** how errors and dead letters call it; default the name of the definition */
  readonly name?: string | undefined;
}

/** A member with its share under `weighted`. */
export interface WeightedMember<D extends AnyDefinition> {
  readonly ref: AgentRef<D>;
  /** a whole number from 1 */
  readonly weight: number;
}

/**
 * Agents of one definition behind one ref, made by `system.balance`. Every send goes to one member
 * that lives; without any a cast is a dead letter, `tryCast` says `dead`, everything else rejects
 * with NOPROC.
 */
export interface Balancer<D extends AnyDefinition> extends Sends<D> {
  readonly strategy: BalanceStrategy;
  /**
   * Adds a member, or gives one that is there another weight (from 1, only under `weighted`); false
   * when it was there, or is a process that has ended. Errors: an OptionError for what is no ref of
   * that definition, and when members come from a group
   */
  join(ref: AgentRef<D>, options?: { readonly weight?: number | undefined }): boolean;
  /**
   * takes a member out: no message goes to it afterwards, what it has queued it handles; false when
   * it was none
   */
  leave(ref: AgentRef<D>): boolean;
  /** the members that live now: refs by pid or by name as they joined, in the order in which they did */
  members(): AgentRef<D>[];
  stats(): BalanceStats;
}

/** What `balancer.stats()` tells. */
export interface BalanceStats {
  readonly strategy: BalanceStrategy;
  /** messages that a member was chosen for, also members that have left */
  readonly picks: number;
  /** messages that found no member */
  readonly nobody: number;
  readonly members: readonly BalanceMemberStats[];
}

/** What `balancer.stats()` tells of one member. */
export interface BalanceMemberStats {
  /** name, else pid */
  readonly target: string;
  readonly alive: boolean;
  readonly weight: number;
  readonly picks: number;
  /** queued, being handled, and to be replied to later; 0 while it does not live */
  readonly load: number;
  /**
   * of `fastest`: the moving average of its reply times, which halves every 10 s without a new one;
   * undefined when nothing is known
   */
  readonly averageMs: number | undefined;
}
