import { atOnce, CallError, OptionError, parseOptions, z } from '../../base/index.js';
import { fieldOf, hashText, isA } from '../../base/text/index.js';
import { AgentRefImpl } from '../../behaviour/gen/index.js';
import type { Host, RuntimeDefinition } from '../../behaviour/gen/index.js';
import { RefBase } from '../../behaviour/gen/request/index.js';
import { ScopeRef } from '../../behaviour/names/index.js';
import { Process } from '../../process/record/index.js';
import type { Address, Kernel, NameCell, Turnover } from '../../process/record/index.js';
import { Cell, ViaAddress } from '../../router/names/index.js';
import type { BalanceStats, BalanceStrategy } from '../../api/pool.js';
import { BalanceMember, isGone, loadOf } from './member.js';
import { type Choice, LOOKED_AT_ALL, STRATEGIES, type Strategy } from './strategy.js';

type KeyOf = (op: string, payload: unknown) => unknown;

/**
 * Where members come from when they do not join: read at every message, another list when something
 * has changed.
 */
export type Source = () => readonly Process[];

const NAMES = Object.keys(STRATEGIES) as [BalanceStrategy, ...BalanceStrategy[]];
const WEIGHT = 'a whole number from 1';
const weightSchema = z.number({ error: WEIGHT }).int({ error: WEIGHT }).min(1, { error: WEIGHT });
const joinSchema = z.strictObject({ weight: weightSchema.optional() }, { error: 'an object' });

interface ReadBalance {
  readonly strategy?: BalanceStrategy | undefined;
  readonly members?: readonly unknown[] | undefined;
  readonly group?: { readonly scope: ScopeRef<unknown>; readonly name: unknown } | undefined;
  readonly key?: KeyOf | undefined;
  readonly name?: string | undefined;
}
const schema: z.ZodType<ReadBalance> = z.strictObject({
  strategy: z.enum(NAMES, { error: `one of ${NAMES.join(', ')}` }).optional(),
  members: z.array(z.unknown(), { error: 'an array of refs, or of { ref, weight }' }).optional(),
  group: z.strictObject(
    { scope: z.instanceof(ScopeRef, { error: 'what system.scope returned' }), name: z.unknown() },
    { error: 'an object with scope and name' },
  ).optional(),
  key: z.custom<KeyOf>((value) => typeof value === 'function', { error: 'a function of operation and payload' })
    .optional(),
  name: z.string({ error: 'a text' }).min(1, { error: 'a text that is not empty' }).optional(),
}, { error: 'an object' });

/** The members of one balancer, and who is next. */
export class Balance implements Choice {
  readonly addr: NameCell;
  /** takes what no member does: nobody is there */
  readonly fallback: AgentRefImpl;
  readonly list: BalanceMember[] = [];
  version = 0;
  readonly lookedAtAll: number = LOOKED_AT_ALL;
  /**
   * members at addresses that tell nobody when they have another owner: of other registries, of
   * what is checked out
   */
  private silent = 0;
  picks = 0;
  nobody = 0;
  /** reply times are measured */
  readonly timed: boolean;
  private readonly rule: Strategy;
  private readonly known = new Map<Address, BalanceMember>();
  /** at this length those that have ended are looked for, so that joins without messages do not pile them up */
  private sweepAt = 16;
  private seen: readonly Process[] | null = null;
  private stale = false;
  constructor(
    readonly kernel: Kernel,
    readonly definition: RuntimeDefinition,
    readonly strategy: BalanceStrategy,
    name: string,
    private readonly key: KeyOf | null,
    private readonly source: Source | null,
  ) {
    this.addr = new Nobody(name);
    this.fallback = new AgentRefImpl(this.addr, definition, kernel, null);
    this.rule = new STRATEGIES[strategy]();
    this.timed = strategy === 'fastest';
  }

  /* ---- choosing ---- */

