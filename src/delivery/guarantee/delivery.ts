import {
  CallError, callError, Deadline, deepFreeze, hashText, isA, markHandled, OptionError, type CallErrorCode,
  type ExitReason,
} from '../../base/index.js';
import type {
  DeliverOptions, DeliveryDefaults, DeliveryOutcome, DeliveryStats, Receipt, RecentQuery, SettledDelivery,
} from '../../api/delivery.js';
import {
  AgentDefinition, readCall, readDeliver, termsOf, type Deliveries, type RuntimeDefinition, type Terms,
} from '../../behaviour/index.js';
import { Extra, type Op } from '../../mailbox/index.js';
import {
  boundOf, Entry, refusalOf, trackCall, type Address, type DeliveryPort, type Holding, type Kernel, type Process,
} from '../../process/index.js';
import {
  Cell, hold, letGo, titleOf, unwatch, ViaAddress, watchSignal,
  type Abortable, type DeadLetter, type RetryRefusal, type Router, type Watched,
} from '../../router/index.js';
import { AcceptanceWait } from './acceptance-wait.js';
import { Counters } from './statistics.js';
import { Delivered, State } from './delivered.js';
import { Destination } from './destination.js';
import { Digester } from './digest.js';
import { DeliveryWaiter, type Admission } from './waiter.js';
import { Expiries } from './expiry.js';
import { isMutable, KeyRecord, Memory, Past, type LedgerLimits } from './ledger.js';
import { PoolAddress } from '../group/pool-address.js';
import { checkRecent, Recent } from './history.js';
import { canReturn, outlasts } from './rules.js';
import { ReceiptImpl, type Followed } from './receipt.js';
import { routeOf } from './route.js';
import { ViaDestinations } from '../group/via-destinations.js';
import type { RetryQueue } from './retry-queue.js';

/** Guaranteed delivery in one system (design §7): fills the ports of the kernel and of the refs. */
export class Delivery implements Deliveries, DeliveryPort, Admission {
  readonly counters: Counters = new Counters();
  /** every message that is in no mailbox now, to end them all when the system stops */
  readonly held: Set<Delivered> = new Set();
  readonly retrying: Set<RetryQueue> = new Set();
  closed = false;
  private readonly bases = new WeakMap<RuntimeDefinition, Terms>();
  readonly recent: Recent | null;
  readonly memory: Memory;
  readonly expiries: Expiries;
  private lastDefinition: RuntimeDefinition | null = null;
  private lastBase: Terms;
  private readonly vias = new ViaDestinations<Destination>();
  constructor(
    readonly kernel: Kernel,
    readonly router: Router,
    private readonly terms: Terms,
    limits: LedgerLimits,
    kept: number,
  ) {
    this.memory = new Memory(limits, new Digester(hashText(kernel.prefix)));
    this.expiries = new Expiries(kernel.deadlines);
    this.recent = kept === 0 ? null : new Recent(kept);
    this.lastBase = terms;
  }

  deliver(
    addr: Address, definition: RuntimeDefinition, op: Op, payload: unknown, sender: Process | null,
    options: DeliverOptions | undefined,
  ): Promise<Receipt> {
    const made = this.send('deliver', addr, definition, op, payload, sender, options);
    if (made instanceof Past || !(made.waiter instanceof DeliveryWaiter && made.waiter.admission === this)) {
      return Promise.resolve(new ReceiptImpl(made));
    }
    const promise = new Promise<Receipt>((resolve, reject) => {
      const mine = {
        resolve: () => resolve(new ReceiptImpl(made)),
        reject: (error: unknown) => {
          this.kernel.failures.failed(error, false);
          reject(error);
        },
      };
      const { acceptance, caller } = made;
      if (acceptance !== null) acceptance.join(sender, mine);
      else {
        const first = (made.rarely().acceptance = new AcceptanceWait(caller, made, mine));
        if (sender !== null && sender === caller) trackCall(sender, first);
      }
    });
    markHandled(promise);
    return promise;
  }

