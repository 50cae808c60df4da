import type { ExitReason } from '../../base/index.js';
import { shownAs } from '../../base/text/index.js';
import { guardedController, rejectedWith } from '../../behaviour/gen/index.js';
import { fenced } from '../../process/record/index.js';
import type { Holding, Kernel, Process } from '../../process/record/index.js';
import { hold, letGo } from '../../router/names/index.js';
import type { Lease, NackOptions } from '../../api/bus/queue.js';
import type { BusError } from '../core/index.js';
import type { Held, Item } from './item.js';
import { periodMs, readNack } from './options.js';

/** What a lease asks of its queue. Each answers whether the lease still counted. */
export interface Lender {
  readonly kernel: Kernel;
  readonly leaseMs: number;
  ack(lease: LeaseImpl): boolean;
  nack(lease: LeaseImpl, delayMs: number | undefined, reason: unknown): boolean;
  reject(lease: LeaseImpl, reason: unknown): boolean;
  extend(lease: LeaseImpl, ms: number): boolean;
  /** it is acknowledged in a turn that is not committed yet */
  keeps(lease: LeaseImpl): boolean;
  /** the process that has it has ended */
  abandoned(lease: LeaseImpl, reason: ExitReason): void;
  /** The answer of a verb that counted. */
  answered(verb: string, lease: LeaseImpl): Promise<void>;
  lostLease(verb: string, id: number): BusError;
}

const DONE: Promise<void> = Promise.resolve();

/** One hand-out of one item. It counts while the item names it. */
export class LeaseImpl<T = unknown> implements Lease<T>, Holding, Held {
  readonly id: number;
  readonly attempt: number;
  /** told once, when it ends in any way */
  onOver: (() => void) | null = null;
  readonly #lender: Lender;
  readonly #of: Item;
  readonly #item: T;
  #owner: Process | null = null;
  #controller: AbortController | null = null;
  #isLost = false;
  constructor(
    lender: Lender,
    of: Item,
    owner: Process | null,
    readonly token: number,
  ) {
    this.#lender = lender;
    this.#of = of;
    this.#item = of.payload as T;
    this.id = of.id;
    this.attempt = of.attempts;
    if (owner !== null) this.heldBy(owner);
  }

  get item(): T {
    return this.#item;
  }

  /** The item that it is of, as its queue knows it. */
  get of(): Item {
    return this.#of;
  }

  /** The process with whose life it ends. */
  get holder(): Process | null {
    return this.#owner;
  }

  get counts(): boolean {
    return this.#of.lease === this;
  }

  get signal(): AbortSignal {
    this.#controller ??= guardedController(this.#lender.kernel);
    if (this.#isLost) this.#controller.abort(this.#lender.lostLease('signal', this.id));
    return this.#controller.signal;
  }

  ack(): Promise<void> {
    return this.#answer('ack', this.#lender.ack(this));
  }

  nack(options?: NackOptions): Promise<void> {
    try {
      const { delayMs, reason } = options === undefined ? NACK : readNack(options);
      return this.#answer('nack', this.#lender.nack(this, delayMs, reason ?? 'nacked'));
    } catch (error) {
      return rejectedWith(this.#lender.kernel, error);
    }
  }

  reject(reason?: unknown): Promise<void> {
    return this.#answer('reject', this.#lender.reject(this, reason ?? 'rejected'));
  }

  extend(ms?: number): Promise<void> {
    try {
      const read = ms === undefined ? this.#lender.leaseMs : periodMs('lease.extend', ms);
      return this.#answer('extend', this.#lender.extend(this, read));
    } catch (error) {
      return rejectedWith(this.#lender.kernel, error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (this.counts && !this.#lender.keeps(this) ? this.nack() : this.#lender.kernel.scheduler.paced(DONE));
  }

  /* ---- for the queue ---- */

  /** It ends with the life of `p`. */
  heldBy(p: Process): void {
    this.#owner = p;
    hold(p, this);
  }

  lose(): void {
    this.#isLost = true;
    this.settled();
    this.#controller?.abort(this.#lender.lostLease('signal', this.id));
  }

  settled(): void {
    if (this.#owner !== null) letGo(this.#owner, this);
  }

  /** Its item is where it belongs now: who handed it out may go on. */
  over(): void {
    const { onOver } = this;
    this.onOver = null;
    onOver?.();
  }

  release(_p: Process, reason: ExitReason): void {
    this.#lender.abandoned(this, reason);
  }

  #answer(verb: string, counted: boolean): Promise<void> {
    const { kernel } = this.#lender;
    if (counted) return this.#lender.answered(verb, this);
    fenced(this.#owner);
    return rejectedWith(kernel, this.#lender.lostLease(verb, this.id));
  }
}

const NACK = { delayMs: undefined, reason: undefined };

shownAs(LeaseImpl, ({ id, attempt, counts }) => `Lease(${id}, attempt ${attempt}${counts ? '' : ', over'})`);
