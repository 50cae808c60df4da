import { Deadline, handled, markHandled, OptionError, Ring } from '../../base/index.js';
import { shownAs } from '../../base/text/index.js';
import { rejectedWith } from '../../behaviour/gen/index.js';
import { fenced } from '../../process/record/index.js';
import type { ExitReason } from '../../base/index.js';
import type { Kernel, Process } from '../../process/record/index.js';
import { wantsFeedback } from '../../router/dead-letter/index.js';
import { unwatch, watchSignal } from '../../router/request/index.js';
import type { Abortable, Watched } from '../../router/request/index.js';
import { BusError } from '../core/index.js';
import { TopicGap } from '../../api/bus/topic.js';
import type { SlowReaderPolicy, Subscription, SubscriptionEnd } from '../../api/bus/topic.js';
import { Ask, Form, given, none } from './ask.js';
import { Offer, Subscriber, type Subscribed } from './subscriber.js';

/** Options of a reader: checked. */
export interface ReadReader {
  readonly buffer: number;
  readonly slow: SlowReaderPolicy;
  /** -1: for ever */
  readonly stallMs: number;
  readonly signal: AbortSignal | undefined;
  /** what becomes of a message that its owner leaves behind; null: it is dropped */
  readonly bury: (
    (topic: string, message: unknown, owner: Process, reason: ExitReason, from: Process | null) => void
  ) | null;
}

/** Who waits until all slow readers have room. */
export interface Waiting {
  /** readers that it still stands in line for */
  left: number;
  /** one of those has it, or will never have it */
  decided(reached: boolean): void;
}

/** Stands in the buffer for messages that were lost there. */
class Lost {
  constructor(readonly count: number) {}
}

/** A message in the buffer whose publisher wants to hear when its reader leaves it behind. */
class Signed {
  constructor(readonly message: unknown, readonly from: Process) {}
}

/** A reader that takes nothing while publishers wait for it. */
class Stall extends Deadline {
  constructor(private readonly reader: Reader) {
    super();
  }
  expire(): void {
    this.reader.finish('slow');
  }
}

/**
 * The messages of a topic for one reader:
 *
 *   gapBefore ▸ [ m m m … m | m m ] ▸ gapAfter       asks: readers that wait; then nothing is there
 *                 buffer      beyond: a publisher waits for each
 *
 * `gapBefore` counts what `drop-oldest` lost, `gapAfter` what `drop-newest` did; that one moves into
 * the buffer with the next message.
 */
export class Reader<T = unknown> extends Subscriber implements Subscription<T>, Abortable {
  private readonly items = new Ring<unknown>();
  private readonly asks = new Ring<Ask>();
  /** one for each message beyond the buffer */
  private readonly publishes = new Ring<Waiting>();
  /** of the items, those that stand for lost messages */
  private marks = 0;
  private gapBefore = 0;
  private gapAfter = 0;
  private failure: { readonly error: unknown } | null = null;
  private readonly stall: Stall | null;
  private readonly watched: Watched | null;
  /** @internal */
  constructor(kernel: Kernel, of: Subscribed, private readonly options: ReadReader) {
    super(kernel, of);
    this.stall = options.slow === 'suspend' && options.stallMs >= 0 ? new Stall(this) : null;
    this.watched = options.signal === undefined ? null : watchSignal(options.signal, this);
  }

  /* ---- what is published to it ---- */

  /** @internal */
  get hasRoom(): boolean {
    return this.options.slow !== 'suspend' || this.flow.buffered < this.options.buffer;
  }

  /** @internal */
  offer(topic: string, message: unknown, from: Process | null): Offer {
    if (this.end !== undefined) return Offer.Missed;
    const { flow, asks } = this;
    if (asks.size > 0) {
      flow.hand();
      asks.shift().give(this.shape(topic, message));
      return Offer.Reached;
    }
    if (flow.buffered < this.options.buffer) {
      this.keep(this.signed(topic, message, from));
      return Offer.Reached;
    }
    return this.overflow(topic, message, from);
  }

