import type { Simulation } from '../../src/testing/index.js';

/** One element, and what its task does. */
export interface Job {
  readonly n: number;
  readonly does: 'returns' | 'throws' | 'dies' | 'hangs';
  readonly takesMs: number;
}

/** The loop that asks. */
interface Asker {
  readonly asked: number;
  readonly concurrency: number;
  readonly wanted: boolean;
  kill(): void;
  end(): void;
}

type Step = () => unknown;

/** A source that does what sources do wrong, plain or async, and what must hold of whoever asks it. */
export class Feed {
  readonly items: object;
  readonly jobs: Job[] = [];
  /** what it failed with */
  error: unknown = undefined;
  /** it has said that it has no more */
  ended = false;
  private broken = false;
  private closed = 0;
  private asked = 0;
  private asking = false;
  private readonly later: boolean;
  private readonly length: number;
  /** it has something to clean up */
  private readonly closes: boolean;
  constructor(private readonly sim: Simulation, private readonly loop: Asker) {
    const { random } = sim;
    this.later = random.chance(0.6);
    this.length = random.chance(0.2) ? Infinity : random.int(12);
    this.closes = random.chance(0.9);
    const iterator = { next: () => this.next(), ...(this.closes ? { return: () => this.leave() } : {}) };
    this.items = this.later
      ? { [Symbol.asyncIterator]: () => iterator }
      : { [Symbol.iterator]: () => iterator };
  }

  private next(): unknown {
    const { sim, loop } = this;
    const { random } = sim;
    const open = this.closed === 0 && !this.ended && !this.broken;
    sim.always(open, 'a source that is closed or has ended is asked for nothing');
    sim.always(!this.asking, 'a source is asked for one item at a time');
    sim.always(loop.wanted, 'a source is asked for nothing when its consumer has gone');
    sim.always(this.asked < loop.asked + loop.concurrency - 1, 'a source is asked for as much as may run');
    this.asked++;
    if (random.chance(0.03)) this.endLoop('a source ends its consumer');
    else if (random.chance(0.05)) void Promise.resolve()
      .then(() => this.endLoop('a loop ends while its task starts'));
    const step = this.draw();
    if (!this.later || random.chance(0.05)) return step();
    this.asking = true;
    const waits = random.chance(0.4) ? sim.sleep(random.int(25)) : Promise.resolve();
    if (random.chance(0.06)) {
      sim.sometimes(true, 'a source stalls');
      return new Promise(() => undefined);
    }
    const answer = waits.then(() => {
      this.asking = false;
      sim.sometimes(this.closed > 0, 'a source answers after its close');
      return step();
    });
    return random.chance(0.2) ? twice(answer) : answer;
  }

  private endLoop(id: string): void {
    const { sim, loop } = this;
    sim.sometimes(true, id);
    if (sim.random.chance(0.5)) loop.kill();
    else loop.end();
  }

  private draw(): Step {
    const { random } = this.sim;
    if (this.jobs.length >= this.length) return () => this.end();
    if (random.chance(0.93)) return () => ({ done: false, value: this.job() });
    if (random.chance(0.5)) return () => this.breaks(new Error('broken'), true);
    if (random.chance(0.5)) {
      const fail = (): void => this.breaks(new Error('getter'), true);
      return () => ({ done: false, get value() { return fail(); } });
    }
    return () => {
      this.breaks('lies', false);
      return 5;
    };
  }

  private end(): unknown {
    this.ended = true;
    return { done: true, value: undefined };
  }

  private breaks(error: unknown, throws: boolean): void {
    this.broken = true;
    this.error = error;
    if (throws) throw error as Error;
  }

  private job(): Job {
    const { random } = this.sim;
    const takesMs = random.chance(0.3) ? 0 : random.pick([1, 3, 10, 14, 16, 30, 39, 41, 60]);
    const does = random.chance(0.8) ? 'returns' : random.pick(['throws', 'dies', 'hangs'] as const);
    const job: Job = { n: this.jobs.length, does, takesMs };
    if (this.closed === 0) this.jobs.push(job);
    return job;
  }

  private leave(): unknown {
    const { sim } = this;
    this.closed++;
    sim.equal(this.closed, 1, 'a source is closed once');
    sim.always(this.later || !this.ended && !this.broken, 'a source that has ended is not closed');
    sim.sometimes(this.asking, 'a source is closed while it is asked');
    if (sim.random.chance(0.1)) this.endLoop('a source ends its consumer while it is closed');
    switch (sim.random.int(6)) {
      case 0: throw new Error('close');
      case 1: return Promise.reject(new Error('close'));
      case 2: return new Promise(() => undefined);
      case 3: return 5;
      case 4: return { get then() { throw new Error('then'); } };
      default: return { done: true, value: undefined };
    }
  }

  /** Everybody has gone. */
  check(): void {
    if (this.asked === 0 || !this.closes) return;
    this.sim.always(this.closed === 1 || this.ended || this.broken, 'a source is closed, or has ended');
  }
}

/** A promise that is none: it tells everything twice, and takes it back. */
function twice(answer: Promise<unknown>): PromiseLike<unknown> {
  const then = (resolve: (value: unknown) => void, reject: (error: unknown) => void): void => {
    const well = (value: unknown): void => {
      resolve(value);
      resolve(value);
      reject(new Error('twice'));
    };
    const badly = (error: unknown): void => {
      reject(error);
      reject(error);
      resolve(0);
    };
    answer.then(well, badly);
  };
  return { then } as PromiseLike<unknown>;
}
