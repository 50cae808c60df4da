import { OptionError } from '../../base/index.js';
import { shownAs } from '../../base/text/index.js';
import type { Items } from '../../behaviour/gen/request/index.js';
import { fenced } from '../../process/record/index.js';
import type { Kernel, Process } from '../../process/record/index.js';
import { BusError } from '../core/index.js';
import { Reader, readReplay, readSubscribe } from '../topic/index.js';
import type {
  SharedStream, SharedStreamStats, ShareOptions, StreamReader, StreamReaderOptions,
} from '../../api/bus/stream.js';
import { Pump } from './pump.js';

const SUBJECT = 'a shared stream';

/** One stream that many read; it ends with its owner. */
export function share<T>(
  kernel: Kernel, owner: Process | null, source: Iterable<T> | AsyncIterable<T>, options: ShareOptions = {},
): SharedStream<T> {
  if (!isSource(source)) {
    throw new OptionError(
      'share', source, 'a stream, or something else to loop over', 'pass ref.stream(…), an array or an iterator',
    );
  }
  return new SharedStreamImpl<T>(kernel, new Pump(kernel, owner, source, readReplay('share', options)), null);
}

function isSource(source: unknown): source is Items {
  try {
    return typeof source === 'object' && source !== null
      && (Symbol.asyncIterator in source || Symbol.iterator in source);
  } catch {
    return false; // a Proxy whose traps throw
  }
}

/** A shared stream in the name of a process whose readers it makes, or of the outside. */
class SharedStreamImpl<T> implements SharedStream<T> {
  readonly #kernel: Kernel;
  readonly #pump: Pump;
  readonly #p: Process | null;
  constructor(kernel: Kernel, pump: Pump, p: Process | null) {
    this.#kernel = kernel;
    this.#pump = pump;
    this.#p = p;
  }

  /** @internal */
  bind(self: { readonly p: Process }): SharedStreamImpl<T> {
    return new SharedStreamImpl(this.#kernel, this.#pump, self.p);
  }

  subscribe<M = never>(given: StreamReaderOptions = {}): StreamReader<M> {
    const pump = this.#pump;
    const p = this.#p;
    if (fenced(p)) throw new BusError('ZOMBIE', SUBJECT, `the process ${(p as Process).pid} has ended`);
    for (const key of ['withTopic', 'from', 'durable', 'acknowledge']) {
      if (typeof given !== 'object' || given === null || !Object.hasOwn(given, key)) continue;
      throw new OptionError(`subscribe.${key}`, true, 'no such option', 'a stream is no topic', 'UNKNOWN_OPTION');
    }
    const { replay, withTopic, ...options } = readSubscribe(given);
    const of = {
      name: SUBJECT, subject: SUBJECT, withTopic, owner: p,
      leave: (one: unknown): void => pump.leave(one as Reader),
    };
    const made = new Reader<M>(this.#kernel, of, { ...options, bury: null });
    if (options.signal?.aborted === true) made.unsubscribe();
    else {
      for (const item of pump.latest(Math.min(replay ?? options.buffer, options.buffer))) made.replay('', item);
      pump.enter(made);
    }
    return made;
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return this.subscribe<T>()[Symbol.asyncIterator]() as AsyncIterator<T, undefined>;
  }

  stats(): SharedStreamStats {
    return this.#pump.stats();
  }
}

shownAs(SharedStreamImpl, (it) => {
  const { items, readers, ended } = it.stats();
  return `SharedStream(${ended ? 'ended' : `${readers} readers`}, ${items} items)`;
});
