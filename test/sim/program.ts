import {
  CallError, defineAgent, Down, Exit, type AgentRef, type Pid, type ProcessVerbs,
} from '../../src/index.js';
import type { Simulation } from '../../src/testing/index.js';

/** One numbered message between actors. */
interface Tagged {
  readonly from: number;
  readonly n: number;
}

/** What the checker knows of one actor. */
interface Actor {
  readonly id: number;
  readonly ref: AgentRef<ReturnType<typeof actorOf>>;
  readonly pid: Pid;
  readonly name: string | undefined;
  /** latest number heard of each sender, by lane */
  readonly heard: Map<number, number>;
  /** monitors made and not taken back, and the DOWNs that came of them */
  readonly monitors: Map<unknown, { readonly target: Actor; downs: number; over: boolean }>;
  exits: number;
  linked: number;
  timers: { fired: boolean; over: boolean }[];
  handledAfterEnd: number;
}

/**
 * A random program: actors that start each other, send, link, monitor, exit, take names, arm timers
 * and call, step by step as the seed says. What must hold of any program is checked while it runs
 * and when it has come to rest.
 */
export class Program {
  readonly actors: Actor[] = [];
  calls = 0;
  settledCalls = 0;
  replies = 0;
  private readonly sent = new Map<string, number>();
  private readonly definition = actorOf(this);
  constructor(readonly sim: Simulation) {}

  start(parent: ProcessVerbs | null): Actor {
    const { sim } = this;
    const id = this.actors.length;
    const name = sim.random.chance(0.4) ? `n${sim.random.int(4)}` : undefined;
    const free = name !== undefined && sim.system.whereis(name) === undefined;
    const options = free ? { name } : {};
    const ref =
      parent === null
        ? sim.system.start(this.definition, id, options)
        : parent.start(this.definition, id, options);
    const actor: Actor = {
      id, ref, pid: ref.pid as Pid, name: free ? name : undefined, heard: new Map(),
      monitors: new Map(), exits: 0,
      linked: parent === null ? 0 : 1, timers: [], handledAfterEnd: 0,
    };
    this.actors.push(actor);
    return actor;
  }

  any(): Actor {
    return this.sim.random.pick(this.actors);
  }

  /** The next number from one actor to another: they must arrive in this order. */
  number(from: number, to: number): Tagged {
    const key = `${from}>${to}`;
    const n = (this.sent.get(key) ?? 0) + 1;
    this.sent.set(key, n);
    return { from, n };
  }

  hear(id: number, message: Tagged): void {
    const actor = this.actors[id] as Actor;
    const before = actor.heard.get(message.from) ?? 0;
    this.sim.always(
      message.n > before,
      `pair order: ${message.from} to ${id}, ${message.n} after ${before} (SG-01)`,
    );
    actor.heard.set(message.from, message.n);
    if (!this.sim.system.alive(actor.pid)) actor.handledAfterEnd++;
  }

  down(id: number, down: Down): void {
    const actor = this.actors[id] as Actor;
    const entry = actor.monitors.get(down.ref);
    this.sim.always(entry !== undefined, 'a DOWN of a monitor that was made');
    if (entry === undefined) return;
    entry.downs++;
    this.sim.always(entry.downs === 1, 'one DOWN a monitor (MO-01)');
    this.sim.always(!entry.over, 'no DOWN after demonitor with flush (MO-07)');
    this.sim.always(!this.sim.system.alive(entry.target.pid), 'a DOWN tells the truth');
    if (down.pid !== undefined) this.sim.equal(down.pid, entry.target.pid, 'and of the right process');
    const { name } = entry.target;
    if (name !== undefined) {
      this.sim.always(this.sim.system.whereis(name) !== entry.target.pid, 'its name was free before (PR-16)');
    }
  }

  /** After everything has come to rest. */
  check(): void {
    const { sim } = this;
    for (const actor of this.actors) {
      const lives = sim.system.alive(actor.pid);
      sim.equal(actor.handledAfterEnd, 0, 'nothing is handled after the end');
      if (!lives) continue;
      for (const { target, downs, over } of actor.monitors.values()) {
        if (!over) {
          sim.equal(downs, sim.system.alive(target.pid) || target === actor
            ? 0
            : 1, 'a monitor of the dead has fired, one of the living has not');
        }
      }
      for (const timer of actor.timers) sim.always(timer.fired || timer.over, 'timers of the living fire');
      if (actor.name !== undefined) sim.equal(
        sim.system.whereis(actor.name), actor.pid, 'the living keep their names',
      );
    }
    for (const name of sim.system.registered()) {
      sim.always(
        sim.system.alive(String(sim.system.whereis(name))),
        'a name belongs to somebody alive (RG-03)',
      );
    }
    for (const pid of sim.system.processes()) {
      for (const peer of sim.system.inspect(pid)?.links ?? []) {
        sim.always(sim.system.alive(peer), 'no link to the dead');
        sim.always(sim.system.inspect(peer)?.links.includes(pid) === true, 'links have two ends (EX-01)');
      }
    }
    sim.equal(this.settledCalls, this.calls, 'every call settles, once');
  }
}

