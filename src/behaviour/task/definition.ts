import { CastcallError } from '../../base/index.js';
import type { Op } from '../../mailbox/message/index.js';
import { Level } from '../../process/record/index.js';
import type { Behaviour, Process } from '../../process/record/index.js';
import { equip, RuntimeDefinition } from '../gen/index.js';
import type { Host, Instance, StartPlan } from '../gen/index.js';
import { spawnTask, TASK } from './task.js';

const NO_OPS: ReadonlyMap<string, Op> = new Map();

/**
 * What a supervisor starts for a task that is its child: the function takes the place of a
 * definition, its arguments that of init's.
 */
export class TaskDefinition extends RuntimeDefinition {
  readonly behaviour: Behaviour = TASK;
  constructor(
    private readonly fn: (...args: never[]) => unknown,
    /** who asked for it, left out for its parent; null is the outside */
    private readonly starter?: Process | null | undefined,
    private readonly level: Level = Level.Normal,
  ) {
    super(fn.name === '' ? 'task' : fn.name, false, null, null, NO_OPS, NO_OPS);
  }

  instance(): Instance {
    throw new CastcallError('INTERNAL', 'a task is no agent: start it with `spawn`');
  }

  /** Starts it linked to its parent; nobody waits for its result. */
  spawn(host: Host, plan: StartPlan, parent: Process): Process {
    const { settings, init } = plan;
    const starter = this.starter === undefined ? parent : this.starter;
    const p = spawnTask(host.kernel, parent, true, starter, this.fn, init, this.level);
    if (settings !== null) equip(host, p, this.name, settings);
    return p;
  }
}
