import { decodeMessage } from '../../../src/delivery/durable/envelope.js';
import { decode } from '../../../src/codec/index.js';
import { unframe } from '../../../src/journal/frame.js';
import type { Simulation } from '../../../src/testing/index.js';
import type { Disk } from '../store/disk.js';
import type { Life } from './life.js';

/** What a handler is given. */
export interface Job {
  readonly id: number;
  /** how many generations may follow */
  readonly depth: number;
  /** the program dies of it */
  readonly deadly: boolean;
}

/** One handling, as it stands in the state of its agent. */
export interface Done {
  readonly id: number;
  /** messages that are stored which it has sent */
  readonly kids: readonly number[];
  /** what it has sent to somebody who stores nothing */
  readonly casts: readonly number[];
  /** its handler has given it up by hand: it is a dead letter, too */
  gaveUp?: boolean;
}

/** One message, as the witness knows it. */
export class Sent {
  /** whoever sent it knows that it is accepted, or it was found on the disk */
  accepted = false;
  /** place among those that were accepted */
  acceptedAt = -1;
  /** refused, lost with the power, taken back: it must not be there */
  gone = false;
  /** taken back, and nobody knows whether that is written */
  leaving = false;
  /** told as taken back */
  cancelled = false;
  told: string | null = null;
  /** a handler has given it up by hand */
  gaveUp = false;
  starts = 0;
  /** attempts that failed, and programs that died of it */
  failed = 0;
  constructor(
    readonly job: Job,
    readonly to: string,
    readonly op: string,
    readonly key: string | undefined,
    readonly order: string | undefined,
    readonly attemptsMax: number,
    /** null for the outside */
    readonly parent: number | null,
    readonly durable: boolean,
  ) {}
}

interface Found {
  readonly done: Map<number, Done>;
  readonly waiting: Set<number>;
  readonly dead: Set<number>;
}

/** The witness outside: it outlives every program, and compares what it was told with what is on the disk. */
export class Book {
  readonly all: Sent[] = [];
  /** what somebody who stores nothing was told */
  sunk: { readonly id: number; readonly from: number }[] = [];
  cuts = 0;
  private accepted = 0;
  constructor(private readonly sim: Simulation, private readonly disk: Disk) {}

  add(of: (id: number) => Sent): Sent {
    const sent = of(this.all.length);
    this.all.push(sent);
    return sent;
  }

  accept(sent: Sent): void {
    if (sent.accepted) return;
    sent.accepted = true;
    sent.acceptedAt = this.accepted++;
  }

  at(id: number): Sent {
    return this.all[id] as Sent;
  }

  /** A life is over; with `cut` what was not synced is lost. */
  judge(_life: Life, cut: boolean): void {
    const { sim } = this;
    const loses = cut && this.disk.level !== 'disk';
    if (cut) this.cuts++;
    const found = this.read();
    const mine = new Set<number>();
    for (const { kids } of found.done.values()) for (const kid of kids) mine.add(kid);
    if (loses) this.lose(found);
    for (const sent of this.all) {
      if (sent.durable) this.judgeOne(sent, found, loses, mine.has(sent.job.id));
    }
    if (!loses) {
      for (const { id, from } of this.sunk) {
        sim.always(found.done.get(from)?.casts.includes(id) === true, `P21: cast ${id} left before its turn was safe`);
      }
    }
    this.sunk = [];
  }

