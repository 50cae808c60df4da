import { CastcallError, disown, OptionError, parseOptions, z } from '../../base/index.js';
import { hashText } from '../../base/text/index.js';
import { hostOf, nameSchema, planAs, planOf } from '../../behaviour/gen/index.js';
import type { HandlePlaceImpl } from '../../behaviour/gen/request/index.js';
import { AgentSelf } from '../../behaviour/gen/server/index.js';
import type { Address, Kernel, Process } from '../../process/record/index.js';
import { Cell, checkStartName, ViaAddress } from '../../router/names/index.js';
import { addressName } from '../../router/request/index.js';
import { checkId, ChildSpec, limitFields, limitsOf } from '../spec/index.js';
import type { Tree } from '../spec/index.js';
import {
  AnySupervisorRef, checkSpec, nestedSpec, supervisorDefinition, SupervisorState, TreeByCores,
} from '../static/index.js';
import type { SupervisorSource } from '../static/index.js';
import type {
  ChildInfo, PartitionKey, RestartLimits, Strategy, SupervisorChildOptions,
} from '../../api/supervisor.js';
import { Via } from '../../api/address.js';
import type { HasHandle } from '../../api/protocol.js';

/** Options of a partition supervisor. Restarts: 3 in 5,000 ms. */
export interface PartitionSpec<R> extends RestartLimits {
  /**
   * registered name, or a `via` name whose key is a text; partition n is registered as `name/n`, in
   * the same registry, so that a ref by key survives restarts
   */
  readonly name: string | Via;
  /** what each partition runs: any specification; its id and name are replaced */
  readonly child: ChildSpec<R>;
  /** how many, from 1; default: the cores of the machine */
  readonly partitions?: number | undefined;
  /** the init arguments of one partition, made of those of `child` */
  readonly withArguments?: ((args: readonly unknown[], partition: number) => readonly unknown[]) | undefined;
  /** default `one_for_one` */
  readonly strategy?: Strategy | undefined;
}

const PARTITIONS_RULE = 'a whole number of partitions from 1';
const schema: z.ZodType<Omit<PartitionSpec<unknown>, 'child'> & { child: unknown }> = z.strictObject({
  ...limitFields,
  name: nameSchema,
  child: z.unknown(),
  partitions: z.number({ error: PARTITIONS_RULE }).int({ error: PARTITIONS_RULE })
    .min(1, { error: PARTITIONS_RULE })
      .optional(),
  withArguments: z.custom<PartitionSpec<unknown>['withArguments']>(
    (value) => typeof value === 'function', { error: 'a function of arguments and partition' },
  ).optional(),
  strategy: z.enum(
    ['one_for_one', 'one_for_all', 'rest_for_one'], { error: "'one_for_one', 'one_for_all' or 'rest_for_one'" },
  ).optional(),
}, { error: 'an object with name and child' });

/** Checks the options, and how the tree is made: one child per partition, its id is its number (PS-01). */
function readPartitions(where: string, spec: PartitionSpec<unknown>): ReadPartitions {
  const read = parseOptions(where, schema, spec);
  const of = checkSpec(`${where}.child`, read.child as ChildSpec);
  if (of.significant) {
    throw new OptionError(
      `${where}.child.significant`, true, 'false in a partition',
      'automatic shutdown is for static supervisors',
      'BAD_COMBINATION',
    );
  }
  const name = checkPartitionsName(`${where}.name`, read.name);
  const { partitions, withArguments, strategy = 'one_for_one' } = read;
  const tree = (count: number): Tree => {
    const children: ChildSpec[] = [];
    for (let n = 0; n < count; n++) {
      const init = withArguments === undefined
        ? of.plan.init
        : argumentsOf(where, withArguments(of.plan.init, n));
      const own = nameOf(name, n);
      children.push(new ChildSpec({ ...of, id: String(n), ownName: own, plan: planAs(of.plan, own, init) }));
    }
    return { strategy, autoShutdown: 'never', ...limitsOf(where, read), name, partitions: count, children };
  };
  // How many cores there are is known where it starts.
  return { name, recipe: partitions === undefined ? new TreeByCores(tree) : tree(partitions) };
}

interface ReadPartitions {
  readonly name: string | Via;
  readonly recipe: SupervisorSource;
}

/** The partitions are named after it, so a key that is no text has no names for them. */
function checkPartitionsName(where: string, name: string | Via): string | Via {
  const checked = checkStartName(where, name);
  if (checked instanceof Via && typeof checked.key !== 'string') {
    throw new OptionError(
      where, checked.key, 'a text as the key of a via name', 'the partitions are named after it',
    );
  }
  return checked;
}

function nameOf(name: string | Via, n: number): string | Via {
  return typeof name === 'string'
    ? `${name}/${n}`
    : new Via(name.provider, `${String(name.key)}/${n}`, name.value);
}

function argumentsOf(where: string, made: unknown): readonly unknown[] {
  if (Array.isArray(made)) return made;
  disown(made);
  throw new OptionError(`${where}.withArguments`, made, 'an array of init arguments');
}