  /** @internal One of those that the topic keeps, before all others. */
  replay(topic: string, message: unknown): void {
    this.keep(this.shape(topic, message));
  }

  /** @internal So many messages it takes now without a loss. */
  get space(): number {
    return this.options.buffer - this.flow.buffered + this.asks.size;
  }

  /** @internal So many were gone before they came to it. */
  lack(count: number): void {
    this.flow.miss(count);
    if (this.asks.size > 0) this.asks.shift().give(new TopicGap(count));
    else this.gapAfter += count;
  }

  /** @internal A publisher waits for the message that was offered last. */
  await(publishing: Waiting): void {
    publishing.left++;
    this.publishes.push(publishing);
    if (this.publishes.size === 1) this.watchStall();
  }

  private overflow(topic: string, message: unknown, from: Process | null): Offer {
    const { flow } = this;
    switch (this.options.slow) {
      case 'suspend':
        this.keep(this.signed(topic, message, from));
        return Offer.Waits;
      case 'drop-oldest':
        this.loseOldest();
        this.keep(this.signed(topic, message, from));
        return Offer.Reached;
      case 'drop-newest':
        flow.miss();
        this.gapAfter++;
        return Offer.Missed;
      case 'disconnect':
        flow.miss();
        this.finish('slow');
        return Offer.Missed;
    }
  }

  private loseOldest(): void {
    let oldest = this.items.shift();
    for (; oldest instanceof Lost; oldest = this.items.shift()) {
      this.gapBefore += oldest.count;
      this.marks--;
    }
    this.flow.lose();
    this.gapBefore++;
  }

  private signed(topic: string, message: unknown, from: Process | null): unknown {
    const item = this.shape(topic, message);
    return wantsFeedback(from) ? new Signed(item, from) : item;
  }

  private keep(item: unknown): void {
    if (this.gapAfter > 0) {
      this.items.push(new Lost(this.gapAfter));
      this.marks++;
      this.gapAfter = 0;
    }
    this.items.push(item);
    this.flow.keep();
    this.audit();
  }

  private watchStall(): void {
    if (this.stall !== null) this.kernel.deadlines.add(this.stall, this.options.stallMs);
  }

  /* ---- who reads ---- */

  next(): Promise<T | undefined> {
    return this.kernel.scheduler.paced(this.ask(Form.Message)) as Promise<T | undefined>;
  }

  nextBatch(max: number): Promise<T[]> {
    if (!Number.isInteger(max) || max < 1) {
      const error = new OptionError('nextBatch.max', max, 'a whole number of messages from 1', 'such as 1,000 for all');
      return rejectedWith(this.kernel, error);
    }
    const first = this.available ? this.batch(max) : this.ask(Form.Batch);
    return this.kernel.scheduler.paced(first) as Promise<T[]>;
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return {
      next: () => this.kernel.scheduler.paced(this.ask(Form.Step)) as Promise<IteratorResult<T, undefined>>,
      return: () => {
        this.unsubscribe();
        return this.kernel.scheduler.paced(Promise.resolve({ done: true, value: undefined }));
      },
    };
  }

  private ask(form: Form): Promise<unknown> {
    const { owner } = this.of;
    if (this.end === 'owner' || (owner !== null && fenced(owner))) return this.zombie();
    if (this.available) return Promise.resolve(given(form, this.take()));
    if (this.end === undefined) {
      const made = new Ask(form);
      this.asks.push(made);
      return made.promise;
    }
    const { failure } = this;
    this.failure = null;
    return failure === null ? Promise.resolve(none(form)) : handled(Promise.reject<never>(failure.error));
  }

  private batch(max: number): Promise<unknown[]> {
    const taken: unknown[] = [];
    while (taken.length < max && this.available) taken.push(this.take());
    return Promise.resolve(taken);
  }

  private get available(): boolean {
    return this.items.size > 0 || this.gapBefore > 0 || this.gapAfter > 0;
  }

