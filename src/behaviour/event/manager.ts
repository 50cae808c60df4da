import { adopt, isThenable, reasonOf } from '../../base/index.js';
import type { ExitReason } from '../../base/index.js';
import { isA } from '../../base/text/index.js';
import { TIMER } from '../../mailbox/message/index.js';
import { Phase } from '../../process/record/index.js';
import type { Process } from '../../process/record/index.js';
import { pushSignal } from '../../process/send/index.js';
import { exitSignal, isLinked, link, unlink } from '../../process/signal/index.js';
import { Request } from '../../router/request/index.js';
import { isControl } from '../gen/index.js';
import type { Pid } from '../../api/address.js';
import type { HandlerEnd, HandlerInfo } from '../../api/events.js';
import { Exit } from '../../api/messages.js';
import { Refusal } from '../../api/returns.js';
import type { Report } from '../../api/reports.js';
import { HandlerExit, InstalledHandler, type HandlerDefinition } from './handler.js';

/*
 * The contract of an event handler (OTP's gen_event). All handlers of a manager run in its process,
 * one callback at a time, the newest handler first; each has a state of its own.
 *
 *   addHandler ─▶ init(...args) ─▶ installed in front
 *   notify, syncNotify ─▶ event(self, event) of every handler
 *   call(handler, op) ─▶ calls[op](self, payload) of that one ─▶ the reply
 *   any other message of the manager ─▶ info(self, message) of every handler
 *   deleteHandler, self.remove(), a swap, a throw, the end of its supervisor or of the manager
 *     ─▶ terminate(self, why) ─▶ gone; whoever supervises it gets a HandlerExit
 */

/** What is done at once when it can be, and later when a callback is async. */
type Later<T> = T | Promise<T>;

/** How a callback ended. */
type Attempt = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: unknown };

function next<T, R>(done: Later<T>, then: (value: T) => Later<R>): Later<R> {
  return done instanceof Promise ? done.then(then) : then(done);
}

/** Runs a callback; what it throws or rejects with is a value here, never the manager's end. */
function attempt(run: () => unknown): Later<Attempt> {
  try {
    const value = run();
    if (value === undefined || !isThenable(value)) return { ok: true, value };
    return adopt(value).then(
      (settled): Attempt => ({ ok: true, value: settled }), (error: unknown): Attempt => ({ ok: false, error }),
    );
  } catch (error) {
    return { ok: false, error };
  }
}

/** What is logged of a handler that crashed. */
export interface HandlerReport extends Report {
  readonly label: 'event handler crashed';
  readonly level: 'error';
  readonly pid: Pid;
  readonly name: string | undefined;
  readonly processLabel: string | undefined;
  readonly handler: string;
  readonly id: unknown;
  /** the callback, or the operation of a call */
  readonly op: string;
  readonly reason: ExitReason;
}

/** What a request to add or swap asks for. */
export interface AddPlan {
  readonly handler: HandlerDefinition;
  readonly id: unknown;
  readonly init: readonly unknown[];
  readonly supervised: boolean;
}

/** The handlers of one manager, newest first, and everything that happens to them. */
export class EventEngine {
  handlers: InstalledHandler[] = [];
  /** whom a supervised handler has linked, until the last of theirs is gone */
  private readonly adders = new Set<Process>();
  constructor(readonly p: Process) {}

  find(handler: HandlerDefinition, id: unknown): InstalledHandler | undefined {
    return this.handlers.find((one) => one.is(handler, id));
  }

  /* ---- events and messages ---- */

  /** Every handler that is installed now, newest first; one that joins meanwhile is not told. */
  event(event: unknown): Later<undefined> {
    return this.each((one) => (one.handler.event === null ? undefined : this.run(
      one, 'event',
      () => (one.handler.event as (self: InstalledHandler, event: unknown) => unknown)(one, event),
    )));
  }

  info(message: unknown): Later<undefined> {
    const gone =
      message instanceof Exit
        ? this.handlers.filter((one) => one.adder !== null && one.adder.pid === message.pid)
        : [];
    let done: Later<unknown> = undefined;
    for (const one of gone) {
      done = next(done, () => this.end(
        one, { because: 'adder_ended', reason: (message as Exit).reason }, 'shutdown',
      ));
    }
    return next(done, () => this.each((one) => {
      const { info, name } = one.handler;
      if (info !== null) return this.run(one, 'info', () => info(one, message));
      this.p.kernel.warn(
        'a message was dropped: the event handler has no info callback (GE-12)',
        { pid: this.p.pid, name: this.p.name?.name, handler: name },
      );
      return undefined;
    }));
  }