  /** The reply of the one handling, also across restarts of the callee; rejects with what a call rejects with. */
  call(
    addr: Address, definition: RuntimeDefinition, op: Op, payload: unknown, caller: Process | null, options: object,
  ): Promise<unknown> {
    const { timeoutMs, signal, ...delivery } = options as { timeoutMs?: number | 'infinity'; signal?: AbortSignal };
    const { timeoutMs: limit, signal: abort } = readCall({ timeoutMs, signal }, () => 0, null);
    if (caller !== null && caller === addr.owner) {
      throw callError('CALLING_SELF', { target: titleOf(addr), op: op.name, reason: 'calling_self' });
    }
    const message = this.send('call', addr, definition, op, payload, caller, delivery);
    return new OutcomeWait(this.kernel, message, caller, limit, abort).promise;
  }

  stats(addr: Address | null): DeliveryStats {
    return (addr === null ? this.counters : (this.existing(addr)?.counters ?? new Counters())).stats();
  }

  listRecent(query: RecentQuery): SettledDelivery[] {
    checkRecent('recentDeliveries', query);
    return this.recent === null ? [] : this.recent.list(query);
  }

  entered(d: Delivered): void {
    d.to.queued();
    this.accepted(d);
  }

  private accepted(d: Delivered): void {
    const { acceptance, to } = d;
    to.accepted(d);
    if (acceptance === null) return;
    d.rarely().acceptance = null;
    acceptance.accept();
  }

  refused(d: Delivered, code: string, reason: ExitReason): void {
    if (code === 'EXIT' && !this.closed && d.terms.guarantee !== 'at-most-once' && canReturn(d)) {
      // Its name outlives the process before which it stood.
      this.accepted(d);
      d.to.inLine(1);
      return d.to.refused(d, code, reason);
    }
    d.conclude('rejected', undefined, code === 'EXIT' ? reason : code, undefined);
    d.unaccepted(code as CallErrorCode, reason);
  }

  takeBack(_p: Process, _op: Op, _payload: unknown, from: unknown, reason: ExitReason): boolean {
    const message = from instanceof Extra ? from.from : from;
    if (!(message instanceof Delivered)) return false;
    message.to.takenBack(message, reason);
    return true;
  }

  close(): void {
    this.closed = true;
    // The end of one lets the next of its order key go, which may end it as well.
    for (const message of [...this.held]) {
      if (message.state === State.Held) message.to.deadLetterHeld(message, 'shutdown');
    }
    for (const waiting of this.retrying) this.kernel.deadlines.remove(waiting);
    this.retrying.clear();
  }

  private send(
    verb: 'call' | 'deliver', addr: Address, definition: RuntimeDefinition, op: Op, payload: unknown,
    sender: Process | null, options: DeliverOptions | undefined,
  ): Delivered | Past {
    let terms = definition === this.lastDefinition ? this.lastBase : this.baseOf(definition);
    let key: string | null = null;
    let order: string | null = null;
    if (options !== undefined) ({ terms, key, order } = readDeliver(verb, options, terms));
    if (this.kernel.frozen) deepFreeze(payload);
    const digest = key !== null && isMutable(payload) ? this.memory.digester.of(payload) : null;
    const p = addr.owner;
    if (p === null ? !outlasts(addr) : p.behaviour !== definition.behaviour) {
      throw callError(
        p === null ? 'NOPROC' : 'PROTOCOL_MISMATCH', { target: titleOf(addr), op: op.name, verb, reason: 'noproc' },
      );
    }
    if (this.closed) {
      throw callError('NOPROC', { target: titleOf(addr), op: op.name, verb, reason: 'the system has stopped' });
    }
    const to = this.destinationOf(addr, p);
    let record: KeyRecord | null = null;
    if (key !== null) {
      const first = to.keys.find(key, this.mono);
      if (first !== undefined) return to.duplicate(first, addr, op, payload, digest);
      record = new KeyRecord(to.keys, key, op, digest);
    }
    else if (terms.guarantee === 'exactly-once') this.checkWindow(to, sender, addr, op);
    const made = new Delivered(sender, routeOf(to, op, addr, definition.behaviour, terms, p), payload, record);
    if (order !== null) made.rarely().order = order;
    if (!this.offer(made, p, to, this)) {
      const code = refusalOf(p as Process, op, payload);
      throw callError(code, { target: titleOf(addr), op: op.name, verb, bound: boundOf(p as Process, code) });
    }
    return made;
  }

