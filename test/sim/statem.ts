import { CallError, child } from '../../src/index.js';
import {
  defineStatemHandler, operation, type InsertedEvent, type StatemSelf, type Transition,
} from '../../src/behaviour/statem/public.js';
import type { Simulation } from '../../src/testing/index.js';
import { suite, type Suite } from './suite.js';

const STATES = ['a', 'b', 'c'] as const;
type State = (typeof STATES)[number];
type Self = StatemSelf<State, object>;

/**
 * What was sent to a machine that is restarted: each event is handled once, or a dead letter, or
 * refused; what is postponed comes again in its order.
 */
class Desk {
  private sent = 0;
  /** times each was handled for good */
  private readonly handled: number[] = [];
  private readonly refused = new Set<number>();
  private readonly calls: { readonly n: number; readonly told: string[] }[] = [];
  /** of the incarnation that lives: what comes again now, and what waits for the next state */
  private pid = '';
  private again: number[] = [];
  private postponed: number[] = [];
  readonly machine: ReturnType<Desk['define']>;
  constructor(private readonly sim: Simulation) {
    this.machine = this.define();
  }

  private define() {
    return defineStatemHandler({
      name: 'machine',
      init: (): { state: State; data: object } => ({ state: 'a', data: {} }),
      calls: { ask: operation<number>() },
      casts: { tell: operation<number>() },
      handle: (self, event) => this.handle(self, event),
    });
  }

  private handle(
    self: Self, event: InsertedEvent,
  ): Transition<unknown> | undefined | Promise<Transition<unknown> | undefined> {
    const { sim } = this;
    sim.always(sim.system.alive(self.pid), 'the dead handle nothing (P16)');
    if (this.pid !== self.pid) Object.assign(this, { pid: self.pid, again: [], postponed: [] });
    const n = (event.type === 'info'
      ? event.message
      : (event as { readonly payload: number }).payload) as number;
    const due = this.again.shift();
    if (due !== undefined) sim.equal(n, due, 'what was postponed comes again first, oldest first (SM-05)');
    return this.act(self, n, event.type === 'call');
  }

  private act(
    self: Self, n: number, call: boolean,
  ): Transition<unknown> | undefined | Promise<Transition<unknown> | undefined> {
    const { sim } = this;
    const { random } = sim;
    const draw = random.float();
    if (draw < 0.35) return this.postpone(self, n);
    this.handled[n] = (this.handled[n] ?? 0) + 1;
    sim.equal(this.handled[n], 1, `event ${n} is handled once`);
    if (draw < 0.45) {
      sim.sometimes(this.again.length > 0, 'a machine crashes while what it had postponed comes again');
      throw new Error('boom');
    }
    if (draw < 0.6) {
      return sim.sleep(random.int(8))
        .then(() => (sim.system.alive(self.pid) ? this.decide(self, n, call) : undefined));
    }
    return this.decide(self, n, call);
  }

  private postpone(self: Self, n: number): Transition<unknown> {
    const { sim } = this;
    this.postponed.push(n);
    if (sim.random.chance(0.8)) return self.keep().postpone();
    return this.change(self).postpone();
  }

  private decide(self: Self, n: number, call: boolean): Transition<unknown> | undefined {
    const made = this.sim.random.chance(0.5) ? this.change(self) : self.keep();
    return call ? made.reply(n) : made;
  }

  private change(self: Self): Transition<unknown> {
    const next = this.sim.random.pick(STATES);
    if (next !== self.state) {
      this.again.unshift(...this.postponed);
      this.postponed = [];
    }
    return self.next(next);
  }

  send(): void {
    const { system, random } = this.sim;
    const n = this.sent++;
    const ref = system.ref(this.machine, 'm');
    const draw = random.int(3);
    if (draw === 0) ref.cast('tell', n);
    else if (draw === 1) system.send('m', n);
    else {
      const told: string[] = [];
      this.calls.push({ n, told });
      ref.call('ask', n, { timeoutMs: random.pick([4, 5_000]) })
        .then((reply) => told.push(String(reply)), (error: unknown) => {
        const code = error instanceof CallError ? error.code : String(error);
        told.push(code);
        if (code === 'NOPROC') this.refused.add(n);
      });
    }
  }

  hurt(): void {
    const { sim } = this;
    if (sim.system.whereis('m') === undefined) return;
    sim.sometimes(this.again.length > 0, 'a machine is killed while what it had postponed comes again');
    sim.sometimes(this.postponed.length > 0, 'a machine ends with what it had postponed');
    sim.system.exit('m', sim.random.pick(['kill', 'away']));
  }

  check(): void {
    const { sim } = this;
    const letters: number[] = [];
    for (const { payload } of sim.system.deadLetters.list()) {
      letters[payload as number] = (letters[payload as number] ?? 0) + 1;
    }
    for (let n = 0; n < this.sent; n++) {
      const [handled, kept, refused] = [this.handled[n] ?? 0, letters[n] ?? 0, this.refused.has(n) ? 1 : 0];
      sim.equal(
        handled + kept + refused, 1,
        `event ${n} has one outcome: handled ${handled}, letters ${kept}, refused ${refused} (P2)`,
      );
    }
    for (const { n, told } of this.calls) {
      sim.equal(told.length, 1, `call ${n} is told once (P6)`);
      sim.always(
        [String(n), 'EXIT', 'NOPROC', 'TIMEOUT'].includes(told[0] ?? ''),
        `call ${n} is told what there is to tell: ${String(told[0])}`,
      );
    }
  }
}

export const statemSuite: Suite = suite('statem', 'P2, P6: a state machine that is killed or crashes at any event gives back what it had postponed; each event has one outcome', async (
  sim,
) => {
  const { random, system } = sim;
  const desk = new Desk(sim);
  const supervisor = await system.supervise({ intensity: 100_000, children: [child('m', desk.machine)] });
  for (let left = 15 + random.int(45); left > 0; left--) {
    const draw = random.float();
    if (draw < 0.75) desk.send();
    else if (draw < 0.8) desk.hurt();
    else await sim.sleep(random.int(6));
  }
  await sim.sleep(10_000);
  await supervisor.stop();
  desk.check();
});