  /** The member that is next, null when none lives; throws when the key of a message is none. */
  pick(op: string, payload: unknown): BalanceMember | null {
    this.refresh();
    const member =
      this.rule.pick(
        this,
        this.key === null ? 0 : hashText(keyText(atOnce('balance.key', this.key(op, payload)))),
      );
    if (member === null) this.nobody++;
    else {
      this.picks++;
      member.picks++;
    }
    return member;
  }

  taker(member: BalanceMember): Process | null {
    const p = member.taker;
    if (p === null && member.gone) this.stale = true;
    return p;
  }

  /** Whether a function of the user's chooses, which may throw. */
  get keyed(): boolean {
    return this.key !== null;
  }

  get lives(): number {
    return this.silent > 0 ? NaN : this.version + (this.definition.behaviour.turnover as Turnover).changes;
  }

  u32(): number {
    return this.kernel.env.u32();
  }

  now(): number {
    return this.kernel.env.mono();
  }

  /**
   * Measures how long the reply of a call to `member` takes; no reply in time counts as long as it
   * was waited for.
   */
  measure(member: BalanceMember, reply: Promise<unknown>): void {
    const p = member.ref.addr.owner;
    if (p === null) return;
    const since = this.now();
    const over = (): void => {
      const now = this.now();
      member.replied(p, now - since, now);
    };
    reply.then(over, (error: unknown) => {
      if (isA(error, CallError) && fieldOf(error, 'code') === 'TIMEOUT') over();
    });
  }

  /* ---- members ---- */

  /** True when it is new. */
  join(ref: unknown, options: { readonly weight?: number | undefined } = {}): boolean {
    this.ownMembers('join');
    const { weight } = parseOptions('balance.join', joinSchema, options);
    if (weight !== undefined && this.strategy !== 'weighted') {
      throw new OptionError(
        'balance.join.weight', weight, "no weight unless strategy is 'weighted'",
        `this one is '${this.strategy}'`,
        'BAD_COMBINATION',
      );
    }
    const checked = this.check('join', ref);
    const known = this.find(checked.addr);
    if (known !== undefined) {
      if (weight !== undefined) this.weigh(known, weight);
      return false;
    }
    if (isGone(checked.addr)) return false;
    if (this.list.length >= this.sweepAt) {
      this.retain((member) => !member.gone);
      this.sweepAt = Math.max(16, 2 * this.list.length);
    }
    this.add(new BalanceMember(checked.sender === null ? checked : checked.sentBy(null), weight ?? 1));
    return true;
  }

  leave(ref: unknown): boolean {
    this.ownMembers('leave');
    const known = this.find(this.check('leave', ref).addr);
    if (known !== undefined) this.retain((member) => member !== known);
    return known !== undefined;
  }

  living(): BalanceMember[] {
    this.refresh();
    return this.list.filter((member) => this.taker(member) !== null);
  }

  stats(): BalanceStats {
    this.living();
    this.refresh();
    const now = this.now();
    const members = this.list.map((member) => {
      const p = member.taker;
      const average = member.averageAt(now);
      return {
        target: member.title, alive: p !== null, weight: member.weight, picks: member.picks,
        load: p === null ? 0 : loadOf(p), averageMs: average < 0 ? undefined : average,
      };
    });
    return { strategy: this.strategy, picks: this.picks, nobody: this.nobody, members };
  }

  private refresh(): void {
    if (this.source !== null) this.follow(this.source());
    if (!this.stale) return;
    this.stale = false;
    this.retain((member) => !member.gone);
  }

  /** Who stays keeps what is known of it, and its place. */
  private follow(now: readonly Process[]): void {
    if (now === this.seen) return;
    this.seen = now;
    const counts = new Map<Process, number>();
    for (const p of now) counts.set(p, (counts.get(p) ?? 0) + 1);
    this.retain((member) => {
      const p = member.ref.addr as Process;
      const count = counts.get(p);
      counts.delete(p);
      if (count !== undefined) this.weigh(member, count);
      return count !== undefined;
    });
    for (const [p, count] of counts) {
      this.add(new BalanceMember(new AgentRefImpl(p, this.definition, this.kernel, null), count));
    }
  }

  private weigh(member: BalanceMember, weight: number): void {
    if (member.weight === weight) return;
    member.weight = weight;
    this.version++;
  }

