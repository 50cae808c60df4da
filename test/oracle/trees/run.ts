import {
  simpleSupervisor, type SimpleSupervisorRef,
} from '../../../src/supervisor/dynamic/handle.js';
import { template } from '../../../src/supervisor/dynamic/spec.js';
import {
  CallError, child, createSystem, defineAgent, dynamicSupervisor, Exit, StartError, supervisor,
  SupervisorRef, type ChildSpec, type DynamicSupervisorRef, type ExitReason, type InitSelf,
  type Pid, type Restart, type Shutdown, type Strategy, type SupervisorSpec, type System,
} from '../../../src/index.js';
import type { AnySupervisorRef, AutoShutdown, ChildCount } from '../../../src/supervisor/public.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { reasonFrom } from '../puppets/run.js';
import type { Term } from '../term.js';
import { event, reasonText, Recorder, type Trace } from '../trace.js';
import { endOf } from '../world.js';
import { isDynamic, isPool, readSup, readWorker } from './shape.js';

interface Pool {
  readonly sup: SimpleSupervisorRef<unknown, readonly [Term, readonly string[]]> | DynamicSupervisorRef;
  start(instance: Term): Promise<unknown>;
}

interface WorkerState {
  readonly me: string;
  readonly end: string;
}

/** One supervision tree on castcall. */
class Forest {
  readonly recorder = new Recorder();
  readonly env = new VirtualEnv();
  readonly system: System = createSystem({ env: this.env, logger: false, development: false });
  /**
   * whom the events of a step belong to; `tree?` when they have no order, `each` when every worker
   * has its own
   */
  actor = 'tree';
  private readonly labels = new Map<string, string>();
  private readonly chains = new Map<string, readonly string[]>();
  /** the first incarnation that a specification made */
  private readonly firsts = new Map<Term, string>();
  private readonly lastPid = new Map<string, Pid>();
  private readonly firstPid = new Map<string, Pid>();
  private readonly counts = new Map<string, number>();
  private readonly releases = new Map<string, () => void>();
  /** its parent hears of a stop when the start is over */
  private starting: Promise<AnySupervisorRef<unknown>> | null = null;
  /** the topmost supervisor when it is a pool, and a stranger to it */
  private pool: Pool | null = null;
  private readonly foreign = this.system.spawn((self) => self.receive(() => false)).pid;

  private readonly agent = workerOf(this);

  readonly labelOf = (pid: string): string | undefined => this.labels.get(pid);

  start(term: Term): void {
    const made = isPool(term) ? this.startPool(term) : this.system.supervise(
      this.supSpec(term, []), { onGiveUp: 'ignore' },
    );
    this.starting = made;
    made.then((top) => {
      this.recorder.log('api?', 'started(ok)');
      void top.down.then((reason) => this.recorder.log(
        'downs?', event('top', reasonText(reason, this.labelOf)),
      ));
    }, (error: unknown) => this.recorder.log(
      'api?', event('started', reasonText(error instanceof StartError ? error.reason : error, this.labelOf)),
    ));
  }

  private async startPool(term: Term): Promise<AnySupervisorRef<unknown>> {
    const { id, intensity, periodSeconds, children } = readSup(term);
    const { restart, shutdown } = readWorker(children[0] as Term);
    const limits = { intensity, periodMs: periodSeconds * 1_000 };
    const each = template(this.agent, [], { restart: restart as Restart, shutdown: shutdown as Shutdown });
    if (isDynamic(term)) {
      const sup = await this.system.supervise(dynamicSupervisor('dynamic', limits), { onGiveUp: 'ignore' });
      this.pool = { sup, start: (instance) => sup.startChild(this.spec(instance, [id])) };
    } else {
      const sup = await this.system.supervise(simpleSupervisor('simple', each, limits), { onGiveUp: 'ignore' });
      this.pool = { sup, start: (instance) => sup.startChild(instance, [id]) };
    }
    this.labels.set(this.foreign, 'parent');
    this.lastPid.set(id, this.pool.sup.pid as Pid);
    return this.pool.sup;
  }

  /** `above`: the supervisors above it, nearest first */
  private supSpec(term: Term, above: readonly string[]): SupervisorSpec {
    const { id, strategy, intensity, periodSeconds, auto, children } = readSup(term);
    const chain = [id, ...above];
    this.chains.set(id, chain);
    return {
      strategy: strategy as Strategy, intensity, periodMs: periodSeconds * 1_000,
      autoShutdown: auto as AutoShutdown,
      children: children.map((one) => this.spec(one, chain)),
    };
  }

