import { CastcallError, OptionError } from '../../../base/index.js';
import { shownAs } from '../../../base/text/index.js';
import type { Kernel } from '../../../process/record/index.js';
import type { AgentStream, CollectOptions, StreamEventOptions } from '../../../api/bus/stream.js';
import { rejectedWith } from '../host.js';
import { checkKeys } from '../options.js';
import { Events } from './events.js';

/** Where the items of a stream come from. */
export interface Feed {
  readonly kernel: Kernel;
  readonly target: string;
  readonly op: string;
  /** items that were taken */
  readonly taken: number;
  next(): Promise<IteratorResult<unknown, undefined>>;
  /** on whose behalf it is made */
  outer: unknown;
  /** nobody reads any more, or is told anything */
  close(): void;
}

const COLLECT_MAX = 100_000;
const COLLECT_RULE = 'a whole number of items from 0 to 10,000,000';

/** A stream as its reader has it. */
export class AgentStreamImpl<T> implements AgentStream<T> {
  readonly #feed: Feed;
  constructor(feed: Feed) {
    this.#feed = feed;
  }

  /** @internal */
  get title(): string {
    const { op, target } = this.#feed;
    return `stream '${op}' to ${target}`;
  }

  /** @internal It is made on behalf of that, before its handler begins. */
  madeFor(outer: unknown): void {
    this.#feed.outer = outer;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  get sequence(): number {
    return this.#feed.taken;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    return this.#feed.next() as Promise<IteratorResult<T, undefined>>;
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#feed.close();
    return this.#feed.kernel.scheduler.paced(Promise.resolve({ done: true, value: undefined }));
  }

  collect(options: CollectOptions = {}): Promise<T[]> {
    return this.#feed.kernel.answer(this.#collect(options));
  }

  async #collect(options: CollectOptions): Promise<T[]> {
    checkKeys('collect', options, ['max']);
    const { max = COLLECT_MAX } = options;
    if (!Number.isInteger(max) || max < 0 || max > 10_000_000) throw new OptionError('collect.max', max, COLLECT_RULE);
    const all: T[] = [];
    for (let step = await this.next(); step.done !== true; step = await this.next()) {
      if (all.length === max) {
        this.#feed.close();
        throw new CastcallError(
          'STREAM_TOO_LONG', `${this.title}: more than ${max} items; collect more ({ max }), or read them one by one`,
        );
      }
      all.push(step.value);
    }
    return all;
  }

  first(): Promise<T> {
    return this.#feed.kernel.answer(this.#first());
  }

  async #first(): Promise<T> {
    const step = await this.next();
    if (step.done === true) {
      throw new CastcallError('STREAM_EMPTY', `${this.title}: it ended without an item; collect() gives an empty list`);
    }
    this.#feed.close();
    return step.value;
  }

  toReadable(): ReadableStream<T> {
    return new ReadableStream<T>({
      pull: async (controller) => {
        const { done, value } = await this.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      cancel: () => this.#feed.close(),
    }, { highWaterMark: 0 });
  }

  toEvents(options: StreamEventOptions = {}): ReadableStream<Uint8Array> {
    const events = new Events(options);
    return new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        try {
          const { done, value } = await this.next();
          if (done === true) controller.close();
          else controller.enqueue(this.#event(events, value));
        } catch (error) {
          controller.enqueue(events.failure(error));
          controller.close();
        }
      },
      cancel: () => this.#feed.close(),
    }, { highWaterMark: 0 });
  }

  #event(events: Events, value: T): Uint8Array {
    try {
      return events.item(value, this.sequence);
    } catch (error) {
      this.#feed.close(); // it is no JSON: nothing else would end the handler
      throw error;
    }
  }
}

shownAs(AgentStreamImpl, ({ title, sequence }) => `AgentStream(${title}: ${sequence} taken)`);

/** A stream that fails at its first item. */
export class FailedFeed implements Feed {
  readonly taken = 0;
  outer: unknown = null;
  private failure: { readonly error: unknown } | null;
  constructor(
    readonly kernel: Kernel,
    readonly target: string,
    readonly op: string,
    error: unknown,
  ) {
    this.failure = { error };
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    const { failure, kernel } = this;
    this.failure = null;
    return failure === null
      ? kernel.scheduler.paced(Promise.resolve({ done: true, value: undefined }))
      : rejectedWith(kernel, failure.error);
  }

  close(): void {
    this.failure = null;
  }
}