  private each(tell: (one: InstalledHandler) => Later<unknown>): Later<undefined> {
    const all = [...this.handlers];
    const from = (start: number): Later<undefined> => {
      for (let at = start; at < all.length; at++) {
        const done = tell(all[at] as InstalledHandler);
        if (done instanceof Promise) return done.then(() => from(at + 1));
      }
      return undefined;
    };
    return from(0);
  }

  /* ---- one callback ---- */

  /**
   * Runs a callback, commits its state, and does what it asked for; a throw removes the handler
   * alone (GE-04).
   */
  private run(one: InstalledHandler, op: string, callback: () => unknown): Later<Attempt> {
    return next(attempt(callback), (outcome) => this.ran(one, op, outcome));
  }

  private ran(one: InstalledHandler, op: string, outcome: Attempt): Later<Attempt> {
    const { wish } = one;
    one.wish = null;
    if (!outcome.ok && !isControl(outcome.error)) {
      one.state = one.committed;
      const reason = reasonOf(outcome.error);
      this.report(one, op, reason);
      return next(this.end(one, { because: 'crashed', reason }, reason), () => outcome);
    }
    one.committed = one.state;
    if (wish === null) return outcome;
    if (!wish.swap) return next(this.end(one, { because: 'removed' }, 'normal'), () => outcome);
    const { to, id, args, init } = wish;
    const at = this.handlers.indexOf(one);
    const { adder } = one;
    return next(this.end(
      one, { because: 'swapped', args }, swappedBy(to, id, adder),
    ), (ended) => next(this.install(at, to, id, init, adder, {
      found: true, result: valueOf(ended),
    }), (refused) => {
      if (refused !== undefined) this.refusedSwap(to, id, adder, refused);
      return outcome;
    }));
  }

  /**
   * A handler that was to replace itself is gone, and the new one did not come: whoever supervised
   * it is told.
   */
  private refusedSwap(to: HandlerDefinition, id: unknown, adder: Process | null, refused: Refusal): void {
    const { reason } = refused.details as { readonly reason: ExitReason };
    this.p.kernel.warn(
      'the event handler that was to take the place of another was not installed',
      { pid: this.p.pid, handler: to.name, error: reason },
    );
    if (adder !== null) {
      pushSignal(adder, TIMER, new HandlerExit(this.p.pid, { handler: to, id }, reason), this.p);
    }
  }

  /* ---- install and remove ---- */

  add(plan: AddPlan): Later<Refusal | undefined> {
    const { handler, id, init } = plan;
    const adder = plan.supervised ? this.caller : null;
    if (plan.supervised && adder === null) return noAdder();
    return this.install(0, handler, id, init, adder, undefined);
  }

  private install(
    at: number, handler: HandlerDefinition, id: unknown, init: readonly unknown[], adder: Process | null,
    swapped: InstalledHandler['swapped'],
  ): Later<Refusal | undefined> {
    const made = new InstalledHandler(this.p, handler, id, swapped);
    if (adder !== null) this.join(adder);
    return next(attempt(
      () => (handler.init === null ? undefined : handler.init.apply(made, init as unknown[])),
    ), (outcome) => {
      const state = outcome.ok ? outcome.value : outcome.error;
      const crashed = !outcome.ok && !isControl(outcome.error);
      if (crashed || state instanceof Refusal) this.part(adder);
      if (crashed) return new Refusal('init_failed', {
        handler: handler.name, reason: reasonOf(outcome.error),
      });
      if (state instanceof Refusal) {
        return new Refusal('init_failed', {
          handler: handler.name, reason: state.code, details: state.details,
        });
      }
      made.state = state;
      made.committed = state;
      made.adder = adder;
      this.handlers.splice(at, 0, made);
      return undefined;
    });
  }

  /** Runs terminate and forgets a handler; its supervisor is told `how` it went. The result is terminate's. */
  end(one: InstalledHandler, why: HandlerEnd, how: ExitReason): Later<Attempt> {
    const { terminate } = one.handler;
    return next<Attempt, Attempt>(terminate === null
      ? { ok: true, value: undefined }
      : attempt(() => terminate(one, why)), (outcome) => {
      const at = this.handlers.indexOf(one);
      if (at >= 0) this.handlers.splice(at, 1);
      if (!outcome.ok) this.report(one, 'terminate', reasonOf(outcome.error));
      if (one.adder !== null) pushSignal(one.adder, TIMER, new HandlerExit(this.p.pid, one.key, how), this.p);
      this.part(one.adder);
      return outcome;
    });
  }