  private spec(term: Term, above: readonly string[]): ChildSpec {
    if ((term as readonly Term[])[0] === 'sup') {
      const { id, restart, shutdown, significant } = readSup(term);
      return supervisor(
        id, this.supSpec(term, above),
        { restart: restart as Restart, shutdown: shutdown as Shutdown, significant },
      );
    }
    const { id, restart, shutdown, significant } = readWorker(term);
    return child(
      id, this.agent, term, above,
      { restart: restart as Restart, shutdown: shutdown as Shutdown, significant, name: false },
    );
  }

  said(word: string, me: string, ...args: string[]): void {
    this.recorder.log(this.actor === 'each' ? me : this.actor, event(word, me, ...args));
  }

  /**
   * A supervisor is known by the workers under it: it has no name, for one that ends slowly would
   * still own it.
   */
  private meetSups(worker: Pid, above: readonly string[]): void {
    let at: Pid | undefined = worker;
    for (const id of above) {
      at = at === undefined ? undefined : this.system.inspect(at)?.parent;
      if (at !== undefined) this.lastPid.set(id, at);
    }
  }

  begin(self: InitSelf, term: Term, above: readonly string[]): unknown {
    const worker = readWorker(term);
    self.trapExit(worker.trap);
    if (!this.firsts.has(term)) this.firsts.set(term, `${worker.id}_${(this.counts.get(worker.id) ?? 0) + 1}`);
    this.meetSups(self.pid, above);
    const n = (this.counts.get(worker.id) ?? 0) + 1;
    this.counts.set(worker.id, n);
    const me = `${worker.id}_${n}`;
    this.labels.set(self.pid, me);
    this.lastPid.set(worker.id, self.pid);
    if (n === 1) this.firstPid.set(worker.id, self.pid);
    const start = worker.starts[n - 1];
    // A start that failed ends with its own reason or with that of its supervisor's end, whichever comes first.
    const failed = start === 'fail' || start === 'crash' || start === 'stop';
    void this.system.monitor(self.pid).down.then(
      (down) => this.recorder.log(
        'downs?', event(me, failed ? 'failed' : reasonText(down.reason, this.labelOf)),
      ),
    );
    this.said('init', me);
    const ready = (): WorkerState => {
      if (worker.end === 'unlinked') self.unlink(parentOf(this.system, self.pid));
      return { me, end: worker.end };
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
      case 'stop': if (pid !== undefined) system.ref(this.agent, pid).cast('stop', reasonFrom(what)); return;
      case 'crash': if (pid !== undefined) system.ref(this.agent, pid).cast('crash'); return;
      case 'kill': if (pid !== undefined) system.exit(pid, 'kill'); return;
      case 'signal': if (pid !== undefined) system.exit(pid, reasonFrom(what)); return;
      case 'release': this.releases.get(this.labels.get(pid ?? '') ?? '')?.(); return;
      case 'kill_sup': if (pid !== undefined) system.exit(pid, 'kill'); return;
      case 'signal_sup': if (pid !== undefined) system.exit(pid, reasonFrom(what)); return;
      case 'stop_top': void this.starting?.then((top) => top.stop('shutdown')).catch(() => undefined); return;
      default: void this.request(String(word), id, what);
    }
  }

  private async request(word: string, id: string, given: Term | undefined): Promise<void> {
    const what = word === 'terminate_pid' ? this.whose(given as Term) : given;
    const args = word === 'start_child' || word === 'start_instance'
      ? [id, String((what as readonly Term[])[1])]
      : given === undefined ? [id] : [id, reasonText(reasonFrom(what), this.labelOf)];
    const answer = await this.ask(word, id, what).catch((error: unknown) => this.failure(error));
    this.recorder.log('api?', event(word, ...args, answer));
  }

