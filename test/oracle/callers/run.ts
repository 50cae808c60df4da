import {
  CallError, child, createSystem, defineAgent, type InitSelf, type Pid, type Restart, type Self,
  type SupervisorRef,
  type System,
} from '../../../src/index.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { reasonFrom } from '../puppets/run.js';
import type { Term } from '../term.js';
import { event, reasonText, Recorder, type Trace } from '../trace.js';
import { endOf } from '../world.js';

type Tuple = readonly [string, ...Term[]];
type Me = Self<WorkerState>;

interface WorkerState {
  readonly me: string;
  readonly ending: Tuple;
}
/** The supervisor and workers of one scenario on castcall. */
class Stage {
  readonly recorder = new Recorder();
  readonly env = new VirtualEnv();
  readonly system: System = createSystem({ env: this.env, logger: false, development: false });
  private readonly labels = new Map<string, string>();
  private readonly counts = new Map<string, number>();
  private readonly lastPid = new Map<string, Pid>();
  private sup: SupervisorRef | null = null;
  private readonly agent = workerOf(this);
  readonly text = (reason: unknown): string => reasonText(reason, (pid) => this.labels.get(pid));

  async start(intensity: number, workers: readonly Tuple[]): Promise<void> {
    const children = workers.map(([, id, restart, trap, ending]) => child(
      String(id), this.agent, String(id), trap === 'true', ending as Tuple,
      { restart: restart as Restart, name: false },
    ));
    this.sup = await this.system.supervise({ intensity, periodMs: 60_000, children }, { onGiveUp: 'ignore' });
    void this.sup.down.then((reason) => this.recorder.log('downs?', event('top', this.text(reason))));
  }

  begin(id: string, self: InitSelf): string {
    const n = (this.counts.get(id) ?? 0) + 1;
    this.counts.set(id, n);
    const me = `${id}_${n}`;
    this.labels.set(self.pid, me);
    this.lastPid.set(id, self.pid);
    void this.system.monitor(self.pid).down.then(
      (down) => this.recorder.log('downs?', event(me, this.text(down.reason))),
    );
    this.log('init', me);
    return me;
  }

  log(word: string, me: string, ...args: string[]): void {
    this.recorder.log(me, event(word, me, ...args));
  }

  async ask(self: Me, [word, a, b]: Tuple): Promise<void> {
    if (word === 'task') {
      const [how, reason] = a as unknown as Tuple;
      await self.task.await(self.task.asyncNolink((task) => {
        if (how === 'crashes') throw new Error('boom');
        return task.exit(reasonFrom(reason));
      }));
      return;
    }
    const ref = self.bind(this.system.ref(this.agent, this.lastPid.get(String(a)) as Pid));
    if (word === 'call') await ref.call('do', b as unknown as Tuple, { timeoutMs: 'infinity' });
    else await ref.stop(reasonFrom(b));
  }

  step([word, who, plan]: Tuple): void {
    const pid = this.lastPid.get(String(who));
    if (word === 'which') void this.which();
    else if (pid !== undefined && word === 'kill') this.system.exit(pid, 'kill');
    else if (pid !== undefined) this.system.ref(this.agent, pid).cast('do', plan as Tuple);
  }

  private async which(): Promise<void> {
    const rows = await (this.sup as SupervisorRef).whichChildren().then((all) => `[${all.map(
      ({ id, pid }) => event(id, pid === undefined ? 'undefined' : String(this.labels.get(pid))),
    ).join(',')}]`, (error: unknown) => {
      if (error instanceof CallError && error.code === 'NOPROC') return 'noproc';
      throw error;
    });
    this.recorder.log('api?', event('which', rows));
  }
}

/** What lives for every worker. */
function workerOf(stage: Stage) {
  return defineAgent({
    init(id: string, trap: boolean, ending: Tuple): WorkerState {
      this.trapExit(trap);
      return { me: stage.begin(id, this), ending };
    },
    calls: { do: (self, plan: Tuple): Promise<unknown> => perform(stage, self, plan) },
    casts: { do: (self, plan: Tuple): Promise<unknown> => perform(stage, self, plan) },
    info: () => undefined,
    terminate(self, reason) {
      stage.log('terminate', self.state.me, stage.text(reason));
      const [word, what] = self.state.ending;
      if (word === 'exits') self.exit(reasonFrom(what));
      if (word === 'crashes') throw new Error('bang');
    },
  });
}

async function perform(stage: Stage, self: Me, [word, what]: Tuple): Promise<unknown> {
  switch (word) {
    case 'fine': return 'ok';
    case 'stop': return self.stop(reasonFrom(what));
    case 'exits': return self.exit(reasonFrom(what));
    case 'crashes': throw new Error('boom');
    default:
  }
  try {
    await stage.ask(self, what as unknown as Tuple);
  } catch (error) {
    if (word === 'again') return self.exit(error);
    if (word === 'stops') return self.stop(error);
    throw error;
  }
  stage.log('asked', self.state.me, 'ok');
  return 'ok';
}

/** Runs a scenario of callers and returns what was seen. */
export async function runCallers(scenario: Term): Promise<Trace> {
  const [, intensity, workers, steps] =
    scenario as readonly [string, number, readonly Tuple[], readonly Tuple[]];
  const stage = new Stage();
  void stage.start(intensity, workers);
  await stage.env.settle();
  stage.recorder.cut(0);
  for (const [at, step] of steps.entries()) {
    stage.step(step);
    await stage.env.settle();
    stage.recorder.cut(at + 1);
  }
  return [...stage.recorder.lines, ...(await endOf(stage.system, stage.env))];
}
