import {
  CallError, child, createSystem, defineAgent, Exit, StartError, supervisor,
  type AnyDefinition, type AutoShutdown, type ChildSpec, type ExitReason, type InitSelf, type Pid, type Restart, type Shutdown, type Strategy, type SupervisorRef, type SupervisorSpec, type System,
} from '../../../src/index.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { reasonFrom } from '../puppets/run.js';
import type { Term } from '../term.js';
import { event, reasonText, Recorder, type Trace } from '../trace.js';
import { endOf } from '../world.js';
import { readSup, readWorker, type WorkerTerm } from './shape.js';

interface WorkerState {
  readonly me: string;
}

/** One supervision tree on castcall. */
class Forest {
  readonly recorder = new Recorder();
  readonly env = new VirtualEnv();
  readonly system: System = createSystem({ env: this.env, logger: false, development: false });
  /** whom the events of a step belong to; `tree?` when they have no order */
  actor = 'tree';
  private readonly labels = new Map<string, string>();
  private readonly chains = new Map<string, readonly string[]>();
  /** the first incarnation that a specification made */
  private readonly firsts = new Map<Term, string>();
  private readonly terms = new Map<Pid, Term>();
  private readonly lastPid = new Map<string, Pid>();
  private readonly definitions = new Map<Term, AnyDefinition>();
  private readonly counts = new Map<string, number>();
  private readonly releases = new Map<string, () => void>();
  /** its parent hears of a stop when the start is over */
  private starting: Promise<SupervisorRef> | null = null;

  readonly labelOf = (pid: string): string | undefined => this.labels.get(pid);

  start(term: Term): void {
    const made = this.system.supervise(this.supSpec(term, []));
    this.starting = made;
    made.then((top) => {
      this.recorder.log('api?', 'started(ok)');
      void top.down.then((reason) => this.recorder.log('downs?', event('top', reasonText(reason, this.labelOf))));
    }, (error: unknown) => this.recorder.log('api?', event('started', reasonText(error instanceof StartError ? error.reason : error, this.labelOf))));
  }

  /** `above`: the supervisors above it, nearest first */
  private supSpec(term: Term, above: readonly string[]): SupervisorSpec {
    const { id, strategy, intensity, periodSeconds, auto, children } = readSup(term);
    const chain = [id, ...above];
    this.chains.set(id, chain);
    return { strategy: strategy as Strategy, intensity, periodMs: periodSeconds * 1_000, autoShutdown: auto as AutoShutdown, children: children.map((one) => this.spec(one, chain)) };
  }

  private spec(term: Term, above: readonly string[]): ChildSpec {
    if ((term as readonly Term[])[0] === 'sup') {
      const { id, restart, shutdown, significant } = readSup(term);
      return supervisor(id, this.supSpec(term, above), { restart: restart as Restart, shutdown: shutdown as Shutdown, significant });
    }
    const { id, restart, shutdown, significant } = readWorker(term);
    return child(id, this.definition(term, above), { restart: restart as Restart, shutdown: shutdown as Shutdown, significant, name: false });
  }

  private definition(term: Term, above: readonly string[]): AnyDefinition {
    const made = this.definitions.get(term);
    if (made !== undefined) return made;
    const worker = readWorker(term);
    const log = (word: string, ...args: string[]): void => this.recorder.log(this.actor, event(word, ...args));
    const begin = (self: InitSelf): unknown => {
      this.terms.set(self.pid, term);
      if (!this.firsts.has(term)) this.firsts.set(term, `${worker.id}_${(this.counts.get(worker.id) ?? 0) + 1}`);
      this.meetSups(self.pid, above);
      return this.begin(self, worker);
    };
    const { labelOf } = this;
    const definition = defineAgent({
      name: worker.id,
      trapExit: worker.trap,
      init(): unknown { return begin(this); },
      casts: {
        stop: (self, reason: ExitReason) => self.stop(reason),
        crash: () => { throw new Error('boom'); },
      },
      info(self, message) {
        if (message instanceof Exit) log('exit', (self.state as WorkerState).me, reasonText(message.reason, labelOf));
      },
      terminate(self, reason) {
        log('terminate', (self.state as WorkerState).me, reasonText(reason, labelOf));
        if (worker.end === 'crash') throw new Error('bang');
        return worker.end === 'stubborn' ? new Promise<void>(() => undefined) : undefined;
      },
    });
    this.definitions.set(term, definition);
    return definition;
  }

  /** A supervisor is known by the workers under it: it has no name, for one that ends slowly would still own it. */
  private meetSups(worker: Pid, above: readonly string[]): void {
    let at: Pid | undefined = worker;
    for (const id of above) {
      at = at === undefined ? undefined : this.system.inspect(at)?.parent;
      if (at !== undefined) this.lastPid.set(id, at);
    }
  }