  /** The next message, or the gap before it; the caller has looked at `available`. */
  private take(): unknown {
    if (this.gapBefore > 0) {
      const gap = new TopicGap(this.gapBefore);
      this.gapBefore = 0;
      return gap;
    }
    if (this.items.size === 0) {
      const gap = new TopicGap(this.gapAfter);
      this.gapAfter = 0;
      return gap;
    }
    const item = this.items.shift();
    if (item instanceof Lost) {
      this.marks--;
      return new TopicGap(item.count);
    }
    this.flow.take();
    if (this.publishes.size > 0) this.letIn();
    if (this.end !== undefined) this.forgetOwner();
    this.audit();
    return item instanceof Signed ? item.message : item;
  }

  /** The first message beyond the buffer is in it now. */
  private letIn(): void {
    this.publishes.shift().decided(true);
    if (this.stall === null) return;
    this.kernel.deadlines.remove(this.stall);
    if (this.publishes.size > 0) this.watchStall();
  }

  private zombie(): Promise<never> {
    const what = `the process ${this.of.owner?.pid ?? ''} that subscribed has ended`;
    return handled(Promise.reject<never>(new BusError('ZOMBIE', this.of.subject, what)));
  }

  /* ---- its end ---- */

  /** @internal Its signal has fired. */
  aborted(_reason: unknown): void {
    this.finish('unsubscribed');
  }

  /** @internal What it reads has failed: it is told so, once, after what is buffered. */
  fail(error: unknown): void {
    if (this.end !== undefined) return;
    this.failure = { error };
    this.finish('failed');
  }

  protected get waiting(): number {
    return this.publishes.size;
  }

  protected get there(): number {
    return this.items.size - this.marks;
  }

  protected finished(end: SubscriptionEnd, reason: ExitReason): void {
    unwatch(this.watched, this.kernel);
    if (this.stall !== null) this.kernel.deadlines.remove(this.stall);
    if (end === 'slow') this.disconnect();
    if (end === 'owner') this.abandoned(reason);
    while (this.publishes.size > 0) this.publishes.shift().decided(end !== 'slow' && end !== 'owner');
    while (this.asks.size > 0) this.answer(this.asks.shift(), end);
  }

  private answer(ask: Ask, end: SubscriptionEnd): void {
    const { failure } = this;
    this.failure = null;
    if (end !== 'owner' && failure === null) {
      ask.end();
      return;
    }
    markHandled(ask.promise);
    ask.reject(failure === null
      ? new BusError('ZOMBIE', this.of.subject, 'the process that subscribed has ended') : failure.error);
  }

  /** What is beyond its buffer is lost; what is in it can still be read, and then the error. */
  private disconnect(): void {
    for (let beyond = this.publishes.size; beyond > 0; beyond--) {
      this.items.pop();
      this.flow.lose();
    }
    this.failure = { error: this.slowError() };
  }

  protected slowError(): BusError {
    const { buffer, slow, stallMs } = this.options;
    return new BusError(
      'SLOW_READER', this.of.subject,
      slow === 'suspend'
        ? `the reader took nothing for ${stallMs} ms while publishers waited, with ${buffer} messages buffered; `
          + 'read faster, buffer more, or give stallMs or another policy (slow)'
        : `the reader had ${buffer} messages buffered when another came; read faster, or buffer more`,
    );
  }

  protected abandoned(reason: ExitReason): void {
    this.gapBefore = 0;
    this.gapAfter = 0;
    this.marks = 0;
    while (this.items.size > 0) {
      const item = this.items.shift();
      if (item instanceof Lost) continue;
      const { bury } = this.options;
      if (bury === null) this.flow.lose();
      else {
        this.flow.leave();
        const { message, from } = item instanceof Signed ? item : { message: item, from: null };
        bury(this.topic, message, this.of.owner as Process, reason, from);
      }
    }
  }
}

shownAs(Reader, (it) => {
  const { buffered } = it.stats();
  return `Subscription(${it.topic}: ${it.end ?? `${buffered} buffered`})`;
});
