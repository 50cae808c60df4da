import {
  CallError, CastcallError, createSystem, Exit, StartError, type AnyDefinition, type ExitReason,
  type From, type Pid, type ProcessSelf, type System,
} from '../../../src/index.js';
import type { Sys } from '../../../src/observe/public.js';
import {
  actions, defineStatem, defineStatemHandler, operation, type InsertedEvent, type StatemInit,
  type StatemSelf, type Transition,
} from '../../../src/behaviour/statem/public.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { reasonFrom } from '../puppets/run.js';
import type { Term } from '../term.js';
import { event, reasonText, Recorder, type Trace } from '../trace.js';
import { endOf } from '../world.js';
import { STATES } from './shape.js';

type Tuple = readonly [string, ...Term[]];
type Script = readonly ['do', number, readonly Tuple[], Tuple];
type StateName = (typeof STATES)[number];
type State = StateName | { readonly at: StateName };
interface Data {
  readonly n: number;
  readonly kept: readonly From[];
}
type Me = StatemSelf<State, Data>;
type Step = (transition: Transition<unknown>) => Transition<unknown>;
interface Ref {
  call(op: 'do', script: Script, options: { readonly timeoutMs: 'infinity' }): Promise<unknown>;
  cast(op: 'do', script: Script): void;
  stop(reason: unknown): Promise<void>;
}

/** As in oracle_machines.erl. */
const RUNS_MAX = 3;
/** OTP's words for what castcall names by a code */
const CODES: Readonly<Record<string, string>> =
  {
    BAD_RETURN_VALUE: 'bad_return', BAD_ENTER_RETURN: 'bad_enter_return',
    BAD_ENTER_ACTION: 'bad_enter_action',
  };

class Command {
  constructor(readonly ops: readonly Tuple[]) {}
}
class Leave {
  constructor(readonly reason: ExitReason) {}
}
class Info {
  constructor(readonly script: Script) {}
}

class Stage {
  readonly recorder = new Recorder();
  readonly env = new VirtualEnv();
  readonly system: System = createSystem({ env: this.env, logger: false, development: false });
  readonly pids = new Map<string, Pid>();
  private readonly labels = new Map<string, string>();
  definition: AnyDefinition | null = null;

  readonly labelOf = (pid: string): string | undefined => this.labels.get(pid);
  readonly text = (reason: unknown): string => {
    const code = reason instanceof CastcallError ? CODES[reason.code] : undefined;
    return code === undefined ? reasonText(reason, this.labelOf) : event('crash', code);
  };

  /** The same without the mark of a crash, where gen_statem gives the reason without its stack. */
  readonly bare = (reason: unknown): string => this.text(reason).replace(/^crash\((.*)\)$/, '$1');

  meet(label: string, pid: Pid): void {
    this.pids.set(label, pid);
    this.labels.set(pid, label);
    void this.system.monitor(pid).down.then(
      (down) => this.recorder.log('downs?', event(label, this.text(down.reason))),
    );
  }

  log(actor: string, word: string, ...args: readonly string[]): void {
    this.recorder.log(actor, event(word, ...args));
  }

  failure(error: unknown): string {
    if (!(error instanceof CallError)) throw error;
    if (error.code === 'EXIT') return event('failed', this.text(error.reason));
    return event('failed', error.code.toLowerCase());
  }
}

class Machine {
  private readonly runs = new Map<string, number>();
  private readonly enters: readonly Tuple[];
  private readonly start: Tuple;
  private readonly handler: boolean;
  constructor(
    private readonly stage: Stage,
    private readonly term: Tuple,
  ) {
    const [, mode, , , enters, start] = term;
    this.handler = mode === 'handler';
    this.enters = enters as readonly Tuple[];
    this.start = start as Tuple;
  }

  definition(): AnyDefinition {
    const machine = this as Machine;
    const [, , trap, ending] = this.term;
    const life = {
      name: 'm',
      trapExit: trap === 'true',
      terminate: (self: Me, reason: ExitReason): void => {
        this.log('terminate', this.stage.bare(reason), nameOf(self.state), String(self.data.n));
        if (ending === 'crash') throw new Error('bang');
      },
    };
    const enter = this.enters.length === 0
      ? {}
      : { enter: (self: Me, from: State): Transition<unknown> => this.entered(self, from) };
    if (this.handler) {
      return defineStatemHandler({
        ...life, ...enter,
        init() { return machine.begin(this); },
        calls: { do: operation<Script>() },
        casts: { do: operation<Script>() },
        handle: (self: Me, one) => machine.handled(self, one),
      }) as never;
    }
    const state = {
      ...enter,
      calls: { do: (self: Me, script: Script): unknown => this.perform(self, ['call'], script) },
      casts: { do: (self: Me, script: Script) => this.perform(self, ['cast'], script) as never },
      info: (self: Me, message: unknown) => this.info(self, message) as never,
      internal: (self: Me, script: unknown) => this.perform(self, ['internal'], script as Script) as never,
      timeout: (self: Me, script: unknown) => this.perform(self, ['timeout'], script as Script) as never,
      stateTimeout: (self: Me, script: unknown) => this.perform(
        self, ['state_timeout'], script as Script,
      ) as never,
      timeouts: {
        g: (self: Me, script: unknown) => this.perform(self, ['generic', 'g'], script as Script) as never,
        h: (self: Me, script: unknown) => this.perform(self, ['generic', 'h'], script as Script) as never,
        k: (self: Me, script: unknown) => this.perform(self, ['generic', 'k'], script as Script) as never,
      },
    };
    return defineStatem(
      { ...life, init() { return machine.begin(this); }, states: { a: state, b: state, c: state } } as never,
    ) as never;
  }

