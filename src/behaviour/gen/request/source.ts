import { settle } from '../../../base/index.js';
import { printable } from '../../../base/text/index.js';

/** What can be looped over. */
export type Items = Iterable<unknown> | AsyncIterable<unknown>;

/**
 * Hears what one step of a source gave: one of the three, once; of a plain iterator at once, of an
 * async one later.
 */
export interface Puller {
  pulled(value: unknown): void;
  exhausted(): void;
  broke(error: unknown): void;
}

interface AnyIterator {
  next(): unknown;
  return?(): unknown;
}

/**
 * An iterator of the user's. Each step of it is guarded, one is asked for at a time, and none is
 * waited for: what `next()` gives is told to a puller, and `return()` is called and forgotten.
 */
export class Source {
  private over = false;
  /** the code of a plain iterator is on the stack: it is closed when that has returned */
  private inside = false;
  private constructor(
    private readonly iterator: AnyIterator,
    private readonly later: boolean,
    private readonly warn: (error: unknown) => void,
  ) {}

  /**
   * Throws what `Symbol.asyncIterator` or `Symbol.iterator` throws. `warn` hears what its
   * `return()` fails with.
   */
  static of(items: Items, warn: (error: unknown) => void): Source {
    const made = items as { [Symbol.asyncIterator]?: () => unknown; [Symbol.iterator]: () => unknown };
    const later = typeof made[Symbol.asyncIterator] === 'function';
    const iterator = later ? made[Symbol.asyncIterator]?.() : made[Symbol.iterator]();
    if (!isObject(iterator)) throw new TypeError(`${printable(iterator)} is not an iterator`);
    return new Source(iterator as AnyIterator, later, warn);
  }

  /** Asks for the next item; nothing is told once it is closed. */
  pull(puller: Puller): void {
    try {
      this.inside = !this.later;
      const step = this.iterator.next();
      this.inside = false;
      if (this.later) settle(step, (result) => this.took(puller, result), (error) => this.broke(puller, error));
      else this.took(puller, step);
    } catch (error) {
      this.inside = false;
      this.broke(puller, error);
    }
  }

  /** Lets it clean up, unless it has come to its end. Idempotent. */
  close(): void {
    if (this.over) return;
    this.over = true;
    if (!this.inside) this.leave();
  }

  private took(puller: Puller, step: unknown): void {
    const read = readStep(step);
    if (this.over) {
      // Closed meanwhile: an async one has been told so, a plain one closed itself and has not.
      if (!this.later && read.kind === 'item') this.leave();
    } else if (read.kind === 'error') this.broke(puller, read.value);
    else if (read.kind === 'item') puller.pulled(read.value);
    else {
      this.over = true;
      puller.exhausted();
    }
  }

  private broke(puller: Puller, error: unknown): void {
    if (this.over) return;
    this.over = true;
    puller.broke(error);
  }

  private leave(): void {
    try {
      settle(this.iterator.return?.(), () => undefined, this.warn);
    } catch (error) {
      this.warn(error);
    }
  }
}

interface Step {
  readonly kind: 'item' | 'end' | 'error';
  readonly value: unknown;
}

/** The result object is the user's as well: its getters may throw. */
function readStep(step: unknown): Step {
  try {
    if (!isObject(step)) {
      return { kind: 'error', value: new TypeError(`iterator result ${printable(step)} is not an object`) };
    }
    if (Boolean((step as { readonly done?: unknown }).done)) return { kind: 'end', value: undefined };
    return { kind: 'item', value: (step as { readonly value?: unknown }).value };
  } catch (error) {
    return { kind: 'error', value: error };
  }
}

function isObject(value: unknown): boolean {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
