import { callError, looksLikePid, OptionError, parseOptions, z } from '../../base/index.js';
import { isA } from '../../base/text/index.js';
import { INFO } from '../../mailbox/message/index.js';
import type { Op } from '../../mailbox/message/index.js';
import { fenced, Phase } from '../../process/record/index.js';
import type { Address, Process } from '../../process/record/index.js';
import { broadcast, GroupMonitor, GroupTable } from '../../router/names/index.js';
import type { Candidate, GroupMonitorRef } from '../../router/names/index.js';
import { addressName } from '../../router/request/index.js';
import { needed, PayloadError, processOf, runtimeOf } from '../gen/index.js';
import type { Host } from '../gen/index.js';
import type { HandlePlaceImpl } from '../gen/request/index.js';
import { ServerDefinition } from '../gen/server/index.js';
import type { AgentSelf } from '../gen/server/index.js';
import type {
  AnyDefinition, CastEntryOf, CastName, Definition, HasHandle, VerbArgs,
} from '../../api/protocol.js';
import type { Pid } from '../../api/address.js';
import type { ProcessVerbs } from '../../api/agent.js';
import type { Member } from '../../api/names.js';

/** What `defineScope` returns: start it like any agent, use it through `system.ref`. */
export interface ScopeDefinition<G>
  extends Definition<[], object, Record<never, never>, Record<never, never>>, HasHandle<ScopeRef<G>> {
  /** carries the type of group names; there is nothing at run time */
  readonly group?: G;
}

/** What `monitor` of a scope returns. */
export interface GroupWatch {
  readonly ref: GroupMonitorRef;
  /** the members as of now; what changes afterwards comes as a GroupChange */
  readonly members: Pid[];
}

/** What `monitorScope` returns. */
export interface ScopeWatch<G> {
  readonly ref: GroupMonitorRef;
  /** all groups and their members as of now */
  readonly groups: Map<G, Pid[]>;
}

const schema = z.strictObject({ name: z.string({ error: 'a text' }).optional() }, { error: 'an object' });
const NO_MEMBERS: readonly Process[] = [];

/**
 * Defines a scope of process groups (OTP's pg): a process that keeps named groups of processes. It
 * is started like an agent, under a supervisor or alone, and used through
 * `system.ref(definition, name)`. Scopes know nothing of each other. Names of groups are compared
 * as a Map compares keys.
 *
 * @example
 * const Groups = defineScope({ name: 'groups' });
 * await system.supervise({ children: [child('groups', Groups)] });
 * const Worker = defineAgent({ casts: { wake: () => undefined } });
 * const groups = system.ref(Groups);
 * groups.join('workers', [system.start(Worker), system.start(Worker)]);
 * groups.cast('workers', Worker, 'wake') // => 2
 * @since 0.2.0
 */
export function defineScope<G = string>(spec: { readonly name?: string } = {}): ScopeDefinition<G> {
  const read = parseOptions('defineScope', schema, spec);
  const definition = new ServerDefinition({
    name: read.name ?? 'scope',
    init(this: AgentSelf): object { return new GroupTable(this.p); },
    info: () => undefined,
  });
  return Object.assign(definition, {
    handleAt: ({ host, addr }: HandlePlaceImpl): ScopeRef<G> => new ScopeRef<G>(host, definition, addr, null),
    at: definition.name,
  });
}

/**
 * A scope by name or pid; made by `system.ref`. Every use looks it up and acts at once, without a
 * message. Where no such scope runs, reads find nothing and a broadcast reaches nobody, everything
 * else throws a CallError NOPROC .
 *
 * @example
 * const Groups = defineScope();
 * system.start(Groups, { name: 'groups' });
 * const groups = system.ref(Groups, 'groups');
 * const p = system.spawn((self) => self.receive());
 * groups.join('blue', [p, p]);
 * groups.leave('blue', p); // => true
 * groups.members('blue') // => [p.pid]
 * @since 0.2.0
 */
export class ScopeRef<G> {
  readonly #host: Host;
  readonly #definition: AnyDefinition;
  readonly #addr: Address;
  readonly #sender: Process | null;

  /** @internal Use `system.ref`. */
  constructor(host: Host, definition: AnyDefinition, addr: Address, sender: Process | null) {
    this.#host = host;
    this.#definition = definition;
    this.#addr = addr;
    this.#sender = sender;
  }

  /** Of the scope's process; undefined while none runs. */
  get pid(): Pid | undefined {
    return this.#addr.owner?.pid;
  }