/**
 * The handle of a partition supervisor. `ref(key)` is what the partition of that key runs; the same
 * key always means the same partition, and the ref survives its restarts.
 *
 * @example
 * const Counter = defineAgent({ init: () => ({ n: 0 }), calls: { add: (self, by: number) => { self.state.n += by; return self.state.n; } } });
 * const counters = await system.supervise(partitionSupervisor('counters', { name: 'counters', child: child('counter', Counter), partitions: 4 }));
 * await counters.ref('alice').call('add', 1); // => 1
 * await counters.ref('alice').call('add', 1); // => 2
 * counters.partitionOf(-7); // => 3
 * @since 0.2.0
 */
export class PartitionSupervisorRef<R> extends AnySupervisorRef<ChildInfo> {
  readonly #of: ChildSpec<R>;
  readonly #kernel: Kernel;
  readonly #name: string | Via;
  /** @internal Use `partitionSupervisor`, or `system.ref`. */
  constructor(addr: Address, kernel: Kernel, name: string | Via, of: ChildSpec<R>) {
    super(addr, kernel, supervisorDefinition());
    this.#of = of;
    this.#kernel = kernel;
    this.#name = name;
  }

  /** How many partitions there are now. Errors: NOPROC when nobody has the name. */
  get partitions(): number {
    const { router } = hostOf(this.#kernel);
    const addr = router.address(this.#name);
    const p = addr.owner;
    if (p === null || partitionsIn(p) === 0) {
      throw new CastcallError('NOPROC', `noproc: no partition supervisor '${addressName(addr)}'`);
    }
    return partitionsIn(p);
  }

  /** The number of the partition of a key. */
  partitionOf(key: PartitionKey): number {
    return partitionOf(key, this.partitions);
  }

  /**
   * What the partition of that key runs. Errors: NOPROC when nobody has the name, OptionError for
   * what is no key.
   */
  ref(key: PartitionKey): R {
    const own = nameOf(this.#name, this.partitionOf(key));
    return this.#of.refTo(hostOf(this.#kernel).router.address(own), this.#kernel, this.#of.plan) as R;
  }
}

function partitionsIn({ self }: Process): number {
  return self instanceof AgentSelf && self.state instanceof SupervisorState ? self.state.tree.partitions : 0;
}

/**
 * Which of `count` partitions a key belongs to: the same on every run and every machine.
 *
 * @example
 * partitionOf(-7, 4); // => 3
 * partitionOf('alice', 4) === partitionOf('alice', 4); // => true
 * @since 0.2.0
 */
export function partitionOf(key: PartitionKey, count: number): number {
  if (typeof key === 'number' && Number.isInteger(key)) return Math.abs(key) % count;
  if (typeof key === 'bigint') return Number((key < 0n ? -key : key) % BigInt(count));
  if (typeof key === 'string') return hashText(key) % count;
  throw new OptionError('partition key', key, 'a whole number or a text', 'make a text of what identifies it');
}

/**
 * Specifies N copies of one child, among which a key is routed: the same key always means the same
 * partition. To be found again by `system.ref(partitionsOf(child), name)`, or by the specification
 * itself.
 *
 * @example
 * const Cache = defineAgent({ init: (n: number) => n, calls: { number: (self) => self.state } });
 * const spec = partitionSupervisor('caches', { name: 'caches', child: child('cache', Cache, 0), partitions: 2, withArguments: (_args, n) => [n] });
 * await system.supervise({ children: [spec] });
 * await system.ref(spec).ref(5).call('number'); // => 1
 * @since 0.2.0
 */
export function partitionSupervisor<R>(
  id: string, spec: PartitionSpec<R>, options: SupervisorChildOptions = {},
): ChildSpec<PartitionSupervisorRef<R>> {
  const where = checkId('partitionSupervisor', id);
  const { name, recipe } = readPartitions(where, spec);
  if (options.name !== undefined) {
    throw new OptionError(
      `${where}.name`, options.name, 'the name in the spec only', 'the partitions are named after it',
    );
  }
  return nestedSpec(
    where, id, options, () => planOf(supervisorDefinition(), [recipe], { name }),
    (addr, kernel) => new PartitionSupervisorRef(addr, kernel, nameAt(addr) ?? name, spec.child),
  );
}

/**
 * The handle of a partition supervisor by name, for whoever has only the specification of its child:
 * `system.ref(partitionsOf(child), name)`.
 *
 * @example
 * const Cache = defineAgent({ init: (n: number) => n, calls: { number: (self) => self.state } });
 * const cache = child('cache', Cache, 7);
 * await system.supervise(partitionSupervisor('caches', { name: 'caches', child: cache, partitions: 2 }));
 * await system.ref(partitionsOf(cache), 'caches').ref('alice').call('number'); // => 7
 * @since 0.2.0
 */
export function partitionsOf<R>(of: ChildSpec<R>): HasHandle<PartitionSupervisorRef<R>> {
  checkSpec('partitionsOf', of);
  return {
    handleAt: ({ addr, host }: HandlePlaceImpl): PartitionSupervisorRef<R> => {
      const name = nameAt(addr);
      if (name === undefined) throw new OptionError('ref', addressName(addr), 'the name of a partition supervisor');
      return new PartitionSupervisorRef(addr, host.kernel, checkPartitionsName('ref', name), of);
    },
  };
}

/** The partitions are found by name, so a process alone does not do. */
function nameAt(addr: Address): string | Via | undefined {
  if (addr instanceof ViaAddress) return addr.via;
  return addr instanceof Cell ? addr.name : undefined;
}
