import {
  CallError, createSystem, defineAgent, Exit, StartError, Timeout,
  type AgentRef, type AnyDefinition, type From, type InitSelf, type Pid, type ProcessSelf,
  type Self, type System,
} from '../../../src/index.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { reasonFrom } from '../puppets/run.js';
import type { Term } from '../term.js';
import { event, reasonText, Recorder, type Trace } from '../trace.js';
import { endOf } from '../world.js';

type Tuple = readonly [string, ...Term[]];
type Script = readonly ['do', number, readonly Tuple[], Tuple];
type Me = Self<number>;
/** a server, whatever its definition */
interface Ref {
  call(op: 'do', script: Script, options?: { readonly timeoutMs: number | 'infinity' }): Promise<unknown>;
  cast(op: 'do', script: Script): void;
  stop(reason: unknown): Promise<void>;
  readonly pid: Pid | undefined;
}

class Command {
  constructor(readonly ops: readonly Tuple[]) {}
}
class Info {
  constructor(readonly script: Script) {}
}

/** The servers and clients of one scenario on castcall. */
class Stage {
  readonly recorder = new Recorder();
  readonly env = new VirtualEnv();
  readonly system: System = createSystem({ env: this.env, logger: false, development: false });
  readonly pids = new Map<string, Pid>();
  private readonly labels = new Map<string, string>();
  private readonly definitions = new Map<string, AnyDefinition>();

  readonly labelOf = (pid: string): string | undefined => this.labels.get(pid);
  readonly text = (reason: unknown): string => reasonText(reason, this.labelOf);

  meet(label: string, pid: Pid): void {
    this.pids.set(label, pid);
    this.labels.set(pid, label);
    void this.system.monitor(pid).down.then(
      (down) => this.recorder.log('downs?', event(label, this.text(down.reason))),
    );
  }

  pid(label: Term | undefined): Pid {
    const found = this.pids.get(label as string);
    if (found === undefined) throw new Error(`no process ${String(label)}`);
    return found;
  }

  ref(label: Term | undefined): Ref {
    return this.system.ref(
      this.definitions.get(label as string) as AnyDefinition, this.pid(label),
    ) as unknown as
      & AgentRef<never> & Ref;
  }

  start([, label, trap, ending, begin]: Tuple): void {
    const id = String(label);
    const server = new Server(this, id);
    const definition = defineAgent({
      name: id,
      trapExit: trap === 'true',
      init(): number { return server.begin(this, begin as Tuple) as number; },
      calls: { do: (self, script: Script): unknown => server.perform(self, 'call', script) },
      casts: { do: (self, script: Script): unknown => server.perform(self, 'cast', script) },
      continue: (self, what) => server.perform(self, 'continue', what as Script) as undefined,
      info: (self, message) => server.info(self, message) as undefined,
      terminate: (self, reason) => {
        this.recorder.log(id, event('terminate', this.text(reason), String(self.state)));
        switch (ending) {
          case 'crash': throw new Error('bang');
          case 'exit_bang': return self.exit('bang');
          case 'exit_normal': return self.exit('normal');
          case 'throw': this.recorder.log(id, 'throws'); throw 'bang';
          default: return;
        }
      },
    });
    this.definitions.set(id, definition);
    this.recorder.log('api?', event('started', id, this.started(definition)));
  }

  private started(definition: AnyDefinition): string {
    try {
      void this.system.start(definition);
      return 'ok';
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      return error.reason === 'ignore' ? 'ignore' : event('error', this.text(error.reason));
    }
  }

  failure(error: unknown): string {
    if (!(error instanceof CallError)) throw error;
    switch (error.code) {
      case 'EXIT': return event('failed', this.text(error.reason));
      case 'NOPROC': case 'TIMEOUT': case 'CALLING_SELF': return event('failed', error.code.toLowerCase());
      default: throw error;
    }
  }
}

class Server {
  private readonly kept: From[] = [];
  constructor(
    private readonly stage: Stage,
    private readonly label: string,
  ) {}

  begin(self: InitSelf, [how, what]: Tuple): unknown {
    this.stage.meet(this.label, self.pid);
    this.log('init');
    switch (how) {
      case 'timeout': self.timeout(what as number); return 0;
      case 'continue': self.continue(what); return 0;
      case 'stop': return self.stop(reasonFrom(what));
      case 'ignore': return self.ignore();
      case 'error': throw new Error(String(what));
      case 'exit': return self.exit(reasonFrom(what));
      default: return 0;
    }
  }

