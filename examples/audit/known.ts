import type { LedgerContents } from './agents/ledger.js';
import { isTelling } from './agents/parser.js';
import type { Listing } from './findings.js';

const NOTHING: Omit<LedgerContents, 'advice'> = { listings: [], files: [], unreadable: [], packages: [] };

/**
 * What an earlier life of the program has left in the ledgers, and needs not be done again. What was on
 * its way when that one died is not among it: it is done again, under the same key.
 */
export class Known {
  readonly #listings: ReadonlyMap<string, Listing>;
  readonly #files: ReadonlySet<string>;
  readonly #packages: ReadonlySet<string>;

  constructor(contents: LedgerContents | null) {
    const { listings, files, unreadable, packages } = contents ?? NOTHING;
    this.#listings = new Map(listings.map((listing) => [listing.directory, listing]));
    this.#files = new Set([...files, ...unreadable].map(({ path }) => path));
    this.#packages = new Set(packages.map(({ path }) => path));
  }

  /** Undefined for one that is not known, null for one that cannot be read. */
  listing(directory: string): Listing | null | undefined {
    return this.#files.has(directory) ? null : this.#listings.get(directory);
  }

  /** A file that tells of a package is read again as long as that package is not known. */
  has(path: string): boolean {
    return !isTelling(path) && this.#files.has(path);
  }

  package(directory: string): boolean {
    return this.#packages.has(directory);
  }
}