  private async ask(word: string, id: string, what: Term | undefined): Promise<string> {
    const pid = this.lastPid.get(id);
    if (pid === undefined) return 'exit(noproc)';
    if (this.pool !== null && word !== 'restart_child' && word !== 'delete_child') {
      return this.askPool(this.pool, word, what as Term);
    }
    const sup = this.system.ref(SupervisorRef, pid);
    const child = String(what);
    switch (word) {
      case 'start_child': {
        const started = await sup.startChild(
          this.spec(what as Term, this.chains.get(id) as readonly string[]),
        ) as {
          readonly pid: Pid | undefined
        };
        return this.startedOk(started.pid, what as Term);
      }
      case 'terminate_child': await sup.terminateChild(child); return 'ok';
      case 'restart_child': {
        const pid = await sup.restartChild(child);
        return event('ok', this.labels.get(pid) ?? child);
      }
      case 'delete_child': await sup.deleteChild(child); return 'ok';
      case 'which':
        return `[${(await sup.whichChildren()).map((one) => event(one.id, one.status === 'restarting'
        ? 'restarting'
        : one.pid === undefined ? 'undefined' : this.labels.get(one.pid) ?? one.id)).join(',')}]`;
      case 'count': return countText(await sup.countChildren());
      default: throw new Error(`unknown step ${word}`);
    }
  }

  private async askPool(pool: Pool, word: string, what: Term): Promise<string> {
    const { sup } = pool;
    switch (word) {
      case 'start_instance': {
        const started = await pool.start(what) as { readonly pid: Pid | undefined };
        return this.startedOk(started.pid, what);
      }
      case 'terminate_child': await sup.terminateChild(String(what)); return 'ok';
      case 'terminate_pid': {
        if (what === undefined) return 'nobody';
        await sup.terminateChild(String(what));
        return 'ok';
      }
      case 'who': return `[${(await sup.whichChildren()).map(
        ({ status, pid }) => (status === 'restarting' ? 'restarting' : this.labels.get(pid ?? '') ?? 'undefined'),
      ).sort().join(',')}]`;
      case 'count': return countText(await sup.countChildren());
      default: throw new Error(`unknown step ${word}`);
    }
  }

  private startedOk(pid: Pid | undefined, term: Term): string {
    return event(
      'ok',
      this.labels.get(pid ?? '') ?? this.firsts.get(term) ?? String((term as readonly Term[])[1]),
    );
  }

  private whose(what: Term): Pid | undefined {
    if (what === 'foreign') return this.foreign;
    return Array.isArray(what) ? this.firstPid.get(String(what[1])) : this.lastPid.get(String(what));
  }

  private failure(error: unknown): string {
    if (error instanceof StartError && error.reason === 'ignore') return 'ok(undefined)';
    if (!(error instanceof CallError)) throw error;
    if (error.code === 'EXIT') return event('exit', reasonText(error.reason, this.labelOf));
    if (error.code === 'PROTOCOL_MISMATCH') return event('error', error.code);
    if (error.code === 'NOPROC') return 'exit(noproc)';
    if (error.code !== 'REFUSED') throw error;
    const details =
      error.details as { readonly pid?: Pid; readonly reason?: unknown; readonly id?: string } | undefined;
    if (error.refusal === 'already_started') {
      return event(
        'error',
        event('already_started', this.labels.get(details?.pid ?? '') ?? String(details?.id)),
      );
    }
    return event(
      'error', error.refusal === 'start_failed'
        ? reasonText(details?.reason, this.labelOf)
        : String(error.refusal),
    );
  }
}

function countText({ specs, active, supervisors, workers }: ChildCount): string {
  return `[${specs},${active},${supervisors},${workers}]`;
}

/** What lives for every worker. */
function workerOf(forest: Forest) {
  return defineAgent({
    init(term: Term, above: readonly string[]) { return forest.begin(this, term, above) as WorkerState; },
    casts: {
      stop: (self, reason: ExitReason) => self.stop(reason),
      crash: () => { throw new Error('boom'); },
    },
    info({ state }, message) {
      if (message instanceof Exit) forest.said('exit', state.me, reasonText(message.reason, forest.labelOf));
    },
    terminate({ state }, reason) {
      forest.said('terminate', state.me, reasonText(reason, forest.labelOf));
      if (state.end === 'crash') throw new Error('bang');
      return state.end === 'stubborn' ? new Promise<void>(() => undefined) : undefined;
    },
  });
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
  const actor = isPool(top) ? 'each' : 'tree';
  forest.actor = actor;
  forest.start(top);
  await forest.env.settle();
  forest.recorder.cut(0);
  for (const [at, step] of steps.entries()) {
    if (step[0] === 'advance') await forest.env.advance(step[1] as number);
    else {
      forest.actor = step[0] === 'kill_sup' && actor === 'tree' ? 'tree?' : actor;
      forest.step(step);
      await forest.env.settle();
    }
    forest.recorder.cut(at + 1);
  }
  return [...forest.recorder.lines, ...(await endOf(forest.system, forest.env))];
}
