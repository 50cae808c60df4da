import { getEventListeners } from 'node:events';
import type { Breaker, Limit, ProcessSelf } from '../../src/index.js';
import type { Simulation } from '../../src/testing/index.js';
import { suite, type Suite } from './suite.js';

const BOOM = new Error('boom');
/** One unit comes back each ms. */
const WEIGHT_BURST = 20;

/** What one stream does: attempts that fail before the first item, items, then its end. */
interface Script {
  readonly failures: number;
  readonly items: number;
  readonly end: 'done' | 'fails' | 'hangs';
  readonly pauseMs: number;
  readonly resume: boolean;
  readonly attemptsMax: number;
  /** its reader breaks off after so many items */
  readonly leavesAfter: number;
  /** its signal fires after so many ms; Infinity for never */
  readonly abortsAfterMs: number;
}

interface Counts {
  success: number;
  failure: number;
  ignored: number;
}

/** One limit around one breaker, and all that read streams in both, retried. */
class World {
  private readonly limit: Limit;
  private readonly breaker: Breaker;
  private readonly concurrency: number;
  /** streams that have opened and not closed, by their process */
  private readonly open: string[] = [];
  private readonly signals: AbortSignal[] = [];
  private readonly counts: Counts = { success: 0, failure: 0, ignored: 0 };
  private sources = 0;
  private weight = 0;
  /** weight that has not come back yet */
  private owed = 0;
  private movedAt: number;
  /** by corrections in this very step: who had its turn already knew nothing of them */
  private added = 0;
  constructor(private readonly sim: Simulation) {
    this.concurrency = 1 + sim.random.int(3);
    this.limit = sim.system.limit('slots', {
      concurrency: this.concurrency, weightPerMinute: 60_000, weightBurst: WEIGHT_BURST,
    });
    this.movedAt = sim.nowMs;
    this.breaker = sim.system.breaker('model', { failures: 1_000_000 });
  }

  private script(): Script {
    const { random } = this.sim;
    return {
      failures: random.pick([0, 0, 1, 2]), items: random.int(5), end: random.pick(['done', 'done', 'fails', 'hangs']),
      pauseMs: random.pick([0, 0, 1, 7]), resume: random.chance(0.3), attemptsMax: 1 + random.int(4),
      leavesAfter: random.chance(0.4) ? 1 + random.int(4) : Infinity,
      abortsAfterMs: random.chance(0.4) ? random.int(30) : Infinity,
    };
  }

  async work(self: ProcessSelf, times: number): Promise<void> {
    for (let n = 0; n < times; n++) {
      await this.sim.sleep(this.sim.random.int(8));
      await this.reads(self, this.script());
    }
  }

  /** Reads one stream to its end, however that comes, and says what it was. */
  private async reads(self: ProcessSelf, script: Script): Promise<void> {
    const { sim } = this;
    const controller = new AbortController();
    const { signal } = controller;
    this.signals.push(signal);
    if (script.abortsAfterMs < Infinity) {
      void sim.sleep(script.abortsAfterMs).then(() => {
        controller.abort('enough');
        sim.equal(getEventListeners(signal, 'abort').length, 0, 'a signal that has fired has no listener');
      });
    } else if (script.end === 'hangs') {
      // somebody has to end it
      void sim.sleep(200).then(() => controller.abort('enough'));
    }
    let taken = 0;
    let made = 0;
    const items = self.retryStream((number, given) => {
      sim.equal(number, ++made, 'attempts are numbered');
      sim.equal(given, taken, 'an attempt is told what its reader has taken');
      sim.always(taken === 0 || script.resume, 'no attempt behind the first item, unless it resumes');
      sim.sometimes(taken > 0, 'an attempt went on behind the items taken');
      const weight = sim.random.int(WEIGHT_BURST + 1);
      return self.limit('slots').stream((_signal, permit) => {
        sim.equal(permit.weight, weight, 'what its permit weighs');
        this.weighs(weight);
        sim.always(this.owed - this.added <= WEIGHT_BURST + 1e-6, 'a stream starts when its weight is there');
        sim.sometimes(this.owed === WEIGHT_BURST, 'the whole burst was used');
        if (sim.random.chance(0.3)) {
          const turnedOut = sim.random.int(2 * WEIGHT_BURST);
          permit.weigh(turnedOut);
          this.weighs(turnedOut - weight);
          this.added += Math.max(0, turnedOut - weight);
        }
        return self.breaker('model').stream((own) => this.source(self.pid, script, number, given, own));
      }, { timeoutMs: 'infinity', weight });
    }, { attemptsMax: script.attemptsMax, resume: script.resume, signal, backoff: { baseMs: 3, jitter: 0 } });
    try {
      for await (const item of items) {
        sim.equal(item, taken++, 'items come once, in order');
        sim.always(!signal.aborted, 'no item under a signal that has fired');
        if (sim.random.chance(0.3)) await sim.sleep(sim.random.int(6));
        if (taken === script.leavesAfter) break;
      }
      if (taken < script.leavesAfter && sim.system.alive(self.pid)) {
        sim.equal(`${taken} ${script.end}`, `${script.items} done`, 'it is done when its source is');
      }
    } catch (error) {
      if (!sim.system.alive(self.pid)) return;
      if (signal.aborted) sim.equal(error, 'enough', 'an abort ends it with its reason');
      else {
        sim.equal(error, BOOM, 'it fails with what its source threw');
        sim.always(taken > 0 && !script.resume || made === script.attemptsMax, 'it has no attempt left');
      }
    }
    if (sim.system.alive(self.pid)) {
      sim.equal(this.open.includes(self.pid), false, 'its source is closed with it, and its place in the guards');
    }
  }

