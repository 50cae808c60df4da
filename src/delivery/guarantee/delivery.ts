import { callError, deepFreeze, handled, markHandled, OptionError } from '../../base/index.js';
import type { ExitReason } from '../../base/index.js';
import { hashText } from '../../base/text/index.js';
import { readCall } from '../../behaviour/gen/index.js';
import type { RuntimeDefinition } from '../../behaviour/gen/index.js';
import { readDeliver, termsOf } from '../../behaviour/gen/outward/index.js';
import type { Coalescing, Deliveries, Headers, Terms } from '../../behaviour/gen/outward/index.js';
import { Extra } from '../../mailbox/message/index.js';
import type { Op } from '../../mailbox/message/index.js';
import { trackCall } from '../../process/record/index.js';
import type { Address, DeliveryPort, Kernel, Process } from '../../process/record/index.js';
import { boundOf, refusalOf } from '../../process/send/index.js';
import type { Router } from '../../router/index.js';
import { Cell, ViaAddress } from '../../router/names/index.js';
import { addressName } from '../../router/request/index.js';
import { PoolAddress, ViaDestinations } from '../group/index.js';
import type {
  DeliverOptions, DeliveryDefaults, DeliveryStats, Receipt, RecentQuery, SettledDelivery,
} from '../../api/delivery.js';
import type { CallOptions } from '../../api/agent.js';
import type { DeadLetter, RetryRefusal } from '../../api/letters.js';
import { accept, acceptHeld, hasRoom } from './accept.js';
import { AcceptanceWait } from './wait/acceptance-wait.js';
import { takenBack } from './attempt.js';
import { Digester } from './dedupe/digest.js';
import { isMutable, KeyRecord, Memory, type LedgerLimits, type Past } from './dedupe/ledger.js';
import { Destination, routeOf, type Shared } from './destination.js';
import { Expiries } from './expiry.js';
import { checkRecent, Recent } from './history.js';
import { Message } from './message.js';
import { acceptCoalescing, storeCoalescing, Unread, waiting, waits } from './pending/coalesce.js';
import type { ChunkReader } from './pending/chunks.js';
import { Slot } from './pending/slot.js';
import { OutcomeWait } from './wait/outcome-wait.js';
import { ReceiptImpl } from './receipt.js';
import type { RetryQueue } from './retry-queue.js';
import { outlasts } from './rules.js';
import { closeHeld } from './settle.js';
import { State } from './states.js';
import { Counters } from './statistics.js';
import { refusalCode, UNFIT, upcastOf } from './store/letters.js';
import type { MessageStore } from './store/port.js';
import type { Stored } from './store/stored.js';

/** Where a message goes: what a ref knows of it. */
interface DeliveryTarget {
  readonly addr: Address;
  readonly definition: RuntimeDefinition;
}

/** What a message has beside its options. */
export interface Beside {
  readonly reader: ChunkReader | null;
  /** it starts nobody */
  readonly quiet: boolean;
  /** hears of one that is accepted later: with a commit before that, in line in that step; it can be taken back */
  readonly made: (receipt: Receipt) => void;
}

