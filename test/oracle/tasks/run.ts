import {
  createSystem, Down, Exit, TaskError, TaskResult, type MonitorRef, type Pid, type ProcessSelf,
  type System, type Task, type TaskOutcome, type TaskSelf,
} from '../../../src/index.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { reasonFrom } from '../puppets/run.js';
import type { Term } from '../term.js';
import { event, reasonText, Recorder, type Trace } from '../trace.js';
import { endOf } from '../world.js';

type Tuple = readonly [string, ...Term[]];

class Command {
  constructor(readonly op: Tuple) {}
}
/** how a task is to end */
class Last {
  constructor(readonly end: Tuple) {}
}

/** The owners and tasks of one scenario on castcall. */
class Stage {
  readonly recorder = new Recorder();
  readonly env = new VirtualEnv();
  readonly system: System = createSystem({ env: this.env, logger: false, development: false });
  readonly pids = new Map<string, Pid>();
  private readonly labels = new Map<string, string>();

  readonly labelOf = (pid: string): string | undefined => this.labels.get(pid);
  readonly text = (reason: unknown): string => reasonText(reason, this.labelOf);

  meet(label: string, pid: Pid): void {
    this.pids.set(label, pid);
    this.labels.set(pid, label);
    void this.system.monitor(pid).down.then(
      (down) => this.recorder.log('downs?', event(label, this.text(down.reason))),
    );
  }

  send(label: Term | undefined, message: unknown): void {
    const pid = this.pids.get(String(label));
    if (pid !== undefined) this.system.send(pid, message);
  }
}

async function live(self: TaskSelf, trap: boolean): Promise<unknown> {
  self.trapExit(trap);
  const { end: [word, what] } = (await self.receive((message): message is Last => message instanceof Last));
  if (word === 'exits') return self.exit(reasonFrom(what));
  if (word === 'crashes') throw new Error('boom');
  return what;
}

class Owner {
  private readonly tasks = new Map<string, Task<unknown>>();
  constructor(
    private readonly stage: Stage,
    private readonly label: string,
    private readonly self: ProcessSelf,
  ) {}

  async live(): Promise<void> {
    for (;;) {
      const message = await this.self.receive();
      if (message instanceof Command) await this.perform(message.op);
      else if (message instanceof TaskResult) this.log(
        'result', this.taskOf(message.ref), String(message.value),
      );
      else if (message instanceof Down) this.log(
        'down', this.taskOf(message.ref), this.stage.text(message.reason),
      );
      else if (message instanceof Exit) this.log(
        'exit', this.stage.labelOf(message.pid ?? '') ?? 'stranger', this.stage.text(message.reason),
      );
    }
  }

  private log(word: string, ...args: string[]): void {
    this.stage.recorder.log(this.label, event(word, ...args));
  }

  private taskOf(ref: MonitorRef | null): string {
    for (const [label, one] of this.tasks) if (one.ref === ref) return label;
    return 'unknown';
  }

  private async perform([word, a, b, c]: Tuple): Promise<void> {
    const { self, stage } = this;
    const verbs = self.task;
    if (word === 'trap') {
      self.trapExit(a === 'true');
      return;
    }
    const label = String(a);
    if (word === 'async') {
      const task = b === 'link' ? verbs.async(live, c === 'true') : verbs.asyncNolink(live, c === 'true');
      this.tasks.set(label, task);
      stage.meet(label, task.pid);
      return;
    }
    const given =
      Array.isArray(a) ? (a as readonly Tuple[]).map(([one]) => this.tasks.get(one)) : [this.tasks.get(label)];
    if (given.includes(undefined)) return;
    const tasks = given as Task<unknown>[];
    const [task] = tasks as [Task<unknown>];
    const all = `[${Array.isArray(a) ? (a as readonly Tuple[]).join(',') : label}]`;
    const timeoutMs = b as number | 'infinity';
    switch (word) {
      case 'await': this.log('await', label, await verbs.await(task, { timeoutMs }).then(
        (value) => event('value', String(value)), (error: unknown) => this.failure(error),
      )); return;
      case 'await_out': this.log(
        'await', label, event('value', String(await verbs.await(task, { timeoutMs }))),
      ); return;
      case 'yield': this.log('yield', label, this.outcome(await verbs.yield(task, { timeoutMs }))); return;
      case 'shutdown': this.log(
        'shutdown', label,
        this.outcome(await verbs.shutdown(task, b as number | 'infinity' | 'brutal_kill'), 'exit(noproc)'),
      ); return;
      case 'ignore': this.log('ignore', label, this.outcome(verbs.ignore(task))); return;
      case 'demonitor': self.demonitor(task.ref); this.log('demonitor', label); return;
      case 'await_many': this.log('await_many', all, await verbs.awaitMany(tasks, { timeoutMs }).then(
        (values) => `[${values.join(',')}]`, (error: unknown) => this.failure(error),
      )); return;
      case 'yield_many': this.log(
        'yield_many', all,
        `[${(await verbs.yieldMany(tasks, { timeoutMs })).map((one) => this.outcome(one)).join(',')}]`,
      ); return;
      default: throw new Error(`unknown operation ${word}`);
    }
  }

  private outcome(outcome: TaskOutcome<unknown> | undefined, noproc: string = 'noproc'): string {
    if (outcome === undefined) return 'nil';
    if (outcome.ok) return event('value', String(outcome.value));
    return outcome.reason === 'noproc' ? noproc : event('exit', this.stage.text(outcome.reason));
  }

  private failure(error: unknown): string {
    if (!(error instanceof TaskError)) throw error;
    return error.code === 'EXIT' ? event('exit', this.stage.text(error.reason)) : error.code.toLowerCase();
  }
}

/** Runs a scenario of tasks and returns what their owners saw. */
export async function runTasks(scenario: Term): Promise<Trace> {
  const [, count, steps] = scenario as readonly [string, number, readonly Tuple[]];
  const stage = new Stage();
  for (let n = 1; n <= count; n++) {
    const label = `o${n}`;
    stage.meet(label, stage.system.spawn((self) => new Owner(stage, label, self).live()).pid);
  }
  await stage.env.settle();
  for (const [at, step] of steps.entries()) {
    const [word, who, what] = step;
    if (word === 'at') stage.send(who, new Command(what as Tuple));
    else if (word !== 'signal') stage.send(who, new Last([word, what as Term]));
    else if (stage.pids.has(String(who))) stage.system.exit(
      stage.pids.get(String(who)) as Pid, reasonFrom(what),
    );
    await stage.env.settle();
    // A limit of 0 ms is over now: in Erlang it takes no time.
    await stage.env.advance(1);
    stage.recorder.cut(at + 1);
  }
  return [...stage.recorder.lines, ...(await endOf(stage.system, stage.env))];
}
