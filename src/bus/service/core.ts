import { atOnce, backoffMs, CallError, unstacked } from '../../base/index.js';
import { isA, isError, Line, printable } from '../../base/text/index.js';
import type { RefBase } from '../../behaviour/gen/request/index.js';
import { Circuit } from '../../delivery/guard/index.js';
import { systemStopped } from '../../process/kernel/index.js';
import type { Kernel } from '../../process/record/index.js';
import type { BusErrorCode } from '../../api/bus/errors.js';
import type { ServiceLoad, ServiceStats } from '../../api/bus/service.js';
import { asked, late, over, returned, ServiceAccount, started, type RequestEnd } from './account.js';
import type { Operation, ServiceDefinitionImpl } from './definition.js';
import { ServiceError } from './error.js';
import type { Hops } from './hops.js';
import { Seats, type Seat } from './seats.js';
import type { ServiceAsk, Turn } from './service-ask.js';
import { Starts } from './starts.js';
import { Again, Grace, Pause } from './timers.js';

/** How long it is waited for whoever is not there, or took nothing, before it is looked again. */
const AGAIN_MS = 5;
const NEVER: AbortSignal = new AbortController().signal;

/**
 * One service: who waits, who works, and what is between them. After each step that makes a request wait, or a
 * worker free, `pump` brings together what fits: no request waits while a worker has room for it, and neither
 * the limit nor the breaker has a word against it.
 */
export class ServiceCore {
  readonly account: ServiceAccount;
  readonly seats: Seats;
  readonly title: string;
  /** those that a worker had, in front of the others */
  private readonly front = new Line<ServiceAsk>();
  private readonly line = new Line<ServiceAsk>();
  /** until they are tried again */
  private readonly paused = new Line<ServiceAsk>();
  private readonly working = new Line<ServiceAsk>();
  private readonly starts: Starts | null;
  private readonly circuit: Circuit | null;
  private readonly again = new Again(this);
  private readonly grace = new Grace(this);
  private pumping = false;
  private stale = false;
  /** nobody has come in time: who asks hears so at once, until somebody does */
  private forsaken = false;
  /** why nothing is taken any more */
  private ended: 'closed' | 'stopped' | null = null;
  /** it is closed; its workers have ended then */
  closing: Promise<void> | null = null;
  graceMs: number;
  /** workers may be started when requests wait */
  mayGrow = false;
  /** hears that a request waits where none did */
  onBacklog: (() => void) | null = null;
  constructor(
    readonly kernel: Kernel,
    readonly definition: ServiceDefinitionImpl,
    readonly hops: Hops,
    concurrency: number,
    graceMs: number,
  ) {
    this.title = `service '${definition.name}'`;
    this.graceMs = graceMs;
    this.account = new ServiceAccount(kernel.audited);
    this.seats = new Seats(kernel, definition, concurrency);
    const { limit } = definition;
    this.starts = limit === null ? null : new Starts(kernel, definition, limit, () => this.pump());
    this.circuit = definition.breaker === null ? null : new Circuit(kernel, definition.breaker);
  }

  /* ---- in ---- */

  /** A new request waits, and has its turn now when it may. */
  enter(ask: ServiceAsk): void {
    const { account, definition: { capacity } } = this;
    asked(account);
    if (this.ended !== null) ask.end(this.endedError(0), 'waiting', 'refused');
    else if (account.waiting > capacity) {
      const what = `${capacity} requests wait; ask for less, add workers, or raise capacity`;
      ask.end(this.error('SERVICE_FULL', what, 0), 'waiting', 'refused');
    } else {
      this.stand(ask, this.line);
      this.pump();
      if (ask.line === this.line && account.waiting === 1) this.onBacklog?.();
    }
  }

  private stand(ask: ServiceAsk, line: Line<ServiceAsk>): void {
    ask.line = line;
    line.push(ask);
  }

  /** It does not stand in its line any more. */
  private leave(ask: ServiceAsk): void {
    const { line, pause } = ask;
    if (line !== null) {
      ask.line = null;
      line.remove(ask);
    }
    if (pause !== null) {
      ask.pause = null;
      this.kernel.deadlines.remove(pause);
    }
  }

  /* ---- together ---- */

  pump(): void {
    if (this.pumping) {
      this.stale = true;
      return;
    }
    this.pumping = true;
    do {
      this.stale = false;
      while (this.step());
    } while (this.stale as boolean);
    this.pumping = false;
    this.starts?.unused();
    this.look();
  }

