import {
  createSystem, Down, Exit, OptionError, type ExitReason, type MonitorRef, type Pid,
  type ProcessSelf, type System, TimerAnswer, TimerFired, type TimerRef,
} from '../../../src/index.js';
import { GroupChange } from '../../../src/behaviour/names/public.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import type { Term } from '../term.js';
import { event, reasonText, Recorder, type Trace } from '../trace.js';
import { endOf } from '../world.js';
import { GroupVerbs, Scopes } from './groups.js';

type Op = readonly [string, ...Term[]];

class Command {
  constructor(readonly ops: readonly Op[]) {}
}
class Message {
  constructor(readonly from: string, readonly what: string) {}
}
class Timed {
  constructor(readonly timer: string, readonly what: string) {}
}
const RESUME = Symbol('resume');
const TIMER_WORDS: ReadonlySet<string> = new Set(['cancel', 'cancel_async', 'read', 'read_async']);

/** The puppets of one scenario on castcall. */
class Stage {
  readonly recorder = new Recorder();
  readonly env = new VirtualEnv();
  readonly system: System = createSystem({ env: this.env, logger: false, development: false });
  readonly pids = new Map<string, Pid>();
  readonly labels = new Map<string, string>();
  readonly timers = new Map<string, TimerRef>();

  scopes: Scopes | null = null;

  readonly labelOf = (pid: string): string | undefined => this.labels.get(pid);

  meet(label: string, pid: Pid): void {
    this.pids.set(label, pid);
    this.labels.set(pid, label);
    void this.system.monitor(pid).down.then(
      (down) => this.recorder.log('downs?', event(label, reasonText(down.reason, this.labelOf))),
    );
  }

  pid(label: Term | undefined): Pid {
    const found = this.pids.get(label as string);
    if (found === undefined) throw new Error(`no puppet ${String(label)}`);
    return found;
  }
}

class Puppet {
  private readonly watches = new Map<string, MonitorRef>();
  private returns = false;
  private readonly groups: GroupVerbs | null;
  constructor(
    private readonly stage: Stage,
    readonly label: string,
    private readonly self: ProcessSelf,
  ) {
    const { scopes } = stage;
    this.groups = scopes === null ? null : new GroupVerbs(scopes, self, (word, ...args) =>
      this.log(word, ...args), (one) => stage.pid(one), (what) => new Message(label, what));
  }

  async live(): Promise<void> {
    while (!this.returns) {
      const message = await this.self.receive();
      if (message instanceof Command) for (const op of message.ops) {
        const waits = this.perform(op);
        if (waits !== undefined) await waits;
      }
      else this.received(message);
    }
  }

  private received(message: unknown): void {
    const { labelOf } = this.stage;
    if (message instanceof Message) this.log('got', message.from, message.what);
    else if (message instanceof Timed) this.log('timer', message.timer, message.what);
    else if (message instanceof TimerFired) this.log(
      'timer', this.timerOf(message.ref), (message.message as Timed).timer, (message.message as Timed).what,
    );
    else if (message instanceof TimerAnswer) this.log(
      'answer', message.tag.toLowerCase(), this.timerOf(message.ref), leftText(message.result),
    );
    else if (message instanceof Exit) this.log(
      'exit', labelOf(message.pid ?? '') ?? 'stranger', reasonText(message.reason, labelOf),
    );
    else if (message instanceof GroupChange) this.groups?.changed(message);
    else if (message instanceof Down) this.log(
      'down', message.name ?? labelOf(message.pid ?? '') ?? 'stranger', this.watchOf(message.ref),
      reasonText(message.reason, labelOf),
    );
  }

  private log(word: string, ...args: string[]): void {
    this.stage.recorder.log(this.label, event(word, ...args));
  }

  private watchOf(ref: MonitorRef | null): string {
    for (const [label, one] of this.watches) if (one === ref) return label;
    return 'unknown';
  }

