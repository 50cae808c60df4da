import { OptionError, StartError } from '../../base/index.js';
import { otherCopy } from '../../base/text/index.js';
import { checkKeys, planOf, startAgent } from '../../behaviour/gen/index.js';
import type { Host, StartPlan } from '../../behaviour/gen/index.js';
import type { Kernel, Process } from '../../process/record/index.js';
import { checkStartName } from '../../router/names/index.js';
import type { GiveUpError } from '../core/index.js';
import { checkTree, ChildSpec } from '../spec/index.js';
import type { SupervisorSpec } from '../spec/index.js';
import type { Via } from '../../api/address.js';
import { supervisorDefinition } from './engine.js';
import { SupervisorRef } from './handle.js';
import type { SupervisorInit } from './source.js';

/**
 * What happens when a supervisor of the system gives up: `'stop'` stops the system, whose `done`
 * then rejects with the GiveUpError; a function gets that error when the supervisor has ended, and
 * everything else goes on; `'ignore'` leaves it at the report.
 */
export type OnGiveUp = 'stop' | 'ignore' | ((error: GiveUpError) => unknown);

/** Options of every start of a supervisor at the top of a system. */
export interface TopOptions {
  /**
   * default `'stop'`, as when a permanent application of OTP ends. What a function throws stops the
   * system as well
   */
  readonly onGiveUp?: OnGiveUp | undefined;
}

/** Options of `supervise`. */
export interface SuperviseOptions extends TopOptions {
  /**
   * registered name of the supervisor, default the spec's; of a specification of another kind only
   * that in it
   */
  readonly name?: string | Via | undefined;
}

/**
 * What `supervise` takes: the spec of a static supervisor, a function that makes it, or the
 * specification of any supervisor. One type in place of an overload for each: TypeScript then
 * points at the key that is wrong.
 */
export type AnyTreeSpec<R> = SupervisorSpec | SupervisorInit | ChildSpec<R>;

// The verb belongs to every self, its types to this layer.
// eslint-disable-next-line no-restricted-syntax -- the one way to add a member to an interface of a lower layer
declare module '../../api/process.js' {
  interface KernelVerbs {
    /**
     * Starts a supervisor that is linked to this process, its parent (OTP's
     * `supervisor:start_link`): when this process ends, for whatever reason, the tree stops in
     * order with that reason; when the supervisor ends, that reaches this process as the exit of a
     * link. Takes the spec of a static supervisor, a function that makes it, or the specification
     * of any kind (`dynamicSupervisor(…)`, `taskSupervisor(…)`, …); the handle is that of its kind.
     * Rejects as `system.supervise` does, and then there is no link and no Exit; with ZOMBIE when
     * this process has ended.
     */
    supervise<R = SupervisorRef>(
      spec: AnyTreeSpec<R>, options?: Omit<SuperviseOptions, 'onGiveUp'>,
    ): Promise<NoInfer<R>>;
  }
}

/** What `supervise` starts, and how its handle is made. */
interface ReadTop {
  readonly plan: StartPlan;
  readonly handle: (p: Process, kernel: Kernel) => unknown;
}

function readTop(spec: AnyTreeSpec<unknown>, options: SuperviseOptions): ReadTop {
  if (spec instanceof ChildSpec) return ofSpec(spec, options);
  if (otherCopy(spec) !== undefined) throw new OptionError('supervise', spec, 'a specification');
  const recipe = typeof spec === 'function' ? spec : checkTree('supervise', spec);
  const name = options.name === undefined
    ? (typeof recipe === 'function' ? undefined : recipe.name)
    : checkStartName('supervise.name', options.name);
  return {
    plan: planOf(supervisorDefinition(), [recipe], { name }),
    handle: (p, kernel) => new SupervisorRef(p, kernel),
  };
}

function ofSpec(spec: ChildSpec, options: SuperviseOptions): ReadTop {
  if (spec.type !== 'supervisor') {
    throw new OptionError(
      'supervise', spec, 'the specification of a supervisor',
      'start an agent with start, or put it among the children of a supervisor',
    );
  }
  if (options.name !== undefined) {
    throw new OptionError('supervise.name', options.name, 'the name in the specification only');
  }
  return { plan: spec.plan, handle: (p, kernel) => spec.refTo(p, kernel, spec.plan) };
}

/** Starts what `supervise` was given by `start`, and makes the handle of its kind. */
export async function startTree(
  kernel: Kernel, spec: AnyTreeSpec<unknown>, options: SuperviseOptions,
  start: (plan: StartPlan) => Promise<Process>,
): Promise<unknown> {
  const { plan, handle } = readTop(spec, options);
  return handle(await start(plan), kernel);
}

/** Starts a supervisor below a process, linked to it, or at the top. */
export async function startSupervisor(host: Host, parent: Process | null, plan: StartPlan): Promise<Process> {
  const p = await startAgent(host, plan, parent);
  if (p === null) throw new StartError(plan.definition.name, 'ignore');
  return p;
}

/** Fills the port: `self.supervise`. */
export function offerTrees(host: Host): void {
  host.extensions.set('supervise', (parent) => (spec: AnyTreeSpec<unknown>, options: SuperviseOptions = {}) => {
    checkKeys('supervise', options, ['name']);
    return startTree(host.kernel, spec, options, (plan) => startSupervisor(host, parent, plan));
  });
}
