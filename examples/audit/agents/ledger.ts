import { defineAgent } from '../../../src/index.js';
import type { FileFacts, Listing, PackageFindings, Unreadable } from '../findings.js';
import { shardOf } from '../rules/shard.js';
import type { AdviceSource } from './advisor.js';

/** How far the audit is. */
export interface Totals {
  readonly found: number;
  readonly done: number;
  readonly bytes: number;
  readonly packages: number;
}

/** All that was accepted, in the order in which it came. */
export interface LedgerContents {
  readonly listings: readonly Listing[];
  readonly files: readonly FileFacts[];
  readonly unreadable: readonly Unreadable[];
  readonly packages: readonly PackageFindings[];
  /** For how many packages the advisories came from where. */
  readonly advice: Readonly<Record<AdviceSource, number>>;
}

/** Which files of a ledger one deduper knows. */
export interface Shard {
  readonly index: number;
  /** how many dedupers there are */
  readonly shards: number;
}

/**
 * The collecting state that must survive, also the death of the program: a ledger is durable, and
 * its state is stored with the mark that a message was handled. There are many, each for its part of
 * the paths, because the whole state of one is stored whenever it changes. A ledger does nothing that
 * can go wrong, chaos spares it, and it stands first in the tree: whoever rebuilds a table from it is
 * started after it, and restarted with it.
 *
 * It writes down what comes, and looks for no duplicates: that a result which its sender had to send again is
 * handled once is the promise of its delivery, and the tally at the end would see if that were broken.
 */
export const Ledger = defineAgent({
  name: 'ledger',
  durable: true,
  init: () => ({
    listings: [] as Listing[],
    files: [] as FileFacts[],
    unreadable: [] as Unreadable[],
    packages: [] as PackageFindings[],
    advice: { server: 0, local: 0 },
    found: 0,
    bytes: 0,
  }),
  calls: {
    /** Which files a directory promises. */
    expect({ state }, listing: Listing): void {
      state.listings.push(listing);
      state.found += listing.files.length;
    },
    record({ state }, result: FileFacts | Unreadable): void {
      if ('reason' in result) {
        state.unreadable.push(result);
        return;
      }
      state.files.push(result);
      state.bytes += result.bytes;
    },
    recordPackage({ state }, { found, source }: { found: PackageFindings; source: AdviceSource }): void {
      state.packages.push(found);
      state.advice[source] += 1;
    },
    /** What belongs to one deduper: the answer to its "what did I know before I died?". */
    shard: ({ state }, { index, shards }: Shard): readonly FileFacts[] =>
      state.files.filter(({ sha256 }) => shardOf(sha256, shards) === index),
    totals: ({ state }): Totals => ({
      found: state.found,
      done: state.files.length,
      bytes: state.bytes,
      packages: state.packages.length,
    }),
    contents: ({ state }): LedgerContents => ({
      listings: [...state.listings],
      files: [...state.files],
      unreadable: [...state.unreadable],
      packages: [...state.packages],
      advice: { ...state.advice },
    }),
  },
});