  /** One request gets its turn, or an answer; false when there is none that could. */
  private step(): boolean {
    let ask = this.front.first ?? this.line.first;
    while (ask !== null) {
      const seat = this.seats.pick(ask.caller);
      if (seat !== null) return this.begin(ask, seat);
      if (this.seats.free === 0) return false;
      ask = ask.next ?? (ask.line === this.front ? this.line.first : null);
    }
    return false;
  }

  private begin(ask: ServiceAsk, seat: Seat): boolean {
    const { circuit } = this;
    let passage = null;
    try {
      if (circuit !== null && circuit.state !== 'closed') circuit.settle(circuit.enter(null), 'ignored');
      if (this.starts !== null && !this.starts.may(ask.weight)) return false;
      if (circuit !== null) passage = circuit.enter(null);
    } catch (error) {
      ask.end(error, 'waiting', 'refused');
      return true;
    }
    if (ask.over) { // by whoever is told of the breaker
      if (passage !== null) circuit?.settle(passage, 'ignored');
      return true;
    }
    const to = chosen(seat, ask);
    if (to === null) {
      if (passage !== null) circuit?.settle(passage, 'ignored');
      if (!ask.over) this.seats.pause(seat);
      return true;
    }
    this.leave(ask);
    this.seats.take(seat);
    const permit = this.starts === null ? null : this.starts.start();
    started(this.account, ask.attempts++ > 0);
    this.stand(ask, this.working);
    ask.begin({ seat, passage, permit, ask, over: false }, to);
    return true;
  }

  /** What a request weighs under the limit, as far as it is known. Throws what the user's function does. */
  weightOf(op: Operation, payload: unknown): number {
    return this.starts === null ? 1 : this.starts.weightOf(op, payload);
  }

  /** A worker has answered: what that request has weighed may be known now. */
  weigh({ permit, ask: { op, payload } }: Turn, answer: unknown): void {
    this.starts?.weigh(permit, op, answer, payload);
  }

  /* ---- out ---- */

  /** The worker has done with it, one way or the other: its place is free. */
  release(turn: Turn, error: unknown): void {
    if (turn.over) return;
    turn.over = true;
    const { seat, passage } = turn;
    this.seats.give(seat, isA(error, CallError) ? (error) : null);
    this.starts?.over(turn.permit, error);
    if (passage !== null && !passage.over) {
      this.circuit?.settle(passage, error === undefined ? 'success' : this.circuit.verdict(error, NEVER));
    }
  }

  /** Nobody waits for it any more; its worker goes on. */
  forgo({ passage }: Turn, timedOut: boolean): void {
    if (passage !== null && !passage.over) this.circuit?.settle(passage, timedOut ? 'failure' : 'ignored');
  }

  /** Its worker has not even begun with it: that was no attempt. */
  unbegun(ask: ServiceAsk, seat: Seat): void {
    ask.attempts--;
    if (!seat.dead) this.seats.pause(seat);
    this.waits(ask);
  }

  /** A failed attempt: it is tried again, or that was the last. */
  failed(ask: ServiceAsk, error: CallError): void {
    const { retry } = this.definition;
    if (retry === null || ask.attempts >= retry.attemptsMax || !this.isTriedAgain(error) || ask.over) {
      this.failedFor(ask, error);
      return;
    }
    if (retry.backoff === null || this.ended !== null) {
      this.waits(ask);
      return;
    }
    returned(this.account);
    this.leave(ask);
    this.stand(ask, this.paused);
    ask.pause = new Pause(this, ask);
    const { kernel } = this;
    kernel.deadlines.add(ask.pause, backoffMs(retry.backoff, ask.attempts, kernel.env.u32() / 0x1_0000_0000));
  }

  /** It is not tried again. */
  failedFor(ask: ServiceAsk, error: CallError): void {
    if (!ask.over) ask.end(this.told(error, ask.attempts), 'running', 'failed');
  }

  /** Its wait is over. */
  comesBack(ask: ServiceAsk): void {
    ask.pause = null;
    this.leave(ask);
    this.stand(ask, this.front);
    this.pump();
  }

  private waits(ask: ServiceAsk): void {
    returned(this.account);
    this.leave(ask);
    if (this.ended !== null) ask.end(this.endedError(ask.attempts), 'waiting', 'refused');
    else this.stand(ask, this.front);
  }

  private isTriedAgain(error: CallError): boolean {
    const when = this.definition.retry?.when ?? null;
    if (when === null) return error.code === 'EXIT';
    try {
      return atOnce('service.retry.when', when(error));
    } catch (thrown) {
      this.kernel.warn('retry.when of a service threw: its request is not tried again', {
        service: this.definition.name, error: thrown,
      });
      return false;
    }
  }

