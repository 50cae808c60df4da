import { delayMs, OptionError, parseOptions, z } from '../base/index.js';
import { checkArgs, mailboxSchema, nameSchema, planOf, runtimeOf, splitArgs, type AnyDefinition, type InitArgs, type MailboxOptions, type StartPlan } from '../behaviour/index.js';
import { checkStartName, type Via } from '../router/index.js';
import { BRUTAL_KILL, type Restart, type Shutdown, type Strategy } from './decision.js';
import { supervisorDefinition } from './engine.js';

/** Options of `child`, after the init arguments. */
export interface ChildOptions {
  /** default `permanent` (SU-08) */
  readonly restart?: Restart | undefined;
  /** default 5,000 ms */
  readonly shutdown?: Shutdown | undefined;
  /** registered name, or a name in another registry (`via`); default the id, `false` for none */
  readonly name?: string | Via | false | undefined;
  readonly mailbox?: MailboxOptions | undefined;
  readonly stats?: 'sampled' | 'full' | undefined;
}

/** Options of a nested `supervisor`. */
export interface SupervisorChildOptions {
  readonly restart?: Restart | undefined;
  /** default `infinity` (SU-08) */
  readonly shutdown?: Shutdown | undefined;
  /** default none */
  readonly name?: string | Via | undefined;
}

/** What a supervisor starts and keeps. */
export interface SupervisorSpec {
  /** default `one_for_one` */
  readonly strategy?: Strategy | undefined;
  /** restarts allowed within `periodMs`, default 1; 0 means the first crash ends the supervisor (SU-24) */
  readonly intensity?: number | undefined;
  /** ms, default 5,000 */
  readonly periodMs?: number | undefined;
  /** registered name of the supervisor, default none */
  readonly name?: string | Via | undefined;
  /** started left to right, stopped right to left (SU-01, SU-02) */
  readonly children: readonly AnyChildSpec[];
}

/**
 * A checked child specification; made by `child` and `supervisor`.
 *
 * @example
 * const Worker = defineAgent({});
 * const spec = child('worker', Worker, { shutdown: 'infinity' });
 * spec instanceof ChildSpec; // => true
 * spec.restart; // => 'permanent'
 * spec.shutdownMs; // => -1
 * @since 0.1.0
 */
export class ChildSpec<D extends AnyDefinition = AnyDefinition> {
  /** carries the definition's type; there is nothing at run time */
  declare readonly definition?: D;
  constructor(
    readonly id: string,
    readonly type: 'worker' | 'supervisor',
    readonly restart: Restart,
    /** ms, -1 for infinity, -2 for brutal_kill */
    readonly shutdownMs: number,
    readonly plan: StartPlan,
  ) {}
}
/** What `children` of a supervisor holds: `child(…)` or `supervisor(…)`. */
export type AnyChildSpec = ChildSpec<never> | ChildSpec;

/** The normalised form that the engine works on. */
export interface Tree {
  readonly strategy: Strategy;
  readonly intensity: number;
  readonly periodMs: number;
  readonly name: string | Via | undefined;
  readonly children: readonly ChildSpec[];
}

const SHUTDOWN_MS = 5_000;

const restartSchema = z.enum(['permanent', 'transient', 'temporary'], { error: "'permanent', 'transient' or 'temporary'" }).optional();
const shutdownSchema = z.union([z.literal('brutal_kill'), z.literal('infinity'), z.number().int().min(0)], { error: "'brutal_kill', 'infinity' or a whole number of milliseconds from 0" }).optional();
const childSchema: z.ZodType<ChildOptions> = z.strictObject({
  restart: restartSchema,
  shutdown: shutdownSchema,
  name: z.union([nameSchema, z.literal(false)], { error: 'a registered name, via(registry, key), or false for none' }).optional(),
  mailbox: mailboxSchema.optional(),
  stats: z.enum(['sampled', 'full'], { error: "'sampled' or 'full'" }).optional(),
});
const nestedSchema: z.ZodType<SupervisorChildOptions> = z.strictObject({
  restart: restartSchema,
  shutdown: shutdownSchema,
  name: nameSchema.optional(),
});
const treeSchema: z.ZodType<{ strategy?: Strategy; intensity?: number; periodMs?: number; name?: string | Via; children: unknown[] }> = z.strictObject({
  strategy: z.enum(['one_for_one', 'one_for_all', 'rest_for_one'], { error: "'one_for_one', 'one_for_all' or 'rest_for_one'" }).optional(),
  intensity: z.number({ error: 'a whole number of restarts from 0' }).int({ error: 'a whole number of restarts from 0' }).min(0, { error: 'a whole number of restarts from 0' }).optional(),
  periodMs: z.number({ error: 'a whole number of milliseconds from 1' }).int({ error: 'a whole number of milliseconds from 1' }).min(1, { error: 'a whole number of milliseconds from 1' }).optional(),
  name: nameSchema.optional(),
  children: z.array(z.unknown(), { error: 'an array of child(…) and supervisor(…)' }),
}) as never;

