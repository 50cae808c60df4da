import { handled, OptionError, parseOptions, z } from '../base/index.js';
import { planOf, type AgentRef, type AnyDefinition, type InitArgs } from '../behaviour/index.js';
import type { Address, Kernel, Pid } from '../process/index.js';
import { checkStartName, type Via } from '../router/index.js';
import { dynamicDefinition, type DynamicPlan } from './dynamic.js';
import { AnySupervisorRef, checkSpec } from './handle.js';
import type { ChildInfo } from './info.js';
import { nestedSpec } from './nested.js';
import { limitFields, limitsOf, readChild, type ChildOptions, type RestartLimits, type SupervisorChildOptions } from './options.js';
import { agentSpec, checkId, type ChildSpec } from './spec.js';

/** Options of a dynamic supervisor; all have defaults. Restarts: 3 in 5,000 ms. */
export interface DynamicSpec extends RestartLimits {
  /** children that may live or be restarting at once, default no limit (DS-02) */
  readonly maxChildren?: number | undefined;
  /** init arguments that go before each child's own, also at restarts (DS-03) */
  readonly extraArguments?: readonly unknown[] | undefined;
  /** registered name of the supervisor, default none */
  readonly name?: string | Via | undefined;
}

/** Options of a supervisor of instances of one template. Restarts: 1 in 5,000 ms. */
export interface SimpleSpec extends RestartLimits {
  /** registered name of the supervisor, default none */
  readonly name?: string | Via | undefined;
}

const CHILDREN_RULE = 'a whole number of children from 0; leave it out for no limit';
const dynamicSchema: z.ZodType<DynamicSpec> = z.strictObject({
  ...limitFields,
  maxChildren: z.number({ error: CHILDREN_RULE }).int({ error: CHILDREN_RULE }).min(0, { error: CHILDREN_RULE }).optional(),
  extraArguments: z.array(z.unknown(), { error: 'an array of init arguments' }).optional(),
}) as never;
const simpleSchema: z.ZodType<SimpleSpec> = z.strictObject(limitFields) as never;

/** Checked options: how it works, and its name. */
export interface ReadDynamic {
  readonly plan: DynamicPlan;
  readonly name: string | Via | undefined;
}

/** Only one_for_one, and no automatic shutdown: those options do not exist here (DS-08). */
export function readDynamic(where: string, spec: DynamicSpec): ReadDynamic {
  const read = parseOptions(where, dynamicSchema, spec);
  return {
    plan: { ...limitsOf(read, 3), maxChildren: read.maxChildren ?? Infinity, extraArguments: read.extraArguments ?? [], template: null },
    name: read.name === undefined ? undefined : checkStartName(`${where}.name`, read.name),
  };
}

export function readSimple(where: string, template: Template<never, never>, spec: SimpleSpec): ReadDynamic {
  if (!(template instanceof Template)) throw new OptionError(`${where}.template`, template, 'template(Definition, …)');
  const read = parseOptions(where, simpleSchema, spec);
  return {
    plan: { ...limitsOf(read, 1), maxChildren: Infinity, extraArguments: [], template: template.spec },
    name: read.name === undefined ? undefined : checkStartName(`${where}.name`, read.name),
  };
}

/**
 * The handle of a dynamic supervisor: children come and go, each by a specification of its own, and are known by pid.
 * Refusals: `max_children`, `already_started`, `start_failed`, `not_found`.
 *
 * @example
 * const Session = defineAgent({ init: (user: string) => ({ user }), calls: { user: (self) => self.state.user } });
 * const sessions = await system.superviseDynamic({ maxChildren: 2 });
 * const one = await sessions.startChild(child('session', Session, 'ann', { restart: 'temporary' }));
 * await one.call('user'); // => 'ann'
 * await sessions.startChild(child('session', Session, 'bob'));
 * await sessions.startChild(child('session', Session, 'eve')).catch((error: CallError) => error.refusal); // => 'max_children'
 * await sessions.terminateChild(one);
 * (await sessions.countChildren()).active; // => 1
 * @since 0.2.0
 */
export class DynamicSupervisorRef extends AnySupervisorRef<ChildInfo<undefined>> {
  /** @internal Use `system.superviseDynamic` or `system.dynamicSupervisor`. */
  constructor(addr: Address, kernel: Kernel) {
    super(addr, kernel, dynamicDefinition());
  }

  /** Starts a child; nothing is kept unless it runs (DS-01). Its id plays no role (DS-04). */
  startChild<R>(spec: ChildSpec<R>): Promise<R> {
    return handled(this.#startChild(spec));
  }

  async #startChild<R>(spec: ChildSpec<R>): Promise<R> {
    if (checkSpec('startChild', spec).significant) throw significant('startChild');
    return this.started(spec, await this.ask('startChild', spec));
  }

  /** Stops a child by its shutdown rule, also one that is restarting (DS-06). Errors: `not_found`. */
  terminateChild(child: ChildPid): Promise<void> {
    return handled(this.#terminateChild(child));
  }

  async #terminateChild(child: ChildPid): Promise<void> {
    await this.ask('terminateChild', pidOf(child));
  }
}

/** A child of a dynamic supervisor: its pid, or a ref of it. */
export type ChildPid = string | { readonly pid: Pid | undefined };

function pidOf(child: ChildPid): string {
  const pid = typeof child === 'string' ? child : child?.pid;
  if (typeof pid === 'string') return pid;
  throw new OptionError('terminateChild', child, 'the pid or a ref of a child that lives');
}