  private add(member: BalanceMember): void {
    this.version++;
    const { addr } = member.ref;
    if (isSilent(addr)) this.silent++;
    // the end of a process that has neither a name nor anything rare is not counted
    if (this.strategy === 'weighted' && addr instanceof Process) addr.cold();
    this.list.push(member);
    this.known.set(member.ref.addr, member);
  }

  /** Takes out all that do not stay, in one pass. */
  private retain(stays: (member: BalanceMember) => boolean): void {
    let left = 0;
    for (const member of this.list) {
      if (stays(member)) this.list[left++] = member;
      else {
        this.known.delete(member.ref.addr);
        if (isSilent(member.ref.addr)) this.silent--;
        this.rule.removed(left);
      }
    }
    if (left === this.list.length) return;
    this.list.length = left;
    this.version++;
  }

  private find(addr: Address): BalanceMember | undefined {
    return this.known.get(addr)
      ?? (addr instanceof ViaAddress ? this.list.find((member) => sameVia(member.ref.addr, addr)) : undefined);
  }

  private ownMembers(verb: string): void {
    if (this.source !== null) {
      throw new OptionError(
        `balance.${verb}`, this.addr.name, 'a balancer with members of its own',
        'these come from a group or pool: join or leave that', 'BAD_COMBINATION',
      );
    }
  }

  private check(verb: string, ref: unknown): RefBase {
    if (ref instanceof RefBase && !(ref.addr instanceof Nobody) && ref.kernel === this.kernel
      && ref.definition === this.definition) return ref;
    const other = ref instanceof RefBase && ref.definition !== this.definition
      ? ', made with the same definition as the balancer'
      : '';
    throw new OptionError(
      `balance.${verb}`, ref, `a ref of ${this.definition.name} in this system${other}`,
      'make one with system.ref(Definition, nameOrPid); a balancer is no member of another',
    );
  }
}

/** Nobody is there when no member is. */
class Nobody implements NameCell {
  owner: Process | null = null;
  constructor(readonly name: string) {}
}

function isSilent(addr: Address): boolean {
  return !(addr instanceof Process || addr instanceof Cell);
}

function sameVia(a: Address, b: ViaAddress): boolean {
  return a instanceof ViaAddress && a.via.provider === b.via.provider && a.via.key === b.via.key;
}

function keyText(key: unknown): string {
  if (typeof key === 'string') return key;
  if (typeof key === 'bigint' || (typeof key === 'number' && Number.isFinite(key))) return String(key);
  throw new OptionError(
    'balance.key', key, 'a text or a number', 'return what identifies whom the message belongs to',
  );
}

/** Checks the options and makes the group with its first members. */
export function makeBalance(
  host: Host, definition: RuntimeDefinition, options: unknown,
): Balance {
  const { strategy = 'round-robin', members = [], group, key, name } = parseOptions('balance', schema, options);
  if ((strategy === 'consistent-hash') !== (key !== undefined)) {
    throw new OptionError(
      'balance.key', key,
      strategy === 'consistent-hash'
        ? 'a function of operation and payload'
        : "none unless strategy is 'consistent-hash'",
      strategy === 'consistent-hash' ? 'it says which messages belong together' : undefined, 'BAD_COMBINATION',
    );
  }
  if (group !== undefined && members.length > 0) {
    throw new OptionError(
      'balance.members', members, 'none beside group', 'members of a group come and go there',
      'BAD_COMBINATION',
    );
  }
  const source = group === undefined ? null : (): readonly Process[] => group.scope.processes(group.name);
  const made = new Balance(host.kernel, definition, strategy, name ?? definition.name, key ?? null, source);
  for (const one of members) {
    if (one instanceof RefBase || typeof one !== 'object' || one === null || !('ref' in one)) made.join(one);
    else made.join(one.ref, restOf(one));
  }
  return made;
}

function restOf(one: object): { readonly weight?: number } {
  const { ref: _, ...rest } = one as { ref?: unknown; weight?: number };
  return rest;
}