/**
 * Specifies an agent under a supervisor: `child(id, Definition, ...initArgs, options?)`. When there are more arguments
 * than `init.length` and the last is a plain object, it is the options.
 *
 * Errors: an OptionError that names the value, the rule and the fix, before anything starts.
 *
 * @example
 * const Worker = defineAgent({ init: (shard: number) => ({ shard }) });
 * const spec = child('worker-1', Worker, 1, { restart: 'transient', shutdown: 1_000 });
 * spec.id // => 'worker-1'
 * @since 0.1.0
 */
export function child<D extends AnyDefinition>(id: string, definition: D, ...args: [...InitArgs<D>] | [...InitArgs<D>, ChildOptions]): ChildSpec<D> {
  const where = checkId('child', id);
  const made = runtimeOf(definition);
  const { init, options } = splitArgs(args, made.init === null ? 0 : made.init.length);
  const read = parseOptions(where, childSchema, options ?? {});
  checkArgs(where, init, made);
  const name = read.name === false ? undefined : (read.name ?? id);
  const plan = planOf(made, init, { name, mailbox: read.mailbox, stats: read.stats });
  return new ChildSpec<D>(id, 'worker', read.restart ?? 'permanent', shutdownOf(where, read.shutdown, SHUTDOWN_MS), plan);
}

/**
 * Specifies a supervisor under a supervisor. When it gives up it ends with `shutdown`: its parent restarts it if it is
 * permanent, and not if it is transient (SU-28).
 *
 * @example
 * const Worker = defineAgent({ init: () => ({}) });
 * const spec = supervisor('pool', { strategy: 'one_for_one', children: [child('w1', Worker), child('w2', Worker)] });
 * spec.type // => 'supervisor'
 * @since 0.1.0
 */
export function supervisor(id: string, spec: SupervisorSpec, options: SupervisorChildOptions = {}): ChildSpec<never> {
  const where = checkId('supervisor', id);
  const read = parseOptions(where, nestedSchema, options);
  const tree = checkTree(where, spec);
  const name = read.name ?? tree.name;
  const plan = planOf(supervisorDefinition(), [tree], { name });
  return new ChildSpec<never>(id, 'supervisor', read.restart ?? 'permanent', shutdownOf(where, read.shutdown, -1), plan);
}

/** Checks a supervisor's spec whole: strategy, intensity, children, duplicate ids (SU-09). */
export function checkTree(where: string, spec: SupervisorSpec): Tree {
  const read = parseOptions(where, treeSchema, spec);
  const ids = new Set<string>();
  for (const one of read.children) {
    if (!(one instanceof ChildSpec)) throw new OptionError(`${where}.children`, one, 'child(…) or supervisor(…)', 'wrap the definition: child(id, Definition, …)');
    if (ids.has(one.id)) throw new OptionError(`${where}.children`, one.id, 'ids that differ', 'give each child an id of its own', 'DUPLICATE_ID');
    ids.add(one.id);
  }
  const name = read.name === undefined ? undefined : checkStartName(`${where}.name`, read.name);
  return { strategy: read.strategy ?? 'one_for_one', intensity: read.intensity ?? 1, periodMs: read.periodMs ?? 5_000, name, children: read.children as ChildSpec[] };
}

function checkId(what: string, id: unknown): string {
  if (typeof id === 'string' && id.length > 0) return `${what} '${id}'`;
  throw new OptionError(`${what}.id`, id, 'a text that is not empty');
}

function shutdownOf(where: string, shutdown: Shutdown | undefined, fallback: number): number {
  if (shutdown === undefined) return fallback;
  if (shutdown === 'brutal_kill') return BRUTAL_KILL;
  return shutdown === 'infinity' ? -1 : delayMs(`${where}.shutdown`, shutdown);
}
