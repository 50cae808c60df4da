import { defineAgent } from '../../../src/index.js';
import type { FileFacts, Listing, PackageFindings, Unreadable } from '../findings.js';
import { shardOf } from '../rules/shard.js';

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
}

/**
 * The collecting state that must survive. It does nothing that can go wrong, chaos spares it, and it stands first in the
 * tree: whoever rebuilds a table from it is started after it, and restarted with it.
 *
 * Every entry has a key, its path. A result that comes again, because its asker could not know that it had
 * arrived, is recognised by its key and not counted.
 */
export const Ledger = defineAgent({
  name: 'ledger',
  init: (shards: number) => ({
    listings: new Map<string, Listing>(),
    seen: new Set<string>(),
    files: [] as FileFacts[],
    shards: Array.from({ length: shards }, () => [] as FileFacts[]),
    unreadable: [] as Unreadable[],
    packages: new Map<string, PackageFindings>(),
    found: 0,
    bytes: 0,
  }),
  calls: {
    /** Which files a directory promises. */
    expect({ state }, listing: Listing): void {
      if (state.listings.has(listing.directory)) return;
      state.listings.set(listing.directory, listing);
      state.found += listing.files.length;
    },
    record({ state }, result: FileFacts | Unreadable): void {
      if (state.seen.has(result.path)) return;
      state.seen.add(result.path);
      if ('reason' in result) {
        state.unreadable.push(result);
        return;
      }
      state.files.push(result);
      state.shards[shardOf(result.sha256, state.shards.length)]?.push(result);
      state.bytes += result.bytes;
    },
    recordPackage({ state }, found: PackageFindings): void {
      state.packages.set(found.path, found);
    },
    /** What belongs to one deduper: the answer to its "what did I know before I died?". */
    shard: ({ state }, index: number): readonly FileFacts[] => [...(state.shards[index] ?? [])],
    totals: ({ state }): Totals => ({
      found: state.found,
      done: state.files.length,
      bytes: state.bytes,
      packages: state.packages.size,
    }),
    contents: ({ state }): LedgerContents => ({
      listings: [...state.listings.values()],
      files: [...state.files],
      unreadable: [...state.unreadable],
      packages: [...state.packages.values()],
    }),
  },
});
