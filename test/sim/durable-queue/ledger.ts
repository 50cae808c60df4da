import { decodeItem, queueOf } from '../../../src/bus/queue/durable/index.js';
import { decode } from '../../../src/codec/index.js';
import { unframe } from '../../../src/journal/frame.js';
import type { QueueStats } from '../../../src/bus/public.js';
import type { Simulation } from '../../../src/testing/index.js';
import type { Disk } from '../store/disk.js';

/** What is pushed. */
export interface Job {
  readonly n: number;
  /** the program dies of it */
  readonly deadly: boolean;
}

/** One item, as the witness outside knows it. */
export class Pushed {
  accepted = false;
  /** it was refused: it must not be there */
  refused = false;
  /** somebody has asked for its end: it may be over or not */
  ending = false;
  told: 'acked' | 'rejected' | 'pulled' | null = null;
  /** null for one that was delayed */
  lane: string | null = null;
  /** programs that died of it */
  killed = 0;
  constructor(
    readonly job: Job,
    readonly queue: string,
    readonly key: string | undefined,
    /** in a turn of an agent */
    readonly inTurn: boolean,
  ) {}
}

/** What an agent has done, in its state. */
export interface Done {
  readonly items: number[];
  readonly kids: number[];
}

/** It outlives every program, and compares what it was told with what is on the disk. */
export class Ledger {
  readonly all: Pushed[] = [];
  constructor(
    private readonly sim: Simulation,
    private readonly disk: Disk,
  ) {}

  add(of: (n: number) => Pushed): Pushed {
    const made = of(this.all.length);
    this.all.push(made);
    return made;
  }

  at(n: number): Pushed {
    return this.all[n] as Pushed;
  }

  /** Rows of one queue. */
  rowsOf(name: string): number {
    const rows = this.disk.image.rows('item', null, 0, 100_000, false);
    return rows.filter(({ stream }) => queueOf(stream).name === name).length;
  }

  /** A life is over. */
  judge(): void {
    const { sim, disk: { image } } = this;
    const waiting = new Map<number, number>();
    for (const { seq, stream, body } of image.rows('item', null, 0, 100_000, true)) {
      const { n } = decodeItem(unframe('item', stream, seq, body)).payload as Job;
      sim.always(!waiting.has(n), `item ${n} waits twice`);
      waiting.set(n, seq);
      sim.equal(queueOf(stream).name, this.at(n).queue, `item ${n} is in its queue`);
    }
    const dead = new Set<number>();
    for (const { seq, stream, body } of image.rows('dead', null, 0, 100_000, true)) {
      dead.add(((decode(unframe('dead', stream, seq, body)) as unknown[])[3] as Job).n);
    }
    const done = this.done();
    for (const one of this.all) {
      this.judgeOne(one, waiting.has(one.job.n), dead.has(one.job.n), done.items.has(one.job.n), done.kids);
    }
  }

  private judgeOne(one: Pushed, waits: boolean, dead: boolean, done: boolean, kids: ReadonlySet<number>): void {
    const { sim } = this;
    const { job: { n }, queue, told, inTurn } = one;
    const what = `item ${n} of ${queue}: waits ${waits}, dead ${dead}, done ${done}, told ${told}`;
    const there = Number(waits) + Number(dead) + Number(done);
    sim.always(there <= 1, `P21: ${what}: more than one of them`);
    if (inTurn) {
      if (!kids.has(n)) return sim.always(there === 0, `P21: ${what}: of a turn that was not committed`);
      one.accepted = true;
    }
    if (one.refused) return sim.always(there === 0, `P19: ${what}: a ghost`);
    if (told === 'acked' || told === 'pulled') return sim.always(there === 0, `P21: ${what}: over, and still there`);
    if (told === 'rejected') return sim.always(dead, `P23: ${what}: told as dead`);
    if (!one.accepted) {
      // Nobody was told: it is there from now on, or it never was.
      if (there === 1) one.accepted = true;
      else one.refused = true;
      return;
    }
    if (there === 1) return;
    sim.always(one.ending, `P19: ${what}: accepted, and lost`);
    one.told = 'acked';
  }

  private done(): { readonly items: ReadonlySet<number>; readonly kids: ReadonlySet<number> } {
    const items = new Set<number>();
    const kids = new Set<number>();
    for (const { key, body } of this.disk.image.records('state', '', 100)) {
      const [, , state] = decode(unframe('state', key, 0, body)) as [number, number, Done];
      for (const n of state.items) {
        this.sim.always(!items.has(n), `P21: the effect of item ${n} is there twice`);
        items.add(n);
      }
      for (const n of state.kids) kids.add(n);
    }
    return { items, kids };
  }

  /** The account of one queue. */
  check(stats: QueueStats, when: string): void {
    const over = stats.acked + stats.dropped + stats.deadLettered + stats.expired + stats.superseded + stats.unknown
      + stats.stored;
    const { ready, delayed, leased, ending, pushed, recovered } = stats;
    this.sim.equal(
      over + ready + delayed + leased + ending, pushed + recovered,
      `P3: ${stats.name} ${when}: ${JSON.stringify(stats)}`,
    );
  }

  /** After the last life nothing is left. */
  end(): void {
    const { rows, records } = this.disk.image.counts();
    this.sim.equal(rows.item, 0, 'nothing waits in the end');
    this.sim.equal(records.attempt, 0, 'no record of attempts is left');
    for (const { job: { n }, killed } of this.all) {
      this.sim.always(killed <= ATTEMPTS_MAX + 1, `P22: item ${n} has killed ${killed} programs`);
    }
  }
}

export const ATTEMPTS_MAX = 3;
