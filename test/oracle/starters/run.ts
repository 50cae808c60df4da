import {
  child, createSystem, defineAgent, Exit, OptionError, StartError, supervisor, SupervisorRef, type ChildSpec,
  type ExitReason, type InitSelf, type Pid, type ProcessSelf, type ProcessVerbs, type SupervisorSpec,
  type System,
} from '../../../src/index.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { reasonFrom } from '../puppets/run.js';
import type { Term } from '../term.js';
import { event, reasonText, Recorder, type Trace } from '../trace.js';
import { endOf } from '../world.js';
import { isSup, readSup, readWorker } from './shape.js';

type Op = readonly [string, ...Term[]];

class Command {
  constructor(readonly ops: readonly Op[]) {}
}

interface WorkerState {
  readonly me: string;
  readonly tree: string;
}

/** The processes of one scenario on castcall. */
class Stage {
  readonly recorder = new Recorder();
  readonly env = new VirtualEnv();
  readonly system: System = createSystem({ env: this.env, logger: false, development: false });
  /** puppets and supervisors */
  readonly pids = new Map<string, Pid>();
  private readonly labels = new Map<string, string>();
  private readonly incarnations = new Map<string, Pid>();
  private readonly counts = new Map<string, number>();
  private readonly agent = workerOf(this);

  readonly labelOf = (pid: string): string | undefined => this.labels.get(pid);

  introduce(label: string, pid: Pid): void {
    this.pids.set(label, pid);
    this.labels.set(pid, label);
  }

  watch(label: string, pid: Pid, failed: boolean = false): void {
    this.labels.set(pid, label);
    void this.system.monitor(pid).down.then(
      (down) => this.recorder.log(
        'downs?', event(label, failed ? 'failed' : reasonText(down.reason, this.labelOf)),
      ),
    );
  }

  /** A process without a behaviour. */
  born(label: string, pid: Pid): void {
    this.introduce(label, pid);
    this.watch(label, pid);
  }

  async tree(self: ProcessVerbs, me: string, term: Term): Promise<void> {
    const { id } = readSup(term);
    try {
      const { pid } = await self.supervise(this.spec(id, term, []));
      this.introduce(id, pid as Pid);
      this.watch(id, pid as Pid);
      this.recorder.log(me, event('tree', id, 'ok'));
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      this.recorder.log(me, event('tree', id, reasonText(error.reason, this.labelOf)));
    }
  }

  private spec(tree: string, term: Term, above: readonly string[]): SupervisorSpec {
    const { id, strategy, intensity, children } = readSup(term);
    return {
      strategy, intensity, periodMs: 60_000,
      children: children.map((one) => this.child(tree, one, [id, ...above])),
    };
  }

  private child(tree: string, term: Term, above: readonly string[]): ChildSpec {
    if (isSup(term)) return supervisor(readSup(term).id, this.spec(tree, term, above));
    const { id, restart } = readWorker(term);
    return child(id, this.agent, tree, term, above, { restart, name: false });
  }

  /** A worker starts; its supervisors are known by it. */
  begin(self: InitSelf, tree: string, term: Term, above: readonly string[]): unknown {
    const { id, trap, starts } = readWorker(term);
    self.trapExit(trap);
    let at: Pid | undefined = self.pid;
    for (const sup of above) {
      at = at === undefined ? undefined : this.system.inspect(at)?.parent;
      if (at !== undefined) this.introduce(sup, at);
    }
    const n = (this.counts.get(id) ?? 0) + 1;
    this.counts.set(id, n);
    this.incarnations.set(id, self.pid);
    const me = `${id}_${n}`;
    const start = starts[n - 1] ?? 'ok';
    this.watch(me, self.pid, start !== 'ok');
    this.recorder.log(tree, event('init', me));
    return start === 'fail' ? self.stop('boom') : start === 'ignore' ? self.ignore() : { me, tree };
  }

