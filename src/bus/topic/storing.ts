import { handled } from '../../base/index.js';
import type { Commit, StoreError } from '../../journal/index.js';
import type { Kernel, Process, TurnPart } from '../../process/record/index.js';
import { unwatch, watchSignal } from '../../router/request/index.js';
import type { Abortable, Watched } from '../../router/request/index.js';
import { BusError } from '../core/index.js';
import { ITEM_BYTES } from '../../delivery/durable/index.js';
import type { TopicLog } from './log.js';

/**
 * A publish to a durable topic, on its way into the store. As a part of its publisher's turn its row
 * is added at the end of that one.
 */
export class Storing implements TurnPart, Abortable {
  /** once it has a row */
  offset = -1;
  readonly promise: Promise<number>;
  /** is told of the commit */
  readonly row: Commit = {
    committed: () => this.isSafe(),
    uncommitted: (error) => this.isUnknown(error),
  };
  private resolve!: (reached: number) => void;
  private reject!: (reason: unknown) => void;
  private watched: Watched | null = null;
  constructor(
    private readonly kernel: Kernel,
    private readonly log: TopicLog,
    /** the message, encoded */
    readonly body: Uint8Array,
    private readonly from: Process | null,
  ) {
    this.promise = handled(new Promise<number>((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    }));
  }

  watch(signal: AbortSignal): void {
    this.watched = watchSignal(signal, this);
  }
  /** It is waited for no longer; it is stored all the same. */
  aborted(reason: unknown): void {
    this.reject(reason);
  }

  /** It has no row, and never will. */
  fail(error: unknown): void {
    unwatch(this.watched, this.kernel);
    this.reject(error);
  }

  private isSafe(): void {
    const reached = this.log.committed(this, this.from);
    unwatch(this.watched, this.kernel);
    if (typeof reached === 'number') this.resolve(reached);
    else reached.promise.then(this.resolve, this.reject);
  }
  private isUnknown(error: StoreError): void {
    const { log: { name } } = this;
    this.log.uncommitted();
    this.fail(new BusError(
      'UNKNOWN', `topic '${name}'`, `the store has failed: offset ${this.offset} may be there or not`, { cause: error },
    ));
  }

  /* ---- as a part of its publisher's turn ---- */

  get bytes(): number {
    return this.body.length + ITEM_BYTES;
  }
  /** Who publishes it in a turn goes on at once: that one's commit is this one's. */
  inTurn(): void {
    this.resolve(this.log.subscribers);
  }
  joins(): void {
    this.log.append(this);
  }
  committed(): void {
    // its row tells
  }
  uncommitted(): void {
    // likewise
  }
  dropped(): void {
    // it never was there
  }
}
