import { checkKeys, planOf, type Host, type StartPlan } from '../behaviour/index.js';
import type { Process } from '../process/index.js';
import { checkStartName } from '../router/index.js';
import {
  dynamicDefinition, DynamicSupervisorRef, PartitionSupervisorRef, partitionTree, readDynamic, readSimple, SimpleSupervisorRef, startSupervisor, startTree, supervisorDefinition,
  type AnyTreeSpec, type DynamicInit, type DynamicSpec, type PartitionSpec, type SimpleSpec, type SuperviseOptions, type Template,
  readTasks, taskSupervisorDefinition, TaskSupervisorRef, type TaskSupervisorSpec,
} from '../supervisor/index.js';

/** Starts the trees of one system. */
export class Tops {
  constructor(private readonly host: Host) {}

  supervise(spec: AnyTreeSpec<unknown>, options: SuperviseOptions): Promise<unknown> {
    return startTree(this.host.kernel, spec, options, (plan) => this.start(plan));
  }

  async dynamic(spec: DynamicSpec | DynamicInit, options: SuperviseOptions): Promise<DynamicSupervisorRef> {
    checkKeys('superviseDynamic', options, ['name']);
    const { plan, name } = typeof spec === 'function' ? { plan: spec, name: undefined } : readDynamic('superviseDynamic', spec);
    const own = options.name === undefined ? name : checkStartName('superviseDynamic.name', options.name);
    const p = await this.start(planOf(dynamicDefinition(), [plan], { name: own }));
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
  start(plan: StartPlan): Promise<Process> {
    return this.host.kernel.scheduler.paced(startSupervisor(this.host, null, plan));
  }
}
