import { delayMs, OptionError } from '../../base/index.js';
import { shownAs } from '../../base/text/index.js';
import {
  AgentRefImpl, checkArgs, planOf, runtimeOf, splitArgs,
} from '../../behaviour/gen/index.js';
import type { StartPlan } from '../../behaviour/gen/index.js';
import type { HandlePlaceImpl } from '../../behaviour/gen/request/index.js';
import type { Address, Kernel } from '../../process/record/index.js';
import { checkStartName } from '../../router/names/index.js';
import type {
  AutoShutdown, ChildOptions, HealthOptions, Restart, RestartLimits, Shutdown, Strategy,
} from '../../api/supervisor.js';
import type { AnyDefinition, ArgsThen, HasHandle, InitArgs } from '../../api/protocol.js';
import type { Via } from '../../api/address.js';
import type { AgentRef } from '../../api/agent.js';
import { BRUTAL_KILL } from './decision.js';
import { limitsOf, readChild, readTree, type Limits } from './options.js';

/** What a supervisor starts and keeps. */
export interface SupervisorSpec extends RestartLimits {
  /** default `one_for_one` */
  readonly strategy?: Strategy | undefined;
  /** whether it ends with its significant children, default `never` */
  readonly autoShutdown?: AutoShutdown | undefined;
  /** registered name of the supervisor, default none */
  readonly name?: string | Via | undefined;
  /** started left to right, stopped right to left */
  readonly children: readonly ChildSpec[];
}

/** The fields of a child specification. */
export interface ChildFields {
  readonly id: string;
  readonly type: 'worker' | 'supervisor';
  readonly restart: Restart;
  /** ms, -1 for infinity, -2 for brutal_kill */
  readonly shutdownMs: number;
  readonly significant: boolean;
  /** how its supervisor looks after it while it lives, default not at all */
  readonly health?: HealthOptions | undefined;
  /** what it is started with */
  readonly plan: StartPlan;
  /** the registered name that was asked for; the default name is only in the plan */
  readonly ownName: string | Via | undefined;
  /** makes what users get for a started child */
  readonly refTo: (addr: Address, kernel: Kernel, plan: StartPlan) => unknown;
}

/**
 * A checked child specification; made by `child`, `supervisor`, `dynamicSupervisor` and their like. `R` is what
 * starting it gives: a typed ref.
 *
 * @example
 * const Worker = defineAgent({});
 * const spec = child('worker', Worker, { shutdown: 'infinity' });
 * spec.id; // => 'worker'
 * spec.restart; // => 'permanent'
 * spec.shutdownMs; // => -1
 * spec.significant; // => false
 * @since 0.1.0
 */
export class ChildSpec<R = unknown> implements HasHandle<R> {
  /** carries the type of the started child; there is nothing at run time */
  declare readonly started?: R;
  readonly id: string;
  readonly type: 'worker' | 'supervisor';
  readonly restart: Restart;
  /** ms, -1 for infinity, -2 for brutal_kill */
  readonly shutdownMs: number;
  readonly significant: boolean;
  /** as it was given */
  readonly health: HealthOptions | undefined;
  /** @internal */
  readonly plan: StartPlan;
  /** @internal */
  readonly ownName: string | Via | undefined;
  /** @internal */
  readonly refTo: ChildFields['refTo'];
  /** @internal Use `child` or `supervisor`. */
  constructor(fields: ChildFields) {
    this.id = fields.id;
    this.type = fields.type;
    this.restart = fields.restart;
    this.shutdownMs = fields.shutdownMs;
    this.significant = fields.significant;
    this.health = fields.health;
    this.plan = fields.plan;
    this.ownName = fields.ownName;
    this.refTo = fields.refTo;
  }

  /** `system.ref(spec, name)`: what starting it gives, for whoever has that name */
  handleAt({ addr, host }: HandlePlaceImpl): R {
    return this.refTo(addr, host.kernel, this.plan) as R;
  }

  /** the registered name that it asks for */
  get at(): string | Via | undefined {
    return this.plan.settings?.name;
  }
}

shownAs(ChildSpec, (it) => `ChildSpec(${it.id}: ${it.restart} ${it.type})`);

/** What `children` of a supervisor holds: `child(…)`, `supervisor(…)` and their like. */
export type AnyChildSpec = ChildSpec;

/** The normalised form that the engine works on. */
export interface Tree extends Limits {
  readonly strategy: Strategy;
  readonly autoShutdown: AutoShutdown;
  readonly name: string | Via | undefined;
  /** of a partition supervisor, else 0 */
  readonly partitions: number;
  readonly children: readonly ChildSpec[];
}

const SHUTDOWN_MS = 5_000;

/**
 * Specifies an agent under a supervisor: `child(id, Definition, ...initArgs, options?)`. When there
 * are more arguments than `init.length` and the last is a plain object, it is the options: behind
 * an optional parameter that may be an object give them always, `{}` for none.
 *
 * Errors: an OptionError that names the value, the rule and the fix, before anything starts.
 *
 * @example
 * const Worker = defineAgent({ init: (shard: number) => ({ shard }) });
 * const spec = child('worker-1', Worker, 1, { restart: 'transient', shutdown: 1_000 });
 * spec.id // => 'worker-1'
 * @since 0.1.0
 */
export function child<D extends AnyDefinition>(
  id: string, definition: D, ...args: ArgsThen<InitArgs<D>, ChildOptions>
): ChildSpec<AgentRef<D>> {
  const where = checkId('child', id);
  const made = runtimeOf(definition);
  const { init, options } = splitArgs(args, made.init === null ? 0 : made.init.length);
  checkArgs(where, init, made);
  return agentSpec<AgentRef<D>>(where, id, definition, init, readChild(where, options ?? {}));
}

