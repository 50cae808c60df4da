import { OptionError } from '../base/index.js';
import { checkKeys } from '../behaviour/gen/index.js';
import type { Host, StartPlan } from '../behaviour/gen/index.js';
import { Phase } from '../process/record/index.js';
import type { Process } from '../process/record/index.js';
import { monitor } from '../process/signal/index.js';
import { gaveUp } from '../supervisor/core/index.js';
import { startSupervisor, startTree } from '../supervisor/static/index.js';
import type {
  AnyTreeSpec, OnGiveUp, SuperviseOptions, TopOptions,
} from '../supervisor/static/index.js';
import type { Ending } from './ending.js';

/** Starts the trees of one system. */
export class TopSupervisors {
  constructor(
    private readonly host: Host,
    private readonly ending: Ending,
  ) {}

  supervise(spec: AnyTreeSpec<unknown>, options: SuperviseOptions): Promise<unknown> {
    return this.host.kernel.scheduler.paced(this.started(spec, options));
  }

  private async started(spec: AnyTreeSpec<unknown>, options: SuperviseOptions): Promise<unknown> {
    checkKeys('supervise', options, ['name', 'onGiveUp']);
    const onGiveUp = onGiveUpOf('supervise', options);
    return startTree(this.host.kernel, spec, options, (plan) => this.start(plan, onGiveUp));
  }

  /** Starts one more top process; it is stopped with the system, newest first. */
  start(plan: StartPlan, onGiveUp: OnGiveUp): Promise<Process> {
    return this.host.kernel.scheduler.paced(startSupervisor(this.host, null, plan).then((p) => {
      if (p.phase === Phase.Dead) this.ended(p, onGiveUp);
      else if (onGiveUp !== 'ignore') monitor(null, p, undefined, () => this.ended(p, onGiveUp));
      return p;
    }));
  }

  /**
   * A supervisor of the system is gone, with all that was below it; that it was asked to end has no
   * consequences.
   */
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

function onGiveUpOf(where: string, { onGiveUp = 'stop' }: TopOptions): OnGiveUp {
  if (onGiveUp === 'stop' || onGiveUp === 'ignore' || typeof onGiveUp === 'function') return onGiveUp;
  throw new OptionError(`${where}.onGiveUp`, onGiveUp, "'stop', 'ignore' or a function");
}