  async step([word, who, what]: readonly [string, ...Term[]]): Promise<void> {
    const { system } = this;
    const label = String(who);
    const pid = this.pids.get(label);
    const worker = this.incarnations.get(label);
    switch (word) {
      case 'at': if (pid !== undefined) system.send(pid, new Command(what as readonly Op[])); return;
      case 'boss': if (worker !== undefined) system.ref(this.agent, worker).cast('boss', what as Term); return;
      case 'stop': if (worker !== undefined) system.ref(this.agent, worker).cast(
        'stop', reasonFrom(what),
      ); return;
      case 'crash': if (worker !== undefined) system.ref(this.agent, worker).cast('crash'); return;
      case 'kill': if (worker !== undefined) system.exit(worker, 'kill'); return;
      case 'signal_sup': if (pid !== undefined) system.exit(pid, reasonFrom(what)); return;
      case 'which': this.recorder.log(
        'api?',
        event(
          'which', label,
          pid === undefined || !system.alive(pid) ? 'exit(noproc)' : await this.children(pid),
        ),
      ); return;
      default: throw new Error(`unknown step ${word}`);
    }
  }

  private async children(pid: Pid): Promise<string> {
    const rows = await this.system.ref(SupervisorRef, pid).whichChildren();
    return `[${rows.map((one) => event(one.id, one.status === 'restarting'
      ? 'restarting'
      : one.pid === undefined ? 'undefined' : this.labelOf(one.pid) ?? one.id)).join(',')}]`;
  }
}

/** What lives for every worker. */
function workerOf(stage: Stage) {
  return defineAgent({
    init(
      tree: string, term: Term, above: readonly string[],
    ) { return stage.begin(this, tree, term, above) as WorkerState; },
    casts: {
      boss: (self, term: Term) => stage.tree(self, self.state.me, term),
      stop: (self, reason: ExitReason) => self.stop(reason),
      crash: () => { throw new Error('boom'); },
    },
    info({ state }, message) {
      if (message instanceof Exit) stage.recorder.log(state.me, exitText(stage, message));
    },
    terminate(
      { state }, reason,
    ) { stage.recorder.log(state.tree, event('terminate', state.me, reasonText(reason, stage.labelOf))); },
  });
}

function exitText(stage: Stage, { pid, reason }: Exit): string {
  return event('exit', stage.labelOf(pid ?? '') ?? 'stranger', reasonText(reason, stage.labelOf));
}

/** A process that does what it is told and tells who ended. */
async function puppet(stage: Stage, me: string, self: ProcessSelf): Promise<void> {
  for (;;) {
    const message = await self.receive();
    if (message instanceof Exit) stage.recorder.log(me, exitText(stage, message));
    if (!(message instanceof Command)) continue;
    for (const op of message.ops) {
      if (op[0] === 'return') return;
      const waits = perform(stage, me, self, op);
      if (waits !== undefined) await waits;
    }
  }
}

/** What needs somebody who never came to be is passed over, on both sides. */
function perform(stage: Stage, me: string, self: ProcessSelf, [word, a, b]: Op): Promise<void> | undefined {
  const who = stage.pids.get(String(a));
  switch (word) {
    case 'trap': self.trapExit(a === 'true'); return;
    case 'tree': return stage.tree(self, me, a as Term);
    case 'spawn': stage.born(
      String(a), self.spawn((one) => puppet(stage, String(a), one), { link: b === 'link' }).pid,
    ); return;
    case 'exit': return self.exit(reasonFrom(a));
    case 'error': throw new Error(String(a));
    case 'unlink': if (who !== undefined) self.unlink(who); return;
    case 'link': if (who !== undefined) stage.recorder.log(
      me, event('link', String(a), linked(self, who)),
    ); return;
    case 'signal': if (who !== undefined) self.exitOther(who, reasonFrom(b)); return;
    default: throw new Error(`unknown operation ${word}`);
  }
}

function linked(self: ProcessSelf, who: Pid): string {
  try {
    self.link(who);
    return 'ok';
  } catch (error) {
    if (error instanceof OptionError) return 'noproc';
    throw error;
  }
}

/** Runs a scenario of trees that processes start, and returns what was seen. */
export async function runStarters(scenario: Term): Promise<Trace> {
  const [, count, steps] = scenario as readonly [string, number, readonly (readonly [string, ...Term[]])[]];
  const stage = new Stage();
  for (let n = 1; n <= count; n++) stage.born(
    `p${n}`, stage.system.spawn((self) => puppet(stage, `p${n}`, self)).pid,
  );
  await stage.env.settle();
  for (const [at, step] of steps.entries()) {
    void stage.step(step);
    await stage.env.settle();
    stage.recorder.cut(at + 1);
  }
  return [...stage.recorder.lines, ...(await endOf(stage.system, stage.env))];
}