  private begin(self: StatemInit): never {
    this.stage.meet('m', self.pid);
    this.log('init');
    const [how, a, b] = this.start;
    switch (how) {
      case 'ok': {
        let data: Data = { n: 0, kept: [] };
        const steps: Step[] = [];
        for (const action of b as readonly Tuple[]) {
          data =
            this.act(action, data, steps, {
              from: undefined, state: a as StateName, again: true, reply: () => false,
            });
        }
        return {
          state: this.state(a as StateName), data,
          actions: steps.reduce((made, step) => step(made), actions() as Transition<unknown>),
        } as never;
      }
      case 'stop': return self.stop(reasonFrom(a)) as never;
      case 'ignore': return self.ignore() as never;
      case 'error': throw new Error(String(a));
      default: return self.exit(reasonFrom(a));
    }
  }

  /** A handler's states are no texts. */
  private state(name: StateName): State {
    return this.handler ? { at: name } : name;
  }

  private handled(self: Me, one: InsertedEvent): never {
    switch (one.type) {
      case 'call': case 'cast': return this.perform(self, [one.type], one.payload as Script) as never;
      case 'info': return this.info(self, one.message) as never;
      case 'genericTimeout': return this.perform(self, ['generic', one.name], one.content as Script) as never;
      case 'stateTimeout': return this.perform(self, ['state_timeout'], one.content as Script) as never;
      default: return this.perform(self, [one.type], one.content as Script) as never;
    }
  }

  private info(self: Me, message: unknown): unknown {
    if (message instanceof Info) return this.perform(self, ['info'], message.script);
    if (message instanceof Exit) {
      this.log(
        'exit', this.stage.labelOf(message.pid ?? '') ?? 'stranger', this.stage.text(message.reason),
        nameOf(self.state),
      );
    }
    return undefined;
  }

  private entered(self: Me, from: State): Transition<unknown> {
    const name = nameOf(self.state);
    this.log('enter', nameOf(from), name, String(self.data.n));
    const [, acts, returned] = this.enters[STATES.indexOf(name)] as Tuple;
    return this.again(`enter ${name}`)
      ? this.decide(self, acts as readonly Tuple[], returned as Tuple, undefined, true)
      : self.keep();
  }

  private perform(self: Me, words: readonly string[], [, tag, acts, returned]: Script): Transition<unknown> {
    this.log(words[0] as string, ...words.slice(1), String(tag), nameOf(self.state), String(self.data.n));
    return this.decide(self, acts, returned, self.from, this.again(String(tag)));
  }

  private again(what: string): boolean {
    const runs = (this.runs.get(what) ?? 0) + 1;
    this.runs.set(what, runs);
    return runs <= RUNS_MAX;
  }

  private decide(
    self: Me, acts: readonly Tuple[], [how, a, b]: Tuple, from: From | undefined, again: boolean,
  ): Transition<unknown> {
    const steps: Step[] = [];
    let { data } = self;
    for (const action of acts) {
      data = this.act(
        action, data, steps,
        { from, state: nameOf(self.state), again, reply: (to, value) => self.reply(to, value) },
      );
    }
    self.data = data;
    const withSteps = (made: Transition<unknown>): Transition<unknown> => steps.reduce(
      (one, step) => step(one), made,
    );
    switch (how) {
      case 'keep': return withSteps(self.keep());
      case 'next': return withSteps(self.next(this.state(a as StateName)));
      case 'repeat': return withSteps(self.repeat());
      case 'stop': return self.stop(reasonFrom(a));
      case 'stop_reply':
        return from === undefined ? self.stop(reasonFrom(a)) : self.stop(reasonFrom(a)).reply(b);
      case 'error': throw new Error(String(a));
      case 'exit': return self.exit(reasonFrom(a));
       
      case 'throw': throw a;
       
      case 'throw_next': throw withSteps(self.next(this.state(a as StateName)));
      default: return 'nonsense' as never;
    }
  }