  /** What whoever asked is told of a failed call to a worker. */
  private told(error: CallError, attempts: number): ServiceError {
    const { code, reason } = error;
    if (code === 'EXIT') return this.error('EXIT', `its worker ended: ${error.message}`, attempts, error, reason);
    if (code === 'REFUSED') return this.error('REFUSED', error.message, attempts, error);
    return this.error('WORKER_FAILED', error.message, attempts, error, reason);
  }

  error(code: BusErrorCode, what: string, attempts: number, cause?: unknown, reason?: unknown): ServiceError {
    return unstacked(() => new ServiceError(code, this.title, what, attempts, cause, reason));
  }

  settled(ask: ServiceAsk, from: 'waiting' | 'running', as: RequestEnd): void {
    over(this.account, from, as);
    this.leave(ask);
  }

  tooLate(): void {
    late(this.account);
  }

  /* ---- nobody there ---- */

  lookAgain(): void {
    this.seats.recall(true);
    this.pump();
  }

  forsake(): void {
    this.forsaken = true;
    this.pump();
  }

  /** After each step: who waits in vain, and whether to look again. */
  private look(): void {
    const { seats, kernel: { deadlines } } = this;
    if (seats.living > 0) {
      this.forsaken = false;
      deadlines.remove(this.grace);
    }
    if (this.front.size + this.line.size === 0) return;
    if (seats.living === 0) {
      if (this.forsaken || this.graceMs === 0 || !(seats.awaited || this.mayGrow)) {
        this.refuseAll();
        return;
      }
      if (this.grace.entry === null) deadlines.add(this.grace, this.graceMs);
    }
    if (seats.awaited && this.again.entry === null) deadlines.add(this.again, AGAIN_MS);
  }

  private refuseAll(): void {
    const { lastReason: reason } = this.seats;
    const why = reason === undefined
      ? 'nobody works for it; give workers: system.service(definition, { workers: [ref] })'
      : `none of its workers lives; the last one ended: ${printable(reason)}`;
    for (let ask = this.front.first ?? this.line.first; ask !== null; ask = this.front.first ?? this.line.first) {
      const cause = isError(reason) ? reason : undefined;
      ask.end(this.error('NO_WORKERS', why, ask.attempts, cause, reason), 'waiting', 'refused');
    }
  }

  /* ---- the end ---- */

  /** Nothing is taken any more: who waits is refused; what runs is given up when it is closed. */
  end(why: 'closed' | 'stopped'): void {
    if (this.ended !== null) return;
    this.ended = why;
    for (const line of [this.front, this.line, this.paused]) {
      for (let ask = line.first; ask !== null; ask = line.first) {
        ask.end(this.endedError(ask.attempts), 'waiting', 'refused');
      }
    }
    if (why === 'closed') {
      for (let ask = this.working.first; ask !== null; ask = this.working.first) {
        ask.giveUp(this.endedError(ask.attempts), 'cancelled');
      }
    }
    this.circuit?.end();
    this.starts?.end();
    this.kernel.deadlines.remove(this.again);
    this.kernel.deadlines.remove(this.grace);
  }

  private endedError(attempts: number): Error {
    return this.ended === 'closed' ? this.error('SERVICE_CLOSED', 'it is closed', attempts) : systemStopped();
  }

  /* ---- figures ---- */

  load(): ServiceLoad {
    const { seats, account } = this;
    seats.recall();
    seats.sweep();
    const first = this.front.first ?? this.line.first;
    const { places } = seats;
    return {
      depth: account.waiting,
      oldestMs: first === null ? 0 : Math.max(0, Math.floor(this.kernel.env.mono() - first.hop.at)),
      utilisation: places === 0 ? 1 : Math.min(1, seats.taken / places),
      workers: seats.living,
    };
  }

  stats(): ServiceStats {
    const { audited: _, ...counts } = this.account;
    const { definition: { name }, circuit, ended } = this;
    return { name, ...counts, ...this.load(), breaker: circuit?.state, closed: ended !== null };
  }
}

/** Whom that seat leads to now; null when there is nobody. What a group's own function throws ends the request. */
function chosen(seat: Seat, ask: ServiceAsk): RefBase | null {
  try {
    const to = seat.ref.chosen(ask.op.name, ask.payload);
    const p = to === null ? null : to.addr.owner;
    return p !== null && p.behaviour === to?.definition.behaviour && !ask.over ? to : null;
  } catch (error) {
    ask.end(error, 'waiting', 'failed');
    return null;
  }
}