  /**
   * Links whoever supervises a handler, unless they are linked already; one that has ended is an
   * Exit like any other.
   */
  private join(adder: Process): void {
    if (adder.phase === Phase.Dead) exitSignal(this.p, adder, 'noproc', true);
    else if (!isLinked(this.p, adder)) {
      link(this.p, adder);
      this.adders.add(adder);
    }
  }

  /** Nobody ends with the manager for a handler that is gone: OTP leaves that link. */
  private part(adder: Process | null): void {
    if (adder === null || !this.adders.has(adder) || this.handlers.some((one) => one.adder === adder)) return;
    this.adders.delete(adder);
    unlink(this.p, adder);
  }

  delete(handler: HandlerDefinition, id: unknown, args: unknown): Later<unknown> {
    const one = this.find(handler, id);
    if (one === undefined) return new Refusal('module_not_found', { handler: handler.name, id });
    return next(this.end(one, { because: 'deleted', args }, 'normal'), (outcome) => {
      if (outcome.ok) return outcome.value;
      return new Refusal('terminate_failed', { handler: handler.name, reason: reasonOf(outcome.error) });
    });
  }

  /** The new handler comes to the front, also when the old one was not there (GE-07). */
  swap(
    from: { readonly handler: HandlerDefinition; readonly id: unknown }, args: unknown, plan: AddPlan,
  ): Later<Refusal | undefined> {
    const { handler, id, init } = plan;
    const one = this.find(from.handler, from.id);
    const adder = plan.supervised ? this.caller : (one?.adder ?? null);
    if (plan.supervised && adder === null) return noAdder();
    if (one === undefined) return this.install(0, handler, id, init, adder, { found: false, result: 'error' });
    return next(this.end(one, { because: 'swapped', args }, swappedBy(handler, id, adder)), (ended) =>
      this.install(0, handler, id, init, adder, { found: true, result: valueOf(ended) }));
  }

  /* ---- requests to one handler ---- */

  call(handler: HandlerDefinition, id: unknown, op: string, payload: unknown): Later<unknown> {
    const one = this.find(handler, id);
    if (one === undefined) return new Refusal('bad_module', { handler: handler.name, id });
    const callback = handler.calls.get(op) as (self: InstalledHandler, payload: unknown) => unknown;
    return next(this.run(one, op, () => callback(one, payload)), (outcome) => {
      if (outcome.ok) return outcome.value;
      return isA(outcome.error, Refusal)
        ? outcome.error
        : new Refusal('handler_crashed', { handler: handler.name, reason: reasonOf(outcome.error) });
    });
  }

  which(): HandlerInfo[] {
    return this.handlers.map((one) => one.key);
  }

  /* ---- the end of the manager ---- */

  /**
   * The end of the manager is no crash of those who supervise handlers: they are told `shutdown`
   * and unlinked (GE-10).
   */
  stop(reason: ExitReason): Later<undefined> {
    for (const { adder } of this.handlers) if (adder !== null && adder !== this.p.parent) unlink(this.p, adder);
    return this.each((one) => this.end(one, { because: 'stopped', reason }, 'shutdown'));
  }

  /** The process that the current request came from. */
  private get caller(): Process | null {
    return this.p.from instanceof Request ? this.p.from.caller : null;
  }

  /** Also an orderly reason: a handler that crashes is gone without having been asked to go. */
  private report(one: InstalledHandler, op: string, reason: ExitReason): void {
    if (!this.p.kernel.reporting) return;
    const { pid, name, ext } = this.p;
    const made: HandlerReport = {
      label: 'event handler crashed', level: 'error', pid, name: name?.name,
      processLabel: ext?.label ?? undefined, handler: one.handler.name, id: one.id, op, reason,
    };
    this.p.kernel.report(made);
  }
}

function noAdder(): Refusal {
  return new Refusal(
    'no_adder',
    'a supervised handler belongs to the process that adds it: use self.bind(events) inside a process',
  );
}

function swappedBy(handler: HandlerDefinition, id: unknown, adder: Process | null): ExitReason {
  return { swapped: { handler, id }, by: adder?.pid };
}

/** What the new handler is told of the old one's terminate. */
function valueOf(ended: Attempt): unknown {
  return ended.ok ? ended.value : { exit: reasonOf(ended.error) };
}