  private perform([word, ...given]: Op): Promise<unknown> | undefined {
    const { self, stage } = this;
    if (word !== 'spawn' && given.some((one) => isPuppet(one) && !stage.pids.has(one as string))) return;
    // One whose puppet was passed over is none.
    if ((word.startsWith('demonitor') && !this.watches.has(String(given[0])) && word !== 'demonitor_group')
      || (TIMER_WORDS.has(word) && !stage.timers.has(String(given[0])))) return;
    const { system } = stage;
    const [a, b, c, d] = given;
    const text = String(a);
    switch (word) {
      case 'trap': self.trapExit(a === 'true'); return;
      case 'link': this.log('link', text, attempt(() => self.link(stage.pid(a)), 'noproc')); return;
      case 'unlink': self.unlink(stage.pid(a)); return;
      case 'monitor': this.watches.set(String(b), self.monitor(stage.pid(a))); return;
      case 'monitor_name': this.watches.set(String(b), self.monitor(text)); return;
      case 'demonitor': this.log(
        'demonitor', text, String(self.demonitor(this.watch(text), { info: true })),
      ); return;
      case 'demonitor_flush': this.log(
        'demonitor', text, String(self.demonitor(this.watch(text), { flush: true, info: true })),
      ); return;
      case 'exit': return self.exit(reasonFrom(a));
      case 'error': throw new Error(text);
      case 'throw': throw a;
      case 'return': this.returns = true; return;
      case 'signal': self.exitOther(stage.pid(a), reasonFrom(b)); return;
      case 'send': self.send(stage.pid(a), new Message(this.label, String(b))); return;
      case 'send_name': this.log(
        'send', text, attempt(() => self.send(text, new Message(this.label, String(b))), 'badarg'),
      ); return;
      case 'register': this.log(
        'register', text, String(b), attempt(() => system.register(text, stage.pid(b)), 'badarg'),
      ); return;
      case 'unregister': this.log('unregister', text, attempt(() => system.unregister(text), 'badarg')); return;
      case 'whereis':
        this.log('whereis', text, stage.labelOf(system.whereis(text) ?? '') ?? 'undefined'); return;
      case 'alive': this.log('alive', text, String(system.alive(stage.pid(a)))); return;
      case 'spawn': stage.meet(
        text, self.spawn((born) => new Puppet(stage, text, born).live(), { link: b === 'link' }).pid,
      ); return;
      case 'pause': return self.receive((message) => message === RESUME);
      case 'send_after': stage.timers.set(
        text, self.sendAfter(Number(b), new Timed(text, String(d)), stage.pid(c)),
      ); return;
      case 'send_after_name': stage.timers.set(
        text, self.sendAfter(Number(b), new Timed(text, String(d)), String(c)),
      ); return;
      case 'start_timer': stage.timers.set(
        text, self.startTimer(Number(b), new Timed(text, String(d)), stage.pid(c)),
      ); return;
      case 'start_timer_name': stage.timers.set(
        text, self.startTimer(Number(b), new Timed(text, String(d)), String(c)),
      ); return;
      case 'cancel': this.log('cancel', text, leftText(self.cancelTimer(this.timer(text)))); return;
      case 'read': this.log('read', text, leftText(self.readTimer(this.timer(text)))); return;
      case 'cancel_async': self.cancelTimer(this.timer(text), { async: true }); return;
      case 'read_async': self.readTimer(this.timer(text), { async: true }); return;
      default: if (this.groups?.perform(word, given) !== true) throw new Error(`unknown operation ${word}`);
    }
  }

  private timer(label: string): TimerRef {
    return this.stage.timers.get(label) as TimerRef;
  }

  private timerOf(ref: TimerRef): string {
    for (const [label, one] of this.stage.timers) if (one === ref) return label;
    return 'unknown';
  }

  private watch(label: string): MonitorRef {
    return this.watches.get(label) as MonitorRef;
  }
}

/** How much is left is a matter of ms. */
function leftText(left: number | false): string {
  return left === false ? 'false' : left > 0 ? 'left' : 'none';
}

/** One that its parent never came to spawn is passed over, on both sides. */
function isPuppet(term: Term): boolean {
  return typeof term === 'string' && /^p\d+$/.test(term);
}

function attempt(action: () => void, refusal: string): string {
  try {
    action();
    return 'ok';
  } catch (error) {
    if (error instanceof OptionError) return refusal;
    throw error;
  }
}

export function reasonFrom(term: Term | undefined): ExitReason {
  return Array.isArray(term) ? { [String(term[0])]: term[1] } : term;
}

/** Runs a scenario of puppets and returns what they saw. */
export async function runPuppets(scenario: Term): Promise<Trace> {
  const [family, count, steps] = scenario as readonly [string, number, readonly Op[]];
  const stage = new Stage();
  if (family === 'groups') stage.scopes = new Scopes(stage.system, stage.labelOf);
  for (let n = 1; n <= count; n++) {
    const label = `p${n}`;
    stage.meet(label, stage.system.spawn((self) => new Puppet(stage, label, self).live()).pid);
  }
  await stage.env.settle();
  for (const [at, step] of steps.entries()) {
    const [word, who, ops] = step;
    if (word === 'advance') await stage.env.advance(who as number);
    else if (stage.pids.has(who as string)) {
      stage.system.send(stage.pid(who), word === 'resume' ? RESUME : new Command(ops as readonly Op[]));
      await stage.env.settle();
    }
    stage.recorder.cut(at + 1);
  }
  return [...stage.recorder.lines, ...(await endOf(stage.system, stage.env))];
}
