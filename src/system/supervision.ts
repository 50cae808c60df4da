import { StartError } from '../base/index.js';
import { checkKeys, planOf, startAgent, type Host, type StartPlan } from '../behaviour/index.js';
import type { Process } from '../process/index.js';
import { checkStartName, type Via } from '../router/index.js';
import {
  checkTree, dynamicDefinition, DynamicSupervisorRef, PartitionSupervisorRef, partitionTree, readDynamic, readSimple, SimpleSupervisorRef, supervisorDefinition, SupervisorRef,
  type DynamicSpec, type PartitionSpec, type SimpleSpec, type SupervisorInit, type SupervisorSpec, type Template,
  readTasks, taskSupervisorDefinition, TaskSupervisorRef, type TaskSupervisorSpec,
} from '../supervisor/index.js';

/** Options of `system.supervise` with a spec function. */
export interface SuperviseOptions {
  /** registered name of the supervisor, default none */
  readonly name?: string | Via | undefined;
}

/** Starts the trees of one system. */
export class Tops {
  constructor(private readonly host: Host) {}

  async supervise(spec: SupervisorSpec | SupervisorInit, options: SuperviseOptions): Promise<SupervisorRef> {
    checkKeys('supervise', options, ['name']);
    const recipe = typeof spec === 'function' ? spec : checkTree('supervise', spec);
    const name = options.name === undefined ? (typeof recipe === 'function' ? undefined : recipe.name) : checkStartName('supervise.name', options.name);
    const p = await this.start(planOf(supervisorDefinition(), [recipe], { name }));
    return new SupervisorRef(p, this.host.kernel);
  }

  async dynamic(spec: DynamicSpec): Promise<DynamicSupervisorRef> {
    const { plan, name } = readDynamic('superviseDynamic', spec);
    const p = await this.start(planOf(dynamicDefinition(), [plan], { name }));
    return new DynamicSupervisorRef(p, this.host.kernel);
  }

  async simple<R, Rest extends readonly unknown[]>(template: Template<R, Rest>, spec: SimpleSpec): Promise<SimpleSupervisorRef<R, Rest>> {
    const { plan, name } = readSimple('superviseSimple', template as never, spec);
    const p = await this.start(planOf(dynamicDefinition(), [plan], { name }));
    return new SimpleSupervisorRef(p, this.host.kernel, template);
  }

  async tasks(spec: TaskSupervisorSpec): Promise<TaskSupervisorRef> {
    const { plan, name } = readTasks('superviseTasks', spec);
    return TaskSupervisorRef.of(await this.start(planOf(taskSupervisorDefinition(), [plan], { name })), this.host.kernel);
  }

  async partitions<R>(spec: PartitionSpec<R>): Promise<PartitionSupervisorRef<R>> {
    const tree = partitionTree('supervisePartitions', spec, this.host.kernel.env.cores);
    const p = await this.start(planOf(supervisorDefinition(), [tree], { name: tree.name }));
    return new PartitionSupervisorRef(p, this.host.kernel, tree.name, spec.child);
  }

  /** Starts one more top process; it is stopped with the system, newest first. */
  async start(plan: StartPlan): Promise<Process> {
    const p = await startAgent(this.host, plan, null);
    if (p === null) throw new StartError(plan.definition.name, 'ignore');
    return p;
  }
}