/** The same from parts: the init arguments may be incomplete when a template completes them later. */
export function agentSpec<R>(
  where: string, id: string, definition: AnyDefinition, init: readonly unknown[], read: ChildOptions,
): ChildSpec<R> {
  const restart = read.restart ?? 'permanent';
  const ownName = read.name === false ? undefined : read.name;
  return new ChildSpec<R>({
    id,
    type: 'worker',
    restart,
    shutdownMs: shutdownOf(where, read.shutdown, SHUTDOWN_MS),
    significant: significantOf(where, read.significant, restart),
    health: read.health === undefined ? undefined : healthOf(`${where}.health`, read.health, definition),
    plan: planOf(runtimeOf(definition), init, {
      ...read, name: read.name === false ? undefined : (read.name ?? id),
    }),
    ownName,
    refTo: agentRef,
  });
}

/** One way to check it, and a call when it is an operation. */
function healthOf(where: string, health: HealthOptions, definition: AnyDefinition): HealthOptions {
  const { op, check } = health;
  if ((op === undefined) === (check === undefined)) {
    throw new OptionError(
      where, health, 'either op or check', "{ everyMs, op: 'ping' } asks the child, { everyMs, check } a function",
      'BAD_COMBINATION',
    );
  }
  const made = runtimeOf(definition);
  const known = op === undefined ? undefined : made.callOp(op);
  if (op !== undefined && (known === undefined || known.stream)) {
    throw new OptionError(`${where}.op`, op, `a call of '${made.name}'`);
  }
  return health;
}

const agentRef: ChildFields['refTo'] = (addr, kernel, plan) => new AgentRefImpl(
  addr, plan.definition, kernel, null,
);

/** Checks a supervisor's spec whole: strategy, limits, children, duplicate ids (SU-09). */
export function checkTree(where: string, spec: unknown): Tree {
  return withChildren(where, checkFlags(where, spec));
}

/** The flags alone; the children are looked at by `withChildren`. */
export function checkFlags(
  where: string, spec: unknown,
): Omit<Tree, 'children'> & { readonly children: readonly unknown[] } {
  const read = readTree(where, spec);
  const name = read.name === undefined ? undefined : checkStartName(`${where}.name`, read.name);
  return {
    strategy: read.strategy ?? 'one_for_one', autoShutdown: read.autoShutdown ?? 'never',
    ...limitsOf(where, read), name, partitions: 0, children: read.children,
  };
}

export function withChildren(where: string, flags: ReturnType<typeof checkFlags>): Tree {
  return { ...flags, children: checkChildren(`${where}.children`, flags.children, flags.autoShutdown) };
}

function checkChildren(
  where: string, children: readonly unknown[], autoShutdown: AutoShutdown | undefined,
): ChildSpec[] {
  const ids = new Set<string>();
  const specs: ChildSpec[] = [];
  for (const one of children) {
    if (!(one instanceof ChildSpec)) {
      throw new OptionError(
        where, one, 'child(…) or supervisor(…)', 'wrap the definition: child(id, Definition, …)',
      );
    }
    if (ids.has(one.id)) {
      throw new OptionError(
        where, one.id, 'ids that differ', 'give each child an id of its own', 'DUPLICATE_ID',
      );
    }
    if (one.significant && autoShutdown === 'never') {
      throw new OptionError(
        `${where} '${one.id}'.significant`, true, "false under autoShutdown 'never'",
        "set autoShutdown to 'any_significant' or 'all_significant'", 'BAD_COMBINATION',
      );
    }
    ids.add(one.id);
    specs.push(one);
  }
  return specs;
}

/**
 * Checks a list of child specifications as a supervisor would, and starts nothing.
 *
 * Errors: an OptionError for what is no specification, for ids that are not different, and, when
 * `autoShutdown` is given, for significant children under `never`.
 *
 * @example
 * const Worker = defineAgent({});
 * checkChildSpecs([child('a', Worker), child('b', Worker)]);
 * @since 0.2.0
 */
export function checkChildSpecs(
  specs: readonly ChildSpec[], options: { readonly autoShutdown?: AutoShutdown | undefined } = {},
): void {
  if (!Array.isArray(specs)) throw new OptionError(
    'checkChildSpecs', specs, 'an array of child(…) and supervisor(…)',
  );
  const flags = readTree('checkChildSpecs', { ...options, children: [] });
  checkChildren('checkChildSpecs', specs, flags.autoShutdown);
}

export function checkId(what: string, id: unknown): string {
  if (typeof id === 'string' && id.length > 0) return `${what} '${id}'`;
  throw new OptionError(`${what}.id`, id, 'a text that is not empty');
}

export function shutdownOf(where: string, shutdown: Shutdown | undefined, fallback: number): number {
  if (shutdown === undefined) return fallback;
  if (shutdown === 'brutal_kill') return BRUTAL_KILL;
  return shutdown === 'infinity' ? -1 : delayMs(`${where}.shutdown`, shutdown);
}

export function significantOf(where: string, significant: boolean | undefined, restart: Restart): boolean {
  if (significant !== true) return false;
  if (restart !== 'permanent') return true;
  throw new OptionError(
    `${where}.significant`, true, 'false for a permanent child',
    "it never ends for good; make it 'transient' or 'temporary'", 'BAD_COMBINATION',
  );
}