/** Guaranteed delivery in one system (design §7): fills the ports of the kernel and of the refs. */
export class Delivery implements Deliveries, DeliveryPort, Shared {
  readonly counters: Counters = new Counters();
  readonly held: Set<Message> = new Set();
  /** port: what stores messages */
  store: MessageStore | null = null;
  readonly retrying: Set<RetryQueue<Message>> = new Set();
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
    /** of digests: the same in all lives of a program that has a store */
    seed: string = kernel.prefix,
  ) {
    this.memory = new Memory(limits, new Digester(hashText(seed)));
    this.expiries = new Expiries(kernel.deadlines);
    this.recent = kept === 0 ? null : new Recent(kept);
    this.lastBase = terms;
  }

  deliver(
    ref: DeliveryTarget, op: Op, payload: unknown, sender: Process | null, options: DeliverOptions | undefined,
    beside: Beside | null = null,
  ): Promise<Receipt> {
    const unready = this.store === null ? null : this.unready(this.store, ref, options);
    if (unready !== null) return handled(unready.then(() => this.deliver(ref, op, payload, sender, options, beside)));
    let made: Message | Past;
    try {
      made = this.send('deliver', ref, op, payload, sender, options, beside);
    } catch (error) {
      if (!(error instanceof Unread)) throw error;
      return handled(error.read.then(() => this.deliver(ref, op, payload, sender, options, beside)));
    }
    const receipt = new ReceiptImpl(made);
    const stored = made instanceof Message && made.rare !== null ? made.rare.stored : null;
    const accepting = stored === null ? null : stored.accepting(sender);
    if (accepting !== null) {
      beside?.made(receipt);
      return accepting.then(() => receipt);
    }
    return made instanceof Message && made.rare !== null && made.rare.waiter !== null && !made.rare.waiter.again
      ? this.onceAccepted(made, made.rare.acceptance, receipt, sender, beside)
      : Promise.resolve(receipt);
  }

  /** The store is being opened, and that delivery wants it. */
  private unready(
    store: MessageStore, { definition }: DeliveryTarget, options: DeliverOptions | undefined,
  ): Promise<void> | null {
    return !store.ready && (options?.durable ?? definition.durable) ? store.whenReady() : null;
  }

  /** For a message that stands in line before it is accepted, or a duplicate of such a one. */
  private onceAccepted(
    made: Message, known: AcceptanceWait | null, receipt: Receipt, sender: Process | null, beside: Beside | null,
  ): Promise<Receipt> {
    const promise = new Promise<Receipt>((resolve, reject) => {
      const mine = {
        resolve: () => {
          beside?.made(receipt);
          resolve(receipt);
        },
        reject: (error: unknown) => {
          this.kernel.failures.failed(error, false);
          reject(error);
        },
      };
      if (known !== null) known.join(sender, mine);
      else {
        const { caller } = made;
        const first = (made.rarely().acceptance = new AcceptanceWait(caller, made, mine));
        if (sender !== null && sender === caller) trackCall(sender, first);
      }
    });
    markHandled(promise);
    return promise;
  }

  /**
   * The reply of the one handling, also across restarts of the callee; rejects with what a call
   * rejects with.
   */
  call(
    ref: DeliveryTarget, op: Op, payload: unknown, caller: Process | null, options: object,
  ): Promise<unknown> {
    const unready = this.store === null ? null : this.unready(this.store, ref, options);
    if (unready !== null) return handled(unready.then(() => this.call(ref, op, payload, caller, options)));
    const { addr } = ref;
    const { timeoutMs, signal, ...delivery } = options as {
      timeoutMs?: number | 'infinity'; signal?: AbortSignal;
    };
    const { timeoutMs: limit, signal: abort } = readCall({ timeoutMs, signal }, () => 0, null);
    if (caller !== null && caller === addr.owner) {
      throw callError('CALLING_SELF', { target: addressName(addr), op: op.name, reason: 'calling_self' });
    }
    const message = this.send('call', ref, op, payload, caller, delivery);
    return new OutcomeWait(this.kernel, message, caller, limit, abort).promise;
  }

  checkOptions(verb: 'call' | 'deliver', { definition }: DeliveryTarget, options: object): void {
    const { timeoutMs, signal, ...delivery } = options as CallOptions;
    if (verb === 'call') readCall({ timeoutMs, signal }, () => 0, null);
    readDeliver(verb, verb === 'call' ? delivery : options, this.baseOf(definition), this.wall);
  }

  stats(addr: Address | null): DeliveryStats {
    return (addr === null ? this.counters : (this.existing(addr)?.counters ?? new Counters())).stats();
  }

  listRecent(query: RecentQuery): SettledDelivery[] {
    checkRecent('recentDeliveries', query);
    return this.recent === null ? [] : this.recent.list(query);
  }

  takeBack(_p: Process, _op: Op, _payload: unknown, from: unknown, reason: ExitReason): boolean {
    const message = from instanceof Extra ? from.from : from;
    if (!(message instanceof Message)) return false;
    takenBack(message.to, message, reason);
    return true;
  }

  close(): void {
    this.closed = true;
    // The end of one lets the next of its order key go, which may end it as well.
    for (const message of [...this.held]) {
      if (message.state === State.Held) closeHeld(message.to, message);
    }
    for (const waiting of this.retrying) this.kernel.deadlines.remove(waiting);
    this.retrying.clear();
    this.store?.close();
  }

  private send(
    verb: 'call' | 'deliver', { addr, definition }: DeliveryTarget, op: Op, payload: unknown,
    sender: Process | null,
    options: DeliverOptions | undefined,
    beside: Beside | null = null,
  ): Message | Past {
    let terms = definition === this.lastDefinition ? this.lastBase : this.baseOf(definition);
    let key: string | null = null;
    let order: string | null = null;
    let delayMs = 0;
    let durable: boolean | undefined = undefined;
    let coalesce: Coalescing | null = null;
    let mode: 'interrupt' | 'steer' | null = null;
    let headers: Headers | null = null;
    if (options !== undefined) {
      ({ terms, key, order, delayMs, durable, coalesce, mode, headers } =
        readDeliver(verb, options, terms, this.wall));
    }
    if (this.kernel.frozen) deepFreeze(payload);
    const digest = key !== null && isMutable(payload) ? this.memory.digester.of(payload) : null;
    const p = addr.owner;
    if (p === null ? !outlasts(addr) : p.behaviour !== definition.behaviour) {
      throw callError(
        p === null ? 'NOPROC' : 'PROTOCOL_MISMATCH',
        { target: addressName(addr), op: op.name, verb, reason: 'noproc' },
      );
    }
    if (this.closed) {
      throw callError('NOPROC', { target: addressName(addr), op: op.name, verb, reason: 'the system has stopped' });
    }
    const name = addr === p ? p.name : addr;
    const to = name instanceof Cell && name.mail !== null
      ? (name.mail as Destination)
      : this.destinationOf(addr, p);
    let record: KeyRecord | null = null;
    if (key !== null) {
      const first = to.keys.find(key, this.mono) ?? (this.store === null || !(name instanceof Cell) ? undefined
        : this.store.recall(name.name, key, routeOf(to, op, name, definition.behaviour, terms, null)));
      if (first !== undefined) return to.duplicate(first, addr, op, payload, digest);
      record = new KeyRecord(to.keys, key, op, digest);
    } else if (terms.guarantee === 'exactly-once') this.checkWindow(to, sender, addr, op);
    const made = new Message(sender, routeOf(to, op, addr, definition.behaviour, terms, p), payload, record);
    if (order !== null) made.rarely().order = order;
    if (mode !== null) made.rarely().mode = mode;
    if (headers !== null) made.rarely().headers = headers;
    if (beside !== null) {
      made.rarely().reader = beside.reader;
      made.rarely().quiet = beside.quiet;
    }
    const slot = coalesce === null ? null : slotOf(made, coalesce);
    const { store } = this;
    if (slot !== null && store !== null && name instanceof Cell) this.recallWaiting(store, to, name.name, made, slot);
    if (durable === true || (store !== null && durable === undefined && definition.durable
      && terms.guarantee !== 'at-most-once')) this.storeOne(made, delayMs, verb === 'deliver', null);
    else if (store !== null && verb === 'deliver' && store.defer(made, delayMs)) acceptHeld(to, made);
    else if (!(slot === null
      ? accept(to, made, p, true, delayMs)
      : acceptCoalescing(to, made, slot, p, delayMs))) {
      const code = refusalOf(p as Process, op, payload);
      throw callError(code, { target: addressName(addr), op: op.name, verb, bound: boundOf(p as Process, code) });
    }
    return made;
  }

  /** It outlives the program from its commit on; a retry takes the place of the dead letter of `before`. */
  private storeOne(made: Message, delayMs: number, joins: boolean, before: Stored | null): void {
    const { store } = this;
    const { target, to, terms } = made;
    const refuse = (rule: string, fix: string, code: string): OptionError =>
      new OptionError('deliver.durable', addressName(target), rule, fix, code);
    if (store === null) throw refuse('a system with a store', 'createSystem({ store: sqlite(path) })', 'NO_STORE');
    const name = target === target.owner ? target.owner.name : target;
    if (!(name instanceof Cell)) {
      throw refuse('a registered name', 'what has none cannot be found in a later life', 'NOT_DURABLE');
    }
    if (terms.guarantee === 'at-most-once') {
      throw refuse(
        "the guarantee 'at-least-once' or 'exactly-once'", 'a message is stored to be sent again', 'BAD_COMBINATION',
      );
    }
    const slot = made.rare === null ? null : made.rare.slot;
    // In a turn, what becomes of the two is decided with its commit.
    if (slot === null || (joins && store.inTurn(made.caller))) {
      store.store(made, delayMs, joins, before);
      acceptHeld(to, made);
    } else storeCoalescing(to, made, slot, () => store.store(made, delayMs, joins, before));
  }

  /** What an earlier life has left under that key is met as what waits in this one. */
  private recallWaiting(store: MessageStore, to: Destination, name: string, made: Message, slot: Slot): void {
    if (waiting(to, slot) !== null) return;
    const earlier = store.recallWaiting(name, slot, routeOf(
      to, made.op, made.target, made.behaviour, made.terms, null,
    ));
    if (earlier !== undefined) waits(to, earlier, slot);
  }

  /** Sends a delivery again that has ended as a dead letter. */
  resend(old: Message, payload: unknown, edited: boolean, letter: DeadLetter): RetryRefusal | null {
    const { target, op, order } = old;
    // Whatever its handlers have made of the payload, it is the message that its sender sent.
    const { record: known } = old;
    const stored = old.rare === null ? null : old.rare.stored;
    const p = target.owner;
    if (this.closed) return 'SYSTEM_STOPPED';
    if (p === null ? !outlasts(target) : p.behaviour !== old.behaviour) {
      return p === null ? 'NOPROC' : 'PROTOCOL_MISMATCH';
    }
    if (op.run === null) return 'UNKNOWN_OPERATION';
    const today = stored === null || edited ? payload : upcastOf(op, payload, stored.version);
    if (today === UNFIT) return 'INVALID_PAYLOAD';
    const digest = known === null ? null : edited || !known.sealed ? this.memory.digester.of(payload) : known;
    const to = this.destinationOf(target, p);
    try {
      const route = routeOf(to, op, target, old.behaviour, old.terms, p);
      const first = known === null ? undefined : to.keys.find(known.key, this.mono)
        ?? (stored === null ? undefined : this.store?.recall(addressName(target), known.key, route));
      // Until the end of a stored message is committed, its key is still its own.
      if (first !== undefined && first !== known) {
        to.duplicate(first, target, op, today, digest);
        stored?.discarded();
        return null;
      }
      if (p !== null && !hasRoom(to, old, p, today)) return refusalOf(p, op, today) as RetryRefusal;
      if (old.numbered) this.checkWindow(to, old.caller, target, op);
      const record = known === null ? null : new KeyRecord(to.keys, known.key, op, digest);
      const made = new Message(old.caller, route, today, record);
      made.rarely().past = letter;
      made.rarely().order = order;
      made.rarely().headers = old.rare === null ? null : old.rare.headers;
      if (stored !== null) this.storeOne(made, 0, false, stored);
      else if (!accept(to, made, p, false, 0)) return refusalOf(p as Process, op, today) as RetryRefusal;
      return null;
    } catch (error) {
      const code = refusalCode(error);
      if (code === null) throw error;
      return code;
    }
  }

  private readonly mono = (): number => this.kernel.env.mono();
  private readonly wall = (): number => this.kernel.env.wall();

  private checkWindow(to: Destination, sender: Process | null, addr: Address, op: Op): void {
    const window = to.windowOf(sender);
    if (window.full) throw callError('WINDOW_FULL', { target: addressName(addr), op: op.name });
  }

  /** What is asked for by nobody: of that definition, else of the system. */
  baseOf(definition: RuntimeDefinition): Terms {
    let base = this.bases.get(definition);
    if (base === undefined) {
      if (!definition.deliverable) {
        throw new OptionError(
          'deliver', definition.name, 'an agent or a state machine', 'others take plain messages',
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

function slotOf(d: Message, { key, keepFirst, merge }: Coalescing): Slot {
  return (d.rarely().slot = new Slot(d.op.name, key, keepFirst, merge));
}