  /**
   * False when it was refused. Its key is taken before: accepting may run the user's code (sizeOf), which may send the
   * same key, and is told of this one then.
   */
  private offer(made: Delivered, p: Process | null, to: Destination, admission: Admission | null): boolean {
    const { record } = made;
    const met = to.counters.duplicatesSuppressed;
    if (record !== null) to.keys.add(record, made);
    if (to.accept(made, p, admission) !== Entry.Refused) return true;
    if (to.counters.duplicatesSuppressed !== met) made.conclude('rejected', undefined, 'rejected', undefined);
    else if (record !== null) to.keys.free(record);
    else if (made.numbered) to.windowOf(made.caller).withdraw(made.number);
    return false;
  }

  resend(old: Delivered, payload: unknown, edited: boolean, letter: DeadLetter): RetryRefusal | null {
    const { target, op, order } = old;
    // Whatever its handlers have made of the payload, it is the message that its sender sent.
    const { record: known } = old;
    const digest = known === null ? null : edited || !known.sealed ? this.memory.digester.of(payload) : known;
    const p = target.owner;
    if (this.closed) return 'SYSTEM_STOPPED';
    if (p === null ? !canReturn(old) : p.behaviour !== old.behaviour) {
      return p === null ? 'NOPROC' : 'PROTOCOL_MISMATCH';
    }
    const to = this.destinationOf(target, p);
    try {
      const first = known === null ? undefined : to.keys.find(known.key, this.mono);
      if (first !== undefined) to.duplicate(first, target, op, payload, digest);
      else if (p !== null && !to.hasRoom(old, p, payload)) return refusalOf(p, op, payload) as RetryRefusal;
      else {
        if (old.numbered) this.checkWindow(to, old.caller, target, op);
        const record = known === null ? null : new KeyRecord(to.keys, known.key, op, digest);
        const made = new Delivered(old.caller, routeOf(to, op, target, old.behaviour, old.terms, p), payload, record);
        made.rarely().past = letter;
        made.rarely().order = order;
        if (!this.offer(made, p, to, null)) return refusalOf(p as Process, op, payload) as RetryRefusal;
      }
      return null;
    } catch (error) {
      if (!isA(error, CallError)) throw error;
      return error.code as RetryRefusal;
    }
  }

  private readonly mono = (): number => this.kernel.env.mono();

  private checkWindow(to: Destination, sender: Process | null, addr: Address, op: Op): void {
    const window = to.windowOf(sender);
    if (window.full) throw callError('WINDOW_FULL', { target: titleOf(addr), op: op.name });
  }

  private baseOf(definition: RuntimeDefinition): Terms {
    let base = this.bases.get(definition);
    if (base === undefined) {
      if (!(definition instanceof AgentDefinition)) {
        throw new OptionError(
          'deliver', definition.name, 'an agent made with defineAgent', 'state machines take calls and casts',
          'NOT_DELIVERABLE',
        );
      }
      const defaults: DeliveryDefaults | undefined = definition.delivery;
      base = defaults === undefined ? this.terms : termsOf('delivery', defaults, this.terms);
      this.bases.set(definition, base);
    }
    this.lastDefinition = definition;
    this.lastBase = base;
    return base;
  }