  private weighs(more: number): void {
    this.weight += more;
    if (this.sim.nowMs !== this.movedAt) this.added = 0;
    this.owed = Math.max(0, this.owed - (this.sim.nowMs - this.movedAt)) + more;
    this.movedAt = this.sim.nowMs;
  }

  /** The model: counts what the breaker must have counted when it has ended. */
  private source(
    pid: string, script: Script, number: number, from: number, own: AbortSignal,
  ): AsyncIterableIterator<number> {
    const { sim, open, counts } = this;
    this.sources++;
    let asked = 0;
    let at = from;
    let over = false;
    open.push(pid);
    sim.always(sim.system.alive(pid), 'nothing is opened by the dead');
    const live = open.filter((one) => sim.system.alive(one)).length;
    sim.always(live <= this.concurrency, 'a slot is held until its stream has closed');
    const ends = (how: keyof Counts): void => {
      if (over) return;
      over = true;
      open.splice(open.indexOf(pid), 1);
      counts[sim.system.alive(pid) ? how : 'ignored']++;
      sim.sometimes(how === 'success' && at === from, 'a stream without items ended');
    };
    const step = async (): Promise<IteratorResult<number>> => {
      sim.equal(++asked, 1, 'one item is asked for at a time');
      if (script.pauseMs > 0) await sim.sleep(script.pauseMs);
      asked--;
      if (over) return { done: true, value: undefined };
      const fails = number <= script.failures || (at === script.items && script.end === 'fails');
      if (fails) {
        ends('failure');
        throw BOOM;
      }
      if (at < script.items) return { done: false, value: at++ };
      if (script.end === 'hangs') return await new Promise(() => undefined);
      ends('success');
      return { done: true, value: undefined };
    };
    // The reader leaves, its signal fires, or it dies: a source that hangs hears of it here.
    own.addEventListener('abort', () => ends('ignored'));
    return {
      next: step,
      return: () => {
        ends(this.gave(own, at - from) ? 'success' : 'ignored');
        return Promise.resolve({ done: true, value: undefined });
      },
      [Symbol.asyncIterator]() { return this; },
    };
  }

  /** A reader that leaves by itself makes a success of a stream that gave it an item. */
  private gave(own: AbortSignal, items: number): boolean {
    this.sim.sometimes(items > 0, 'a reader left a stream that gave items');
    return items > 0 && !own.aborted;
  }

  async check(): Promise<void> {
    const { sim, counts } = this;
    await sim.settle();
    const { running, waiting, weight } = this.limit.stats();
    sim.equal(weight, this.weight, 'what has started weighs so much');
    sim.equal(running + waiting, 0, 'no slot is kept');
    const { successes, failures, ignored, running: calls } = this.breaker.stats();
    sim.equal(calls, 0, 'no call is kept');
    sim.equal(successes + failures + ignored, this.sources, 'every stream has ended once');
    sim.equal(failures, counts.failure, 'a stream that fails is one failure, at its end');
    sim.equal(successes, counts.success, 'a stream that ends, or is left behind an item, is one success');
    for (const signal of this.signals) {
      sim.equal(getEventListeners(signal, 'abort').length, 0, 'no listener is left');
    }
    sim.sometimes(ignored > 0, 'a stream counted neither way');
  }
}

async function guarded(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const world = new World(sim);
  const begin = (): ReturnType<typeof system.spawn> => system.spawn((self) => world.work(self, 1 + random.int(4)));
  const agents = Array.from({ length: 2 + random.int(8) }, begin);
  for (let n = 0; n < 6; n++) {
    await sim.sleep(random.int(25));
    if (random.chance(0.3)) system.exit(random.pick(agents), random.pick(['kill', 'odd']));
    if (random.chance(0.3)) agents.push(begin());
  }
  await sim.sleep(random.pick([100, 2_000]));
  for (const agent of agents) system.exit(agent, 'kill');
  await world.check();
}

export const guardedSuite: Suite = suite(
  'guarded',
  'V Service queues, P16, P32, P35: streams in retries, limits and breakers: slots, counts, attempts, aborts, deaths',
  guarded,
);