  private begin(self: InitSelf, worker: WorkerTerm): unknown {
    const n = (this.counts.get(worker.id) ?? 0) + 1;
    this.counts.set(worker.id, n);
    const me = `${worker.id}_${n}`;
    this.labels.set(self.pid, me);
    this.lastPid.set(worker.id, self.pid);
    const start = worker.starts[n - 1];
    // A start that failed ends with its own reason or with that of its supervisor's end, whichever comes first.
    const failed = start === 'fail' || start === 'crash' || start === 'stop';
    void this.system.monitor(self.pid).down.then((down) => this.recorder.log('downs?', event(me, failed ? 'failed' : reasonText(down.reason, this.labelOf))));
    this.recorder.log(this.actor, event('init', me));
    const ready = (): WorkerState => {
      if (worker.end === 'unlinked') self.unlink(parentOf(this.system, self.pid));
      return { me };
    };
    switch (start) {
      case 'fail': return self.stop('boom');
      case 'stop': return self.stop('normal');
      case 'ignore': return self.ignore();
      case 'crash': throw new Error('boom');
      case 'hang': return new Promise<void>((resolve) => this.releases.set(me, resolve)).then(ready);
      default: return ready();
    }
  }

  step([word, who, what]: readonly Term[]): void {
    const { system } = this;
    const id = String(who);
    const pid = this.lastPid.get(id);
    switch (word) {
      case 'stop': if (pid !== undefined) this.worker(pid).cast('stop', reasonFrom(what)); return;
      case 'crash': if (pid !== undefined) this.worker(pid).cast('crash'); return;
      case 'kill': if (pid !== undefined) system.exit(pid, 'kill'); return;
      case 'signal': if (pid !== undefined) system.exit(pid, reasonFrom(what)); return;
      case 'release': this.releases.get(this.labels.get(pid ?? '') ?? '')?.(); return;
      case 'kill_sup': if (pid !== undefined) system.exit(pid, 'kill'); return;
      case 'signal_sup': if (pid !== undefined) system.exit(pid, reasonFrom(what)); return;
      case 'stop_top': void this.starting?.then((top) => top.stop('shutdown')).catch(() => undefined); return;
      default: void this.request(String(word), id, what);
    }
  }

  private worker(pid: Pid): { cast(op: string, payload?: unknown): void } {
    return this.system.ref(this.definitions.get(this.terms.get(pid) as Term) as AnyDefinition, pid);
  }

  private async request(word: string, id: string, what: Term | undefined): Promise<void> {
    const args = word === 'start_child' ? [id, String((what as readonly Term[])[1])] : what === undefined ? [id] : [id, String(what)];
    const answer = await this.ask(word, id, what).catch((error: unknown) => this.failure(error));
    this.recorder.log('api?', event(word, ...args, answer));
  }

  private async ask(word: string, id: string, what: Term | undefined): Promise<string> {
    const pid = this.lastPid.get(id);
    if (pid === undefined) return 'exit(noproc)';
    const sup = this.system.supervisor(pid);
    const child = String(what);
    switch (word) {
      case 'start_child': {
        const started = await sup.startChild(this.spec(what as Term, this.chains.get(id) as readonly string[])) as { readonly pid: Pid | undefined };
        return event('ok', this.labels.get(started.pid ?? '') ?? this.firsts.get(what as Term) ?? String((what as readonly Term[])[1]));
      }
      case 'terminate_child': await sup.terminateChild(child); return 'ok';
      case 'restart_child': {
        const pid = await sup.restartChild(child);
        return event('ok', this.labels.get(pid) ?? child);
      }
      case 'delete_child': await sup.deleteChild(child); return 'ok';
      case 'which': return `[${(await sup.whichChildren()).map((one) => event(one.id, one.status === 'restarting' ? 'restarting' : one.pid === undefined ? 'undefined' : this.labels.get(one.pid) ?? one.id)).join(',')}]`;
      case 'count': {
        const { specs, active, supervisors, workers } = await sup.countChildren();
        return `[${specs},${active},${supervisors},${workers}]`;
      }
      default: throw new Error(`unknown step ${word}`);
    }
  }

  private failure(error: unknown): string {
    if (error instanceof StartError && error.reason === 'ignore') return 'ok(undefined)';
    if (!(error instanceof CallError)) throw error;
    if (error.code === 'EXIT') return event('exit', reasonText(error.reason, this.labelOf));
    if (error.code === 'NOPROC') return 'exit(noproc)';
    if (error.code !== 'REFUSED') throw error;
    const details = error.details as { readonly pid?: Pid; readonly reason?: unknown; readonly id?: string } | undefined;
    if (error.refusal === 'already_started') return event('error', event('already_started', this.labels.get(details?.pid ?? '') ?? String(details?.id)));
    return event('error', error.refusal === 'start_failed' ? reasonText(details?.reason, this.labelOf) : String(error.refusal));
  }
}

function parentOf(system: System, pid: Pid): Pid {
  const parent = system.inspect(pid)?.parent;
  if (parent === undefined) throw new Error('a worker without a parent');
  return parent;
}

/** Runs a scenario of a supervision tree and returns what was seen. */
export async function runTree(scenario: Term): Promise<Trace> {
  const [, top, steps] = scenario as readonly [string, Term, readonly (readonly Term[])[]];
  const forest = new Forest();
  forest.start(top);
  await forest.env.settle();
  forest.recorder.cut(0);
  for (const [at, step] of steps.entries()) {
    if (step[0] === 'advance') await forest.env.advance(step[1] as number);
    else {
      forest.actor = step[0] === 'kill_sup' ? 'tree?' : 'tree';
      forest.step(step);
      await forest.env.settle();
    }
      forest.recorder.cut(at + 1);
  }
  return [...forest.recorder.lines, ...(await endOf(forest.system, forest.env))];
}