  private destinationOf(addr: Address, p: Process | null): Destination {
    if (addr instanceof Cell) return (addr.mail ??= new Destination(this)) as Destination;
    if (addr instanceof ViaAddress) return this.vias.at(addr, () => new Destination(this));
    if (addr instanceof PoolAddress) return this.destinationOf(addr.home, addr.home.owner);
    const owner = p as Process;
    if (owner.name instanceof Cell) return (owner.name.mail ??= new Destination(this)) as Destination;
    return (owner.cold().mail ??= new Destination(this)) as Destination;
  }

  private existing(addr: Address): Destination | null {
    if (addr instanceof Cell) return addr.mail as Destination | null;
    if (addr instanceof ViaAddress) return this.vias.find(addr);
    const p = addr.owner;
    if (p === null) return null;
    return ((p.name instanceof Cell ? p.name.mail : p.ext?.mail) ?? null) as Destination | null;
  }
}

/**
 * Waits for the outcome as a caller does for its reply. The message goes on when its caller gives up: it was accepted.
 */
class OutcomeWait extends Deadline implements Abortable, Holding {
  private readonly fields: { readonly target: string; readonly op: string };
  private watched: Watched | null = null;
  /** it has an outcome */
  private over = false;
  private resolve!: (reply: unknown) => void;
  private reject!: (error: unknown) => void;
  readonly promise: Promise<unknown>;
  constructor(
    private readonly kernel: Kernel,
    message: Followed,
    private readonly caller: Process | null,
    private readonly timeoutMs: number,
    signal: AbortSignal | undefined,
  ) {
    super();
    this.fields = { target: message.title, op: message.op.name };
    this.promise = new Promise<unknown>((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    markHandled(this.promise);
    // Accepting has run the user's code (sizeOf, a provider): it may have fired meanwhile.
    if (signal?.aborted === true) this.refuse(signal.reason, true);
    else this.begin(message, signal);
  }

  expire(): void {
    this.fail(callError('TIMEOUT', { ...this.fields, timeoutMs: this.timeoutMs }), false);
  }
  aborted(reason: unknown): void {
    this.fail(reason, true);
  }
  /** Its caller has ended: it keeps neither timer nor listener. What becomes of the message is told as ever. */
  release(): void {
    this.finish();
  }

  private begin(message: Followed, signal: AbortSignal | undefined): void {
    if (this.timeoutMs >= 0) this.kernel.deadlines.add(this, this.timeoutMs);
    if (signal !== undefined) this.watched = watchSignal(signal, this);
    if (this.caller !== null) hold(this.caller, this);
    void message.settling.then((outcome) => {
      this.finish();
      if (outcome.kind === 'handled') this.answer(outcome.reply);
      else this.refuse(failureOf(outcome, this.fields), false);
    });
  }

  private fail(error: unknown, aborted: boolean): void {
    this.finish();
    this.refuse(error, aborted);
  }

  private answer(reply: unknown): void {
    this.over = true;
    this.resolve(reply);
  }

  private refuse(error: unknown, aborted: boolean): void {
    if (this.over) return;
    this.over = true;
    this.kernel.failures.failed(error, aborted);
    this.reject(error);
  }

  private finish(): void {
    this.kernel.deadlines.remove(this);
    unwatch(this.watched, this.kernel);
    if (this.caller !== null) letGo(this.caller, this);
  }
}

function failureOf(outcome: DeliveryOutcome, fields: { readonly target: string; readonly op: string }): Error {
  const { kind, reason, details } = outcome;
  if (kind === 'refused') return callError('REFUSED', { ...fields, refusal: String(reason), details });
  if (kind === 'expired') return callError('EXPIRED', fields);
  if (kind === 'cancelled') return callError('CANCELLED', fields);
  if (kind === 'reply-gone') return callError('REPLY_GONE', { ...fields, refusal: reason as string });
  if (kind !== 'dead-lettered') return callError('MAILBOX_FULL', fields);
  return reason === 'noproc' ? callError('NOPROC', { ...fields, reason }) : callError('EXIT', { ...fields, reason });
}