type Agent = ProcessVerbs & { state: { id: number }; timeout(ms: number): void; continue(what: unknown): void };

/** One thing that an actor may do. */
function act(program: Program, self: Agent): void {
  const { sim } = program;
  const { random } = sim;
  const me = program.actors[self.state.id] as Actor;
  const other = program.any();
  switch (random.int(15)) {
    case 0: if (program.actors.length < 14) program.start(self); return;
    case 1: case 2: case 3: self.cast(other.ref, 'note', program.number(me.id, other.id)); return;
    case 4: case 5: self.send(other.pid, program.number(me.id, other.id)); return;
    case 6: if (sim.system.alive(other.pid)) { self.link(other.pid); } return;
    case 7: self.unlink(other.pid); return;
    case 8: case 9: me.monitors.set(self.monitor(other.pid), { target: other, downs: 0, over: false }); return;
    case 10: {
      const [ref, entry] = random.pick([...me.monitors, [undefined, undefined] as const]);
      if (ref === undefined || entry === undefined) return;
      const none = self.demonitor(ref as never, { flush: true, info: true });
      sim.always(!none || entry.downs === 0, 'demonitor says true only when none was delivered (MO-08)');
      entry.over = true;
      return;
    }
    case 11: self.exitOther(other.pid, random.pick(['normal', 'shutdown', 'other', 'kill'])); return;
    case 12: {
      const timer = { fired: false, over: false };
      me.timers.push(timer);
      const ref = self.sendAfter(1 + random.int(20), timer);
      if (random.chance(0.3)) timer.over = self.cancelTimer(ref) !== false;
      return;
    }
    case 13: self.trapExit(random.chance(0.5)); return;
    default: ask(program, self, other);
  }
}

function ask(program: Program, self: Agent, other: Actor): void {
  const { sim } = program;
  const call = ++program.calls;
  let settled = false;
  const done = (): void => {
    sim.always(!settled, 'a call settles once (P6)');
    settled = true;
    program.settledCalls++;
  };
  self.call(other.ref, 'ask', call, { timeoutMs: 1 + sim.random.int(30) }).then(
    (value) => {
      done();
      sim.equal(value, call, 'with its own answer');
    },
    (error: unknown) => {
      done();
      sim.always(error instanceof CallError && [
        'EXIT', 'NOPROC', 'TIMEOUT', 'CALLING_SELF', 'CALL_CYCLE', 'ZOMBIE',
      ].includes(error.code), `a call fails by a code: ${String(error)}`);
    },
  );
}

function actorOf(program: Program) {
  const { sim } = program;
  return defineAgent({
    name: 'actor',
    trapExit: false,
    init: (id: number) => ({ id }),
    calls: {
      ask(self, call: number): unknown {
        program.replies++;
        const how = sim.random.int(6);
        if (how === 0) return sim.sleep(1 + sim.random.int(40)).then(() => call);
        if (how === 1 && self.from !== undefined) {
          const { from } = self;
          void sim.sleep(1 + sim.random.int(20)).then(() => {
            const taken = self.reply(from, call);
            sim.always(!taken || from.settled, 'a reply that was taken has settled its call');
            sim.equal(self.reply(from, 'second'), false, 'a second reply is not taken (GS-18)');
          });
          return self.noreply();
        }
        if (how === 2) throw new Error('crash in a call');
        return call;
      },
    },
    casts: {
      note(self, message: Tagged) { program.hear(self.state.id, message); },
      act(self) { act(program, self); },
    },
    info(self, message) {
      if (message instanceof Down) program.down(self.state.id, message);
      else if (message instanceof Exit) (program.actors[self.state.id] as Actor).exits++;
      else if (typeof message === 'object' && message !== null && 'fired' in message) {
        const timer = message as { fired: boolean; over: boolean };
        sim.always(!timer.fired && !timer.over, 'a timer fires once, and not when it was cancelled (TI-05)');
        timer.fired = true;
      } else program.hear(self.state.id, message as Tagged);
    },
  });
}