  /** What an action does to the data; what it adds to the transition goes into `steps`. */
  private act([word, a, b, c]: Tuple, data: Data, steps: Step[], now: {
    readonly from: From | undefined;
    readonly state: StateName;
    readonly again: boolean;
    reply(to: From, value: unknown): boolean
  }): Data {
    const [first, ...rest] = data.kept;
    const { from } = now;
    switch (word) {
      case 'set': return { ...data, n: a as number };
      case 'keep': return from === undefined ? data : { ...data, kept: [...data.kept, from] };
      case 'reply': if (from !== undefined) steps.push((t) => t.reply(a)); return data;
      case 'answer': case 'reply_kept': case 'insert_call': {
        if (first === undefined) return data;
        if (word === 'answer') now.reply(first, a);
        else steps.push(word === 'reply_kept'
          ? (t) => t.replyTo(first, a)
          : (t) => t.nextEvent({ type: 'call', op: 'do', payload: a, from: first }));
        return { ...data, kept: rest };
      }
      case 'postpone': if (now.again) steps.push((t) => t.postpone()); return data;
      case 'postpone_in': if (now.again && a === now.state) steps.push((t) => t.postpone()); return data;
      case 'no_postpone': steps.push((t) => t.postpone(false)); return data;
      case 'hibernate': steps.push((t) => t.hibernate()); return data;
      case 'internal': steps.push((t) => t.internal(a)); return data;
      case 'insert_cast': steps.push((t) => t.nextEvent({ type: 'cast', op: 'do', payload: a })); return data;
      case 'insert_info': steps.push(
        (t) => t.nextEvent({ type: 'info', message: new Info(a as unknown as Script) }),
      ); return data;
      case 'timeout': steps.push((t) => t.timeout(a as never, b)); return data;
      case 'state_timeout': steps.push((t) => t.stateTimeout(a as never, b)); return data;
      case 'generic': steps.push((t) => t.genericTimeout(String(a), b as never, c)); return data;
      default: throw new Error(`unknown action ${word}`);
    }
  }

  private log(word: string, ...args: readonly string[]): void {
    this.stage.log('m', word, ...args);
  }
}

function nameOf(state: State): StateName {
  return typeof state === 'string' ? state : state.at;
}

async function parent(stage: Stage, term: Tuple, self: ProcessSelf): Promise<void> {
  self.trapExit(true);
  const definition = (stage.definition = new Machine(stage, term).definition());
  let started = 'ok';
  try {
    (self.start as (definition: AnyDefinition) => unknown)(definition);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    started = error.reason === 'ignore' ? 'ignore' : event('error', stage.bare(error.reason));
  }
  stage.log('api?', 'started', started);
  for (;;) {
    const message = await self.receive();
    if (message instanceof Leave) self.exit(message.reason);
    if (message instanceof Exit) {
      stage.log('parent', 'exit', stage.labelOf(message.pid ?? '') ?? 'stranger', stage.text(message.reason));
    }
  }
}

async function client(stage: Stage, label: string, self: ProcessSelf): Promise<void> {
  const { system } = stage;
  const pid = (): Pid => stage.pids.get('m') as Pid;
  for (;;) {
    const message = await self.receive();
    if (!(message instanceof Command)) continue;
    for (const [word, a] of message.ops) {
      const ref = (system.ref(stage.definition as AnyDefinition, pid()) as unknown as {
        bind(self: ProcessSelf): Ref
      }).bind(self);
      switch (word) {
        case 'call': void ref.call('do', a as unknown as Script, { timeoutMs: 'infinity' }).then(
          (value) => event('reply', String(value)), (error: unknown) => stage.failure(error),
        ).then((answer) => stage.log(label, 'answer', String((a as unknown as Script)[1]), answer)); break;
        case 'cast': ref.cast('do', a as unknown as Script); break;
        case 'info': self.send(pid(), new Info(a as unknown as Script)); break;
        case 'signal': self.exitOther(pid(), reasonFrom(a)); break;
        case 'stop': stage.log(
          label, 'stop',
          await ref.stop(reasonFrom(a)).then(() => 'ok', (error: unknown) => stage.failure(error)),
        ); break;
        case 'get_state': stage.log(label, 'state', await stateOf(stage, self.sys(pid()))); break;
      }
    }
  }
}

async function stateOf(stage: Stage, sys: Sys): Promise<string> {
  try {
    const [state, data] = (await sys.getState()) as readonly [State, Data];
    return event(nameOf(state), String(data.n));
  } catch (error) {
    return stage.failure(error);
  }
}

/** Runs a scenario of a state machine and returns what it, its parent and its clients saw. */
export async function runMachine(scenario: Term): Promise<Trace> {
  const [, machine, count, steps] = scenario as readonly [string, Tuple, number, readonly Tuple[]];
  const stage = new Stage();
  stage.meet('parent', stage.system.spawn((self) => parent(stage, machine, self)).pid);
  for (let n = 1; n <= count; n++) {
    const label = `c${n}`;
    stage.meet(label, stage.system.spawn((self) => client(stage, label, self)).pid);
  }
  await stage.env.settle();
  stage.recorder.cut(0);
  for (const [at, [word, a, ops]] of steps.entries()) {
    if (word === 'advance') await stage.env.advance(a as number);
    else {
      if (word === 'end_parent') stage.system.send(stage.pids.get('parent') as Pid, new Leave(reasonFrom(a)));
      else stage.system.send(stage.pids.get(a as string) as Pid, new Command(ops as readonly Tuple[]));
      await stage.env.settle();
    }
    stage.recorder.cut(at + 1);
  }
  return [...stage.recorder.lines, ...(await endOf(stage.system, stage.env))];
}