  private judgeOne(sent: Sent, { done, waiting, dead }: Found, loses: boolean, wanted: boolean): void {
    const { sim } = this;
    const { job: { id }, key, parent, op } = sent;
    const h = done.has(id) ? 1 : 0;
    const w = waiting.has(id) ? 1 : 0;
    const x = dead.has(id) ? 1 : 0;
    const what = `message ${id} (${op} to ${sent.to}, key ${String(key)}): handled ${h}, waits ${w}, dead ${x}, `
      + `told ${String(sent.told)}`;
    sim.always(h + w <= 1, `P21: ${what}: handled, and waits`);
    const gaveUp = done.get(id)?.gaveUp === true;
    if (gaveUp) sim.equal(x, 1, `P21: ${what}: given up, and no dead letter`);
    else if (key === undefined) sim.always(h + w + x <= 1, `P21: ${what}: dead, and not`);
    if (loses) {
      sent.told = null;
      if (h + w + x === 0) sent.accepted = false;
      else if (sent.cancelled) sent.gone = false; // the power has taken that
    }
    if (parent !== null) {
      if (wanted) sim.always(h + w + x >= 1, `P21: ${what}: its turn is committed, and it is lost`);
      else {
        sim.always(h + w + x === 0, `P21: ${what}: of a turn that was not committed`);
        sim.always(sent.told !== 'stored', `P16: ${what}: of a turn that was not committed`);
      }
      return;
    }
    if (sent.leaving) {
      sent.leaving = false;
      if (h + w + x === 0) sent.gone = sent.cancelled = true;
    }
    if (sent.gone) return sim.always(h + w + x === 0, `P19: ${what}: a ghost`);
    if (sent.accepted) sim.always(h + w + x >= 1, `P19: ${what}: accepted, and lost`);
    if (sent.told === 'handled' || sent.told === 'refused') sim.equal(h, 1, `P21: ${what}: told as handled`);
    if (sent.told === 'dead-lettered') sim.equal(x, 1, `P23: ${what}: told as dead`);
    if (h + w + x > 0) this.accept(sent);
    // Nobody was told: it never was there.
    else if (!sent.accepted && sent.key === undefined) sent.gone = true;
  }

  /** What a loss of power takes is a suffix. */
  private lose({ done, waiting, dead }: Found): void {
    let first = Infinity;
    for (const { job: { id }, accepted, acceptedAt, parent, gone, leaving, key } of this.all) {
      if (!accepted || parent !== null || gone || leaving || key !== undefined) continue;
      if (!done.has(id) && !waiting.has(id) && !dead.has(id)) first = Math.min(first, acceptedAt);
    }
    for (const { job: { id }, accepted, acceptedAt } of this.all) {
      if (!accepted || acceptedAt < first) continue;
      const there = done.has(id) || waiting.has(id) || dead.has(id);
      this.sim.always(!there, `a loss of power takes a suffix: ${id} is there without what came before`);
    }
  }

  private read(): Found {
    const { sim, disk: { image } } = this;
    const done = new Map<number, Done>();
    for (const { key, body } of image.records('state', '', 100)) {
      const [, , state] = decode(unframe('state', key, 0, body)) as [number, number, { done: Done[] }];
      const last = new Map<string, number>();
      for (const one of state.done) {
        sim.always(!done.has(one.id), `P21: message ${one.id} was handled twice`);
        done.set(one.id, one);
        const { order } = this.at(one.id);
        if (order === undefined) continue;
        sim.always((last.get(order) ?? -1) < one.id, `P24: ${one.id} came before an earlier one of its order key`);
        last.set(order, one.id);
      }
    }
    const waiting = new Set<number>();
    for (const { seq, stream, body } of image.rows('message', null, 0, 10_000, true)) {
      const { id } = decodeMessage(unframe('message', stream, seq, body)).payload as Job;
      sim.always(!waiting.has(id), `message ${id} waits twice`);
      waiting.add(id);
    }
    const dead = new Set<number>();
    for (const { seq, stream, body } of image.rows('dead', null, 0, 10_000, true)) {
      const letter = decode(unframe('dead', stream, seq, body)) as unknown[];
      dead.add((letter[3] as Job).id);
    }
    return { done, waiting, dead };
  }

  /** After the last life: all of it is over, and nothing is left behind. */
  end(): void {
    const { sim, disk: { image } } = this;
    const { dead } = this.read();
    const { rows, records } = image.counts();
    sim.equal(rows.message, 0, 'nothing waits in the end');
    sim.equal(records.attempt, 0, 'no record of attempts is left');
    for (const sent of this.all) {
      const { failed, attemptsMax, starts, key, job: { id } } = sent;
      if (!sent.durable) continue;
      // The first attempt of a new message is not marked; a key that is sent again after its end begins anew.
      if (this.cuts === 0 && key === undefined) {
        sim.always(failed <= attemptsMax + 1, `P22: message ${id} has failed ${failed} times, at most ${attemptsMax}`);
      }
      if (dead.has(id) && !sent.gaveUp) {
        sim.always(starts >= attemptsMax, `P22: message ${id} is dead after ${starts} of ${attemptsMax} attempts`);
      }
    }
  }
}