  /**
   * Adds processes to a group; each time once more. A process that has ended joins and leaves at once.
   * Errors: an OptionError for what is no process of this system, such as a name, or a pid of an
   * earlier run; it says which.
   */
  join(group: G, members: Member | readonly Member[]): void {
    if (!fenced(this.#from())) this.#needed('join').join(group, this.#candidates('join', members));
  }

  /** Removes each given process once; false when none of them was a member. */
  leave(group: G, members: Member | readonly Member[]): boolean {
    return !fenced(this.#from()) && this.#needed('leave').leave(group, this.#candidates('leave', members));
  }

  /** A member that joined several times is there as often; no order is promised. */
  members(group: G): Pid[] {
    return (this.#find()?.members(group) ?? []).map((p) => p.pid);
  }

  /** @internal The members themselves, in a list that is another one after each change. */
  processes(group: G): readonly Process[] {
    return this.#find()?.members(group) ?? NO_MEMBERS;
  }

  /** The same as `members`: other machines come with the cluster. */
  localMembers(group: G): Pid[] {
    return this.members(group);
  }

  /** The groups that have members. */
  whichGroups(): G[] {
    return (this.#find()?.names() ?? []) as G[];
  }

  /**
   * From now on the calling process gets a GroupChange for each change of the group: none is
   * missed, none is told twice.
   */
  monitor(self: ProcessVerbs, group: G): GroupWatch {
    const p = needed(self, 'monitor');
    return { ref: this.#needed('monitor').watch(p, group, false), members: this.members(group) };
  }

  /** The same for all groups of the scope. */
  monitorScope(self: ProcessVerbs): ScopeWatch<G> {
    const p = needed(self, 'monitorScope');
    const ref = this.#needed('monitorScope').watch(p, undefined, true);
    return { ref, groups: new Map(this.whichGroups().map((group) => [group, this.members(group)])) };
  }

  /**
   * No GroupChange of it arrives afterwards, also none that is queued; false when it watches nothing any more.
   */
  demonitor(ref: GroupMonitorRef): boolean {
    if (!(ref instanceof GroupMonitor)) throw new OptionError(
      'demonitor', ref, 'the ref of monitor or monitorScope',
    );
    return !fenced(this.#from()) && this.#needed('demonitor').unwatch(ref);
  }

  /** A plain message to every member, as often as it has joined; returns to how many it was sent. */
  send(group: G, message: unknown): number {
    const sender = this.#from();
    if (fenced(sender)) return 0;
    const table = this.#find();
    return table === null ? 0 : broadcast(table.members(group), null, INFO, message, sender);
  }

  /**
   * A cast to every member that is an agent of that definition, as often as it has joined; others
   * are passed over. Returns to how many it was sent; one whose mailbox is full counts it as
   * rejected.
   *
   * Errors: a CallError for an unknown operation, or a payload that does not fit its schema.
   */
  cast<D extends AnyDefinition, K extends CastName<D>>(
    group: G, definition: D, op: K, ...args: VerbArgs<CastEntryOf<D, K>, never>
  ): number {
    const sender = this.#from();
    if (fenced(sender)) return 0;
    const made = runtimeOf(definition);
    const known = made.castOp(op);
    if (known === undefined) {
      throw callError(
        'UNKNOWN_OPERATION',
        { target: String(group), op, details: [...made.casts.keys()].join(', ') || 'none' },
      );
    }
    const payload = checkedPayload(known, args[0], String(group));
    const table = this.#find();
    return table === null ? 0 : broadcast(table.members(group), made.behaviour, known, payload, sender);
  }

  /**
   * @internal `self.bind(groups)`: the same scope in the name of a process, which sends the
   *   broadcasts; once it has ended nothing happens any more
   */
  bind(self: ProcessVerbs): ScopeRef<G> {
    return new ScopeRef(this.#host, this.#definition, this.#addr, processOf(self));
  }

  #from(): Process | null {
    return this.#sender ?? this.#host.kernel.current;
  }

  #find(): GroupTable | null {
    const p = this.#addr.owner;
    if (p === null || p.behaviour !== runtimeOf(this.#definition).behaviour
      || p.phase === Phase.Starting) return null;
    return (p.self as AgentSelf).state as GroupTable;
  }

  #needed(op: string): GroupTable {
    const table = this.#find();
    if (table === null) throw callError('NOPROC', { target: addressName(this.#addr), op, reason: 'noproc' });
    return table;
  }

  #candidates(verb: string, members: Member | readonly Member[]): Candidate[] {
    const list = Array.isArray(members) ? (members as readonly Member[]) : [members as Member];
    return list.map((one) => this.#candidate(verb, one));
  }

  /** PG-05: a live or dead process of this system; names are not members. */
  #candidate(verb: string, member: Member): Candidate {
    const { kernel } = this.#host;
    const pid: unknown = typeof member === 'string'
      ? member
      : (member as { pid?: unknown } | null | undefined)?.pid;
    const p = typeof pid === 'string' ? kernel.byPid(pid) : undefined;
    if (p !== undefined) return p;
    if (typeof pid === 'string' && kernel.issued(pid)) return { pid: pid as Pid, owner: null };
    throw new OptionError(
      `scope.${verb}`, member, 'a process of this system: its self, a ref that has a pid, or the pid',
      this.#hint(pid),
    );
  }

  /** What the text in place of a pid probably is, and what to write. */
  #hint(pid: unknown): string | undefined {
    const { kernel, router } = this.#host;
    if (typeof pid !== 'string') return undefined;
    const owner = router.address(pid).owner;
    if (owner
      !== null) return `that is a name, which its next owner has as well: system.whereis('${pid}') is its pid now`;
    if (pid.startsWith(kernel.prefix)) return 'this system has made no such pid';
    return looksLikePid(pid)
      ? 'that is a pid of another system, or of an earlier run of this one: take it from a ref, or from self.pid'
      : 'that is no pid: take it from a ref, from self.pid, or from system.whereis(name)';
  }
}

function checkedPayload(known: Op, payload: unknown, target: string): unknown {
  if (known.check === null) return payload;
  try {
    return known.check(payload, null);
  } catch (error) {
    if (!isA(error, PayloadError)) throw error;
    throw callError('INVALID_PAYLOAD', { target, op: known.name, details: error.message, cause: error });
  }
}