  info(self: Me, message: unknown): unknown {
    if (message instanceof Timeout) this.log('timeout', String(self.state));
    else if (message instanceof Exit) this.log(
      'exit', this.stage.labelOf(message.pid ?? '') ?? 'stranger', this.stage.text(message.reason),
    );
    else return this.perform(self, 'info', (message as Info).script);
    return undefined;
  }

  /** Synchronous unless it calls another server. */
  perform(self: Me, kind: string, script: Script): unknown {
    const [, tag, actions, returned] = script;
    this.log(kind, String(tag), String(self.state));
    for (const [at, action] of actions.entries()) {
      const waits = this.act(self, action);
      if (waits !== undefined) return waits.then(async () => {
        for (const later of actions.slice(at + 1)) await this.act(self, later);
        return this.end(self, kind, returned);
      });
    }
    return this.end(self, kind, returned);
  }

  private act(self: Me, [word, a, b]: Tuple): Promise<void> | undefined {
    switch (word) {
      case 'set': self.state = a as number; return;
      case 'keep': if (self.from !== undefined) this.kept.push(self.from); return;
      case 'answer': {
        const from = this.kept.shift();
        if (from !== undefined) self.reply(from, a);
        return;
      }
      case 'tell': self.send(self.pid, new Info(a as unknown as Script)); return;
      case 'call': return this.ask(self, a, b as unknown as Script);
      default: throw new Error(`unknown action ${word}`);
    }
  }

  private async ask(self: Me, to: Term | undefined, script: Script): Promise<void> {
    const ref = self.bind(this.stage.ref(to));
    const answer = await ref.call('do', script).then(
      (value) => event('reply', String(value)), (error: unknown) => this.stage.failure(error),
    );
    this.log('asked', String(to), String(script[1]), answer);
  }

  private end(self: Me, kind: string, [how, a, b]: Tuple): unknown {
    switch (how) {
      case 'reply': return a;
      case 'reply_timeout': self.timeout(b as number); return a;
      case 'reply_continue': self.continue(b); return a;
      case 'noreply': break;
      case 'noreply_timeout': self.timeout(a as number); break;
      case 'noreply_continue': self.continue(a); break;
      case 'stop': return self.stop(reasonFrom(a));
      case 'stop_reply': return self.stop(reasonFrom(a), b);
      case 'error': throw new Error(String(a));
      case 'exit': return self.exit(reasonFrom(a));
       
      case 'throw': throw a;
      default: throw new Error(`unknown return ${how}`);
    }
    return kind === 'call' ? self.noreply() : undefined;
  }

  private log(word: string, ...args: string[]): void {
    this.stage.recorder.log(this.label, event(word, ...args));
  }
}

async function client(stage: Stage, label: string, self: ProcessSelf): Promise<void> {
  const log = (word: string, ...args: string[]): void => stage.recorder.log(label, event(word, ...args));
  for (;;) {
    const message = await self.receive();
    if (message instanceof Command) for (const [word, to, a, b] of message.ops) {
      const ref = self.bind(stage.ref(to));
      switch (word) {
        case 'call': log('call', String(to), String((a as unknown as Script)[1]), await ref.call(
          'do', a as unknown as Script, { timeoutMs: b as number | 'infinity' },
        ).then((value) => event('reply', String(value)), (error: unknown) => stage.failure(error))); break;
        case 'cast': ref.cast('do', a as unknown as Script); break;
        case 'info': self.send(stage.pid(to), new Info(a as unknown as Script)); break;
        case 'stop': log(
          'stop', String(to),
          await ref.stop(reasonFrom(a)).then(() => 'ok', (error: unknown) => stage.failure(error)),
        ); break;
        case 'signal': self.exitOther(stage.pid(to), reasonFrom(a)); break;
      }
    }
    else log('stray');
  }
}

/** Runs a scenario of servers and returns what they and their clients saw. */
export async function runServers(scenario: Term): Promise<Trace> {
  const [, servers, count, steps] = scenario as readonly [string, readonly Tuple[], number, readonly Tuple[]];
  const stage = new Stage();
  for (const server of servers) stage.start(server);
  for (let n = 1; n <= count; n++) {
    const label = `c${n}`;
    stage.meet(label, stage.system.spawn((self) => client(stage, label, self)).pid);
  }
  await stage.env.settle();
  stage.recorder.cut(0);
  for (const [at, [word, who, ops]] of steps.entries()) {
    if (word === 'advance') await stage.env.advance(who as number);
    else {
      stage.system.send(stage.pid(who), new Command(ops as readonly Tuple[]));
      await stage.env.settle();
    }
    stage.recorder.cut(at + 1);
  }
  return [...stage.recorder.lines, ...(await endOf(stage.system, stage.env))];
}
