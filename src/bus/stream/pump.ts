import { callError, isThenable, Ring, settle } from '../../base/index.js';
import type { ExitReason } from '../../base/index.js';
import { Source, type Items, type Puller } from '../../behaviour/gen/request/index.js';
import { systemStopped } from '../../process/kernel/index.js';
import { Phase } from '../../process/record/index.js';
import type { Holding, Kernel, Process } from '../../process/record/index.js';
import { hold, letGo } from '../../router/names/index.js';
import type { SharedStreamStats } from '../../api/bus/stream.js';
import { Offer, type Reader, type Waiting } from '../topic/index.js';

const NOBODY: readonly Reader[] = [];
const AT_ONCE: Promise<void> = Promise.resolve();

/** An item that some readers have no room for yet. */
class Line implements Waiting {
  /** and one while it is offered to them */
  left = 1;
  constructor(private readonly pump: Pump) {}
  decided(): void {
    if (--this.left === 0) this.pump.proceed();
  }
}

/**
 * Takes items from a source, one at a time, and gives each to all readers that there are then. The
 * next one is asked for when all that wait have room, in a microtask of its own, so that readers come
 * in between, and within the turn of the event loop (P8).
 */
export class Pump implements Puller, Holding {
  /** never changed, but replaced */
  private readers = NOBODY;
  private source: Source | null = null;
  private begun = false;
  private ended = false;
  private failure: { readonly error: unknown } | null = null;
  private items = 0;
  /** the latest items, oldest first */
  private readonly kept = new Ring<unknown>();
  private line: Line | null = null;

  constructor(
    private readonly kernel: Kernel,
    private readonly owner: Process | null,
    private readonly from: Items,
    private readonly replay: number,
  ) {}

  /* ---- its readers ---- */

  /** One reader more; it has got what is kept. */
  enter(reader: Reader): void {
    if (this.ended) {
      if (this.failure === null) reader.finish('closed');
      else reader.fail(this.failure.error);
      return;
    }
    this.readers = [...this.readers, reader];
    if (this.begun) return;
    this.begun = true;
    this.kernel.env.microtask(() => this.begin());
  }

  /** A reader has left; the last one takes the source with it. */
  leave(reader: Reader): void {
    if (!this.readers.includes(reader)) return;
    this.readers = this.readers.filter((one) => one !== reader);
    if (this.readers.length === 0) this.finish(null);
  }

  /** Of what is kept the latest so many, oldest first. */
  latest(count: number): unknown[] {
    const { kept } = this;
    const from = Math.max(0, kept.size - count);
    return Array.from({ length: kept.size - from }, (_, at) => kept.at(from + at));
  }

  stats(): SharedStreamStats {
    const { items, readers, kept, line, ended } = this;
    return { items, readers: readers.length, kept: kept.size, waiting: line !== null, ended };
  }

  /* ---- its source ---- */

  private begin(): void {
    const { kernel, owner } = this;
    if (this.ended) return;
    if (owner !== null && owner.phase === Phase.Dead) {
      this.ownerEnded(owner.reason);
      return;
    }
    if (kernel.closed) {
      this.finish({ error: systemStopped() });
      return;
    }
    if (owner === null) kernel.stopHooks.add(this.stopped);
    else hold(owner, this);
    try {
      const warn = (error: unknown): void =>
        kernel.warn('the source of a shared stream failed to close', { error });
      this.source = Source.of(this.from, warn);
    } catch (error) {
      this.finish({ error });
      return;
    }
    this.step();
  }

  private readonly step = (): void => {
    if (!this.ended) this.source?.pull(this);
  };

  pulled(value: unknown): void {
    if (isThenable(value)) settle(value, (item) => this.give(item), (error) => this.finish({ error }));
    else this.give(value);
  }

  exhausted(): void {
    this.finish(null);
  }

  broke(error: unknown): void {
    this.finish({ error });
  }

  private give(item: unknown): void {
    if (this.ended) return;
    this.items++;
    if (this.replay > 0) {
      if (this.kept.size === this.replay) this.kept.shift();
      this.kept.push(item);
    }
    let line: Line | null = null;
    for (const reader of this.readers) {
      if (reader.offer('', item, null) === Offer.Waits) reader.await(line ??= new Line(this));
    }
    if (line === null) this.proceed();
    else {
      this.line = line;
      line.decided(); // all have been offered it
    }
  }

  /** Nobody stands in line any more. */
  proceed(): void {
    this.line = null;
    if (!this.ended) void this.kernel.scheduler.paced(AT_ONCE).then(this.step);
  }

  /* ---- its end ---- */

  private readonly stopped = (): void => this.finish({ error: systemStopped() });

  /** Its owner has ended. */
  release(_p: Process, reason: ExitReason): void {
    this.ownerEnded(reason);
  }

  private ownerEnded(reason: ExitReason): void {
    while (this.kept.size > 0) this.kept.shift();
    const { title } = this.owner as Process;
    this.finish({ error: callError('EXIT', { target: title, op: 'share', verb: 'stream', reason }) });
  }

  private finish(failure: { readonly error: unknown } | null): void {
    if (this.ended) return;
    this.ended = true;
    this.failure = failure;
    if (this.owner === null) this.kernel.stopHooks.delete(this.stopped);
    else letGo(this.owner, this);
    const { source, readers } = this;
    this.readers = NOBODY;
    for (const reader of readers) {
      if (failure === null) reader.finish('closed');
      else reader.fail(failure.error);
    }
    // The user's code, and we may be in the midst of somebody's end.
    if (source !== null) this.kernel.env.microtask(() => source.close());
  }
}