function significant(where: string): OptionError {
  return new OptionError(`${where}.significant`, true, 'false under a dynamic supervisor', 'automatic shutdown is for static supervisors', 'BAD_COMBINATION');
}

/**
 * The handle of a supervisor whose children are all instances of one template (OTP's simple_one_for_one): `startChild`
 * takes the init arguments that the template left open. Refusals: `already_started`, `start_failed`, `not_found`, and
 * `simple_one_for_one` for what is no pid (SU-41).
 *
 * @example
 * const Session = defineAgent({ init: (host: string, user: string) => `${user}@${host}`, calls: { who: (self) => self.state } });
 * const sessions = await system.superviseSimple(template(Session, ['example.org']));
 * const ann = await sessions.startChild('ann');
 * await ann.call('who'); // => 'ann@example.org'
 * await sessions.countChildren(); // => { specs: 1, active: 1, supervisors: 0, workers: 1 }
 * @since 0.2.0
 */
export class SimpleSupervisorRef<R, Rest extends readonly unknown[]> extends AnySupervisorRef<ChildInfo<undefined>> {
  readonly #template: Template<R, Rest>;
  /** @internal Use `system.superviseSimple`. */
  constructor(addr: Address, kernel: Kernel, template: Template<R, Rest>) {
    super(addr, kernel, dynamicDefinition());
    this.#template = template;
  }

  /** Starts an instance; it is restarted with the same arguments (SU-19). */
  startChild(...args: Rest): Promise<R> {
    return handled(this.#startChild(args));
  }

  async #startChild(args: Rest): Promise<R> {
    return this.started(this.#template.spec, await this.ask('startChild', args));
  }

  /** Stops an instance; fine when it has ended already (SU-41). */
  terminateChild(child: ChildPid): Promise<void> {
    return handled(this.#terminateChild(child));
  }

  async #terminateChild(child: ChildPid): Promise<void> {
    await this.ask('terminateChild', pidOf(child));
  }
}

type Prefix<A extends readonly unknown[]> = A extends readonly [infer H, ...infer T] ? readonly [] | readonly [H, ...Prefix<T>] : readonly [];
type RestOf<A extends readonly unknown[], G extends readonly unknown[]> = A extends readonly [...G, ...infer R] ? R : never;

/**
 * What all children of a simple supervisor are made of; made by `template`.
 *
 * @example
 * const Worker = defineAgent({ init: (a: number, b: number) => a + b });
 * template(Worker, [1]) instanceof Template; // => true
 * @since 0.2.0
 */
export class Template<R, Rest extends readonly unknown[]> {
  /** carries the types; there is nothing at run time */
  declare readonly rest?: Rest;
  /** @internal Use `template`. */
  constructor(readonly spec: ChildSpec<R>) {}
}

/**
 * A template of children: a definition with its first init arguments; `startChild` gives the rest (SU-19).
 *
 * Errors: an OptionError for a bad option, and for `significant`.
 *
 * @example
 * const Worker = defineAgent({ init: (shard: number, job: string) => ({ shard, job }) });
 * const workers = await system.superviseSimple(template(Worker, [1], { restart: 'transient' }), { name: 'workers' });
 * await workers.startChild('compress');
 * (await workers.whichChildren()).map((row) => row.restart); // => ['transient']
 * @since 0.2.0
 */
export function template<D extends AnyDefinition, G extends Prefix<InitArgs<D>>>(definition: D, given: G, options: ChildOptions = {}): Template<AgentRef<D>, RestOf<InitArgs<D>, G>> {
  if (!Array.isArray(given)) throw new OptionError('template.arguments', given, 'an array of the first init arguments', 'template(Definition, [first, …])');
  const spec = agentSpec<AgentRef<D>>('template', 'template', definition, given, readChild('template', options));
  if (spec.significant) throw significant('template');
  return new Template(spec);
}

/**
 * Specifies a dynamic supervisor under a supervisor.
 *
 * @example
 * const top = await system.supervise({ children: [] });
 * const sessions = await top.startChild(dynamicSupervisor('sessions', { maxChildren: 100 }));
 * (await sessions.countChildren()).specs; // => 0
 * @since 0.2.0
 */
export function dynamicSupervisor(id: string, spec: DynamicSpec = {}, options: SupervisorChildOptions = {}): ChildSpec<DynamicSupervisorRef> {
  const where = checkId('dynamicSupervisor', id);
  const read = readDynamic(where, spec);
  return nestedSpec(where, id, options, (name) => planOf(dynamicDefinition(), [read.plan], { name: name ?? read.name }), (addr, kernel) => new DynamicSupervisorRef(addr, kernel));
}

/**
 * Specifies a supervisor of instances of one template under a supervisor.
 *
 * @example
 * const Worker = defineAgent({ init: (n: number) => n });
 * const top = await system.supervise({ children: [] });
 * const workers = await top.startChild(simpleSupervisor('workers', template(Worker, [])));
 * await workers.startChild(1);
 * (await workers.countChildren()).active; // => 1
 * @since 0.2.0
 */
export function simpleSupervisor<R, Rest extends readonly unknown[]>(id: string, of: Template<R, Rest>, spec: SimpleSpec = {}, options: SupervisorChildOptions = {}): ChildSpec<SimpleSupervisorRef<R, Rest>> {
  const where = checkId('simpleSupervisor', id);
  const read = readSimple(where, of as never, spec);
  return nestedSpec(where, id, options, (name) => planOf(dynamicDefinition(), [read.plan], { name: name ?? read.name }), (addr, kernel) => new SimpleSupervisorRef(addr, kernel, of));
}
