import type { ViaAddress } from '../../router/names/index.js';

const SWEEP_MIN = 1_024;

interface Known<D> {
  readonly addr: ViaAddress;
  readonly to: D;
}

class Book<D> {
  readonly known = new Map<unknown, Known<D>>();
  sweepAt = SWEEP_MIN;
}

/** The destinations of names in other registries; an idle one holds no message. */
export class ViaDestinations<D extends { readonly idle: boolean }> {
  private readonly books = new WeakMap<object, Book<D>>();

  find({ via }: ViaAddress): D | null {
    return this.books.get(via.provider)?.known.get(via.key)?.to ?? null;
  }

  at(addr: ViaAddress, make: () => D): D {
    const { provider, key } = addr.via;
    let book = this.books.get(provider);
    if (book === undefined) this.books.set(provider, (book = new Book<D>()));
    const found = book.known.get(key);
    if (found !== undefined) return found.to;
    if (book.known.size >= book.sweepAt) sweep(book);
    const to = make();
    book.known.set(key, { addr, to });
    return to;
  }
}

/** Amortised: where nobody is, nothing waits and nothing is remembered, only numbers are lost. */
function sweep(book: Book<{ readonly idle: boolean }>): void {
  for (const [key, { addr, to }] of book.known) if (to.idle && addr.owner === null) book.known.delete(key);
  book.sweepAt = Math.max(SWEEP_MIN, 2 * book.known.size);
}
