import { OptionError } from '../base/index.js';
import type { Env } from '../base/index.js';
import type { Inbox, Register, Transport } from '../cluster/transport/index.js';
import { kernelOf } from '../system/index.js';
import { Program } from './program.js';
import { Random } from './random.js';
import { NetworkRegister } from './register.js';
import type { Simulation } from './simulation.js';

/** How the network treats frames; what is left out stays as it is. */
export interface NetworkFaults {
  /** 0 to 1: a frame is lost */
  readonly loss?: number | undefined;
  /** 0 to 1: it comes twice */
  readonly duplication?: number | undefined;
  /** each frame takes from `delayMs` to `delayMs + spreadMs` */
  readonly delayMs?: number | undefined;
  readonly spreadMs?: number | undefined;
  /** frames of a pair may overtake each other, as far as the spread lets them */
  readonly reordering?: boolean | undefined;
}

/** What a network does when nobody has asked it for faults. */
const QUIET = { loss: 0, duplication: 0, delayMs: 1, spreadMs: 0, reordering: false };

/**
 * A network between the nodes of one simulation: seeded, on its clock. Frames are lost, repeated,
 * delayed and reordered as `faults` says; ways are cut and healed, each direction for itself;
 * machines crash and come back.
 */
export class Network {
  /** frames so far */
  sent = 0;
  lost = 0;
  arrived = 0;
  readonly frameBytesMax: number;
  /** @internal */
  readonly env: Env;
  /** @internal */
  readonly random: Random;
  /** @internal */
  readonly store: NetworkRegister;
  private faults: Readonly<Record<keyof NetworkFaults, number | boolean>> & typeof QUIET = QUIET;
  private readonly machines = new Map<string, Machine>();
  private readonly cuts = new Map<string, number>();
  /** what flapped before the last of them flaps no more */
  private heals = 0;
  private readonly lastDue = new Map<string, number>();

  constructor(sim: Simulation, frameBytesMax: number = 0x1_0000) {
    this.env = kernelOf(sim.system).env;
    this.random = new Random(this.env.u32());
    this.frameBytesMax = frameBytesMax;
    this.store = new NetworkRegister(this.env, this.random);
  }

  /** Starts a machine under that name; one lives at a time, unless it is to be a second one. */
  machine(name: string, second = false): Machine {
    const living = this.machines.get(name);
    if (living !== undefined && !living.program.dead && !second) {
      throw new OptionError('machine', name, 'the name of no living machine', 'crash it first');
    }
    const made = new Machine(this, name);
    this.machines.set(name, made);
    return made;
  }

  /** From now on frames are treated like this. */
  set(faults: NetworkFaults): void {
    const given = Object.entries(faults).filter(([, value]) => value !== undefined);
    this.faults = { ...this.faults, ...Object.fromEntries(given) };
  }

  /** What goes from one to the other is lost, until it is healed as often; the other way stays. `register` too. */
  cut(from: string, to: string): void {
    const way = wayOf(from, to);
    this.cuts.set(way, (this.cuts.get(way) ?? 0) + 1);
  }

  /** Ends one cut of that way. */
  mend(from: string, to: string): void {
    const way = wayOf(from, to);
    const left = (this.cuts.get(way) ?? 0) - 1;
    if (left > 0) this.cuts.set(way, left);
    else this.cuts.delete(way);
  }

  /** A way that is cut and mended again and again, for a while. */
  flap(from: string, to: string, everyMs: number, times: number): void {
    if (times === 0) return;
    const { heals } = this;
    this.cut(from, to);
    this.after(everyMs, () => {
      if (heals !== this.heals) return;
      this.mend(from, to);
      this.after(everyMs, () => heals === this.heals && this.flap(from, to, everyMs, times - 1));
    });
  }

  /** Ends all cuts, flaps and faults. */
  heal(): void {
    this.heals++;
    this.cuts.clear();
    this.faults = QUIET;
  }

  /** @internal */
  isCut(from: string, to: string): boolean {
    return this.cuts.has(wayOf(from, to));
  }

  /** @internal */
  carry(from: Machine, to: string, frame: Uint8Array): void {
    const { random, faults } = this;
    this.sent++;
    const copies = random.chance(faults.loss) ? 0 : random.chance(faults.duplication) ? 2 : 1;
    if (copies === 0 || this.isCut(from.name, to)) {
      this.lost++;
      return;
    }
    for (let n = 0; n < copies; n++) this.later(from, to, frame.slice());
  }

  /** @internal Runs on the clock of the simulation, whoever has died meanwhile. */
  after(ms: number, fn: () => void): void {
    const { env } = this;
    if (ms < 1) env.macrotask(fn);
    else env.hold(env.timer(ms, fn), false);
  }

  private later(from: Machine, to: string, frame: Uint8Array): void {
    const { random, faults, env, lastDue } = this;
    const way = wayOf(from.name, to);
    let due = env.mono() + faults.delayMs + random.int(faults.spreadMs + 1);
    if (!faults.reordering) due = Math.max(due, lastDue.get(way) ?? 0);
    lastDue.set(way, due);
    this.after(Math.ceil(due - env.mono()), () => this.arrive(from, to, frame));
  }

  private arrive(from: Machine, to: string, frame: Uint8Array): void {
    const machine = this.machines.get(to);
    if (machine !== undefined && !machine.program.dead && machine.inbox !== null) {
      this.arrived++;
      machine.program.run(() => machine.inbox?.frame(frame));
      return;
    }
    this.lost++;
    if (!this.isCut(to, from.name)) from.program.run(() => from.inbox?.unreachable(to));
  }
}

/** One life of one machine: its clock, timers and scheduling, and its way to the network. */
export class Machine implements Transport {
  readonly program: Program;
  readonly register: Register;
  /** @internal */
  inbox: Inbox | null = null;
  constructor(private readonly network: Network, readonly name: string) {
    this.program = new Program(network.env);
    this.register = network.store.as(name, this.program, (from, to) => network.isCut(from, to));
  }

  get frameBytesMax(): number {
    return this.network.frameBytesMax;
  }
  attach(_node: string, inbox: Inbox): void {
    this.inbox = inbox;
  }
  send(to: string, frame: Uint8Array): void {
    if (!this.program.dead && this.inbox !== null) this.network.carry(this, to, frame);
  }
  detach(): void {
    this.inbox = null;
  }
  /** kill -9: what it has sent may still arrive, nothing else happens any more. */
  crash(): void {
    this.program.die();
    this.inbox = null;
  }
}

function wayOf(from: string, to: string): string {
  return `${from}>${to}`;
}
