import { adopt, ExitSignal, OptionError, reasonOf, StartError } from '../../base/index.js';
import { isA } from '../../base/text/index.js';
import { hostOf, planOf, startAgent } from '../../behaviour/gen/index.js';
import type { RuntimeDefinition } from '../../behaviour/gen/index.js';
import { ServerDefinition } from '../../behaviour/gen/server/index.js';
import type { AgentSelf } from '../../behaviour/gen/server/index.js';
import { exitProcess } from '../../process/kernel/index.js';
import { Phase } from '../../process/record/index.js';
import type { Process } from '../../process/record/index.js';
import { exitSignal, monitor } from '../../process/signal/index.js';
import { endedWith, isEnding, reasonOfStart } from '../core/index.js';
import { checkTree } from '../spec/index.js';
import type { Tree } from '../spec/index.js';
import { supervisorDefinition } from '../static/index.js';
import type { ProcessVerbs } from '../../api/agent.js';
import { Exit } from '../../api/messages.js';
import type { ApplicationEnv } from '../../api/supervisor.js';
import { type Application, badCallback } from './application.js';

/** What the process of an application is started with. */
export interface MasterJob {
  readonly app: Application;
  readonly env: ApplicationEnv;
}

/**
 * The state of an application's own process, the parent of its top supervisor and the leader of its
 * processes.
 */
class Master {
  constructor(
    readonly app: Application,
    readonly top: Process,
    public state: unknown,
  ) {}
}

type Self = AgentSelf & { state: Master };

async function init(this: AgentSelf, { app, env }: MasterJob): Promise<Master> {
  const { p } = this;
  try {
    const { tree, state } = await started(app, env, this);
    if (isEnding(p)) throw new ExitSignal(p.phase === Phase.Dead ? p.reason : p.ext?.shutdown?.reason);
    const top = await endedWith(
      p, Promise.resolve(startAgent(
        hostOf(p.kernel), planOf(supervisorDefinition(), [tree], { name: tree.name }), p,
      )),
    );
    if (top === null) throw new ExitSignal(badCallback(app.name, 'start', 'badReturn', 'ignore'));
    return new Master(app, top, state);
  } catch (error) {
    killLeftovers(p);
    throw isA(error, StartError) ? new ExitSignal(reasonOfStart(error)) : error;
  }
}

/** Runs the start callback; whatever is wrong with it is told with its place (AP-13). */
async function started(
  app: Application, env: ApplicationEnv, self: ProcessVerbs,
): Promise<{ readonly tree: Tree; readonly state: unknown }> {
  let made: unknown;
  try {
    made = await adopt<unknown>(app.spec.start({ name: app.name, env, self }));
  } catch (error) {
    throw new ExitSignal(badCallback(app.name, 'start', 'crashed', reasonOf(error)));
  }
  const { supervisor, state } = typeof made === 'object' && made !== null && 'supervisor' in made
    ? (made as { supervisor: unknown; state: unknown })
    : { supervisor: made, state: undefined };
  try {
    return { tree: checkTree(`application '${app.name}'`, supervisor), state };
  } catch (error) {
    throw isA(error, OptionError) ? new ExitSignal(badCallback(app.name, 'start', 'badReturn', made)) : error;
  }
}

/** When the tree ends by itself so does the application, with that reason. */
function info(self: Self, message: unknown): unknown {
  return message instanceof Exit && self.p.from === self.state.top ? self.stop(message.reason) : undefined;
}

/**
 * prepStop, then the tree, then stop, then what is left of it (AP-07). A callback that throws is
 * told, and holds nothing up.
 */
async function terminate(self: Self): Promise<void> {
  const master = self.state as Master | undefined;
  if (master === undefined) return;
  const { app, top } = master;
  if (top.phase !== Phase.Dead) {
    const kept = await attempt(self.p, app, 'prepStop', () => app.spec.prepStop?.(master.state));
    if (kept !== undefined) master.state = kept;
    await shutDown(self.p, top);
  }
  await attempt(self.p, app, 'stop', () => app.spec.stop?.(master.state));
  killLeftovers(self.p);
}

async function attempt(
  p: Process, app: Application, callback: 'prepStop' | 'stop', run: () => unknown,
): Promise<unknown> {
  try {
    return await adopt(run());
  } catch (error) {
    p.kernel.warn(`${callback} of an application failed`, { application: app.name, error });
    return undefined;
  }
}

function shutDown(p: Process, top: Process): Promise<void> {
  return new Promise((resolve) => {
    monitor(null, top, undefined, () => resolve());
    exitSignal(top, p, 'shutdown', false);
  });
}

/** Every process that belongs to it and still lives is killed (AP-07). */
function killLeftovers(master: Process): void {
  for (const p of master.kernel.live.list()) if (p !== master
    && belongsTo(p, master)) exitProcess(p, 'killed', true);
}

/** Whether a process descends from another (AP-07). */
export function belongsTo(p: Process, master: Process): boolean {
  for (let at = p.parent; at !== null; at = at.parent) if (at === master) return true;
  return false;
}

let made: RuntimeDefinition | null = null;

export function masterDefinition(): RuntimeDefinition {
  made ??= new ServerDefinition({ name: 'application', trapExit: true, init, info, terminate });
  return made;
}
