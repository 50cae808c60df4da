import { ExitSignal, OptionError, parseOptions, z } from '../../base/index.js';
import { printable } from '../../base/text/index.js';
import { checkStartName } from '../../router/names/index.js';
import { agentSpec, limitFields, limitsOf, readChild } from '../spec/index.js';
import type { ChildSpec, Limits } from '../spec/index.js';
import { wrapped } from '../static/index.js';
import type { ChildOptions, DynamicSpec, SimpleSpec } from '../../api/supervisor.js';
import type { AnyDefinition, InitArgs } from '../../api/protocol.js';
import type { Via } from '../../api/address.js';
import type { AgentRef } from '../../api/agent.js';

/** The normalised options of a dynamic supervisor. */
export interface DynamicPlan extends Limits {
  readonly maxChildren: number;
  /** given before each child's own init arguments (DS-03) */
  readonly extraArguments: readonly unknown[];
  /** what every child is made of: then it is OTP's simple_one_for_one */
  readonly template: ChildSpec | null;
}

const CHILDREN_RULE = 'a whole number of children from 0; leave it out for no limit';
const dynamicSchema: z.ZodType<DynamicSpec> = z.strictObject({
  ...limitFields,
  maxChildren: z.number({ error: CHILDREN_RULE }).int({ error: CHILDREN_RULE }).min(0, { error: CHILDREN_RULE })
    .optional(),
  extraArguments: z.array(z.unknown(), { error: 'an array of init arguments' }).optional(),
});
const simpleSchema: z.ZodType<SimpleSpec> = z.strictObject(limitFields);

/** Checked options: how it works, and its name. */
export interface ReadDynamic {
  readonly plan: DynamicPlan;
  readonly name: string | Via | undefined;
}

/** Only one_for_one, and no automatic shutdown: those options do not exist here (DS-08). */
export function readDynamic(where: string, spec: DynamicSpec): ReadDynamic {
  const read = parseOptions(where, dynamicSchema, spec);
  return {
    plan: {
      ...limitsOf(where, read), maxChildren: read.maxChildren ?? Infinity,
      extraArguments: read.extraArguments ?? [],
      template: null,
    },
    name: read.name === undefined ? undefined : checkStartName(`${where}.name`, read.name),
  };
}

export function readSimple(where: string, template: unknown, spec: SimpleSpec): ReadDynamic {
  if (!(template instanceof Template)) throw new OptionError(
    `${where}.template`, template, 'template(Definition, …)',
  );
  const read = parseOptions(where, simpleSchema, spec);
  return {
    plan: { ...limitsOf(where, read), maxChildren: Infinity, extraArguments: [], template: template.spec },
    name: read.name === undefined ? undefined : checkStartName(`${where}.name`, read.name),
  };
}

/**
 * The plan of what a spec function returned, or a code change was given; each kind of mistake has
 * its own reason (SU-05).
 */
export function dynamicFrom(made: unknown, template: ChildSpec | null): DynamicPlan {
  if (typeof made !== 'object' || made === null) throw new ExitSignal({ badReturn: printable(made) });
  return wrapped('supervisorData', () => {
    if (template === null) return readDynamic('supervisor', made).plan;
    const { template: other = new Template(template), ...spec } =
      made as SimpleSpec & { readonly template?: Template<never, never> };
    return readSimple('supervisor', other, spec).plan;
  });
}

export function significant(where: string): OptionError {
  return new OptionError(
    `${where}.significant`, true, 'false under a dynamic supervisor',
    'automatic shutdown is for static supervisors',
    'BAD_COMBINATION',
  );
}

type Prefix<
  A extends readonly unknown[],
> = A extends readonly [infer H, ...infer T] ? readonly [] | readonly [H, ...Prefix<T>] : readonly [];
type RestOf<
  A extends readonly unknown[], G extends readonly unknown[],
> = A extends readonly [...G, ...infer R] ? R : never;

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
 * A template of children: a definition with its first init arguments; `startChild` gives the rest.
 *
 * Errors: an OptionError for a bad option, and for `significant`.
 *
 * @example
 * const Worker = defineAgent({ init: (shard: number, job: string) => ({ shard, job }) });
 * const workers = await system.supervise(simpleSupervisor('workers', template(Worker, [1], { restart: 'transient' })));
 * await workers.startChild('compress');
 * (await workers.whichChildren()).map((row) => row.restart); // => ['transient']
 * @since 0.2.0
 */
export function template<D extends AnyDefinition, G extends Prefix<InitArgs<D>>>(
  definition: D, given: G, options: ChildOptions = {},
): Template<AgentRef<D>, RestOf<InitArgs<D>, G>> {
  if (!Array.isArray(given)) {
    throw new OptionError(
      'template.arguments', given, 'an array of the first init arguments', 'template(Definition, [first, …])',
    );
  }
  const spec = agentSpec<AgentRef<D>>(
    'template', 'template', definition, given, readChild('template', options),
  );
  if (spec.significant) throw significant('template');
  return new Template(spec);
}
