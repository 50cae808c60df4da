import { OptionError } from '../base/index.js';
import { checkKeys, planOf, type Host, type StartPlan } from '../behaviour/index.js';
import { monitor, Phase, type Process } from '../process/index.js';
import { checkStartName } from '../router/index.js';
import {
  dynamicDefinition, DynamicSupervisorRef, gaveUp, PartitionSupervisorRef, partitionTree, readDynamic, readSimple,
  SimpleSupervisorRef, startSupervisor, startTree, supervisorDefinition,
  type AnyTreeSpec, type DynamicInit, type DynamicSpec, type PartitionSpec, type SimpleSpec, type SuperviseOptions, type Template,
  readTasks, TaskSupervisorRef, type OnGiveUp, type TaskSupervisorSpec, type TopOptions,
} from '../supervisor/index.js';
import type { Ending } from './ending.js';

/** Starts the trees of one system. */
export class Tops {
  constructor(
    private readonly host: Host,
    private readonly ending: Ending,
  ) {}

  async supervise(spec: AnyTreeSpec<unknown>, options: SuperviseOptions): Promise<unknown> {
    checkKeys('supervise', options, ['name', 'onGiveUp']);
    const onGiveUp = onGiveUpOf('supervise', options);
    return startTree(this.host.kernel, spec, options, (plan) => this.start(plan, onGiveUp));
  }

  async dynamic(spec: DynamicSpec | DynamicInit, options: SuperviseOptions): Promise<DynamicSupervisorRef> {
    checkKeys('superviseDynamic', options, ['name', 'onGiveUp']);
    const onGiveUp = onGiveUpOf('superviseDynamic', options);
    const { plan, name } =
      typeof spec === 'function' ? { plan: spec, name: undefined } : readDynamic('superviseDynamic', spec);
    const own = options.name === undefined ? name : checkStartName('superviseDynamic.name', options.name);
    const p = await this.start(planOf(dynamicDefinition(), [plan], { name: own }), onGiveUp);
    return new DynamicSupervisorRef(p, this.host.kernel);
  }

  async simple<R, Rest extends readonly unknown[]>(
    template: Template<R, Rest>, spec: SimpleSpec, options: TopOptions,
  ): Promise<SimpleSupervisorRef<R, Rest>> {
    const onGiveUp = topOf('superviseSimple', options);
    const { plan, name } = readSimple('superviseSimple', template as never, spec);
    const p = await this.start(planOf(dynamicDefinition(), [plan], { name }), onGiveUp);
    return new SimpleSupervisorRef(p, this.host.kernel, template);
  }

  async tasks(spec: TaskSupervisorSpec, options: TopOptions): Promise<TaskSupervisorRef> {
    const onGiveUp = topOf('superviseTasks', options);
    const { plan, name } = readTasks('superviseTasks', spec);
    const p = await this.start(planOf(dynamicDefinition(), [plan], { name }), onGiveUp);
    return TaskSupervisorRef.of(p, this.host.kernel);
  }

  async partitions<R>(spec: PartitionSpec<R>, options: TopOptions): Promise<PartitionSupervisorRef<R>> {
    const onGiveUp = topOf('supervisePartitions', options);
    const tree = partitionTree('supervisePartitions', spec, this.host.kernel.env.cores);
    const p = await this.start(planOf(supervisorDefinition(), [tree], { name: tree.name }), onGiveUp);
    return new PartitionSupervisorRef(p, this.host.kernel, tree.name, spec.child);
  }

  /** Starts one more top process; it is stopped with the system, newest first. */
  start(plan: StartPlan, onGiveUp: OnGiveUp): Promise<Process> {
    return this.host.kernel.scheduler.paced(startSupervisor(this.host, null, plan).then((p) => {
      if (p.phase === Phase.Dead) this.ended(p, onGiveUp);
      else if (onGiveUp !== 'ignore') monitor(null, p, undefined, () => this.ended(p, onGiveUp));
      return p;
    }));
  }

  /** A supervisor of the system is gone, with all that was below it; that it was asked to end has no consequences. */
  private ended(p: Process, onGiveUp: OnGiveUp): void {
    const error = gaveUp(p);
    if (error === undefined || onGiveUp === 'ignore') return;
    if (onGiveUp === 'stop') {
      this.ending.fail(error);
      return;
    }
    // The function is the user's: it runs behind the end of the supervisor, not within it.
    const { ending, host } = this;
    Promise.resolve().then(() => (ending.stopping ? undefined : onGiveUp(error))).catch((thrown: unknown) => {
      if (ending.stopping) host.kernel.warn('onGiveUp failed', { error: thrown });
      else ending.fail(thrown);
    });
  }
}

function topOf(where: string, options: TopOptions): OnGiveUp {
  checkKeys(where, options, ['onGiveUp']);
  return onGiveUpOf(where, options);
}

function onGiveUpOf(where: string, { onGiveUp = 'stop' }: TopOptions): OnGiveUp {
  if (onGiveUp === 'stop' || onGiveUp === 'ignore' || typeof onGiveUp === 'function') return onGiveUp;
  throw new OptionError(`${where}.onGiveUp`, onGiveUp, "'stop', 'ignore' or a function");
}
